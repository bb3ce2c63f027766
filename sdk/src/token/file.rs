//! A token in a file, for nobody else to read.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::files::private;
use crate::token::AuthToken;
use crate::token::import::ImportError;

impl AuthToken {
    /// Writes the token's [export](AuthToken::export) to a file that only its owner can read (mode
    /// 0600 on Unix). Whoever reads the file meanwhile gets the old token or the new one, whole. A
    /// symbolic link is replaced, not followed. Of a program that is killed meanwhile nothing is left, or one
    /// file beside this one (mode 0600 too), which the next `save` removes. It waits for the disk, so an asynchronous program that
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
            return Err(with_path(path, &private::no_file()));
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let json = serde_json::to_vec_pretty(&self.export())?;
        let folder = folder.unwrap_or(Path::new("."));
        private::replace(folder, path, &json).map_err(|error| with_path(path, &error))
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
        let invalid = |error: ImportError| {
            let message = format!("{}: {error}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let export: Value = serde_json::from_slice(&text)
            .map_err(|_| invalid(ImportError::no_export("it is not JSON")))?;
        AuthToken::from_export(export).map_err(invalid)
    }
}

/// Larger files hold no token, or are made to fill the memory.
const LARGEST: u64 = 16 << 20;

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = private::open(path, fs::OpenOptions::new().read(true))?;
    private::read(&file, LARGEST)
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
