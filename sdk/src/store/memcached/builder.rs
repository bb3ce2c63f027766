//! What a `MemcachedStore` is made of.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::MemcachedStore;
use super::address::Address;
use super::connection::{Dialer, Login};
use super::protocol::{LARGEST_VALUE, LONGEST_KEY};
use super::server::Server;
use super::tls::Connector;
use crate::runtime::Secret;
use crate::store::StoreError;

/// What goes after a key in the name of its lease.
pub(super) const LEASE: &str = ":lease";

/// How long a [`StoreKey`](crate::store::StoreKey) is.
const KEY: usize = 77;

/// What a [`MemcachedStore`] is made of. [`build`](MemcachedStoreBuilder::build) sends nothing.
#[must_use]
pub struct MemcachedStoreBuilder {
    servers: Vec<String>,
    prefix: String,
    largest_entry: usize,
    timeout: Duration,
    login: Option<(String, Secret)>,
    tls: bool,
    authorities: Vec<Vec<u8>>,
    client_certificate: Option<Zeroizing<Vec<u8>>>,
}

impl MemcachedStoreBuilder {
    pub(super) fn new(servers: Vec<String>) -> Self {
        MemcachedStoreBuilder {
            servers,
            prefix: "openstack-identity:".to_owned(),
            // The server's own limit is for the value, its name, and up to 300 bytes of its own.
            largest_entry: (1 << 20) - 1024,
            timeout: Duration::from_secs(1),
            login: None,
            tls: false,
            authorities: Vec::new(),
            client_certificate: None,
        }
    }

    /// What all names in memcached begin with; `openstack-identity:` by default. Up to 167 visible ASCII
    /// characters. Whoever sets another one shares nothing with the rest.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How large an entry may be, in bytes, if the servers don't have the usual limit of 1 MiB
    /// (`memcached -I`). Leave 1 KiB for what memcached itself adds; up to 16 MiB.
    pub fn largest_entry(mut self, bytes: usize) -> Self {
        self.largest_entry = bytes;
        self
    }

    /// How long it may take to get a connection, and then to get a reply; a second each by default, an hour
    /// at most.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(Duration::from_secs(3600));
        self
    }

    /// The user name and the password for servers that are started with a list of them
    /// (`memcached -Y`). They go as they are, so use [`tls`](MemcachedStoreBuilder::tls) where others
    /// can listen. Neither may have a space in it.
    pub fn login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((user.into(), Secret::new(password)));
        self
    }

    /// Talks TLS with servers that are not on a Unix socket (`memcached -Z`). The certificate must be for
    /// the host as it is listed, of an authority that the system trusts. Takes the feature `rustls` or
    /// `rustls-no-provider`.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// An authority (PEM) that may sign the servers' certificates, besides those that the system trusts;
    /// turns on TLS.
    pub fn ca_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.push(pem.into());
        self.tls()
    }

    /// The certificate with which the client proves who it is, and its key, in one PEM, for servers that
    /// want that (`memcached -Z -o ssl_verify_mode=2`); turns on TLS.
    pub fn client_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client_certificate = Some(Zeroizing::new(pem.into()));
        self.tls()
    }

    /// Puts it together, and sends nothing.
    ///
    /// # Errors
    ///
    /// There is no server, or one whose address can't be read; the prefix, the user name or the password
    /// is not what memcached takes; an entry can't be so large; a certificate can't be read, or there is
    /// no TLS.
    pub fn build(self) -> Result<MemcachedStore, StoreError> {
        let addresses = self.addresses()?;
        let visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let longest = LONGEST_KEY - KEY - LEASE.len();
        if !visible(&self.prefix) || self.prefix.len() > longest {
            return Err(error(format!(
                "the prefix must be visible ASCII characters, {longest} at most, without a space"
            )));
        }
        if self.largest_entry > LARGEST_VALUE {
            return Err(error("an entry can have 16 MiB at most"));
        }
        let tls = match self.tls {
            true => Some(
                Connector::new(&self.authorities, self.client_certificate.as_ref())
                    .map_err(error)?,
            ),
            false => None,
        };
        let login = self.login.map(|(user, password)| Login { user, password });
        if let Some(login) = &login {
            check_login(login)?;
            let open = |address: &&Address| tls.is_none() && !address.is_local();
            if let Some(server) = addresses.iter().find(open) {
                tracing::warn!(%server, "the password for memcached goes over the network in the clear: use `tls`");
            }
        }
        let dialer = Arc::new(Dialer {
            timeout: self.timeout,
            login,
            tls,
        });
        let server = |address| Arc::new(Server::new(address, dialer.clone()));
        let servers = addresses.into_iter().map(server).collect();
        Ok(MemcachedStore::new(
            servers,
            self.prefix,
            self.largest_entry,
        ))
    }

    fn addresses(&self) -> Result<Vec<Address>, StoreError> {
        if self.servers.is_empty() {
            return Err(error("there is no server in the list"));
        }
        let read = |(index, text): (usize, &String)| {
            // Not shown: a URL with a password in it may stand there.
            Address::parse(text).ok_or_else(|| {
                error(format!(
                    "server {} of the list is none: write host:port, [IPv6]:port or unix:/path",
                    index + 1
                ))
            })
        };
        self.servers.iter().enumerate().map(read).collect()
    }
}

/// The server splits them at spaces, and reads 2 KiB at most.
fn check_login(login: &Login) -> Result<(), StoreError> {
    for (what, text) in [
        ("user name", login.user.as_str()),
        ("password", login.password.expose()),
    ] {
        let unfit = |byte: u8| byte == b' ' || byte.is_ascii_control();
        if text.is_empty() || text.len() > 500 || text.bytes().any(unfit) {
            return Err(error(format!(
                "the {what} must have 1 to 500 bytes and no space in it"
            )));
        }
    }
    Ok(())
}

fn error(what: impl AsRef<str>) -> StoreError {
    StoreError::new(format!("memcached: {}", what.as_ref()))
}
