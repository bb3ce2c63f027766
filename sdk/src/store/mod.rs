//! Places where tokens are kept, so that one login serves many programs.
//!
//! A session that is given a store with
//! [`token_store`](crate::OpenStackBuilder::token_store) asks it before it logs in, and puts the token of
//! each login there. Of all who share the store and want the same token, one logs in, and the others take
//! what it got. A store can only help: when it fails, is slow, or holds what can't be used, the session
//! logs in as if it weren't there, and tells with [`Event::StoreFailed`](crate::Event::StoreFailed).
//!
//! | store | feature | who shares it |
//! |---|---|---|
//! | [`MemoryStore`] | `store` | the clients of one process |
//! | `FileStore` | `store-file` | the programs of one user on one machine |
//! | `RedisStore` | `store-redis` | whoever reaches the server, the cluster or the sentinels |
//! | `MemcachedStore` | `store-memcached` | whoever reaches the servers |
//! | your own | `store` | who implements [`TokenStore`] decides |
//!
//! # Whose token it is
//!
//! Each login has a [key](StoreKey): the address of the Identity service as it is written, the methods, every
//! id and name, and the scope. Two programs share a token if all of that is equal. Where one address leads to
//! different clouds, as `http://localhost:5000` does on two machines, give each a prefix of its own in a
//! store that both reach. Logins that don't say who asks (by Kerberos, by a certificate) are not kept.
//!
//! # Who can use it
//!
//! Whoever has a token can do what its user may, until it expires. Files are for their owner alone. What is
//! kept elsewhere is [sealed](Sealing) if there is a key for that. Passwords are no part of a key, so an entry
//! that is not sealed serves also who has a wrong one.
//!
//! Whoever can write to a store that others reach can change an entry that is not sealed. So of such an entry
//! nothing but the token's id is used: what the token is for, until when it is valid and its catalog, which says
//! where services are and so where the token is sent, come from the server at the client's own auth URL. That
//! is asked once for each token and process, with the token itself. A token that is of another user or for
//! another scope is replaced; whose it is can't be told where the login is by a token. What remains is that
//! entries may be taken away or spoiled, which costs logins. Sealed entries, and those of stores that
//! [nobody else reaches](TokenStore::is_private), are used as they are.
//!
//! # For how long
//!
//! Until it is time to renew it: two minutes before it expires, or a tenth of its life if that is less. A
//! token that a service refuses is taken out, unless a newer one has taken its place.
//!
//! # When many programs start at once
//!
//! One takes a lease and logs in; the others look into the store until they find its token. A program that is
//! killed meanwhile loses its lease within two seconds, and another goes on. Who has waited for 30 seconds,
//! or has seen the logins of two others fail, logs in by itself. A program that was stopped while it logged in
//! doesn't replace a newer token of another by its own.

mod cache;
mod entry;
#[cfg(feature = "store-file")]
mod file;
mod fleet;
mod key;
#[cfg(feature = "store-memcached")]
mod memcached;
mod memory;
#[cfg(feature = "store-redis")]
mod redis;
mod seal;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

pub(crate) use self::cache::{CacheSettings, Slot, TokenCache};
#[cfg(feature = "store-file")]
pub use self::file::FileStore;
pub(crate) use self::fleet::{Judge, Verdict};
pub use self::key::StoreKey;
#[cfg(feature = "store-memcached")]
pub use self::memcached::{MemcachedStore, MemcachedStoreBuilder};
pub use self::memory::MemoryStore;
#[cfg(feature = "store-redis")]
pub use self::redis::RedisStore;
pub use self::seal::{InvalidSealingKey, Sealing, SealingKey};
use crate::transport::BoxFuture;

