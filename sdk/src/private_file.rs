//! Files that hold secrets, for nobody but their owner to read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

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
