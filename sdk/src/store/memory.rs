//! Tokens kept in this process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{Lease, StoreError, StoreKey, TokenStore};
use crate::transport::BoxFuture;

/// Keeps tokens in this process, for several [`OpenStack`](crate::OpenStack)s that log in alike. Clones
/// share what they keep.
///
/// ```
/// use openstack_identity::store::MemoryStore;
/// use openstack_identity::{OpenStack, Password};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let store = MemoryStore::new();
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
///     .credentials(Password::by_id("a1b2", "secret"))
///     .token_store(store.clone())
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    entries: HashMap<StoreKey, Entry>,
    /// Whose each lease is, and until when.
    leases: HashMap<StoreKey, (u64, Instant)>,
    holders: u64,
}

struct Entry {
    bytes: Zeroizing<Vec<u8>>,
    until: Option<Instant>,
}

impl MemoryStore {
    /// A store with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        MemoryStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Forgets what is over, so that a program that runs for months doesn't keep every token it had.
    fn tidy(&mut self) {
        let now = Instant::now();
        let lives = |until: Option<Instant>| until.is_none_or(|until| now < until);
        self.entries.retain(|_, entry| lives(entry.until));
        self.leases.retain(|_, (_, until)| now < *until);
    }

    fn put(&mut self, key: &StoreKey, entry: &[u8], time_to_live: Duration) {
        let entry = Entry {
            bytes: Zeroizing::new(entry.to_vec()),
            // A time beyond what the clock can say is no limit.
            until: Instant::now().checked_add(time_to_live),
        };
        self.entries.insert(key.clone(), entry);
        self.tidy();
    }
}

impl TokenStore for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn is_private(&self) -> bool {
        true
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async {
            let mut inner = self.lock();
            inner.tidy();
            Ok(inner.entries.get(key).map(|entry| entry.bytes.to_vec()))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.lock().put(key, entry, time_to_live);
            Ok(())
        })
    }

    fn put_if<'a>(
        &'a self,
        key: &'a StoreKey,
        old: Option<&'a [u8]>,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut inner = self.lock();
            inner.tidy();
            let kept = inner.entries.get(key).map(|entry| entry.bytes.as_slice());
            if kept != old {
                return Ok(false);
            }
            inner.put(key, entry, time_to_live);
            Ok(true)
        })
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async {
            let mut inner = self.lock();
            let is_it = inner
                .entries
                .get(key)
                .is_some_and(|kept| **kept.bytes == *entry);
            if is_it {
                inner.entries.remove(key);
            }
            Ok(is_it)
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            let mut inner = self.lock();
            inner.tidy();
            if inner.leases.contains_key(key) {
                return Ok(None);
            }
            inner.holders += 1;
            let holder = inner.holders;
            inner
                .leases
                .insert(key.clone(), (holder, Instant::now() + time_to_live));
            let lease: Box<dyn Lease> = Box::new(MemoryLease {
                store: self.clone(),
                key: key.clone(),
                holder,
            });
            Ok(Some(lease))
        })
    }
}

struct MemoryLease {
    store: MemoryStore,
    key: StoreKey,
    holder: u64,
}

impl Lease for MemoryLease {
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut inner = self.store.lock();
            let lease = inner.leases.get_mut(&self.key);
            let ours = lease.filter(|(holder, _)| *holder == self.holder);
            Ok(ours
                .map(|(_, until)| *until = Instant::now() + time_to_live)
                .is_some())
        })
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            drop(self);
            Ok(())
        })
    }
}

impl Drop for MemoryLease {
    fn drop(&mut self) {
        let mut inner = self.store.lock();
        let lease = inner.leases.get(&self.key);
        if lease.is_some_and(|(holder, _)| *holder == self.holder) {
            inner.leases.remove(&self.key);
        }
    }
}

/// Shows no entry.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.lock().entries.len();
        f.debug_struct("MemoryStore")
            .field("entries", &entries)
            .finish_non_exhaustive()
    }
}
