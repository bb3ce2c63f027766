//! Tokens kept in files.

mod entry;
mod folder;
mod lease;
mod tidy;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use self::folder::Folder;
use self::lease::FileLease;
use super::{Lease, StoreError, StoreKey, TokenStore};
use crate::transport::BoxFuture;

/// The largest entry, in bytes. Larger ones are made to fill the memory.
const LARGEST: usize = 16 << 20;

/// How many calls of one store may wait for the disk at once, so that a network file system that hangs
/// doesn't take all the threads that the program has for waiting.
const CALLS_AT_ONCE: usize = 8;

/// Keeps tokens in files, for the programs that one user runs on one machine. Clones share what they keep,
/// and so do all stores that name the same folder.
///
/// The folder has mode 0700 and its files 0600; a folder or a file that others can get into, or that
/// belongs to somebody else, is refused, and links in the folder are not followed. The folder itself may be
/// a link. An entry is a line of JSON that says until when it is good, and then what the session keeps:
/// JSON as well, unless it is sealed or compressed.
///
/// Each key has an entry, a lock and a lease there. Locks and leases are empty, and stay. Entries whose time
/// is over, and what killed programs left behind, are removed about once an hour by whoever puts an entry.
///
/// A lease ends with the program that holds it. If the program hangs, it ends when its time is over; on
/// Windows it goes on then until the program ends, and those who wait log in by themselves.
///
/// ```
/// use openstack_identity::store::FileStore;
///
/// # fn main() -> Result<(), openstack_identity::store::StoreError> {
/// let store = FileStore::new()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileStore(Arc<Inner>);

impl FileStore {
    /// A store in the user's folder for caches: `$XDG_CACHE_HOME/openstack-identity`, or
    /// `~/.cache/openstack-identity` if the variable isn't set to an absolute path. The folder is made when
    /// something is to be kept there.
    ///
    /// # Errors
    ///
    /// There is no such variable, and the user has no home folder.
    pub fn new() -> Result<Self, StoreError> {
        let cache_home = std::env::var_os("XDG_CACHE_HOME");
        Folder::of_the_user(cache_home, std::env::home_dir()).map(FileStore::of)
    }

    /// A store in this folder. It is made when something is to be kept there; if it is there, it must be
    /// the user's, and nobody else's (mode 0700 on Unix).
    #[must_use]
    pub fn in_folder(path: impl Into<PathBuf>) -> Self {
        FileStore::of(Folder::at(path.into()))
    }

    fn of(folder: Folder) -> Self {
        FileStore(Arc::new(Inner {
            folder: Arc::new(folder),
            calls: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
        }))
    }
}

struct Inner {
    folder: Arc<Folder>,
    calls: Arc<Semaphore>,
}

/// Whether anybody still waits for what a call brings.
struct Asked(Weak<()>);

impl Asked {
    /// Nothing is changed for somebody who has given up.
    fn still(&self) -> Result<(), StoreError> {
        if self.0.strong_count() > 0 {
            return Ok(());
        }
        Err(StoreError::new(
            "the call was given up before it was finished",
        ))
    }
}

impl Inner {
    /// Does what waits for the disk, where waiting holds up nothing else.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder, &Asked) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let runtime = Handle::try_current()
            .map_err(|_| StoreError::new("the store in files works in a Tokio runtime only"))?;
        let ended = |_| StoreError::new("the program is ending");
        let turn = Arc::clone(&self.calls).acquire_owned().await;
        let turn = turn.map_err(|_| StoreError::new("the store is closed"))?;
        let asker = Arc::new(());
        let asked = Asked(Arc::downgrade(&asker));
        let folder = Arc::clone(&self.folder);
        let done = runtime.spawn_blocking(move || {
            let _turn = turn;
            asked.still()?;
            work(&folder, &asked)
        });
        let done = done.await.map_err(ended)?;
        drop(asker);
        done
    }

    /// Nobody waits for this.
    fn tidy(&self) {
        if let (Ok(runtime), Ok(turn)) = (
            Handle::try_current(),
            Arc::clone(&self.calls).try_acquire_owned(),
        ) {
            let folder = Arc::clone(&self.folder);
            runtime.spawn_blocking(move || {
                let _turn = turn;
                tidy::tidy(&folder)
            });
        }
    }
}

impl TokenStore for FileStore {
    fn name(&self) -> &'static str {
        "file"
    }

    fn is_private(&self) -> bool {
        true
    }

    fn largest_entry(&self) -> usize {
        LARGEST
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let key = key.clone();
        Box::pin(async move {
            self.0
                .work(move |folder, _| entry::read(folder, &key))
                .await
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (key, entry) = (key.clone(), Zeroizing::new(entry.to_vec()));
            let work = move |folder: &Folder, asked: &Asked| {
                entry::write(folder, &key, &entry, time_to_live, asked)
            };
            self.0.work(work).await?;
            self.0.tidy();
            Ok(())
        })
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let (key, entry) = (key.clone(), Zeroizing::new(entry.to_vec()));
            let work =
                move |folder: &Folder, asked: &Asked| entry::remove_if(folder, &key, &entry, asked);
            self.0.work(work).await
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            let of = key.clone();
            let work =
                move |folder: &Folder, asked: &Asked| lease::take(folder, &of, time_to_live, asked);
            let held = self.0.work(work).await?;
            Ok(held.map(|held| {
                let lease: Box<dyn Lease> = Box::new(FileLease {
                    store: Arc::clone(&self.0),
                    key: key.clone(),
                    held,
                });
                lease
            }))
        })
    }
}

/// Shows where it keeps entries, and none of them.
impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("folder", &self.0.folder.path())
            .finish_non_exhaustive()
    }
}
