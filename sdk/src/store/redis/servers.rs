//! Where the Redis servers are, and how to connect to them.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisConnectionInfo, RedisFuture, RedisResult, TlsMode, Value,
};

use super::super::StoreError;
#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
use super::tls::{self, Certificates};

/// How long connecting to one server may take, and how long its answer.
pub(super) const LIMIT: Duration = Duration::from_secs(1);

/// How often a command is repeated in a cluster, as where a key has moved or a node is down.
const CLUSTER_RETRIES: u32 = 3;
/// The longest wait between two of them, in milliseconds.
const CLUSTER_WAIT: u64 = 100;

#[derive(Clone)]
pub(super) struct Servers {
    way: Way,
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    certificates: Certificates,
}

#[derive(Clone)]
enum Way {
    /// To one server.
    Single(ConnectionInfo),
    /// To those of a cluster, which name the others.
    Cluster(Vec<ConnectionInfo>),
    /// To the master that the sentinels name.
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        /// What to do there; its host is the master's name.
        master: ConnectionInfo,
    },
}

impl Servers {
    pub(super) fn single(url: &str) -> Result<Self, StoreError> {
        read(url).map(Way::Single).map(Servers::new)
    }

    pub(super) fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, StoreError> {
        let nodes = read_all(urls)?;
        // It tells what can't be in a cluster, as a socket or two passwords.
        ClusterClientBuilder::new(nodes.clone())
            .build()
            .map_err(|error| unusable(&error))?;
        Ok(Servers::new(Way::Cluster(nodes)))
    }

    pub(super) fn sentinel<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        master: &str,
    ) -> Result<Self, StoreError> {
        let sentinels = read_all(urls)?;
        let login = |info: &ConnectionInfo| {
            let of = info.redis_settings();
            (
                of.username().map(str::to_owned),
                of.password().map(str::to_owned),
            )
        };
        if sentinels
            .iter()
            .any(|one| login(one) != login(&sentinels[0]))
        {
            return Err(StoreError::new(
                "the sentinels must have the same user and password",
            ));
        }
        let master = match master.contains("://") {
            true => read(master)?,
            false => read(&format!("redis://{master}"))?,
        };
        if matches!(master.addr(), ConnectionAddr::Unix(_)) {
            return Err(StoreError::new("the master's name is missing in its URL"));
        }
        Ok(Servers::new(Way::Sentinel { sentinels, master }))
    }

    fn new(way: Way) -> Self {
        Servers {
            way,
            #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
            certificates: Certificates::default(),
        }
    }

    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    pub(super) fn certificates(&mut self) -> Result<&mut Certificates, StoreError> {
        match self.uses_tls() {
            true => Ok(&mut self.certificates),
            false => Err(StoreError::new(
                "the URL of Redis has no TLS, so no certificate is looked at: write rediss://",
            )),
        }
    }

    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    fn uses_tls(&self) -> bool {
        match &self.way {
            Way::Single(server) => is_tls(server),
            Way::Cluster(nodes) => nodes.iter().any(is_tls),
            Way::Sentinel { sentinels, master } => is_tls(master) || sentinels.iter().any(is_tls),
        }
    }

    /// A new connection, ready for commands. Dropped early, it leaves nothing behind.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        if self.uses_tls() {
            tls::provide()?;
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT));
        match &self.way {
            Way::Single(server) => {
                let client = self.client(server)?;
                let connected = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Connection::Single(connected.await?))
            }
            Way::Cluster(nodes) => {
                let builder = ClusterClientBuilder::new(nodes.clone())
                    .connection_timeout(LIMIT)
                    .response_timeout(LIMIT)
                    .retries(CLUSTER_RETRIES)
                    .min_retry_wait(1)
                    .max_retry_wait(CLUSTER_WAIT);
                #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
                let builder = match self.certificates.get() {
                    Some(certificates) => builder.certs(certificates),
                    None => builder,
                };
                let connected = builder.build()?.get_async_connection().await?;
                Ok(Connection::Cluster(connected))
            }
            Way::Sentinel { sentinels, master } => {
                let mut client = self.sentinel_client(sentinels, master)?.build()?;
                let connected = client.get_async_connection_with_config(&config);
                Ok(Connection::Single(connected.await?))
            }
        }
    }

    fn client(&self, server: &ConnectionInfo) -> RedisResult<Client> {
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        if let Some(certificates) = self.certificates.get().filter(|_| is_tls(server)) {
            return Client::build_with_tls(server.clone(), certificates);
        }
        Client::open(server.clone())
    }

    fn sentinel_client(
        &self,
        sentinels: &[ConnectionInfo],
        master: &ConnectionInfo,
    ) -> RedisResult<SentinelClientBuilder> {
        let addresses = sentinels.iter().map(|sentinel| sentinel.addr().clone());
        let mut builder =
            SentinelClientBuilder::new(addresses, name_of(master), SentinelServerType::Master)?;
        let settings = master.redis_settings();
        builder = builder.set_client_to_redis_db(settings.db());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if is_tls(master) {
            builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        }
        if let Some(settings) = sentinels.first().map(ConnectionInfo::redis_settings) {
            if let Some(user) = settings.username() {
                builder = builder.set_client_to_sentinel_username(user);
            }
            if let Some(password) = settings.password() {
                builder = builder.set_client_to_sentinel_password(password);
            }
        }
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        if let Some(certificates) = self.certificates.get() {
            if sentinels.iter().all(is_tls) {
                builder = builder.set_client_to_sentinel_certificates(certificates.clone());
            }
            builder = builder.set_client_to_redis_certificates(certificates);
        }
        Ok(builder)
    }

    /// The number of the database.
    pub(super) fn database(&self) -> i64 {
        match &self.way {
            Way::Single(server) | Way::Sentinel { master: server, .. } => {
                server.redis_settings().db()
            }
            Way::Cluster(nodes) => nodes.first().map_or(0, |node| node.redis_settings().db()),
        }
    }
}

