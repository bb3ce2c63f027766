//! Tokens kept in Redis.

mod error;
mod link;
mod servers;
#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use redis::{Cmd, cmd};

use self::link::Link;
use self::servers::Servers;
use super::{Lease, StoreError, StoreKey, TokenStore};
use crate::transport::BoxFuture;

/// Keeps tokens in Redis or Valkey, for programs on several machines. Clones share one connection.
///
/// The connection is made by the first call, not before, and made anew when it has failed: a server that
/// is down when the program starts, or later for a while, costs logins and nothing else. A call takes two
/// seconds at most.
///
/// ```
/// use openstack_identity::store::RedisStore;
///
/// # fn main() -> Result<(), openstack_identity::store::StoreError> {
/// let store = RedisStore::open("redis://openstack:secret@redis.example:6379/0")?;
/// # Ok(()) }
/// ```
///
/// # Who may read the tokens
///
/// Whoever can read a token can use it until it expires, and whoever can write can take entries away or spoil
/// them. So tokens are sealed where a key is at hand (see [`store`](crate::store)), and Redis should be closed to
/// others too:
///
/// * Give the programs a user of their own who sees no other keys. The line for the ACL file, or behind
///   `ACL SETUSER` without the word `user`:
///
///   ```text
///   user openstack on >PASSWORD resetchannels ~openstack-identity:* -@all +get +set +del +pexpire +eval
///   ```
///
///   A database other than 0 takes `+select` as well, a cluster `+cluster|slots +ping`, and a master found
///   by sentinels `+role`. The sentinels' own user needs `-@all +role +sentinel|masters`.
/// * Use TLS unless Redis is on the same machine: `rediss://` in place of `redis://`, with the feature
///   `rustls` or `rustls-no-provider`. The certificate is checked by the system's authorities, or by those
///   of `ca_certificate_pem` alone.
/// * Who may use `MONITOR` or `SLOWLOG` there sees entries too, and they are in its dump and append-only
///   files.
///
/// # URLs
///
/// `redis://[user]:password@host:port/database`, all but the host optional; `rediss://` with TLS;
/// `unix:///path?db=0&user=openstack&pass=secret` for a socket. Characters of a password that a URL can't
/// have are written as `%2F` and so on. The password stays in memory while the store lives, and isn't
/// overwritten afterwards.
///
/// # What is in Redis
///
/// Under the [prefix](RedisStore::prefix) and the [`StoreKey`], a string with the entry, which expires with
/// the token; and beside it, under the same name with `:lease` at its end, who is logging in, for as long as
/// the lease lasts. Nothing is kept that Redis might not lose: a restart, or a failover before the entry is
/// copied, costs one login.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    prefix: Arc<str>,
}

const PREFIX: &str = "openstack-identity:";

/// A time that Redis can add to the clock's: about a hundred years, in milliseconds.
const LONGEST: u128 = 100 * 366 * 86_400_000;

const REMOVE_IF: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
    return redis.call('DEL', KEYS[1]) end return 0";

const PUT_IF: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

/// Whoever asks again for want of an answer still gets what was given.
const LEASE: &str = "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then \
    return 1 end if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end return 0";

const KEEP: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
    return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

