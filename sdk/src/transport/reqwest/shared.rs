//! One transport for all clients of a process that have the same settings.
//!
//! A connection belongs to the Tokio runtime that opened it, so a transport has one client of reqwest for
//! each runtime that sends by it. What is costly apart from connections, the certificates, is common to
//! them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::{self, Handle};

use super::key::Key;
use super::{Settings, Tls, client, setup};
use crate::transport::TransportError;
use crate::transport::pem::Pem;

/// What all clients with the same settings send by.
pub(super) struct Shared {
    pub(super) key: Key,
    tls: Tls,
    clients: Mutex<HashMap<Place, Client>>,
}

/// A runtime of a process. A process that was forked must not write to its parent's connections.
type Place = (u32, runtime::Id);

struct Client {
    client: reqwest::Client,
    /// Whether it was used since its keeper last looked.
    used: Arc<AtomicBool>,
}

/// A transport that other clients may find.
struct Entry {
    shared: Weak<Shared>,
    /// Set while a runtime has connections, so that the next client finds them if no other is there now.
    kept: Option<Arc<Shared>>,
}

/// The transports of this process; the one that was asked for last is at the end.
static SHARED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// How many transports are found again. A client keeps its own beyond that.
pub(super) const MOST: usize = 64;

/// How long connections, certificates and keys are kept that no request uses: as long as reqwest keeps an
/// idle connection.
const IDLE: Duration = Duration::from_secs(90);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The transport with these settings: that of another client, if there is one.
    pub(super) fn with(mut settings: Settings) -> Result<Arc<Shared>, TransportError> {
        let mut key = Key::of(&mut settings);
        let mut entries = lock(&SHARED);
        entries.retain(|entry| entry.shared.strong_count() > 0);
        let same = |entry: &Entry| entry.shared.upgrade().filter(|shared| shared.key == key);
        let found = (0..entries.len()).find_map(|at| Some((at, same(entries.get(at)?)?)));
        if let Some((at, shared)) = found {
            entries.get_mut(at..).unwrap_or_default().rotate_left(1);
            return Ok(shared);
        }
        let tls = Tls::new(&key, settings.client_certificate.as_ref())?;
        // A private key in a file of CA certificates is not kept to compare it with others.
        let has_secret = key.ca_certificates.iter().any(Pem::has_key);
        if has_secret {
            key.ca_certificates.clear();
        }
        let shared = Arc::new(Shared {
            key,
            tls,
            clients: Mutex::default(),
        });
        if has_secret {
            return Ok(shared);
        }
        entries.push(Entry {
            shared: Arc::downgrade(&shared),
            kept: None,
        });
        let too_many = entries.len().saturating_sub(MOST);
        let forgotten: Vec<Entry> = entries.drain(..too_many).collect();
        drop(entries);
        drop(forgotten);
        Ok(shared)
    }

    /// The client for the runtime that the caller runs in.
    pub(super) fn client(self: &Arc<Self>) -> Result<reqwest::Client, TransportError> {
        let runtime = Handle::try_current()
            .map_err(|_| setup("there is no Tokio runtime: call this inside of one"))?;
        let place = (std::process::id(), runtime.id());
        let mut clients = lock(&self.clients);
        if let Some(found) = clients.get(&place) {
            found.used.store(true, Ordering::Relaxed);
            return Ok(found.client.clone());
        }
        let client = client(&self.key, &self.tls)?;
        let used = Arc::new(AtomicBool::new(false));
        let new = Client {
            client: client.clone(),
            used: used.clone(),
        };
        clients.insert(place, new);
        drop(clients);
        self.keep();
        let keeper = Keeper {
            shared: Arc::downgrade(self),
            place,
        };
        // If the runtime ends already, the keeper is dropped at once.
        runtime.spawn(keeper.watch(used));
        Ok(client)
    }

    /// For how many runtimes there is a client.
    #[cfg(test)]
    pub(super) fn clients(&self) -> usize {
        lock(&self.clients).len()
    }

    /// Lets other clients find this transport, also when its own are gone.
    fn keep(self: &Arc<Self>) {
        let mut entries = lock(&SHARED);
        let own = entries.iter_mut().find(|entry| entry.is(self));
        let before = own.and_then(|entry| entry.kept.replace(self.clone()));
        drop(entries);
        drop(before);
    }

    /// Ends that.
    fn let_go(self: &Arc<Self>) {
        let mut entries = lock(&SHARED);
        let own = entries.iter_mut().find(|entry| entry.is(self));
        let kept = own.and_then(|entry| entry.kept.take());
        drop(entries);
        drop(kept);
    }
}

impl Entry {
    fn is(&self, shared: &Arc<Shared>) -> bool {
        self.shared.as_ptr() == Arc::as_ptr(shared)
    }
}

/// Forgets a client when its runtime ends, or when no request has used it for a while.
struct Keeper {
    shared: Weak<Shared>,
    place: Place,
}

impl Keeper {
    async fn watch(self, used: Arc<AtomicBool>) {
        loop {
            tokio::time::sleep(IDLE).await;
            if !used.swap(false, Ordering::Relaxed) {
                return;
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let mut clients = lock(&shared.clients);
        let forgotten = clients.remove(&self.place);
        let is_last = clients.is_empty();
        drop(clients);
        drop(forgotten);
        if is_last {
            shared.let_go();
        }
    }
}
