//! The folder of a file store, and the locks in it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Asked;
use crate::files::private;
use crate::store::{StoreError, StoreKey};

/// A lock is held for a few file operations, so one that takes longer is held by a program that hangs.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Where the entries are. Each key has three files there: its entry, its lock, and its lease.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Why there is no place for one.
    nowhere: Option<StoreError>,
}

impl Folder {
    pub(super) fn at(path: PathBuf) -> Self {
        // The program may go to another folder later. Without a slash at its end, a link is seen as one.
        let path = std::path::absolute(&path).unwrap_or(path);
        Folder {
            path: path.components().collect(),
            nowhere: None,
        }
    }

    /// The folder for caches of the XDG Base Directory Specification. A user without a home, as containers
    /// have them, has none, and nothing is kept.
    pub(super) fn of_the_user(cache_home: Option<OsString>, home: Option<PathBuf>) -> Self {
        let absolute = |path: &PathBuf| path.is_absolute();
        let cache_home = cache_home.map(PathBuf::from).filter(absolute);
        let caches = cache_home.or_else(|| Some(home.filter(absolute)?.join(".cache")));
        match caches {
            Some(caches) => Folder {
                path: caches.join("openstack-identity"),
                nowhere: None,
            },
            None => Folder {
                path: PathBuf::new(),
                nowhere: Some(StoreError::new(
                    "no token is kept: this user has no home folder, where the folder for tokens would be; \
                     set XDG_CACHE_HOME to an absolute path, or name a folder with FileStore::in_folder",
                )),
            },
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn entry(&self, key: &StoreKey) -> PathBuf {
        self.path.join(format!("{key}.entry"))
    }

    pub(super) fn lease(&self, key: &StoreKey) -> PathBuf {
        self.path.join(format!("{key}.lease"))
    }

    /// Whether it is there. If it is, nobody else may be able to read or change what is in it.
    pub(super) fn is_there(&self) -> Result<bool, StoreError> {
        if let Some(why) = &self.nowhere {
            return Err(why.clone());
        }
        let unless_missing = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => Ok(false),
            _ => Err(self.unusable(&error)),
        };
        let link = match fs::symlink_metadata(&self.path) {
            Ok(there) => there,
            Err(error) => return unless_missing(error),
        };
        // A link that the user made, or who runs the machine, leads where he wants it to.
        if link.is_symlink() && !is_roots(&link) {
            private::ours(&link).map_err(|error| self.unusable(&error))?;
        }
        let folder = match fs::metadata(&self.path) {
            Ok(there) => there,
            Err(error) => return unless_missing(error),
        };
        if !folder.is_dir() {
            let message = "it is no folder; remove it, or name another folder";
            return Err(self.unusable(&message));
        }
        private::ours(&folder).map_err(|error| self.unusable(&error))?;
        self.only_its_owner(&folder)?;
        Ok(true)
    }

    /// Makes it unless it is there.
    pub(super) fn make(&self) -> Result<(), StoreError> {
        if self.is_there()? {
            return Ok(());
        }
        let made = match self.path.parent() {
            Some(parent) => fs::create_dir_all(parent).and_then(|()| private_folder(&self.path)),
            None => private_folder(&self.path),
        };
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(at("can't make the folder", &self.path, &error))
            }
            // Another program may have made it just now.
            _ => match self.is_there()? {
                true => Ok(()),
                false => Err(self.unusable(&"it is a link to nowhere")),
            },
        }
    }

    /// Locks a key's files against other programs, and against other threads of this one. A lock of a
    /// program that is killed ends with it.
    pub(super) fn lock(&self, key: &StoreKey, asked: &Asked) -> Result<File, StoreError> {
        // Never removed: two programs could then each have locked one of that name.
        let path = self.path.join(format!("{key}.lock"));
        let file = open_to_lock(&path)?;
        let since = Instant::now();
        let mut pause = Duration::from_millis(1);
        while !try_lock(&file, &path)? {
            asked.still()?;
            if since.elapsed() > LONGEST_WAIT {
                let message = format!(
                    "another program has locked it for more than {} s; look for one that hangs",
                    LONGEST_WAIT.as_secs()
                );
                return Err(at("can't lock", &path, &message));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(16));
        }
        // Whoever asked may have given up while this waited, and asked for something else since.
        asked.still()?;
        Ok(file)
    }

    #[cfg(unix)]
    fn only_its_owner(&self, folder: &Metadata) -> Result<(), StoreError> {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        // Not mended in silence: others may have put or read something there already.
        let message = format!(
            "others can get into it (mode {:03o}); if what is in it is yours, run `chmod 700` on it",
            mode & 0o777
        );
        Err(self.unusable(&message))
    }

    #[cfg(not(unix))]
    fn only_its_owner(&self, _: &Metadata) -> Result<(), StoreError> {
        Ok(())
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> StoreError {
        at("can't keep tokens in the folder", &self.path, why)
    }
}

pub(super) fn at(what: &str, path: &Path, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::new(format!("{what} {}: {why}", path.display()))
}

pub(super) fn open_to_lock(path: &Path) -> Result<File, StoreError> {
    // For writing, because a network file system locks nothing for those who only read.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    private::open_ours(path, &mut options).map_err(|error| at("can't open", path, &error))
}

/// Whether the lock is ours now.
pub(super) fn try_lock(file: &File, path: &Path) -> Result<bool, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => Ok(false),
        Err(TryLockError::Error(error)) => {
            let message = format!("{error}; if its file system has no locks, use a local folder");
            Err(at("can't lock", path, &message))
        }
    }
}

#[cfg(unix)]
fn is_roots(there: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(there) == 0
}

#[cfg(not(unix))]
fn is_roots(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(cache_home: Option<&str>, home: Option<&str>) -> Result<PathBuf, StoreError> {
        let folder = Folder::of_the_user(cache_home.map(OsString::from), home.map(PathBuf::from));
        folder.nowhere.map_or(Ok(folder.path), Err)
    }

    #[cfg(unix)]
    #[test]
    fn the_users_folder_is_found_by_the_xdg_rules() {
        let in_home = Ok(PathBuf::from("/home/me/.cache/openstack-identity"));
        assert_eq!(
            folder(Some("/caches"), Some("/home/me")),
            Ok(PathBuf::from("/caches/openstack-identity"))
        );
        assert_eq!(folder(None, Some("/home/me")), in_home);
        for ignored in ["", "caches", "./caches"] {
            assert_eq!(folder(Some(ignored), Some("/home/me")), in_home);
        }
        for home in [None, Some(""), Some("me")] {
            let error = folder(None, home).unwrap_err().to_string();
            assert!(error.contains("set XDG_CACHE_HOME"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn it_stays_where_it_was_when_the_program_goes_elsewhere() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(Folder::at("tokens/".into()).path, here.join("tokens"));
        assert_eq!(Folder::at("/tokens/.".into()).path, Path::new("/tokens"));
    }
}