impl RedisStore {
    /// The server at this URL.
    ///
    /// # Errors
    ///
    /// The URL can't be used. Nothing is sent yet.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Servers::single(url).map(RedisStore::new)
    }

    /// The cluster to which the servers at these URLs belong; they tell where the others are. All have the
    /// same user and password.
    ///
    /// ```
    /// use openstack_identity::store::RedisStore;
    ///
    /// # fn main() -> Result<(), openstack_identity::store::StoreError> {
    /// let store = RedisStore::cluster([
    ///     "redis://openstack:secret@redis-1.example:6379",
    ///     "redis://openstack:secret@redis-2.example:6379",
    /// ])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A URL can't be used, or they don't agree. Nothing is sent yet.
    pub fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, StoreError> {
        Servers::cluster(urls).map(RedisStore::new)
    }

    /// The master of which the sentinels at these URLs tell. It is named by a URL too, with the name that it
    /// has there for a host, and the user, the password and the database for Redis itself; the name alone
    /// will do if there are none. The URLs of the sentinels have what the sentinels ask for, the same for
    /// all.
    ///
    /// ```
    /// use openstack_identity::store::RedisStore;
    ///
    /// # fn main() -> Result<(), openstack_identity::store::StoreError> {
    /// let store = RedisStore::sentinel(
    ///     [
    ///         "redis://sentinel-1.example:26379",
    ///         "redis://sentinel-2.example:26379",
    ///         "redis://sentinel-3.example:26379",
    ///     ],
    ///     "redis://openstack:secret@mymaster/0",
    /// )?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A URL can't be used, or they don't agree. Nothing is sent yet.
    pub fn sentinel<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        master: &str,
    ) -> Result<Self, StoreError> {
        Servers::sentinel(urls, master).map(RedisStore::new)
    }

    /// What the names of all keys begin with, in place of `openstack-identity:`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// An authority (PEM) that may sign the server's certificate. The system's are then not asked.
    ///
    /// # Errors
    ///
    /// It is not PEM, or no URL has TLS.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    pub fn ca_certificate_pem(self, pem: impl AsRef<[u8]>) -> Result<Self, StoreError> {
        let mut servers = self.link.servers().clone();
        servers.certificates()?.add_authority(pem.as_ref())?;
        Ok(RedisStore {
            prefix: self.prefix,
            ..RedisStore::new(servers)
        })
    }

    /// The certificate with which the client proves who it is, and its key, in one PEM. Redis with TLS asks
    /// for one unless it is told otherwise by `tls-auth-clients no`.
    ///
    /// # Errors
    ///
    /// It is not PEM, one of the two is missing, or no URL has TLS.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    pub fn client_certificate_pem(self, pem: impl Into<Vec<u8>>) -> Result<Self, StoreError> {
        let mut servers = self.link.servers().clone();
        servers.certificates()?.set_client(pem.into())?;
        Ok(RedisStore {
            prefix: self.prefix,
            ..RedisStore::new(servers)
        })
    }

    fn new(servers: Servers) -> Self {
        RedisStore {
            link: Arc::new(Link::new(servers)),
            prefix: PREFIX.into(),
        }
    }

    fn entry_name(&self, key: &StoreKey) -> String {
        format!("{}{key}", self.prefix)
    }

    fn lease_name(&self, key: &StoreKey) -> String {
        format!("{}{key}:lease", self.prefix)
    }
}

impl TokenStore for RedisStore {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            let mut get = cmd("GET");
            get.arg(self.entry_name(key));
            self.link.call(&get).await
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let Some(milliseconds) = milliseconds(time_to_live) else {
                return Ok(());
            };
            let mut set = cmd("SET");
            set.arg(self.entry_name(key)).arg(entry);
            set.arg("PX").arg(milliseconds);
            self.link.call(&set).await
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
            let name = self.entry_name(key);
            let Some(milliseconds) = milliseconds(time_to_live) else {
                return Ok(true);
            };
            let Some(old) = old else {
                let mut set = cmd("SET");
                set.arg(name).arg(entry).arg("NX");
                set.arg("PX").arg(milliseconds);
                let set: Option<String> = self.link.call(&set).await?;
                return Ok(set.is_some());
            };
            let mut put = script(PUT_IF, &name);
            put.arg(old).arg(entry).arg(milliseconds);
            self.link.call(&put).await
        })
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut remove = script(REMOVE_IF, &self.entry_name(key));
            remove.arg(entry);
            self.link.call(&remove).await
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            let mut holder = [0; 16];
            getrandom::fill(&mut holder)
                .map_err(|_| StoreError::new("the system gives no random numbers"))?;
            let mut lease = RedisLease {
                link: self.link.clone(),
                name: self.lease_name(key),
                holder: HEXLOWER.encode(&holder),
            };
            let is_ours = lease.ask(LEASE, time_to_live).await?;
            Ok(is_ours.then(|| Box::new(lease) as Box<dyn Lease>))
        })
    }
}

struct RedisLease {
    link: Arc<Link>,
    name: String,
    /// A number that nobody else has.
    holder: String,
}

impl RedisLease {
    async fn ask(&mut self, text: &str, time_to_live: Duration) -> Result<bool, StoreError> {
        let mut ask = script(text, &self.name);
        ask.arg(&self.holder);
        ask.arg(milliseconds(time_to_live).unwrap_or(1));
        self.link.call(&ask).await
    }
}

impl Lease for RedisLease {
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(self.ask(KEEP, time_to_live))
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            let mut release = script(REMOVE_IF, &self.name);
            release.arg(&self.holder);
            self.link.call(&release).await
        })
    }
}

/// A script about one key. Redis keeps what it has compiled, so sending the few bytes each time is not slower
/// than naming the script by its hash, and can't miss.
fn script(text: &str, key: &str) -> Cmd {
    let mut eval = cmd("EVAL");
    eval.arg(text).arg(1).arg(key);
    eval
}

/// None if it is no time at all, which Redis refuses.
fn milliseconds(time: Duration) -> Option<u64> {
    let milliseconds = u64::try_from(time.as_millis().min(LONGEST)).ok();
    milliseconds.filter(|milliseconds| *milliseconds > 0)
}

/// Shows where it is and under what names, without user and password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("servers", &format_args!("{}", self.link.servers()))
            .field("database", &self.link.servers().database())
            .field("prefix", &self.prefix)
            .finish()
    }
}

#[cfg(test)]
mod tests;
