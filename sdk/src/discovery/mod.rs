//! Which versions of an API a server has, and where.

mod document;
mod identity;
mod services;

use http::header::{ACCEPT, HeaderValue};

use crate::error::{Context, Error};
use crate::retry::Repeat;
use crate::transport::Body;
use crate::wire::{Terms, Wire};

pub use self::document::ServiceVersion;
pub(crate) use self::document::is_version;
pub(crate) use self::identity::IdentityUrl;
pub(crate) use self::services::VersionCache;

/// The answer to a GET, which carries no token.
async fn ask(wire: &Wire, url: &str, context: &Context) -> Result<http::Response<Vec<u8>>, Error> {
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
    wire.exchange(request, terms).await
}
