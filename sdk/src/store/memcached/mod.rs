//! Tokens kept in memcached.

mod address;
mod builder;
mod connection;
mod lease;
mod protocol;
#[cfg(test)]
mod protocol_tests;
mod server;
#[cfg_attr(
    not(any(feature = "rustls", feature = "rustls-no-provider")),
    path = "no_tls.rs"
)]
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::builder::MemcachedStoreBuilder;
use self::lease::MemcachedLease;
use self::protocol::{Found, Life, Verb};
use self::server::Server;
use super::{Lease, StoreError, StoreKey, TokenStore};
use crate::transport::BoxFuture;

/// Keeps tokens in memcached, for programs on several machines. Clones share their connections.
///
/// ```
/// use openstack_identity::store::MemcachedStore;
///
/// # fn main() -> Result<(), openstack_identity::store::StoreError> {
/// let store = MemcachedStore::open(["cache1.example:11211", "cache2.example:11211"])?;
/// # Ok(()) }
/// ```
///
/// It speaks memcached's text protocol, so any version will do.
///
/// # Servers
///
/// A server is written as `host`, `host:port`, `[IPv6]:port` or `unix:/path`; the port is 11211 unless
/// given. Of several, each key is kept by one, found by rendezvous hashing of the key with the server's
/// address as it is written: programs must write the servers alike, in any order. If the one is down, its
/// keys are kept nowhere, as two programs that disagree on who is down would both log in.
///
/// Connections are made when they are needed, 16 for each server at most. Getting one is given up after a
/// second, and so is a reply; the longest call, with two requests, takes 4 s. Both can be
/// [set](MemcachedStoreBuilder::timeout).
///
/// # What it keeps
///
/// memcached forgets: when it is restarted, and what was used least when it is full. It counts whole
/// seconds, so a token is kept up to two seconds shorter than it could be, not at all for less than a
/// second, and for 30 days at most.
///
/// A lease of n whole seconds ends between n - 1 and n seconds after it was last kept; of less than 2 s
/// becomes 2 s. So keep it well within n - 1 seconds.
///
/// # Security
///
/// Whoever reaches a memcached can read and change all that is in it, unless it is told otherwise. Let it
/// listen on the loopback or on a network of its own (`-l`), or on a Unix socket (`-s`); start it with a
/// list of users (`-Y`) and give the [`login`](MemcachedStoreBuilder::login); start it with TLS (`-Z`) and
/// turn on [`tls`](MemcachedStoreBuilder::tls), which also tells that it is the right server. Entries are
/// sealed where a key is at hand, so that whoever reads them has no token; of others nothing but the token's id
/// is believed (see [`store`](crate::store#who-can-use-it)).
///
/// SASL (`-S`) isn't supported: it is part of memcached's binary protocol, which is deprecated.
#[derive(Clone)]
pub struct MemcachedStore(Arc<Inner>);

struct Inner {
    servers: Vec<Arc<Server>>,
    prefix: String,
    largest_entry: usize,
}

impl Inner {
    fn fits(&self, entry: &[u8]) -> Result<(), StoreError> {
        let (length, largest) = (entry.len(), self.largest_entry);
        if length <= largest {
            return Ok(());
        }
        let what = format!("memcached: the entry has {length} bytes, {largest} at most fit");
        Err(StoreError::new(what))
    }
}

impl MemcachedStore {
    /// The store on these servers. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// There is no server in the list, or one whose address can't be read.
    pub fn open<S: Into<String>>(servers: impl IntoIterator<Item = S>) -> Result<Self, StoreError> {
        MemcachedStore::builder(servers).build()
    }

    /// The store on these servers, with more to be set.
    ///
    /// ```
    /// use openstack_identity::store::MemcachedStore;
    ///
    /// # fn example(password: String) -> Result<(), openstack_identity::store::StoreError> {
    /// let store = MemcachedStore::builder(["cache.example"])
    ///     .login("dashboard", password)
    ///     .prefix("dashboard:")
    ///     .tls()
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn builder<S: Into<String>>(servers: impl IntoIterator<Item = S>) -> MemcachedStoreBuilder {
        MemcachedStoreBuilder::new(servers.into_iter().map(Into::into).collect())
    }

    fn new(servers: Vec<Arc<Server>>, prefix: String, largest_entry: usize) -> Self {
        MemcachedStore(Arc::new(Inner {
            servers,
            prefix,
            largest_entry,
        }))
    }

    /// The server that keeps this key, and the key's name there.
    fn place(&self, key: &StoreKey) -> Result<(&Arc<Server>, String), StoreError> {
        let servers = self.0.servers.iter();
        let server = servers
            .max_by_key(|server| server.address().suits(key.as_str()))
            .ok_or_else(|| StoreError::new("memcached: there is no server"))?;
        Ok((server, format!("{}{key}", self.0.prefix)))
    }
}

impl TokenStore for MemcachedStore {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn largest_entry(&self) -> usize {
        self.0.largest_entry
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            let (server, name) = self.place(key)?;
            let found = server.get(&name).await?;
            Ok(found.map(|mut found| std::mem::take(&mut *found.value)))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (server, name) = self.place(key)?;
            self.0.fits(entry)?;
            match Life::at_most(time_to_live) {
                Some(life) => server.store(Verb::Set, &name, life, entry).await,
                // Over before it is there. So is the entry in whose place it would be.
                None => server.delete(&name).await,
            }
            .map(|_| ())
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
            let (server, name) = self.place(key)?;
            self.0.fits(entry)?;
            let life = Life::at_most(time_to_live);
            let Some(old) = old else {
                return match life {
                    Some(life) => server.store(Verb::Add, &name, life, entry).await,
                    // Over before it is there.
                    None => Ok(true),
                };
            };
            let found = server.get(&name).await?;
            match found.filter(|found| **found.value == *old) {
                // A server without CAS: what comes in between is lost.
                Some(Found { number: 0, .. }) => {
                    let life = life.unwrap_or(Life::Over);
                    server.store(Verb::Set, &name, life, entry).await
                }
                Some(found) => {
                    let life = life.unwrap_or(Life::Over);
                    server.replace(&name, &found, life, entry).await
                }
                None => Ok(false),
            }
        })
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let (server, name) = self.place(key)?;
            let found = server.get(&name).await?;
            match found.filter(|found| **found.value == *entry) {
                Some(found) => server.replace(&name, &found, Life::Over, b"").await,
                None => Ok(false),
            }
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            let (server, name) = self.place(key)?;
            let name = name + builder::LEASE;
            let lease = MemcachedLease::take(server.clone(), name, time_to_live).await?;
            Ok(lease.map(|lease| Box::new(lease) as Box<dyn Lease>))
        })
    }
}

/// Shows the servers and the prefix: no password, no entry.
impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.0.servers.iter();
        let servers: Vec<_> = servers.map(|server| server.address().to_string()).collect();
        f.debug_struct("MemcachedStore")
            .field("servers", &servers)
            .field("prefix", &self.0.prefix)
            .finish_non_exhaustive()
    }
}
