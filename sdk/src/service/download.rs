//! The answer of a service, read piece by piece.

use std::fmt;

use bytes::Bytes;
use http::Uri;
use http::header::HeaderMap;

use super::failure;
use crate::error::{Context, Error};
use crate::exchange::timeouts::Timeouts;
use crate::runtime::{Secret, scrub};
use crate::transport::BodyChunks;

/// The answer of a service whose body is still to be read, piece by piece. Made by
/// [`ServiceRequest::download`](crate::ServiceRequest::download).
///
/// Dropping it before its end closes the connection.
pub struct ServiceDownload {
    head: http::response::Parts,
    chunks: BodyChunks,
    timeouts: Timeouts,
    secrets: Vec<Secret>,
    context: Context,
    /// The address that was asked.
    asked: Uri,
}

impl ServiceDownload {
    pub(super) fn new(
        answer: http::Response<BodyChunks>,
        timeouts: Timeouts,
        secrets: Vec<Secret>,
        (context, asked): (Context, Uri),
    ) -> Self {
        let (head, chunks) = answer.into_parts();
        ServiceDownload {
            head,
            chunks,
            timeouts,
            secrets,
            context,
            asked,
        }
    }

    /// The status, which is no error.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
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

    /// The next piece of the body, of any size; none at its end. A body that ends too early is an error,
    /// so what was read is whole once there is none.
    ///
    /// # Errors
    ///
    /// `TimedOut` if nothing comes for as long as
    /// [`read_timeout`](crate::OpenStackBuilder::read_timeout) says; `UnexpectedResponse` if the
    /// connection breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let next = self.timeouts.next(&mut self.chunks, None).await;
        next.map_err(|error| {
            let id = self.request_id().map(|id| scrub(id, &self.secrets));
            let context = self.context.clone().at(&self.asked, &self.secrets);
            Error::transport(&error, &self.secrets, context).with_request_id(id)
        })
    }
}

/// Shows neither headers nor the body, which may hold secrets.
impl fmt::Debug for ServiceDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceDownload")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
