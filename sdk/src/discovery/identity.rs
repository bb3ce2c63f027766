//! Where below the auth URL Identity v3 is, if the URL doesn't say.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};

use super::ask;
use super::document::{ServiceVersion, read, split_version};
use crate::catalog::address::Address;
use crate::discovery::auth_url::AuthUrl;
use crate::error::{Context, Error, ErrorKind};
use crate::exchange::pipeline::Pipeline;
use crate::exchange::single_flight::SingleFlight;
use crate::runtime::scrub;

/// The address of an Identity service: as it was given, and as it was found. Clones share what is found.
#[derive(Clone)]
pub(crate) struct IdentityUrl {
    given: Arc<AuthUrl>,
    found: Arc<SingleFlight<AuthUrl>>,
}

impl IdentityUrl {
    pub(crate) fn new(given: AuthUrl) -> Self {
        IdentityUrl {
            given: Arc::new(given),
            found: Arc::default(),
        }
    }

    /// The host, and the port if it was given.
    pub(crate) fn host(&self) -> &str {
        self.given.host()
    }

    /// The address as it was given, with `/v3`.
    pub(crate) fn given(&self) -> &AuthUrl {
        &self.given
    }

    /// The address as far as it is known.
    fn at_hand(&self) -> AuthUrl {
        self.found.peek().unwrap_or_else(|| (*self.given).clone())
    }

    /// Where `/v3` is, without it, if there is nothing to find out any more.
    pub(crate) fn known_base(&self) -> Option<String> {
        match self.given.is_versioned() {
            true => Some(self.given.base()),
            false => self.found.peek().map(|found| found.base()),
        }
    }

    /// The address below which `/v3` is. Asks the server the first time, unless `/v3` was given.
    pub(crate) async fn settled(&self, pipeline: &Pipeline) -> Result<AuthUrl, Error> {
        if self.given.is_versioned() {
            return Ok((*self.given).clone());
        }
        self.found.get(find(&self.given, pipeline)).await
    }
}

/// With `/v3`.
impl fmt::Display for IdentityUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at_hand().fmt(f)
    }
}

impl fmt::Debug for IdentityUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How many versions an error names.
const MOST_VERSIONS: usize = 10;

/// Asks the server for its versions. A server that doesn't tell is taken to have `/v3` where most have
/// it: many clouds don't serve the list, or serve something else in its place.
async fn find(given: &AuthUrl, pipeline: &Pipeline) -> Result<AuthUrl, Error> {
    let context = Context {
        operation: "list_versions".into(),
        method: Some(Method::GET),
        host: given.host().to_owned(),
        ..Context::default()
    };
    let at = |url: &str| match url.parse() {
        Ok(url) => context.clone().at(&url, &[]),
        Err(_) => context.clone(),
    };
    let roots = roots(given);
    let mut others = Vec::new();
    for root in &roots {
        let url = format!("{}{}/", root.origin, root.path);
        let answer = ask(pipeline, &url, &context).await?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            // That it doesn't tell now is no reason to take a wrong address for good.
            return confirmed(given, pipeline, status, at(&url)).await;
        }
        let versions = read(answer.body(), root).unwrap_or_default();
        if let Some(v3) = versions.iter().find(|version| is_v3(version)) {
            return Ok(given.with_root(path_of(v3, root)));
        }
        let shown = versions.into_iter().take(MOST_VERSIONS);
        others.extend(shown.map(|version| scrub(&version.id, &[])));
    }
    if !others.is_empty() {
        let what = format!("the server has no Identity v3, but {}", others.join(", "));
        let first = roots
            .first()
            .map(|root| format!("{}{}/", root.origin, root.path));
        return Err(Error::unexpected(&what, at(&first.unwrap_or_default())));
    }
    let usual = roots.last().map_or("", |root| &root.path);
    tracing::debug!(
        path = usual,
        "no list of versions, so /v3 is taken to be here"
    );
    Ok(given.with_root(usual))
}

/// Where the list of versions may be: at the address that was given, or, if that is of another version,
/// above it.
fn roots(given: &AuthUrl) -> Vec<Address> {
    let mut roots = vec![given.root().clone()];
    if let Some((above, _)) = split_version(&given.root().path) {
        roots.push(Address {
            path: above.to_owned(),
            ..given.root().clone()
        });
    }
    roots
}

fn is_v3(version: &ServiceVersion) -> bool {
    version.number().is_some_and(|(major, _)| major == 3)
}

/// The path below which the version's `/v3` is: that of its link, if it has one that can be used.
fn path_of<'a>(v3: &'a ServiceVersion, root: &'a Address) -> &'a str {
    let url = v3.url.as_deref().unwrap_or_default();
    let path = url.strip_prefix(&*root.origin).unwrap_or_default();
    let path = path.trim_end_matches('/').strip_suffix("/v3");
    path.unwrap_or(&root.path)
}

/// The usual address, if the server shows there what it doesn't at its root.
async fn confirmed(
    given: &AuthUrl,
    pipeline: &Pipeline,
    status: StatusCode,
    context: Context,
) -> Result<AuthUrl, Error> {
    let answer = ask(pipeline, &given.to_string(), &context).await;
    let versions = answer
        .ok()
        .and_then(|answer| read(answer.body(), given.root()));
    if versions.is_some_and(|versions| versions.iter().any(is_v3)) {
        return Ok(given.with_root(&given.root().path));
    }
    let what =
        format!("{status}, asked for its versions: an auth URL with /v3 spares the question");
    Err(Error::answered(
        ErrorKind::of_status(status, None),
        context,
        what,
        status,
    ))
}
