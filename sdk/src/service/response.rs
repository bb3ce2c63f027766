//! The answer of a service.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::failure;
use crate::error::{Context, Error};
use crate::runtime::{Response, Secret};

/// The answer of a service, complete.
#[derive(Clone)]
pub struct ServiceResponse {
    response: Response,
    context: Context,
    /// The address that was asked.
    asked: Uri,
}

impl ServiceResponse {
    pub(super) fn new(
        answer: http::Response<Vec<u8>>,
        secrets: Vec<Secret>,
        (context, asked): (Context, Uri),
    ) -> Self {
        let response = Response::with_secrets(answer, Arc::new(secrets));
        ServiceResponse {
            response,
            context,
            asked,
        }
    }

    /// The status, which is no error.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// A header's value, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The name of the request in the service's log, if it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let mut ids = failure::REQUEST_IDS.iter();
        ids.find_map(|name| self.header(name))
    }

    /// The body as it came; empty if there is none.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.response.body()
    }

    /// The body as text; what is no UTF-8 in it is replaced by `�`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// The body as JSON of this type.
    ///
    /// # Errors
    ///
    /// `UnexpectedResponse`: it is not that; the error says where in it.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.response.json().map_err(|error| {
            let id = self
                .request_id()
                .map(|id| self.response.without_secrets(id));
            let context = self.context.clone();
            let context = context.at(&self.asked, self.response.secrets());
            Error::decode(&error, context).with_request_id(id)
        })
    }
}

/// Shows neither headers nor the body, which may hold secrets.
impl fmt::Debug for ServiceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceResponse")
            .field("status", &self.status())
            .field(
                "request_id",
                &self
                    .request_id()
                    .map(|id| self.response.without_secrets(id)),
            )
            .field("body", &format_args!("[{} bytes]", self.bytes().len()))
            .finish_non_exhaustive()
    }
}
