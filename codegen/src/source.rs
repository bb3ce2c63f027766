//! Reading folders, in an order that never changes: the YAML of a spec, and what is in the output.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A spec file of this size would have some 100,000 lines.
const LARGEST: usize = 8 << 20;

/// One file of a spec: its path inside the spec folder, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the spec folder, with forward slashes: `identity/v3/tokens.yaml`.
    pub path: String,
    /// The whole file.
    pub text: String,
}

/// Reads every `.yaml` file below `folder`, sorted by path. Files whose names begin with a dot are
/// not part of a spec, nor are those of other kinds. Links are followed.
///
/// # Errors
///
/// The file or folder that could not be read, or is neither a regular file nor a folder, or is larger
/// than 8 MiB, or is not UTF-8, or leads in circles, or ends in `.yml`; its path is in the message.
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
        sources.push(Source {
            text: read_text(&path)?,
            path: slashed(path.strip_prefix(folder).unwrap_or(&path)),
        });
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// A file that could be read without end, or never be opened, is not read.
fn read_text(path: &Path) -> io::Result<String> {
    let refuse = |message: &str| Err(with_path(path, &io::Error::other(message)));
    let metadata = fs::metadata(path).map_err(|error| with_path(path, &error))?;
    if !metadata.is_file() {
        return refuse("not a regular file; a spec is made of files and folders");
    }
    let bytes = read_some(path, LARGEST + 1)?;
    if bytes.len() > LARGEST {
        return refuse("larger than 8 MiB; a spec file is far smaller: split it");
    }
    String::from_utf8(bytes).or_else(|_| refuse("stream did not contain valid UTF-8"))
}

/// The files below `folder`, through links too; `above` are the folders that it is in.
fn walk(folder: &Path, above: &mut Vec<PathBuf>, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    let real = folder
        .canonicalize()
        .map_err(|error| with_path(folder, &error))?;
    if !real.is_dir() {
        let error = io::Error::other("not a folder; a spec is a folder with `.yaml` files");
        return Err(with_path(folder, &error));
    }
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

/// What is at a path of the output folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A link, a pipe, a device, a socket.
    Other,
}

/// Everything below `folder`, by its path in it; nothing if there is no such folder. Links are not
/// followed: what they lead to is not in the folder.
pub(crate) fn entries_below(folder: &Path) -> io::Result<BTreeMap<String, Kind>> {
    let mut found = BTreeMap::new();
    // With a slash at its end a link would be followed.
    match kind(&folder.components().collect::<PathBuf>()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(with_path(folder, &error)),
        Ok(Kind::Folder) => {}
        Ok(Kind::File | Kind::Other) => {
            let error =
                io::Error::other("is a link or a file; name a folder, which may be missing");
            return Err(with_path(folder, &error));
        }
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in entries(&next)? {
            let kind = kind(&path).map_err(|error| with_path(&path, &error))?;
            found.insert(slashed(path.strip_prefix(folder).unwrap_or(&path)), kind);
            if kind == Kind::Folder {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

fn kind(path: &Path) -> io::Result<Kind> {
    let kind = fs::symlink_metadata(path)?.file_type();
    Ok(match (kind.is_file(), kind.is_dir()) {
        (true, _) => Kind::File,
        (_, true) => Kind::Folder,
        _ => Kind::Other,
    })
}

/// The first bytes of a file, no more than `most`.
pub(crate) fn read_some(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let read = fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| with_path(path, &error))?;
    Ok(bytes)
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
