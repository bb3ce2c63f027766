//! Which versions of an API a server has, and where.

pub(crate) mod auth_url;
mod document;
mod identity;
mod services;

use http::header::{ACCEPT, HeaderValue};

use crate::error::{Context, Error};
use crate::exchange::pipeline::{Pipeline, Terms};
use crate::exchange::retry::Repeat;
use crate::transport::Body;

pub use self::document::ServiceVersion;
pub(crate) use self::identity::IdentityUrl;
pub(crate) use self::services::VersionCache;

/// The answer to a GET, which carries no token.
async fn ask(
    pipeline: &Pipeline,
    url: &str,
    context: &Context,
) -> Result<http::Response<Vec<u8>>, Error> {
    let mut request = http::Request::new(Body::empty());
    *request.uri_mut() = url
        .parse()
        .map_err(|_| Error::unexpected("its address is no URL", context.clone()))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(ACCEPT, json);
    let terms = Terms {
        secrets: &[],
        context,
        repeat: Repeat::Always,
        keep_open: false,
    };
    pipeline.exchange(request, terms).await
}
