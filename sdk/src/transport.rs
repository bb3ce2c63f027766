//! The way out: whatever sends HTTP requests.
//!
//! The default is reqwest, behind the feature of that name. Bring another with
//! [`OpenStackBuilder::transport`](crate::OpenStackBuilder::transport).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future in a box.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends HTTP requests.
///
/// An implementation must not follow a redirect to another origin (scheme, host and port): headers
/// and bodies carry secrets. It must bound the time that a request takes, and the size of an answer.
///
/// ```
/// use openstack_identity::transport::{BoxFuture, Transport, TransportError, TransportErrorKind};
/// use openstack_identity::OpenStack;
///
/// struct Offline;
///
/// impl Transport for Offline {
///     fn send(
///         &self,
///         _request: http::Request<Vec<u8>>,
///     ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, TransportError>> {
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
    /// Sends one request, and reads the whole answer.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, TransportError>>;
}

/// One transport can serve several clients.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, TransportError>> {
        (**self).send(request)
    }
}

/// There is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransportError {
    kind: TransportErrorKind,
    reason: String,
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
        }
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
