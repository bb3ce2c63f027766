//! One connection: made, asked, and never used again unless its last reply was read whole.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::address::Address;
use super::protocol::{self, Life, Parsed, Reply, Unreadable, Verb};
use super::tls::Connector;
use crate::runtime::Secret;

/// What went wrong, for a person. The server's address goes before it.
pub(super) type Trouble = Cow<'static, str>;

/// Why a request has no reply.
pub(super) enum Failure {
    /// The connection is at its end, before anything of the reply has come.
    Stale(Trouble),
    Other(Trouble),
}

impl From<&'static str> for Failure {
    fn from(what: &'static str) -> Self {
        Failure::Other(what.into())
    }
}

impl Failure {
    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Failure::Stale(trouble) | Failure::Other(trouble) => trouble,
        }
    }
}

/// How connections are made.
pub(super) struct Dialer {
    /// How long it may take to get a connection, and then to get a reply.
    pub(super) timeout: Duration,
    pub(super) login: Option<Login>,
    pub(super) tls: Option<Connector>,
}

/// With what the server is told who asks.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
}

/// TCP, a Unix socket, or TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Connection {
    stream: Box<dyn Stream>,
    timeout: Duration,
    /// No reply has come yet.
    is_new: bool,
    /// The runtime that wakes whoever waits for it.
    runtime: Id,
}

impl Dialer {
    /// Connects, and tells the server who asks. It takes as long as it takes.
    pub(super) async fn connect(&self, address: &Address) -> Result<Connection, Trouble> {
        let mut connection = Connection {
            stream: self.stream(address).await?,
            timeout: self.timeout,
            is_new: true,
            runtime: Handle::current().id(),
        };
        if let Some(login) = &self.login {
            connection.log_in(login).await?;
        }
        Ok(connection)
    }

    async fn stream(&self, address: &Address) -> Result<Box<dyn Stream>, Trouble> {
        let unreachable = |error: io::Error| format!("can't be reached: {error}");
        match address {
            Address::Tcp { host, port } => {
                let connecting = TcpStream::connect((host.as_str(), *port));
                let stream = connecting.await.map_err(unreachable)?;
                stream.set_nodelay(true).map_err(unreachable)?;
                let Some(tls) = &self.tls else {
                    return Ok(Box::new(stream));
                };
                let stream = tls.connect(host, stream).await.map_err(no_tls)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let connecting = tokio::net::UnixStream::connect(path);
                Ok(Box::new(connecting.await.map_err(unreachable)?))
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err("there are no Unix sockets on this system".into()),
        }
    }
}

fn no_tls(error: io::Error) -> Trouble {
    let error = error.to_string();
    match error.contains("corrupt message") {
        true => "TLS isn't spoken there".into(),
        false => format!("no TLS: {error}").into(),
    }
}

impl Connection {
    /// Whether it can be used: the server hasn't closed it, it owes no reply, and this runtime drives it.
    pub(super) fn is_idle(&mut self) -> bool {
        if self.runtime != Handle::current().id() {
            return false;
        }
        let mut byte = [0];
        let mut nothing = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        // Anything that can be read is an end, or a reply that nobody has asked for.
        Pin::new(&mut self.stream)
            .poll_read(&mut context, &mut nothing)
            .is_pending()
    }

    /// Sends a request and reads its reply whole. After a failure, or if it is dropped before its end,
    /// the connection must not be used again.
    pub(super) async fn exchange<T>(
        &mut self,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Parsed<T>,
    ) -> Result<Reply<T>, Failure> {
        let mut received = Zeroizing::new(Vec::with_capacity(4096));
        let reply = timeout(
            self.timeout,
            self.send_and_receive(request, parse, &mut received),
        )
        .await;
        let reply = reply.map_err(|_| "no whole reply in time")?;
        match reply {
            Ok(Ok(reply)) => {
                self.is_new = false;
                Ok(reply)
            }
            Ok(Err(strange)) => Err(strange.0.into()),
            Err(error) => Err(self.broken(&error, received.is_empty())),
        }
    }

    async fn send_and_receive<T>(
        &mut self,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Parsed<T>,
        received: &mut Vec<u8>,
    ) -> io::Result<Result<Reply<T>, Unreadable>> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        while self.stream.read_buf(received).await? > 0 {
            if let Some(reply) = parse(received).transpose() {
                return Ok(reply);
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn broken(&self, error: &io::Error, before_reply: bool) -> Failure {
        let how = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it was closed".to_owned(),
            _ => error.to_string(),
        };
        if !before_reply {
            return Failure::Other(format!("the connection broke in a reply: {how}").into());
        }
        Failure::Stale(match self.is_new {
            true => format!(
                "the connection broke before any reply: {how}. The server may want TLS, or SASL, which \
                 isn't supported"
            )
            .into(),
            false => format!("the connection broke before the reply: {how}").into(),
        })
    }

    /// The first request to a server that lets in only whom it knows. If it lets in everybody, it takes
    /// this for a value, which is over at once so that nobody reads the password.
    async fn log_in(&mut self, login: &Login) -> Result<(), Trouble> {
        let said = Zeroizing::new(format!("{} {}", login.user, login.password.expose()));
        let request = protocol::store(Verb::Set, "auth", Life::Over, said.as_bytes());
        let reply = self.exchange(&request, |bytes| protocol::parse_outcome(bytes, Verb::Set));
        match reply.await.map_err(Failure::into_trouble)? {
            Reply::Answer(_) => Ok(()),
            // Not in the server's words: it has just heard the password.
            Reply::Error(_) => Err("it refuses this user name and password".into()),
        }
    }
}
