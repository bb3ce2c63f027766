//! What nobody needs any more is removed now and then.

use std::fs::{self, Metadata, OpenOptions};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::entry::{self, PREFIX, SUFFIX};
use super::folder::{Folder, try_lock};
use crate::files::private;

/// How often a folder is tidied, and how old a file must be that nobody writes any more.
const NOW_AND_THEN: Duration = Duration::from_secs(3600);

/// Removes entries whose time is over, and what killed programs left half written, if that was last done
/// an hour ago. What can't be removed stays: nothing depends on this.
pub(super) fn tidy(folder: &Folder) {
    if !folder.is_there().is_ok_and(|is_there| is_there) || !is_time(folder) {
        return;
    }
    let Ok(files) = fs::read_dir(folder.path()) else {
        return;
    };
    for file in files.flatten() {
        let path = file.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            remove_left_over(&path);
        } else if let Some(key) = name.strip_suffix(".entry")
            && key.starts_with("openstack-v")
        {
            remove_if_over(folder, key, &path);
        }
    }
}

/// Whether nobody has tidied for an hour. If so, this program does, and the others see it.
fn is_time(folder: &Folder) -> bool {
    let path = folder.path().join("tidied");
    if fs::symlink_metadata(&path).is_ok_and(|stamp| !is_old(&stamp)) {
        return false;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    private::open_ours(&path, &mut options)
        .and_then(|stamp| stamp.set_modified(SystemTime::now()))
        .is_ok()
}

/// What is an hour ahead of the clock is old as well: one of both is wrong.
fn is_old(file: &Metadata) -> bool {
    let age = file.modified().map(|time| match time.elapsed() {
        Ok(age) => age,
        Err(ahead) => ahead.duration(),
    });
    age.is_ok_and(|age| age > NOW_AND_THEN)
}

fn remove_left_over(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && is_old(&file)) {
        let _ = fs::remove_file(path);
    }
}

fn remove_if_over(folder: &Folder, key: &str, path: &Path) {
    if !entry::is_over(path) {
        return;
    }
    // Looked at again under the lock: a new entry may have come. If it is locked, the next time will do.
    let lock = folder.path().join(format!("{key}.lock"));
    let Ok(file) = super::folder::open_to_lock(&lock) else {
        return;
    };
    if try_lock(&file, &lock).is_ok_and(|locked| locked) && entry::is_over(path) {
        let _ = fs::remove_file(path);
    }
}
