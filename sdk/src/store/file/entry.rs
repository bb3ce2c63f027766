//! An entry in a file: a line of JSON that says from when and until when it is good, then its bytes as
//! they are.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::{Zeroize, Zeroizing};

use super::folder::{Folder, at};
use super::{Asked, LARGEST};
use crate::files::private;
use crate::runtime::Timestamp;
use crate::store::{StoreError, StoreKey};

/// What files are called while they are written, so that those of killed programs are told from others.
pub(super) const PREFIX: &str = ".openstack-";
pub(super) const SUFFIX: &str = ".tmp";

/// Two programs on one network file system may have clocks that differ by so much.
const SKEW: Duration = Duration::from_secs(60);

/// Longer than any first line.
const LONGEST_HEADER: u64 = 256;

const FORMAT: u8 = 1;

#[derive(Debug, Deserialize, Serialize)]
struct Header {
    format: u8,
    from: Timestamp,
    until: Timestamp,
}

impl Header {
    /// None if the clock says that it is yet to be written: one of the two clocks is wrong, so it can't be
    /// told when the time of the entry is over.
    fn is_good(&self, now: Timestamp) -> bool {
        now < self.until && self.from.since(now) <= SKEW
    }

    /// Splits what a file begins with.
    fn parse(text: &[u8]) -> Option<(Header, &[u8])> {
        let end = text.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = (text.get(..end)?, text.get(end + 1..)?);
        let header: Header = serde_json::from_slice(line).ok()?;
        (header.format == FORMAT).then_some((header, rest))
    }
}

/// A new file for this folder, nowhere to be found before it is given its name.
pub(super) fn nameless(folder: &Folder, parts: &[&[u8]]) -> Result<NamedTempFile, StoreError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    private::written(&builder, folder.path(), parts)
        .map_err(|error| at("can't write to the folder", folder.path(), &error))
}

/// In place of what an entry is put.
pub(super) enum Old {
    Anything,
    /// This one, or nothing.
    Only(Option<Zeroizing<Vec<u8>>>),
}

/// Writes the entry, unless another is there than the one in whose place it is to be put; tells whether.
pub(super) fn write(
    folder: &Folder,
    key: &StoreKey,
    (old, entry): (&Old, &[u8]),
    time_to_live: Duration,
    asked: &Asked,
) -> Result<bool, StoreError> {
    let path = folder.entry(key);
    if entry.len() > LARGEST {
        let message = format!(
            "the entry has {} bytes, and {LARGEST} are allowed",
            entry.len()
        );
        return Err(at("can't write", &path, &message));
    }
    folder.make()?;
    let header = header(Timestamp::now(), time_to_live)?;
    // What takes long is done before the lock is taken.
    let file = nameless(folder, &[&header, entry])?;
    let _lock = folder.lock(key, asked)?;
    if let Old::Only(old) = old {
        // What can't be read is nothing.
        let kept = read(folder, key).unwrap_or_default().map(Zeroizing::new);
        if kept != *old {
            return Ok(false);
        }
    }
    // The folder isn't synced: if a power cut brings the old entry back, that costs a login at most.
    file.persist(&path)
        .map_err(|error| at("can't write", &path, &error.error))?;
    Ok(true)
}

fn header(from: Timestamp, time_to_live: Duration) -> Result<Vec<u8>, StoreError> {
    let milliseconds = i64::try_from(time_to_live.as_millis()).unwrap_or(i64::MAX);
    let until = from.as_millisecond().saturating_add(milliseconds);
    let header = Header {
        format: FORMAT,
        from,
        until: Timestamp::from_millisecond(until),
    };
    let mut line = serde_json::to_vec(&header)
        .map_err(|_| StoreError::new("can't write the time until which an entry is kept"))?;
    line.push(b'\n');
    Ok(line)
}

/// The entry, if its time isn't over.
pub(super) fn read(folder: &Folder, key: &StoreKey) -> Result<Option<Vec<u8>>, StoreError> {
    if !folder.is_there()? {
        return Ok(None);
    }
    let path = folder.entry(key);
    let Some(mut text) = read_whole(&path)? else {
        return Ok(None);
    };
    let (header, entry) = parsed(&path, &text)?;
    if !header.is_good(Timestamp::now()) {
        return Ok(None);
    }
    // In place, so that no copy is left in memory.
    let header = text.len() - entry.len();
    text.copy_within(header.., 0);
    let length = text.len() - header;
    text[length..].zeroize();
    text.truncate(length);
    Ok(Some(std::mem::take(&mut *text)))
}

