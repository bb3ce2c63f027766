//! The requests that a server has seen.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Version};
use serde_json::Value;

use crate::wire::Request;

/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "openstack-auth-receipt",
    "x-auth-token",
    "x-service-token",
    "x-subject-token",
];

/// A request as the server saw it.
///
/// [`Debug`](fmt::Debug) shows neither the values of headers that carry tokens nor anything of the body; ask for them by
/// name where a test needs them.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What stands behind the question mark, if there is one.
    pub query: Option<String>,
    /// The version of HTTP.
    pub version: Version,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl RecordedRequest {
    pub(crate) fn of(request: &Request, version: Version) -> Self {
        Self {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            version,
            headers: request.headers.clone(),
            body: request.body.clone(),
        }
    }

    /// A header's value, if it is there once or more (then the first) and is text. Case doesn't matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `None` if it isn't JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let value = if SECRET_HEADERS.contains(&name.as_str()) {
                "[redacted]".to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.to_string(), value)
        };
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("version", &self.version)
            .field(
                "headers",
                &self.headers.iter().map(redacted).collect::<Vec<_>>(),
            )
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
