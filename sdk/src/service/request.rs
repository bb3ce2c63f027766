//! One request to a service.

use std::fmt;

use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::path::{Target, with_query};
use super::response::ServiceResponse;
use super::{ServiceClient, failure};
use crate::catalog::is_a;
use crate::error::{Context, Error, ErrorKind};
use crate::openstack::Loss;
use crate::runtime::{Secret, recording, scrub};
use crate::transport::BoxFuture;

/// The header that carries the token.
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Headers that are not the caller's: the session's, and those that say where a request goes and ends.
const NOT_TO_SET: [&str; 5] = [
    "x-auth-token",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
];

/// What is in the names of headers that carry secrets.
const SECRET_HEADERS: [&str; 6] = ["auth", "cookie", "key", "pass", "secret", "token"];

/// What is in the keys of JSON that carry secrets.
const SECRET_KEYS: [&str; 8] = [
    "adminpass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "token",
];

/// A request to a service, sent when it is awaited.
///
/// If the service refuses the token (401), the session gets another one and the request is sent once
/// more. An answer from 400 on is an error, and so is a redirect, which is not followed to another
/// origin.
///
/// # Errors
///
/// Awaiting it fails with the kinds `NoEndpoint`, `NotFound`, `NotAllowed`, `Conflict`, and those that
/// any call can have.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ServiceRequest {
    client: ServiceClient,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
    secrets: Vec<Secret>,
    /// The first thing that can't be sent.
    wrong: Option<String>,
}

impl ServiceRequest {
    pub(super) fn new(client: ServiceClient, method: Method, path: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        ServiceRequest {
            client,
            method,
            path,
            headers,
            body: Zeroizing::default(),
            secrets: Vec::new(),
            wrong: None,
        }
    }

    /// Sets a header, such as `OpenStack-API-Version`. `Accept` is `application/json` unless set.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let header = HeaderName::try_from(name).ok();
        let Some(header) = header.filter(|header| !NOT_TO_SET.contains(&header.as_str())) else {
            return self.fail("a header has a name that can't be set");
        };
        let Ok(mut value) = HeaderValue::from_str(value) else {
            return self.fail(&format!(
                "the header {header} has a value that can't be sent"
            ));
        };
        if has_word(header.as_str(), &SECRET_HEADERS) {
            value.set_sensitive(true);
            let text = value.to_str().unwrap_or_default();
            self.secrets.push(Secret::new(text));
        }
        self.headers.insert(header, value);
        self
    }

    /// Adds a key and a value to the query.
    pub fn query(mut self, key: &str, value: impl fmt::Display) -> Self {
        with_query(&mut self.path, key, &value.to_string());
        self
    }

    /// Sends this value as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        let (json, secrets) = recording(|| serde_json::to_vec(body));
        let Ok(json) = json else {
            return self.fail("the body can't be written as JSON");
        };
        self.body = Zeroizing::new(json);
        self.secrets.extend(secrets);
        note_secrets(
            &serde_json::from_slice(&self.body).unwrap_or_default(),
            &mut self.secrets,
        );
        let media = HeaderValue::from_static("application/json");
        self.headers.entry(CONTENT_TYPE).or_insert(media);
        self
    }

    /// Sends these bytes. Say with [`header`](ServiceRequest::header) what `Content-Type` they have.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Zeroizing::new(body.into());
        self
    }

    fn fail(mut self, wrong: &str) -> Self {
        self.wrong.get_or_insert_with(|| wrong.to_owned());
        self
    }

    /// For errors: the service, the method and the path, without a query, which may hold secrets.
    fn context(&self) -> Context {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        let path = match path.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => path,
        };
        let path = scrub(path.trim_start_matches('/'), &self.secrets);
        self.client.context(&format!("{} /{path}", self.method))
    }

    async fn send(self) -> Result<ServiceResponse, Error> {
        let mut context = self.context();
        let refuse = |context: &Context, why| {
            let what = format!("the path {why}");
            Error::input_of(context.clone(), what)
        };
        if let Some(wrong) = self.wrong {
            return Err(Error::input_of(context, wrong));
        }
        let target = Target::parse(&self.path).map_err(|why| refuse(&context, why))?;
        let shared = self.client.openstack.shared();
        let mut first = true;
        loop {
            let token = self.client.token(&context).await?;
            let endpoint = self.client.endpoint_with(&token.token, &context)?;
            endpoint.host().clone_into(&mut context.host);
            let url = target.at(&endpoint).map_err(|why| refuse(&context, why))?;
            let id = token.token.id();
            let mut secrets = self.secrets.clone();
            secrets.push(Secret::new(id.expose()));
            let request = self
                .to_http(&url, id.expose())
                .ok_or_else(|| refuse(&context, "can't be sent"))?;
            let sent = Context {
                method: Some(self.method.clone()),
                ..context.clone()
            };
            let answer = shared
                .client
                .wire
                .exchange(request, &secrets, &sent)
                .await?;
            if failure::is_success(answer.status()) {
                return Ok(ServiceResponse::new(answer, secrets, sent));
            }
            let error = failure::of(&answer, &secrets, sent);
            let loss = self.loss(&error);
            if !shared.tries_again(&mut first, loss, &token).await {
                return Err(error);
            }
        }
    }

    fn to_http(&self, url: &str, token: &str) -> Option<http::Request<Vec<u8>>> {
        let mut request = http::Request::new(self.body.to_vec());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = url.parse().ok()?;
        *request.headers_mut() = self.headers.clone();
        let mut value = HeaderValue::from_str(token).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(TOKEN, value);
        Some(request)
    }

    fn loss(&self, error: &Error) -> Loss {
        match error.kind() {
            ErrorKind::Unauthorized => Loss::Certain,
            // Only Keystone answers 404 to a token whose user or project is gone.
            ErrorKind::NotFound if is_a("identity", self.client.filter.service_type()) => {
                Loss::Possible
            }
            _ => Loss::None,
        }
    }
}

impl IntoFuture for ServiceRequest {
    type Output = Result<ServiceResponse, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Shows neither the query, nor a header's value, nor the body.
impl fmt::Debug for ServiceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("ServiceRequest")
            .field("operation", &self.context().operation)
            .field("headers", &headers)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Texts under keys that sound like a secret, which the service may repeat in an error.
fn note_secrets(json: &Value, secrets: &mut Vec<Secret>) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if has_word(key, &SECRET_KEYS) => {
                        secrets.push(Secret::new(&**text))
                    }
                    value => note_secrets(value, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| note_secrets(item, secrets)),
        _ => {}
    }
}

/// Whether the name has one of these words in it.
fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}
