//! Files that people name, such as configurations, certificates and secrets: regular ones of a bounded size,
//! so that a pipe doesn't hang the program and a device doesn't fill its memory.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// How many bytes are read of a file; larger ones are refused.
pub(crate) const LARGEST: u64 = 4 << 20;

/// All that a file holds. A link is followed.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // The usual way to say that there is nothing.
    if path == Path::new("/dev/null") {
        return Ok(Vec::new());
    }
    // First, because opening a device may already do something.
    only_regular(&fs::metadata(path)?)?;
    let file = without_waiting(OpenOptions::new().read(true)).open(path)?;
    let opened = file.metadata()?;
    only_regular(&opened)?;
    // Room for all at once: growing would leave copies behind.
    let length = opened.len().min(LARGEST);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST {
        false => Ok(bytes),
        true => {
            let why = format!("larger than the {LARGEST} bytes that are read");
            Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
        }
    }
}

/// Why a file can't be read, without its path.
pub(crate) fn why(error: &io::Error) -> String {
    match error.get_ref() {
        Some(own) => own.to_string(),
        None => error.kind().to_string(),
    }
}

fn only_regular(there: &fs::Metadata) -> io::Result<()> {
    if there.is_file() {
        return Ok(());
    }
    if there.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "not a regular file",
    ))
}

/// Should a pipe take the file's place just now, opening it doesn't wait for its other end.
#[cfg(all(unix, feature = "file"))]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    options.custom_flags(flags.cast_signed())
}

#[cfg(not(all(unix, feature = "file")))]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
