//! Scripted faults: what a server does in place of, or with, its honest answer.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use crate::wire::{Reply, Request};

/// Something that goes wrong with requests, or an answer of your own for them.
///
/// A fault hits one request unless you say [`times`](Self::times) or [`always`](Self::always), and any request unless you
/// say [`on`](Self::on). Of several faults that match, the one that was injected first is used.
///
/// ```
/// use openstack_identity_testing::{Fault, IdentityServer};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let server = IdentityServer::start().await?;
/// // The next two logins are throttled; the third succeeds.
/// server.inject(Fault::status(429).header("Retry-After", "1").on("POST", "/v3/auth/tokens").times(2));
/// // Another service on the same port.
/// server.inject(Fault::status(200).json(&serde_json::json!({"servers": []})).on("GET", "/compute/*").always());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Fault {
    method: Option<String>,
    path: Option<String>,
    remaining: Option<usize>,
    passes: usize,
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
}

/// What a fault does.
#[derive(Clone)]
pub(crate) enum Effect {
    /// Nothing to the answer (a mere delay).
    Nothing,
    /// Another answer; the request has no effect.
    Answer(Reply),
    /// Bytes in place of an answer, then the end of the connection; the request has no effect.
    Raw(Bytes),
    /// The honest answer, with headers removed and set.
    Headers {
        removed: Vec<HeaderName>,
        set: HeaderMap,
    },
    /// The honest answer, with a `Date` that is this many seconds off.
    Date(i64),
    /// The honest answer up to the middle of its body.
    Truncate,
    /// The honest answer, byte by byte.
    Trickle(Duration),
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            method: None,
            path: None,
            remaining: Some(1),
            passes: 0,
            delay: Duration::ZERO,
            effect,
        }
    }

    /// An answer with this status and, as yet, nothing else. The request has no effect. A number that is no status means 500.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let mut reply = Response::new(Bytes::new());
        *reply.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Effect::Answer(reply))
    }

    /// The honest answer, late.
    #[must_use]
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Nothing).after(by)
    }

    /// Closes the connection without a byte of answer. The request has no effect.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::raw(Bytes::new())
    }

    /// Sends these bytes in place of an answer, be they HTTP or not, and closes the connection. The request has no effect.
    #[must_use]
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self::new(Effect::Raw(bytes.into()))
    }

    /// Sends the honest answer's headers and half of its body, and closes the connection.
    #[must_use]
    pub fn truncate_body() -> Self {
        Self::new(Effect::Truncate)
    }

    /// Sends the honest answer byte by byte, with this pause after each.
    #[must_use]
    pub fn trickle(pause: Duration) -> Self {
        Self::new(Effect::Trickle(pause))
    }

    /// The honest answer without a header, e.g. `X-Subject-Token`.
    #[must_use]
    pub fn without_header(name: &str) -> Self {
        let removed = HeaderName::try_from(name).into_iter().collect();
        Self::new(Effect::Headers {
            removed,
            set: HeaderMap::new(),
        })
    }

    /// The honest answer with a header set to this value.
    #[must_use]
    pub fn with_header(name: &str, value: &str) -> Self {
        Self::new(Effect::Headers {
            removed: Vec::new(),
            set: HeaderMap::new(),
        })
        .header(name, value)
    }

    /// The honest answer with a `Date` that is this many seconds ahead of the server's clock (behind, if negative).
    #[must_use]
    pub fn date_skew(seconds: i64) -> Self {
        Self::new(Effect::Date(seconds))
    }

    /// Sets a header of the answer. Does nothing to a fault without one, nor if this can't be a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            match &mut self.effect {
                Effect::Answer(reply) => _ = reply.headers_mut().insert(name, value),
                Effect::Headers { set, .. } => _ = set.insert(name, value),
                _ => {}
            }
        }
        self
    }

    /// Sets the body of an answer that [`status`](Self::status) began.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        if let Effect::Answer(reply) = &mut self.effect {
            *reply.body_mut() = body.into();
        }
        self
    }

    /// Sets the body and `Content-Type: application/json`.
    #[must_use]
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body(body.to_string())
            .header(CONTENT_TYPE.as_str(), "application/json")
    }

    /// Sets the body and `Content-Type: text/html`.
    #[must_use]
    pub fn html(self, body: impl Into<Bytes>) -> Self {
        self.body(body).header(CONTENT_TYPE.as_str(), "text/html")
    }

    /// Waits before answering, whatever the answer is.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Hits only requests of this method and path (without the query). `*` as the method is any; a path that ends with `*`
    /// is all that begin like it.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = (method != "*").then(|| method.to_ascii_uppercase());
        self.path = Some(path.to_owned());
        self
    }

    /// Hits this many requests.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.remaining = Some(count);
        self
    }

    /// Hits requests until faults are cleared.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.remaining = None;
        self
    }

    /// Lets this many requests pass before it hits.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.passes = count;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let method = self
            .method
            .as_deref()
            .is_none_or(|method| method == request.method.as_str());
        let path = self
            .path
            .as_deref()
            .is_none_or(|path| match path.strip_suffix('*') {
                Some(prefix) => request.path.starts_with(prefix),
                None => request.path == path,
            });
        method && path
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

/// The faults that wait for requests.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The fault for a request, counted down.
    pub(crate) fn take(&mut self, request: &Request) -> Option<Fault> {
        self.0.retain(|fault| fault.remaining != Some(0));
        for fault in self.0.iter_mut().filter(|fault| fault.matches(request)) {
            if fault.passes > 0 {
                fault.passes -= 1;
                continue;
            }
            if let Some(remaining) = &mut fault.remaining {
                *remaining -= 1;
            }
            return Some(fault.clone());
        }
        None
    }
}

/// An answer as bytes on the wire, split into what comes up to the middle of the body and the rest.
pub(crate) fn to_bytes(reply: &Reply) -> (Bytes, Bytes) {
    let mut head = format!("HTTP/1.1 {}\r\n", reply.status()).into_bytes();
    for (name, value) in reply.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let length = format!(
        "{CONTENT_LENGTH}: {}\r\nconnection: close\r\n\r\n",
        reply.body().len()
    );
    head.extend_from_slice(length.as_bytes());
    let (first, second) = reply.body().split_at(reply.body().len() / 2);
    head.extend_from_slice(first);
    (head.into(), Bytes::copy_from_slice(second))
}
