//! One request to a service.

use std::fmt;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroize;

use super::cloud::Loss;
use super::download::ServiceDownload;
use super::path::{Target, with_query};
use super::response::ServiceResponse;
use super::{ServiceClient, failure};
use crate::catalog::is_a;
use crate::error::{Context, Error, ErrorKind};
use crate::exchange::pipeline::{Received, Terms};
use crate::exchange::retry::Repeat;
use crate::runtime::{Secret, scrub, sent_json};
use crate::transport::{Body, BoxFuture};

/// What is accepted unless the caller says otherwise.
const DEFAULT_ACCEPT: &str = "application/json";

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
/// more, and again if that is of the second in which Keystone revoked the first; if its body is a stream that can't be sent again, the error says so, and the next call has the
/// new token. An answer from 400 on is an error, and so is a redirect, which is not followed to another
/// origin.
///
/// # Errors
///
/// Awaiting it fails with the kinds `NoEndpoint`, `NotFound`, `Forbidden`, `Conflict`, and those that
/// any call can have.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ServiceRequest {
    client: ServiceClient,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
    secrets: Vec<Secret>,
    /// The first thing that can't be sent.
    wrong: Option<String>,
}

impl ServiceRequest {
    pub(super) fn new(client: ServiceClient, method: Method, path: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(DEFAULT_ACCEPT));
        ServiceRequest {
            client,
            method,
            path,
            headers,
            body: Body::empty(),
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
        let Ok((json, secrets)) = sent_json(body) else {
            return self.fail("the body can't be written as JSON");
        };
        self.secrets.extend(secrets);
        let value = serde_json::from_slice(&json).unwrap_or_default();
        note_secrets(value, &mut self.secrets);
        self.body = json.into();
        let media = HeaderValue::from_static("application/json");
        self.headers.entry(CONTENT_TYPE).or_insert(media);
        self
    }

    /// Sends these bytes, or a stream: see [`Body`]. Say with [`header`](ServiceRequest::header) what
    /// `Content-Type` they have.
    ///
    /// ```no_run
    /// use openstack_identity::transport::Body;
    ///
    /// # async fn example(openstack: openstack_identity::OpenStack) -> Result<(), Box<dyn std::error::Error>> {
    /// let images = openstack.service("image");
    /// images
    ///     .put("v2/images/a1b2/file")
    ///     .header("Content-Type", "application/octet-stream")
    ///     .body(Body::file("disk.qcow2").await?)
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request, and leaves the body of the answer to be read piece by piece, however large it
    /// is. `Accept` is `*/*` unless another was set.
    ///
    /// ```no_run
    /// # async fn example(openstack: openstack_identity::OpenStack) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::Write;
    ///
    /// let objects = openstack.service("object-store");
    /// let mut object = objects.get("backups/monday.tar").download().await?;
    /// let mut file = std::fs::File::create("monday.tar")?;
    /// while let Some(chunk) = object.chunk().await? {
    ///     file.write_all(&chunk)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting the request.
    pub async fn download(mut self) -> Result<ServiceDownload, Error> {
        if self
            .headers
            .get(ACCEPT)
            .is_some_and(|accept| accept == DEFAULT_ACCEPT)
        {
            let anything = HeaderValue::from_static("*/*");
            self.headers.insert(ACCEPT, anything);
        }
        let timeouts = self.client.cloud.client.pipeline.timeouts;
        let Answered {
            answer,
            secrets,
            context,
            asked,
        } = self.exchange(true).await?;
        let answer = answer.map(|body| match body {
            Received::Open(chunks) => chunks,
            Received::Whole(body) => Body::from(body).into_chunks(),
        });
        Ok(ServiceDownload::new(
            answer,
            timeouts,
            secrets,
            (context, asked),
        ))
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
        let Answered {
            answer,
            secrets,
            context,
            asked,
        } = self.exchange(false).await?;
        let answer = answer.map(Received::whole);
        Ok(ServiceResponse::new(answer, secrets, (context, asked)))
    }

    async fn exchange(self, keep_open: bool) -> Result<Answered, Error> {
        let mut context = self.context();
        let refuse = |context: &Context, why| {
            let what = format!("the path {why}");
            Error::input_of(context.clone(), what)
        };
        if let Some(wrong) = self.wrong {
            return Err(Error::input_of(context, wrong));
        }
        let target = Target::parse(&self.path).map_err(|why| refuse(&context, why))?;
        let cloud = &self.client.cloud;
        let mut client = cloud.client.begin();
        let (mut replaced, mut moved) = (0, false);
        loop {
            let place = self.client.place(&client, &context).await?;
            place.address.host().clone_into(&mut context.host);
            let url = target
                .at(&place.address)
                .map_err(|why| refuse(&context, why))?;
            let id = place.token.id();
            let mut secrets = self.secrets.clone();
            secrets.push(Secret::new(id.expose()));
            let request = self
                .to_http(&url, id.expose())
                .ok_or_else(|| refuse(&context, "can't be sent"))?;
            let sent = Context {
                method: Some(self.method.clone()),
                ..context.clone()
            };
            let asked = request.uri().clone();
            let terms = Terms {
                secrets: &secrets,
                context: &sent,
                repeat: Repeat::of(&self.method),
                keep_open,
            };
            let opened = client.pipeline.open(request, terms).await;
            if self.body.as_bytes().is_none() {
                // The stream took its time.
                client = cloud.client.begin();
            }
            let answer = match opened {
                Ok(answer) => answer,
                Err(error) if !self.body.can_be_sent_again() => return Err(error),
                Err(error) => {
                    let follow = self
                        .client
                        .follow(&client, &place, &context, error, &mut moved);
                    follow.await?;
                    continue;
                }
            };
            if failure::is_success(answer.status()) {
                return Ok(Answered {
                    answer,
                    secrets,
                    context: sent,
                    asked,
                });
            }
            let sent = sent
                .at(&asked, &secrets)
                .by(answer.extensions().get().cloned());
            let error = failure::of(&answer.map(Received::whole), &secrets, sent);
            let loss = self.loss(&error);
            let again = cloud.tries_again(&client, &mut replaced, loss, &place.token);
            if !again.await {
                return Err(error);
            }
            if !self.body.can_be_sent_again() {
                self.client.token(&client, &context).await?;
                return Err(error.not_replayed());
            }
        }
    }

    fn to_http(&self, url: &str, token: &str) -> Option<http::Request<Body>> {
        let mut request = http::Request::new(self.body.clone());
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

/// A good answer, and what its errors need.
struct Answered {
    answer: http::Response<Received>,
    secrets: Vec<Secret>,
    context: Context,
    asked: Uri,
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
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Texts under keys that sound like a secret, which the service may repeat in an error. Nothing else of
/// the value stays in memory.
fn note_secrets(json: Value, secrets: &mut Vec<Secret>) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if has_word(&key, &SECRET_KEYS) => {
                        secrets.push(Secret::new(text));
                    }
                    value => note_secrets(value, secrets),
                }
            }
        }
        Value::Array(items) => items
            .into_iter()
            .for_each(|item| note_secrets(item, secrets)),
        Value::String(mut text) => text.zeroize(),
        _ => {}
    }
}

/// Whether the name has one of these words in it.
fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}
