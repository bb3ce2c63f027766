//! The files of certificates that a configuration names.

use std::io;
use std::path::{Path, PathBuf};

use super::CloudConfig;
use super::error::{ConfigError, ConfigErrorKind};
use super::origin::{Origin, named};
use crate::files::plain;
use crate::runtime::foreign::escaped;
use crate::transport::pem::Pem;

impl CloudConfig {
    /// The file that a setting names.
    pub(crate) fn pem(&self, key: &str, path: &Path) -> Result<Pem, ConfigError> {
        let origin = self.origin(key).cloned().unwrap_or(Origin::Default);
        let name = format!(
            "{} names {}, which",
            named(key, &origin),
            escaped(&path.to_string_lossy())
        );
        let bytes = match self.reader.read(path) {
            Err(error) if key == "cacert" && error.kind() == io::ErrorKind::IsADirectory => {
                self.folder(path)
            }
            read => read,
        };
        bytes
            .map(|bytes| Pem::new(name.clone(), bytes))
            .map_err(|error| {
                let help = match error.kind() {
                    io::ErrorKind::IsADirectory => "a file is wanted",
                    _ => "correct the path",
                };
                ConfigError::new(
                    ConfigErrorKind::Unreadable,
                    format!("{name} can't be read: {}", plain::why(&error)),
                    help.to_owned(),
                    [origin],
                )
            })
    }

    /// The certificates in a folder that `openssl rehash` has named, as OpenSSL and so openstacksdk read it.
    fn folder(&self, folder: &Path) -> io::Result<Vec<u8>> {
        let is_hash = |path: &&PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.and_then(|name| name.split_once('.'))
                .is_some_and(|(hash, number)| {
                    hash.len() == 8
                        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                        && number.bytes().all(|byte| byte.is_ascii_digit())
                })
        };
        let files = self.reader.list(folder)?;
        let mut all = Vec::new();
        for path in files.iter().filter(is_hash) {
            match self.reader.read(path) {
                Ok(bytes) => all.extend(bytes),
                // A link to what is gone, which OpenSSL passes over too.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            all.push(b'\n');
            if all.len() as u64 > 4 * plain::LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        match all.is_empty() {
            false => Ok(all),
            true => Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "a folder without certificates named by their hash (openssl rehash)",
            )),
        }
    }
}
