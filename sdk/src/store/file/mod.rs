//! Tokens kept in files.

mod entry;
mod folder;
mod lease;
mod threads;
mod tidy;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use zeroize::Zeroizing;

use self::entry::Old;
use self::folder::Folder;
use self::lease::FileLease;
use super::{Lease, StoreError, StoreKey, TokenStore};
use crate::transport::BoxFuture;

/// The largest entry, in bytes. Larger ones are made to fill the memory.
const LARGEST: usize = 16 << 20;

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
/// Disks are waited for in threads of the store's own, at most eight in a process, which keep neither a
/// runtime nor the program from ending when a network file system hangs. A call takes as long as the disk
/// does; a client waits for it no longer than its
/// [`token_store_timeout`](crate::OpenStackBuilder::token_store_timeout).
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
    /// Without that variable and a home folder, as in many containers, nothing is kept: a client logs in
    /// as if there were no store, and a warning in its log says why.
    ///
    /// # Errors
    ///
    /// None at present.
    pub fn new() -> Result<Self, StoreError> {
        let cache_home = std::env::var_os("XDG_CACHE_HOME");
        let folder = Folder::of_the_user(cache_home, std::env::home_dir());
        Ok(FileStore::of(folder))
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
        }))
    }
}

struct Inner {
    folder: Arc<Folder>,
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
        self.work_and(work, |_| {}).await
    }

    /// The same, and then something that nobody waits for.
    async fn work_and<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder, &Asked) -> Result<T, StoreError> + Send + 'static,
        then: impl FnOnce(&Folder) + Send + 'static,
    ) -> Result<T, StoreError> {
        let asker = Arc::new(());
        let asked = Asked(Arc::downgrade(&asker));
        let (folder, same) = (Arc::clone(&self.folder), Arc::clone(&self.folder));
        let work = move || {
            asked.still()?;
            work(&folder, &asked)
        };
        let done = threads::turn(work, move || then(&same)).await?;
        drop(asker);
        done
    }

    async fn put(
        &self,
        key: &StoreKey,
        old: Old,
        entry: &[u8],
        time_to_live: Duration,
    ) -> Result<bool, StoreError> {
        let (key, entry) = (key.clone(), Zeroizing::new(entry.to_vec()));
        let work = move |folder: &Folder, asked: &Asked| {
            entry::write(folder, &key, (&old, &entry), time_to_live, asked)
        };
        self.work_and(work, tidy::tidy).await
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
            let put = self.0.put(key, Old::Anything, entry, time_to_live);
            put.await.map(|_| ())
        })
    }

    fn put_if<'a>(
        &'a self,
        key: &'a StoreKey,
        old: Option<&'a [u8]>,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let old = Old::Only(old.map(|old| Zeroizing::new(old.to_vec())));
        Box::pin(self.0.put(key, old, entry, time_to_live))
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
