//! Reading a folder of YAML, in an order that never changes.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One file of a spec: its path inside the spec folder, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the spec folder, with forward slashes: `identity/v3/tokens.yaml`.
    pub path: String,
    /// The whole file.
    pub text: String,
}

/// Reads every `.yaml` file below `folder`, sorted by path. Files whose names begin with a dot are
/// not part of a spec, nor are those of other kinds.
///
/// # Errors
///
/// The file or folder that could not be read, or is not UTF-8, or leads in circles, or ends in `.yml`;
/// its path is in the message.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Source>> {
    let mut paths = Vec::new();
    walk(folder, &mut Vec::new(), &mut paths)?;
    let mut sources = Vec::new();
    for path in paths {
        match path.extension().and_then(OsStr::to_str) {
            Some("yaml") => {}
            Some("yml") => {
                let error = io::Error::other("the files of a spec end in `.yaml`; rename it");
                return Err(with_path(&path, &error));
            }
            _ => continue,
        }
        let text = fs::read_to_string(&path).map_err(|error| with_path(&path, &error))?;
        sources.push(Source {
            path: slashed(path.strip_prefix(folder).unwrap_or(&path)),
            text,
        });
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// The files below `folder`, through links too; `above` are the folders that it is in.
fn walk(folder: &Path, above: &mut Vec<PathBuf>, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let real = folder
        .canonicalize()
        .map_err(|error| with_path(folder, &error))?;
    if above.contains(&real) {
        let error = io::Error::other("leads back to a folder that it is in");
        return Err(with_path(folder, &error));
    }
    above.push(real);
    for path in entries(folder)? {
        if path.is_dir() {
            walk(&path, above, paths)?;
        } else if !hidden(&path) {
            paths.push(path);
        }
    }
    above.pop();
    Ok(())
}

fn hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

/// What is in a folder, in an order that doesn't change.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| with_path(folder, &error))? {
        paths.push(entry.map_err(|error| with_path(folder, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Every file below `folder`, of any kind, sorted; empty if there is no such folder. A link is a file:
/// what it leads to is not in the folder.
pub(crate) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop().filter(|next| next.exists()) {
        for path in entries(&next)? {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A relative path with forward slashes on every platform.
pub(crate) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

pub(crate) fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
