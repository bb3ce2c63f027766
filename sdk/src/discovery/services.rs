//! Versions of the services of a catalog, asked for once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;

use super::ask;
use super::document::{ServiceVersion, read, split_version};
use crate::catalog::address::Address;
use crate::error::{Context, Error, ErrorKind};
use crate::exchange::pipeline::Pipeline;
use crate::exchange::single_flight::SingleFlight;

type Versions = Arc<[ServiceVersion]>;

/// What services have said of their versions, by address.
#[derive(Default)]
pub(crate) struct VersionCache(Mutex<HashMap<Address, Arc<SingleFlight<Versions>>>>);

impl VersionCache {
    /// The versions of the service with this endpoint. Those who ask at the same time share a request.
    pub(crate) async fn get(
        &self,
        endpoint: &Address,
        pipeline: &Pipeline,
        context: &Context,
    ) -> Result<Versions, Error> {
        let roots = roots(endpoint);
        let flight = {
            let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            cache.entry(roots[0].clone()).or_default().clone()
        };
        flight.get(find(&roots, pipeline, context)).await
    }
}

/// Where the list of versions may be: above the version in the endpoint's path, or, where only that is
/// served, at it.
fn roots(endpoint: &Address) -> Vec<Address> {
    let path = endpoint.path.trim_end_matches('/');
    let with_path = |path: &str| Address {
        path: path.to_owned(),
        ..endpoint.clone()
    };
    match split_version(path) {
        Some((above, versioned)) => {
            let version = versioned.split('/').nth(1).unwrap_or_default();
            vec![with_path(above), with_path(&format!("{above}/{version}"))]
        }
        None => vec![with_path(path)],
    }
}

async fn find(
    roots: &[Address],
    pipeline: &Pipeline,
    context: &Context,
) -> Result<Versions, Error> {
    let mut refused = None;
    for root in roots {
        let url = format!("{}{}/", root.origin, root.path);
        let answer = ask(pipeline, &url, context).await?;
        let status = answer.status();
        let has_list = status == StatusCode::OK || status == StatusCode::MULTIPLE_CHOICES;
        match read(answer.body(), root).filter(|_| has_list) {
            Some(versions) => return Ok(versions.into()),
            None => refused = refused.or(Some((status, url))),
        }
    }
    let (status, url) = refused.unwrap_or_default();
    let context = match url.parse() {
        Ok(url) => context.clone().at(&url, &[]),
        Err(_) => context.clone(),
    };
    let kind = match ErrorKind::of_status(status, None) {
        _ if status.is_success() => ErrorKind::UnexpectedResponse,
        kind => kind,
    };
    let what = format!("{status}, without a list of versions");
    Err(Error::answered(kind, context, what, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_above_the_version() {
        for (endpoint, paths) in [
            (
                "https://host/compute/v2.1",
                &["/compute", "/compute/v2.1"][..],
            ),
            ("https://host:8774/v2.1/", &["", "/v2.1"]),
            ("https://host/volume/v3/a1b2", &["/volume", "/volume/v3"]),
            ("https://host/v1/AUTH_a1b2", &["", "/v1"]),
            ("https://host/image/", &["/image"]),
            ("https://host", &[""]),
        ] {
            let roots = roots(&Address::parse(endpoint).unwrap());
            let found: Vec<_> = roots.iter().map(|root| &*root.path).collect();
            assert_eq!(found, paths, "{endpoint}");
        }
    }
}
