//! A token in a file, for nobody else to read.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use crate::token::{AuthToken, InvalidExport};

impl AuthToken {
    /// Writes the token's [export](AuthToken::export) to a file that only its owner can read (mode
    /// 0600 on Unix). Whoever reads the file meanwhile gets the old token or the new one, whole.
    ///
    /// # Errors
    ///
    /// The folder can't be written to. What was there before stays as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
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
    /// The file can't be read, others can read it too, or it holds no token. The message never shows
    /// what is in it.
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|error| with_path(path, &error))?;
        private(path)?;
        let invalid = |error: InvalidExport| {
            let message = format!("{}: {error}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let export: Value = serde_json::from_slice(&text)
            .map_err(|_| invalid(InvalidExport::new("it is not JSON")))?;
        AuthToken::from_export(export).map_err(invalid)
    }
}

/// Refuses a file that others can read or write: the token may be known, or not ours.
#[cfg(unix)]
fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|error| with_path(path, &error))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!(
        "{}: others can read or change this file (mode {:03o}), so its token is not used; remove it \
         and log in again",
        path.display(),
        mode & 0o777
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<()> {
    Ok(())
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
