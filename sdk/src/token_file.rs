//! A token in a file, for nobody else to read.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use serde_json::Value;

use crate::token::AuthToken;
use crate::token_import::InvalidExport;

impl AuthToken {
    /// Writes the token's [export](AuthToken::export) to a file that only its owner can read (mode
    /// 0600 on Unix). Whoever reads the file meanwhile gets the old token or the new one, whole. A
    /// symbolic link is replaced, not followed. It waits for the disk, so an asynchronous program that
    /// can't have that calls it in `spawn_blocking`.
    ///
    /// ```no_run
    /// # fn example(token: openstack_identity::AuthToken) -> std::io::Result<()> {
    /// token.save("token.json")?;
    /// assert_eq!(openstack_identity::AuthToken::load("token.json")?, token);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The folder can't be written to, or something stands there that is no file. What was there before
    /// stays as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        // A user who may do anything would replace `/dev/stdout` by a file.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(with_path(path, &no_file()));
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        // Such a file has mode 0600 from its first moment.
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| with_path(path, &error))?;
        let json = serde_json::to_vec_pretty(&self.export())?;
        file.write_all(&json)
            .map_err(|error| with_path(path, &error))?;
        file.as_file()
            .sync_all()
            .map_err(|error| with_path(path, &error))?;
        file.persist(path)
            .map_err(|error| with_path(path, &error.error))?;
        Ok(())
    }

    /// Reads a token that [`save`](AuthToken::save) wrote.
    ///
    /// # Errors
    ///
    /// The file can't be read, is a link, others can read it too, or it holds no token. The message
    /// never shows what is in it.
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let text = read(path).map_err(|error| with_path(path, &error))?;
        let invalid = |error: InvalidExport| {
            let message = format!("{}: {error}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let export: Value = serde_json::from_slice(&text)
            .map_err(|_| invalid(InvalidExport::no_export("it is not JSON")))?;
        AuthToken::from_export(export).map_err(invalid)
    }
}

/// Larger files hold no token, or are made to fill the memory.
const LARGEST: u64 = 16 << 20;

fn read(path: &Path) -> io::Result<Vec<u8>> {
    // First, because opening a pipe waits for somebody to write to it.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(no_file());
    }
    let file = fs::File::open(path)?;
    let opened = file.metadata()?;
    if !opened.is_file() {
        return Err(no_file());
    }
    private(&opened)?;
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}

fn no_file() -> io::Error {
    let message = "this is no regular file; give the path of one, or of one to be made";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Refuses a file that others can read or write: the token may be known, or not ours.
#[cfg(unix)]
fn private(opened: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = opened.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!(
        "others can read or change this file (mode {:03o}), so its token is not used; remove it and log \
         in again",
        mode & 0o777
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(not(unix))]
fn private(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
