//! Requests, without a server to send them to.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use serde::Serialize;

use super::sent::sent_json;
use super::{Parameter, RequestError, Secret};

/// A request: everything but the server.
#[derive(Clone)]
pub struct Request {
    method: Method,
    /// With the query.
    path: String,
    headers: HeaderMap,
    /// Overwritten when the last clone is dropped.
    body: Bytes,
    /// Shared with the answer, which may repeat them.
    secrets: Arc<Vec<Secret>>,
}

impl Request {
    /// Starts a request; `path` has its parameters in braces.
    #[must_use]
    #[allow(clippy::new_ret_no_self)]
    pub fn new(method: Method, path: &str) -> RequestBuilder {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let request = Request {
            method,
            path: path.to_owned(),
            headers,
            body: Bytes::new(),
            secrets: Arc::default(),
        };
        RequestBuilder {
            request,
            error: None,
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path and the query, from the service's root.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The headers; those that carry secrets are marked sensitive.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The same request with another query, as a link to the next page has it.
    #[must_use]
    pub fn with_query(mut self, query: Option<&str>) -> Self {
        let path = self.path.split('?').next().unwrap_or_default();
        self.path = match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        self
    }

    /// Adds the session's token in the header that the service wants it in.
    ///
    /// # Errors
    ///
    /// The token or the header's name can't be sent.
    pub fn with_session(mut self, header: &'static str, token: &str) -> Result<Self, RequestError> {
        self.insert(header, token, true)?;
        Ok(self)
    }

    /// The secrets in the request, which the server may repeat.
    pub(crate) fn secrets(&self) -> &Arc<Vec<Secret>> {
        &self.secrets
    }

    /// The whole request, for a service whose root is at `base`, such as `https://host:5000`.
    ///
    /// # Errors
    ///
    /// `base` is not an `http` or `https` address.
    pub fn to_http(&self, base: &str) -> Result<http::Request<Bytes>, RequestError> {
        self.clone().into_http(base)
    }

    /// The same, without a copy.
    pub(crate) fn into_http(self, base: &str) -> Result<http::Request<Bytes>, RequestError> {
        let base = base.trim_end_matches('/');
        let not_a_base = || RequestError::base(base);
        let uri: Uri = format!("{base}{}", self.path)
            .parse()
            .map_err(|_| not_a_base())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(not_a_base());
        }
        let mut request = http::Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    fn insert(&mut self, name: &'static str, text: &str, secret: bool) -> Result<(), RequestError> {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| RequestError::value(name, "is not the name of a header"))?;
        if text.trim().is_empty() {
            return Err(RequestError::value(name, "is empty"));
        }
        let mut value = HeaderValue::from_str(text)
            .ok()
            .filter(|_| is_sendable(text))
            .ok_or_else(|| RequestError::value(name, "has a character that no header can carry"))?;
        if secret {
            value.set_sensitive(true);
            Arc::make_mut(&mut self.secrets).push(Secret::new(text));
        }
        self.headers.insert(header, value);
        Ok(())
    }
}

/// Whether a header can carry the text. Beyond ASCII servers differ in what they read.
pub(crate) fn is_sendable(text: &str) -> bool {
    !text.trim().is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Shows no body, and no header that carries a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}

/// A request being built. The first value that can't be sent is told by [`RequestBuilder::build`].
#[derive(Debug)]
pub struct RequestBuilder {
    request: Request,
    error: Option<RequestError>,
}

impl RequestBuilder {
    /// Fills in a parameter of the path.
    #[must_use]
    pub fn path(mut self, name: &'static str, value: &impl Parameter) -> Self {
        let text = value.text();
        if matches!(&*text, "" | "." | "..") {
            return self.fail(RequestError::value(name, "would lead to another path"));
        }
        let placeholder = format!("{{{name}}}");
        self.request.path = self
            .request
            .path
            .replace(&placeholder, &percent_encoded(&text));
        self
    }

    /// Adds a key without a value to the query, if it is set.
    #[must_use]
    pub fn flag(mut self, name: &'static str, set: bool) -> Self {
        if set {
            self.push_query(&percent_encoded(name));
        }
        self
    }

    /// Adds a key and a value to the query, if there is one.
    #[must_use]
    pub fn query<T: Parameter>(mut self, name: &'static str, value: Option<&T>) -> Self {
        if let Some(value) = value {
            let (name, value) = (percent_encoded(name), percent_encoded(&value.text()));
            self.push_query(&format!("{name}={value}"));
        }
        self
    }

    /// Adds a key once for each value to the query.
    #[must_use]
    pub fn query_each<T: Parameter>(self, name: &'static str, values: &[T]) -> Self {
        values
            .iter()
            .fold(self, |builder, value| builder.query(name, Some(value)))
    }

    /// Adds a header, if there is a value for it.
    #[must_use]
    pub fn header<T: Parameter>(mut self, name: &'static str, value: Option<&T>) -> Self {
        match value.map(|value| self.request.insert(name, &value.text(), T::SECRET)) {
            Some(Err(error)) => self.fail(error),
            _ => self,
        }
    }

    /// Adds a body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match sent_json(body) {
            Ok((json, secrets)) => {
                self.request.body = json;
                Arc::make_mut(&mut self.request.secrets).extend(secrets);
                let json = HeaderValue::from_static("application/json");
                self.request.headers.insert(CONTENT_TYPE, json);
                self
            }
            Err(_) => self.fail(RequestError::value("the body", "can't be written as JSON")),
        }
    }

    /// The request.
    ///
    /// # Errors
    ///
    /// The first value that can't be sent.
    pub fn build(self) -> Result<Request, RequestError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.request),
        }
    }

    fn fail(mut self, error: RequestError) -> Self {
        self.error.get_or_insert(error);
        self
    }

    fn push_query(&mut self, pair: &str) {
        self.request.path.push(if self.request.path.contains('?') {
            '&'
        } else {
            '?'
        });
        self.request.path.push_str(pair);
    }
}

/// Everything but letters, digits and `-._~` as `%xx`.
fn percent_encoded(text: &str) -> String {
    use fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
