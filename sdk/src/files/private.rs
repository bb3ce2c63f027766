//! Files that hold secrets, for nobody but their owner to read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

/// Opens what is a regular file itself, and which nobody but its owner can read or change. Never waits, as
/// opening a pipe would.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let (file, opened) = open_regular(path, options)?;
    only_its_owner(&opened)?;
    Ok(file)
}

/// The same, if it also belongs to the user whom this program runs as.
#[cfg(feature = "store-file")]
pub(crate) fn open_ours(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let (file, opened) = open_regular(path, options)?;
    ours(&opened)?;
    only_its_owner(&opened)?;
    Ok(file)
}

fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<(File, Metadata)> {
    // First, because opening a device may already do something.
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => return Err(no_file()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // What is looked at next is what was opened, whatever stands there since.
    let file = plainly(options).open(path)?;
    let opened = file.metadata()?;
    if !opened.is_file() {
        return Err(no_file());
    }
    Ok((file, opened))
}

/// All that a file holds; refused if it holds more than so many bytes.
pub(crate) fn read(file: &File, largest: u64) -> io::Result<Vec<u8>> {
    // Room for all at once: growing would leave copies behind.
    let length = file.metadata()?.len().min(largest);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    file.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let message =
            format!("this file is larger than the {largest} bytes that are read; remove it");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(bytes)
}

/// A file, whole and on the disk, that waits for its name. It has mode 0600 from its first moment.
pub(crate) fn written(
    builder: &tempfile::Builder<'_, '_>,
    folder: &Path,
    parts: &[&[u8]],
) -> io::Result<NamedTempFile> {
    let mut file = builder.tempfile_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Writes a file in place of what is at this path, whole or not at all.
pub(crate) fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if nameless::replace(folder, path, bytes)? {
        return Ok(());
    }
    remove_left_over(folder);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    let file = written(&builder, folder, &[bytes])?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// What files are called while they are written where they need a name.
const PREFIX: &str = ".openstack-token-";
const SUFFIX: &str = ".tmp";

/// How old a file must be that nobody writes any more.
const LONG_AGO: Duration = Duration::from_secs(3600);

/// Removes what killed programs left half written. What can't be removed stays.
fn remove_left_over(folder: &Path) {
    let is_old = |file: &Metadata| {
        let age = file.modified().ok().and_then(|time| time.elapsed().ok());
        file.is_file() && age.is_some_and(|age| age > LONG_AGO)
    };
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name();
        let name = name.to_str().unwrap_or_default();
        if name.starts_with(PREFIX)
            && name.ends_with(SUFFIX)
            && fs::symlink_metadata(file.path()).is_ok_and(|file| is_old(&file))
        {
            _ = fs::remove_file(file.path());
        }
    }
}

/// Files that have no name until they are whole, so that nothing is left of a program that is killed. Not
/// every file system has them.
#[cfg(target_os = "linux")]
mod nameless {
    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::io::{self, ErrorKind, Write};
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};
    use std::thread::sleep;
    use std::time::Duration;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};

    /// How often, and after what pause, it is looked again whether another program has gone on.
    const LOOKS: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(5);

    /// Whether it could be done so.
    pub(super) fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let Ok(file) = openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR) else {
            return Ok(false);
        };
        let mut file = File::from(file);
        file.write_all(bytes)?;
        file.sync_all()?;
        match link(&file, path) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(_) => return Ok(false),
        }
        // No link takes the place of another, so it has a second name for a moment: always the same, so that
        // at most one file is left over, and the next program finds it.
        let Some(second) = second_name(path) else {
            return Ok(false);
        };
        if !link_alone(&file, &second)? {
            return Ok(false);
        }
        match fs::rename(&second, path) {
            // Another program took it for left over, and has put its own there.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => {
                _ = fs::remove_file(&second);
                Err(error)
            }
            Ok(()) => Ok(true),
        }
    }

    fn second_name(path: &Path) -> Option<PathBuf> {
        let mut name = OsString::from(".");
        name.push(path.file_name()?);
        name.push(".openstack-new");
        Some(path.with_file_name(name))
    }

    fn link(file: &File, path: &Path) -> io::Result<()> {
        let by_number = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, by_number, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
    }

    /// Gives it this name. Whoever has it needs it for a moment only; what still is there after a while was left
    /// by a program that was killed.
    fn link_alone(file: &File, path: &Path) -> io::Result<bool> {
        for look in 0..=LOOKS {
            match link(file, path) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Ok(false),
                Err(_) if look == LOOKS => {}
                Err(_) => sleep(PAUSE),
            }
        }
        fs::remove_file(path)?;
        Ok(link(file, path).is_ok())
    }
}

/// Not through a link, and without waiting for the other end of a pipe.
#[cfg(unix)]
fn plainly(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    options.mode(0o600).custom_flags(flags.cast_signed())
}

#[cfg(not(unix))]
fn plainly(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(crate) fn no_file() -> io::Error {
    let message = "this is no regular file; give the path of one, or of one to be made";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Refuses a file that others can read or write: the token may be known, or not ours.
#[cfg(unix)]
fn only_its_owner(opened: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = opened.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!(
        "others can read or change this file (mode {:03o}), so what is in it is not used; remove it and \
         log in again",
        mode & 0o777
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(not(unix))]
fn only_its_owner(_: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Refuses what belongs to another user, who may change it at any time.
#[cfg(all(unix, feature = "store-file"))]
pub(crate) fn ours(there: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (owner, we) = (there.uid(), rustix::process::geteuid().as_raw());
    if owner == we {
        return Ok(());
    }
    let message = format!("it belongs to user {owner}, and this program runs as user {we}");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(all(not(unix), feature = "store-file"))]
pub(crate) fn ours(_: &Metadata) -> io::Result<()> {
    Ok(())
}
