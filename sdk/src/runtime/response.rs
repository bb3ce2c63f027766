//! Answers, from whatever client received them.

use std::sync::{Arc, OnceLock};

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault::Fault;
use super::lenient::lenient;
use super::partial::error_json;
use super::{
    DecodeError, ErrorBody, Operation, OperationError, Parameter, Request, Secret, ServiceError,
    scrub, scrub_value,
};

/// An answer, complete.
#[derive(Clone)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    secrets: Arc<Vec<Secret>>,
    reading: Reading,
}

/// What is made of a body with odd parts.
#[derive(Clone)]
enum Reading {
    /// It is an error.
    Strict,
    /// They are dropped. Filled in when that has happened.
    Lenient(OnceLock<String>),
}

impl Response {
    /// Takes an answer to `request`, whose secrets are kept out of every message.
    #[must_use]
    pub fn new<B: Into<Vec<u8>>>(response: http::Response<B>, request: &Request) -> Self {
        let (head, body) = response.into_parts();
        Response {
            status: head.status,
            headers: head.headers,
            body: body.into(),
            secrets: request.secrets().clone(),
            reading: Reading::Strict,
        }
    }

    /// The same answer, to be read with allowance: an odd entry of a list is dropped, and an odd optional
    /// member is taken as absent. What is required stays required.
    ///
    /// So the client reads what it only needs a part of: the answer to a login. What is shown to a caller
    /// is read strictly, as it would be no longer what the server said.
    ///
    /// ```
    /// use openstack_identity::identity::v3::catalog::{Catalog, GetCatalog};
    /// use openstack_identity::runtime::{Operation, Response};
    ///
    /// let body = r#"{"catalog": [{"id": "1", "type": "compute", "endpoints": []}, {"id": null}]}"#;
    /// let request = GetCatalog::new().request()?;
    /// let response = Response::new(http::Response::new(body), &request).lenient();
    /// let catalog = GetCatalog::response(&response)?;
    /// assert_eq!(catalog.services.len(), 1);
    /// assert!(response.odd().unwrap().contains("`catalog[1].id`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.reading = Reading::Lenient(OnceLock::new());
        self
    }

    /// What was dropped or taken as absent when the body was read: place and reason of the
    /// first part, and how many there are. It holds no secret.
    #[must_use]
    pub fn odd(&self) -> Option<&str> {
        match &self.reading {
            Reading::Strict => None,
            Reading::Lenient(odd) => odd.get().map(String::as_str),
        }
    }

    /// An answer to a request with these secrets.
    #[cfg(feature = "client")]
    pub(crate) fn with_secrets(
        response: http::Response<Vec<u8>>,
        secrets: Arc<Vec<Secret>>,
    ) -> Self {
        let (head, body) = response.into_parts();
        Response {
            status: head.status,
            headers: head.headers,
            body,
            secrets,
            reading: Reading::Strict,
        }
    }

    /// The secrets of the request.
    #[cfg(feature = "client")]
    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The body as it came.
    #[cfg(feature = "client")]
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Whether the header is there. An empty one counts as absent.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers
            .get(name)
            .is_some_and(|value| !value.is_empty())
    }

    /// The value of a header that must be there.
    ///
    /// # Errors
    ///
    /// It isn't, or has the wrong form.
    pub fn header<T: Parameter>(&self, name: &'static str) -> Result<T, DecodeError> {
        self.optional_header(name)?
            .ok_or_else(|| self.unreadable(format!("it has no header {name}")))
    }

    /// The value of a header that may be there. An empty one counts as absent.
    ///
    /// # Errors
    ///
    /// It has the wrong form, or comes twice with different values.
    pub fn optional_header<T: Parameter>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        let Some(value) = self.headers.get(name) else {
            return Ok(None);
        };
        let wrong = |what: &str| self.unreadable(format!("its header {name} is wrong: {what}"));
        if self
            .headers
            .get_all(name)
            .iter()
            .any(|other| other != value)
        {
            return Err(wrong("it comes with different values"));
        }
        let text = value.to_str().map_err(|_| wrong("expected text"))?;
        if text.is_empty() {
            return Ok(None);
        }
        T::from_text(text).map(Some).map_err(wrong)
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// It is not JSON of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let strict = serde_path_to_error::deserialize(&mut json);
        let body = match (&strict, &self.reading) {
            (Err(_), Reading::Lenient(_)) => serde_json::from_slice(&self.body).ok(),
            _ => None,
        };
        match body {
            Some(body) => self.leniently(&body, None),
            None => strict.map_err(|error| self.wrong(&error.into())),
        }
    }

    /// What stands under `key` in the body.
    ///
    /// # Errors
    ///
    /// The body is not JSON, has no such key, or it doesn't hold this type.
    pub fn json_in<T: DeserializeOwned>(&self, key: &'static str) -> Result<T, DecodeError> {
        let mut body: Value = self.json()?;
        let Some(value) = body.get_mut(key).map(Value::take) else {
            return Err(self.unreadable(format!("its body has no `{key}`")));
        };
        match &self.reading {
            Reading::Lenient(_) => self.leniently(&value, Some(key)),
            Reading::Strict => serde_path_to_error::deserialize(value)
                .map_err(|error| self.wrong(&Fault::from(error).under(key))),
        }
    }

    /// What is under `key` of the body, or all of it, without odd parts, of which a note is made.
    fn leniently<T: DeserializeOwned>(
        &self,
        value: &Value,
        key: Option<&str>,
    ) -> Result<T, DecodeError> {
        let (read, odd) = lenient(value).map_err(|fault| match key {
            Some(key) => self.wrong(&fault.under(key)),
            None => self.wrong(&fault),
        })?;
        if let (Reading::Lenient(note), Some(odd)) = (&self.reading, odd) {
            let odd = match key {
                Some(key) => odd.under(key),
                None => odd,
            };
            note.get_or_init(|| odd.text(&self.secrets));
        }
        Ok(read)
    }

    /// The error that the answer is.
    #[must_use]
    pub fn error<O: Operation>(&self) -> OperationError<O::Failure> {
        let media = self.media();
        let fits = |body: &&ErrorBody| media.as_deref() == Some(body.media);
        let json = error_json(&self.body);
        let read = |path: &[&str]| json.as_ref().and_then(|json| at(json, path));
        let words = |path: &[&str]| {
            read(path)
                .and_then(Value::as_str)
                .map(|text| scrub(text, &self.secrets))
        };
        let shape = O::SERVICE
            .errors
            .iter()
            .filter(fits)
            .find(|body| body.message.is_empty() || words(body.message).is_some());
        OperationError::Service(Box::new(ServiceError {
            operation: O::NAME,
            status: self.status,
            title: shape.and_then(|body| words(body.title)),
            message: shape.and_then(|body| words(body.message)),
            details: shape
                .and_then(|body| read(body.details))
                .map(|details| scrub_value(details, &self.secrets)),
            media: media
                .filter(|_| !self.body.is_empty())
                .and_then(|_| self.shown_media()),
            location: self.text_of(LOCATION.as_str()),
            retry_after: self.text_of("Retry-After"),
            request_id: self.request_id::<O>(),
        }))
    }

    /// The name of the request in the service's log.
    #[must_use]
    pub fn request_id<O: Operation>(&self) -> Option<String> {
        O::SERVICE
            .request_id_header
            .and_then(|name| self.text_of(name))
    }

    /// The first line of a text of the server, without what the request kept secret.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        scrub(text, &self.secrets)
    }

    fn text_of(&self, header: &str) -> Option<String> {
        let text = self.headers.get(header)?.to_str().ok()?;
        Some(self.without_secrets(text)).filter(|text| !text.is_empty())
    }

    /// The media type in lower case, without its parameters, as the server sent it.
    pub(crate) fn media(&self) -> Option<String> {
        let text = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(without_parameters(text))
    }

    /// The media type for a person. What is secret is hidden first: it may have a semicolon.
    fn shown_media(&self) -> Option<String> {
        let media = without_parameters(&self.text_of(CONTENT_TYPE.as_str())?);
        Some(media).filter(|media| !media.is_empty())
    }

    fn wrong(&self, fault: &Fault) -> DecodeError {
        let reason = match self.media() {
            _ if self.body.is_empty() => "its body is empty".to_owned(),
            Some(media) if !media.is_empty() && !media.contains("json") => {
                let shown = self.shown_media().unwrap_or_default();
                format!("it is {shown}, not JSON")
            }
            _ => fault.reason(&self.secrets),
        };
        DecodeError {
            path: fault.path(&self.secrets),
            ..self.unreadable(reason)
        }
    }

    fn unreadable(&self, reason: String) -> DecodeError {
        DecodeError {
            status: self.status,
            path: String::new(),
            reason,
        }
    }
}

fn without_parameters(media: &str) -> String {
    let media = media.split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

fn at<'a>(json: &'a Value, path: &[&str]) -> Option<&'a Value> {
    if path.is_empty() {
        return None;
    }
    path.iter().try_fold(json, |value, key| value.get(key))
}