pub(super) fn remove_if(
    folder: &Folder,
    key: &StoreKey,
    entry: &[u8],
    asked: &Asked,
) -> Result<bool, StoreError> {
    let path = folder.entry(key);
    // Where nothing is kept, no lock file is made either.
    if !folder.is_there()? || !is_any(&path) {
        return Ok(false);
    }
    let _lock = folder.lock(key, asked)?;
    let Some(text) = read_whole(&path)? else {
        return Ok(false);
    };
    let (_, kept) = parsed(&path, &text)?;
    if kept != entry {
        return Ok(false);
    }
    // Not synced: if a power cut brings it back, its token is refused and it is removed again.
    fs::remove_file(&path).map_err(|error| at("can't remove", &path, &error))?;
    Ok(true)
}

fn is_any(path: &Path) -> bool {
    !fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn read_whole(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let text = private::read(&file, LARGEST as u64 + LONGEST_HEADER)
        .map_err(|error| at("can't read", path, &error))?;
    Ok(Some(Zeroizing::new(text)))
}

fn open(path: &Path) -> Result<Option<File>, StoreError> {
    match private::open_ours(path, OpenOptions::new().read(true)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at("can't read", path, &error)),
    }
}

fn parsed<'a>(path: &Path, text: &'a [u8]) -> Result<(Header, &'a [u8]), StoreError> {
    Header::parse(text).ok_or_else(|| {
        let message = "it doesn't begin as this version of the store writes an entry; the next login \
                       replaces it";
        at("can't read", path, &message)
    })
}

/// Whether its time is over for certain.
pub(super) fn is_over(path: &Path) -> bool {
    let Ok(Some(file)) = open(path) else {
        return false;
    };
    let mut start = Zeroizing::new(Vec::with_capacity(512));
    let read = file.take(LONGEST_HEADER).read_to_end(&mut start);
    let header = Header::parse(&start).filter(|_| read.is_ok());
    header.is_some_and(|(header, _)| header.until <= Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn it_says_in_words_until_when_it_is_good() {
        let line = header(time("2026-11-23T13:00:00Z"), Duration::from_secs(3600)).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"format\":1,\"from\":\"2026-11-23T13:00:00.000000Z\",\
             \"until\":\"2026-11-23T14:00:00.000000Z\"}\n"
        );
        let long = header(Timestamp::now(), Duration::MAX).unwrap();
        assert!((long.len() as u64) < LONGEST_HEADER);
        assert!(Header::parse(&long).unwrap().0.until > time("9999-01-01T00:00:00Z"));
    }

    #[test]
    fn a_clock_that_is_off_makes_it_a_miss() {
        let line = header(time("2026-11-23T13:00:00Z"), Duration::from_secs(3600)).unwrap();
        let (header, rest) = Header::parse(&line).unwrap();
        assert_eq!(rest, b"");
        for (now, good) in [
            ("2026-11-23T13:00:00Z", true),
            ("2026-11-23T12:59:10Z", true),
            ("2026-11-23T13:59:59Z", true),
            ("2026-11-23T14:00:00Z", false),
            ("2027-11-23T13:00:00Z", false),
            ("2026-11-23T12:58:59Z", false),
            ("1970-01-01T00:00:00Z", false),
        ] {
            assert_eq!(header.is_good(time(now)), good, "{now}");
        }
    }

    #[test]
    fn a_first_line_of_another_kind() {
        let line = header(Timestamp::now(), Duration::from_secs(1)).unwrap();
        let other = String::from_utf8(line.clone())
            .unwrap()
            .replace("\"format\":1", "\"format\":2");
        for text in [
            b"".as_slice(),
            b"\n",
            b"{}\n",
            b"\xff\n",
            &line[..line.len() - 1],
            other.as_bytes(),
        ] {
            assert!(Header::parse(text).is_none());
        }
    }
}