/// A place where tokens are kept.
///
/// An implementation keeps bytes and doesn't look into them. It need not bound the time that a call
/// takes: whoever calls does, by dropping the future, so a call that is dropped must do no harm. Calls may
/// come at once from several tasks.
///
/// ```
/// use std::time::Duration;
///
/// use openstack_identity::store::{StoreError, StoreKey, TokenStore};
/// use openstack_identity::transport::BoxFuture;
///
/// /// Keeps nothing, so that everybody logs in.
/// struct Nowhere;
///
/// impl TokenStore for Nowhere {
///     fn name(&self) -> &'static str {
///         "nowhere"
///     }
///
///     fn get<'a>(&'a self, _: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
///         Box::pin(async { Ok(None) })
///     }
///
///     fn put<'a>(
///         &'a self,
///         _: &'a StoreKey,
///         _: &'a [u8],
///         _: Duration,
///     ) -> BoxFuture<'a, Result<(), StoreError>> {
///         Box::pin(async { Err(StoreError::new("there is no room")) })
///     }
///
///     fn remove_if<'a>(
///         &'a self,
///         _: &'a StoreKey,
///         _: &'a [u8],
///     ) -> BoxFuture<'a, Result<bool, StoreError>> {
///         Box::pin(async { Ok(false) })
///     }
/// }
/// ```
pub trait TokenStore: Send + Sync + 'static {
    /// What the store is, for logs: one word, such as `redis`.
    fn name(&self) -> &'static str;

    /// Whether nobody but the user whom this program runs as can read or write what is kept. If others may,
    /// tokens are [sealed](Sealing) where a key is at hand, and what isn't sealed is not trusted (see
    /// [`store`](crate::store#who-can-use-it)).
    fn is_private(&self) -> bool {
        false
    }

    /// The largest entry that the store keeps, in bytes. What is larger is compressed, and isn't put if
    /// that doesn't help.
    fn largest_entry(&self) -> usize {
        16 << 20
    }

    /// The entry under this key; none if there is none or its time is over. After an error the session goes
    /// on with the store, after silence without it.
    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>>;

    /// Keeps an entry under this key, in place of any other, for this time at most. Whoever reads
    /// meanwhile gets the old entry or the new one, whole.
    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Keeps an entry as [`put`](TokenStore::put) does, if what is kept under this key still is `old`, or if
    /// nothing is kept where `old` is none. Tells whether it was kept. What [`get`](TokenStore::get) can't
    /// bring counts as nothing.
    ///
    /// By default a `get` and a `put`. Between them another program may put an entry, which is lost then, so
    /// a store that can do both in one step should.
    fn put_if<'a>(
        &'a self,
        key: &'a StoreKey,
        old: Option<&'a [u8]>,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let kept = self.get(key).await.unwrap_or_default().map(Zeroizing::new);
            if kept.as_deref().map(Vec::as_slice) != old {
                return Ok(false);
            }
            self.put(key, entry, time_to_live).await.map(|()| true)
        })
    }

    /// Removes the entry under this key if it still is this one, so that nobody's new entry is lost. Tells
    /// whether it was.
    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Takes the lease of this key: the duty to log in for all who want the token. None if somebody else
    /// has it. It ends when it is released, when this time is over without a
    /// [`keep`](Lease::keep), or earlier if the program that holds it has ended and the store knows.
    ///
    /// By default there are no leases ([`StoreError::not_supported`]): each program that finds no token logs in.
    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        _ = (key, time_to_live);
        Box::pin(async { Err(StoreError::not_supported("the store has no leases")) })
    }
}

/// One store can serve several clients, and be chosen while the program runs.
impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn is_private(&self) -> bool {
        (**self).is_private()
    }

    fn largest_entry(&self) -> usize {
        (**self).largest_entry()
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        (**self).get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).put(key, entry, time_to_live)
    }

    fn put_if<'a>(
        &'a self,
        key: &'a StoreKey,
        old: Option<&'a [u8]>,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).put_if(key, old, entry, time_to_live)
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).remove_if(key, entry)
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        (**self).lease(key, time_to_live)
    }
}

/// The duty to log in for all who want the same token. Dropped, it ends by itself when its time is over.
pub trait Lease: Send {
    /// Makes it last this long from now. Tells whether it still was ours: if not, another may be logging
    /// in too.
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Ends it, so that the next can have it at once; nobody else's lease is ended.
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// Why a store can't do what it is asked for. Its text goes to logs, so it must hold no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreError {
    what: Cow<'static, str>,
    is_not_supported: bool,
}

impl StoreError {
    /// Takes what happened, for a person to read.
    #[must_use]
    pub fn new(what: impl Into<Cow<'static, str>>) -> Self {
        StoreError {
            what: what.into(),
            is_not_supported: false,
        }
    }

    /// The store doesn't do this at all, as one without leases. The client goes on without, and reports no
    /// failure.
    #[must_use]
    pub fn not_supported(what: impl Into<Cow<'static, str>>) -> Self {
        StoreError {
            is_not_supported: true,
            ..StoreError::new(what)
        }
    }

    /// Whether the store doesn't do this at all.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.is_not_supported
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for StoreError {}
