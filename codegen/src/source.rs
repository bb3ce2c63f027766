//! Reading a folder of YAML, in an order that never changes.

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

/// Reads every `.yaml` file below `folder`, sorted by path.
///
/// # Errors
///
/// The file or folder that could not be read, or is not UTF-8, with its path in the message.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Source>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    let mut sources = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| with_path(&path, &error))?;
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        sources.push(Source {
            path: slashed(relative),
            text,
        });
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Every file below `folder`, of any kind, sorted; empty if there is no such folder.
pub(crate) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if folder.exists() {
        walk(folder, &mut paths)?;
    }
    paths.sort();
    Ok(paths)
}

/// A relative path with forward slashes on every platform.
pub(crate) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    walk(folder, paths)?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    Ok(())
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| with_path(folder, &error))? {
        let path = entry.map_err(|error| with_path(folder, &error))?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

pub(crate) fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
