//! The lease of a key: a lock on a file, so that it ends with the program that holds it, and a time in
//! the file's date of change, so that it also ends if that program hangs.
//!
//! Whoever looks at a lease or changes it holds the key's lock.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use super::folder::{Folder, at, open_to_lock, try_lock};
use super::{Asked, Inner, threads};
use crate::store::{Lease, StoreError, StoreKey};
use crate::transport::BoxFuture;

/// No login takes longer, and not every file system can say any later time.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Takes the lease, unless another has it.
pub(super) fn take(
    folder: &Folder,
    key: &StoreKey,
    time_to_live: Duration,
    asked: &Asked,
) -> Result<Option<Held>, StoreError> {
    folder.make()?;
    let _lock = folder.lock(key, asked)?;
    let path = folder.lease(key);
    let file = open_to_lock(&path)?;
    if try_lock(&file, &path)? {
        let held = Held::new(file);
        held.last(&path, time_to_live)?;
        return Ok(Some(held));
    }
    if is_over(&file) {
        take_over(folder, &path, time_to_live)
    } else {
        Ok(None)
    }
}

/// Whether its holder, who still has it locked, should have kept or released it by now.
#[cfg(unix)]
fn is_over(file: &File) -> bool {
    let until = file.metadata().and_then(|file| file.modified());
    until.is_ok_and(|until| until <= SystemTime::now())
}

/// A holder couldn't tell there that another has taken over.
#[cfg(not(unix))]
fn is_over(_: &File) -> bool {
    false
}

/// Puts a new file in place of the one whose holder hangs. He keeps the lock on the old one, which has no
/// name any more and is gone when he goes on or ends.
fn take_over(
    folder: &Folder,
    path: &Path,
    time_to_live: Duration,
) -> Result<Option<Held>, StoreError> {
    let file = super::entry::nameless(folder, &[])?;
    if !try_lock(file.as_file(), path)? {
        return Ok(None);
    }
    let file = file
        .persist(path)
        .map_err(|error| at("can't write", path, &error.error))?;
    let held = Held::new(file);
    held.last(path, time_to_live)?;
    Ok(Some(held))
}

/// A locked lease file. Dropped, it is unlocked where it may take long.
#[derive(Clone, Debug)]
pub(super) struct Held(Arc<Locked>);

#[derive(Debug)]
struct Locked(Option<File>);

impl Drop for Locked {
    fn drop(&mut self) {
        // Closed, it is unlocked too.
        let file = self.0.take();
        if threads::is_one() {
            return;
        }
        let (tell, told) = mpsc::channel();
        let close = move || {
            drop(file);
            _ = tell.send(());
        };
        if threads::run(close).is_ok() {
            // So that the next finds it free. No longer, as a file system that hangs would hold up the caller.
            _ = told.recv_timeout(MOMENT);
        }
    }
}

/// How long whoever drops a lease waits until it is free.
const MOMENT: Duration = Duration::from_millis(50);

impl Held {
    fn new(file: File) -> Self {
        Held(Arc::new(Locked(Some(file))))
    }

    fn file(&self) -> io::Result<&File> {
        let file = self.0.0.as_ref();
        file.ok_or_else(|| io::Error::other("it was released"))
    }

    fn last(&self, path: &Path, time_to_live: Duration) -> Result<(), StoreError> {
        self.file()
            .and_then(|file| file.set_modified(SystemTime::now() + time_to_live.min(LONGEST)))
            .map_err(|error| at("can't set the time of", path, &error))
    }

    fn keep(
        &self,
        folder: &Folder,
        key: &StoreKey,
        time_to_live: Duration,
        asked: &Asked,
    ) -> Result<bool, StoreError> {
        if !folder.is_there()? {
            return Ok(false);
        }
        let _lock = folder.lock(key, asked)?;
        let path = folder.lease(key);
        if !self.file().is_ok_and(|file| is_at(file, &path)) {
            return Ok(false);
        }
        self.last(&path, time_to_live)?;
        Ok(true)
    }
}

/// Whether this is the file at that path, and not one whose place another has taken.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::symlink_metadata(path)) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

pub(super) struct FileLease {
    pub(super) store: Arc<Inner>,
    pub(super) key: StoreKey,
    pub(super) held: Held,
}

impl Lease for FileLease {
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>> {
        let (key, held) = (self.key.clone(), self.held.clone());
        Box::pin(async move {
            let work =
                move |folder: &Folder, asked: &Asked| held.keep(folder, &key, time_to_live, asked);
            self.store.work(work).await
        })
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            let path = self.store.folder.lease(&self.key);
            let held = self.held;
            // Done also if nobody waits for it.
            let unlock = move || {
                let unlocked = held.file().and_then(File::unlock);
                unlocked.map_err(|error| at("can't unlock", &path, &error))
            };
            threads::wait_for(unlock, || {}).await?
        })
    }
}
