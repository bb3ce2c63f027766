//! The way out: whatever sends HTTP requests.
//!
//! The default is reqwest, behind the feature of that name. Bring another with
//! [`OpenStackBuilder::transport`](crate::OpenStackBuilder::transport).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

mod body;
mod file;
#[cfg(feature = "reqwest")]
pub(crate) mod pem;
mod progress;
#[cfg(feature = "reqwest")]
mod proxy;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "reqwest")]
pub(crate) mod trust;

pub use self::body::{Body, BodyChunks};
pub use bytes::Bytes;
pub use futures_core::Stream;

/// A future in a box.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why something that the program provides has failed: credentials, a factor, the stream of a body. Its text is shown, so it
/// must hold no secret.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Sends HTTP requests.
///
/// An implementation must not follow a redirect to another origin (scheme, host and port): headers
/// and bodies carry secrets. Nor may it send a request twice. How long a request may take and how large
/// an answer may be is seen to by the caller, who drops what takes too long; for that there has to be a
/// Tokio runtime with its timer.
///
/// A body is bytes ([`Body::as_bytes`]) or a stream, to be read piece by piece ([`Body::into_chunks`])
/// as fast as the server takes it. So may the answer's be: whoever wants it whole reads it.
///
/// ```
/// use openstack_identity::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
/// use openstack_identity::OpenStack;
///
/// struct Offline;
///
/// impl Transport for Offline {
///     fn send(
///         &self,
///         _request: http::Request<Body>,
///     ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
///         let error = TransportError::new(TransportErrorKind::Unreachable, "there is no network");
///         Box::pin(async { Err(error) })
///     }
/// }
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3").transport(Offline).build()?;
/// # Ok(()) }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends one request, and returns the answer as soon as its head is there.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>>;
}

/// One transport can serve several clients.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        (**self).send(request)
    }
}

/// There is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransportError {
    kind: TransportErrorKind,
    reason: String,
    proxy: Option<Proxy>,
}

/// The variable of the environment that names the proxy by which a request went, such as `HTTPS_PROXY`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Proxy(pub(crate) &'static str);

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The server can't be reached: no such host, nobody listens, no network.
    Unreachable,
    /// The server's certificate is not trusted.
    Untrusted,
    /// It took too long.
    TimedOut,
    /// The connection broke, or the answer is not HTTP.
    Broken,
    /// The answer is larger than is reasonable.
    TooLarge,
    /// The stream of the request's body failed.
    Body,
    /// The client can't be set up, for want of a TLS library or because a certificate can't be read.
    Setup,
}

impl TransportError {
    /// Takes the kind, and a reason for a person to read, which must not hold secrets.
    #[must_use]
    pub fn new(kind: TransportErrorKind, reason: impl Into<String>) -> Self {
        TransportError {
            kind,
            reason: reason.into(),
            proxy: None,
        }
    }

    /// The same, of a request that went by a proxy.
    #[cfg(feature = "reqwest")]
    pub(crate) fn by(mut self, proxy: Option<Proxy>) -> Self {
        self.proxy = proxy;
        self
    }

    /// The proxy that the request went by.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for TransportError {}
