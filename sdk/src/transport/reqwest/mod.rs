//! Sending by reqwest.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::redirect::{Action, Attempt, Policy};

use crate::transport::BoxError;
use crate::transport::pem::{ClientCertificate, Pem};
use crate::transport::proxy::Proxies;
use crate::transport::{
    Body, BodyChunks, BoxFuture, Transport, TransportError, TransportErrorKind,
};

mod key;
mod shared;
#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
mod tls;
#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider")))]
#[path = "no_tls.rs"]
mod tls;

use self::key::Key;
use self::shared::Shared;
use self::tls::Tls;

/// Which version of HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum HttpVersion {
    /// Over TLS what client and server agree on (by ALPN): HTTP/2 if the feature `http2` is on and the
    /// server has it, else HTTP/1.1. Over plain http HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1, whatever the server has.
    Http1,
    /// HTTP/2, also over plain http, without asking whether the server has it: if it doesn't, no request
    /// gets through.
    #[cfg(feature = "http2")]
    Http2,
}

/// What can be set.
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    pub(crate) ca_certificates: Vec<Pem>,
    pub(crate) client_certificate: Option<ClientCertificate>,
    pub(crate) verify: bool,
    pub(crate) http_version: HttpVersion,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            connect_timeout: Duration::from_secs(10),
            ca_certificates: Vec::new(),
            client_certificate: None,
            verify: true,
            http_version: HttpVersion::default(),
        }
    }
}

impl Settings {
    /// The transport with these settings, which other clients of this process with the same have too.
    pub(crate) fn transport(self) -> Result<impl Transport + use<>, TransportError> {
        Ok(Reqwest(Shared::with(self)?, Proxies::of_environment()))
    }
}

fn client(key: &Key, tls: &Tls) -> Result<reqwest::Client, TransportError> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("openstack-identity/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(key.connect_timeout)
        .redirect(Policy::custom(same_origin));
    let builder = match key.http_version {
        HttpVersion::Negotiated => builder,
        HttpVersion::Http1 => builder.http1_only(),
        #[cfg(feature = "http2")]
        HttpVersion::Http2 => builder.http2_prior_knowledge(),
    };
    let client = tls.apply(builder).build();
    client.map_err(|error| setup(&innermost(&error)))
}

fn setup(reason: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Setup, reason)
}

/// Follows only what repeats the same request at the same origin: headers and body carry secrets.
fn same_origin(attempt: Attempt<'_>) -> Action {
    let repeats = matches!(attempt.status().as_u16(), 307 | 308);
    let first = attempt.previous().first();
    if repeats
        && attempt.previous().len() <= 3
        && first.is_some_and(|first| first.origin() == attempt.url().origin())
    {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

struct Reqwest(Arc<Shared>, Proxies);

impl Reqwest {
    fn failure(&self, error: &reqwest::Error) -> TransportError {
        let failure = failure(error);
        match (self.0.key.http_version, failure.kind()) {
            #[cfg(feature = "http2")]
            (
                HttpVersion::Http2,
                kind @ (TransportErrorKind::Broken | TransportErrorKind::Unreachable),
            ) => {
                let reason =
                    format!("{failure}; HTTP/2 was asked for, and the server may not speak it");
                TransportError::new(kind, reason)
            }
            _ => failure,
        }
    }
}

impl Transport for Reqwest {
    fn send(
        &self,
        mut request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let empty = request.body().length() == Some(0) && request.body().as_bytes().is_some();
        if empty
            && matches!(
                *request.method(),
                Method::POST | Method::PUT | Method::PATCH
            )
        {
            // Services want to hear it of what usually has a body, and hyper keeps it to itself.
            let none = HeaderValue::from_static("0");
            request.headers_mut().insert(CONTENT_LENGTH, none);
        }
        Box::pin(async move {
            self.1.check(request.uri())?;
            let proxy = self.1.of(request.uri());
            let failed = |error: &_| self.failure(error).by(proxy.clone());
            let request = reqwest::Request::try_from(request.map(outgoing));
            let request = request.map_err(|error| failed(&error))?;
            let answer = self.0.client()?.execute(request).await;
            let answer = answer.map_err(|error| failed(&error))?;
            let mut answer = http::Response::<reqwest::Body>::from(answer);
            if let Some(proxy) = proxy {
                answer.extensions_mut().insert(proxy);
            }
            Ok(answer.map(|body| Body::stream(Incoming(body))))
        })
    }
}

/// Bytes are shared with reqwest, not copied.
fn outgoing(body: Body) -> reqwest::Body {
    match body.as_bytes() {
        Some(bytes) => reqwest::Body::from(bytes.clone()),
        None => reqwest::Body::wrap(Outgoing(Mutex::new(body.into_chunks()))),
    }
}

/// A stream on its way out. Nothing locks it: it only has to go between threads.
struct Outgoing(Mutex<BodyChunks>);

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunks = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let next = Pin::new(chunks).poll_next(cx);
        next.map(|next| next.map(|chunk| chunk.map(Frame::data)))
    }

    /// None if nothing should come: then nobody would look whether something does.
    fn size_hint(&self) -> SizeHint {
        let chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remaining = chunks.remaining().filter(|remaining| *remaining > 0);
        remaining.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// An answer on its way in.
struct Incoming(reqwest::Body);

impl Stream for Incoming {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Some(Ok(data)),
                    // Trailers say nothing here.
                    Err(_) => continue,
                },
                Some(Err(error)) => Some(Err(failure(&error))),
                None => None,
            });
        }
    }
}

fn failure(error: &reqwest::Error) -> TransportError {
    let reason = innermost(error);
    let kind = if error.is_timeout() {
        TransportErrorKind::TimedOut
    } else if reason.contains("certificate") {
        TransportErrorKind::Untrusted
    } else if reason.contains("corrupt message") {
        let reason = "TLS isn't spoken there: is it http:// in place of https://?";
        return TransportError::new(TransportErrorKind::Broken, reason);
    } else if error.is_connect() {
        TransportErrorKind::Unreachable
    } else if error.is_builder() {
        TransportErrorKind::Setup
    } else {
        TransportErrorKind::Broken
    };
    let reason = match kind {
        TransportErrorKind::TimedOut => "no whole answer in time".to_owned(),
        TransportErrorKind::Broken => format!("the connection or the answer broke: {reason}"),
        _ => reason,
    };
    TransportError::new(kind, reason)
}

/// The first cause, which says most. It has no address in it, and so no secrets.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = "the request failed".to_owned();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