/// Where they are, without user and password.
impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, servers: &[ConnectionInfo]| {
            for (index, server) in servers.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                write!(f, "{comma}{}", server.addr())?;
            }
            Ok(())
        };
        match &self.way {
            Way::Single(server) => write!(f, "Redis at {}", server.addr()),
            Way::Cluster(nodes) => {
                f.write_str("the Redis cluster at ")?;
                list(f, nodes)
            }
            Way::Sentinel { sentinels, master } => {
                write!(f, "Redis {} of the sentinels at ", name_of(master))?;
                list(f, sentinels)
            }
        }
    }
}

/// A connection that several calls use at once, each its own clone of it. A call that is dropped doesn't
/// disturb the others: its answer is read and thrown away.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) fn send<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Connection::Single(connection) => connection.req_packed_command(command),
            Connection::Cluster(connection) => connection.req_packed_command(command),
        }
    }
}

fn is_tls(server: &ConnectionInfo) -> bool {
    matches!(server.addr(), ConnectionAddr::TcpTls { .. })
}

/// The name of a master stands where otherwise the host does.
fn name_of(master: &ConnectionInfo) -> &str {
    match master.addr() {
        ConnectionAddr::Tcp(name, _) | ConnectionAddr::TcpTls { host: name, .. } => name,
        _ => "",
    }
}

fn read_all<'a>(
    urls: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<ConnectionInfo>, StoreError> {
    let servers = urls.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    match servers.is_empty() {
        true => Err(StoreError::new("no URL of a Redis server is given")),
        false => Ok(servers),
    }
}

/// Reads a URL. No error shows any of it, as it may hold a password.
fn read(url: &str) -> Result<ConnectionInfo, StoreError> {
    let tls = url.starts_with("rediss:") || url.starts_with("valkeys:");
    if tls && !cfg!(any(feature = "rustls", feature = "rustls-no-provider")) {
        return Err(StoreError::new(
            "the URL of Redis asks for TLS: turn on the feature rustls",
        ));
    }
    let server = url
        .into_connection_info()
        .map_err(|error| unusable(&error))?;
    if let ConnectionAddr::TcpTls { insecure: true, .. } = server.addr() {
        return Err(StoreError::new(
            "the URL of Redis says #insecure, but a certificate is always checked: \
             name the authority with ca_certificate_pem",
        ));
    }
    let settings: RedisConnectionInfo = server.redis_settings().clone();
    if settings.username().is_some() && settings.password().is_none() {
        return Err(StoreError::new(
            "the URL of Redis has a user but no password: a password alone is written \
             redis://:password@host",
        ));
    }
    // It would take a right of its own, and be refused otherwise.
    Ok(server.set_redis_settings(settings.set_skip_set_lib_name()))
}

fn unusable(error: &redis::RedisError) -> StoreError {
    // The first half is a fixed text; the second might show a part of the URL.
    let text = error.to_string();
    let what = text.split(" - ").next().unwrap_or_default();
    StoreError::new(format!("the URL of Redis can't be used: {what}"))
}
