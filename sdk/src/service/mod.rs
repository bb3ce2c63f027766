//! Requests to any service of the catalog.

pub(crate) mod cloud;
mod download;
mod failure;
mod path;
mod request;
mod response;
mod settings;

use std::sync::Arc;

use http::Method;

use crate::catalog::address::Address;
use crate::catalog::{EndpointChoice, EndpointFilter, Interfaces, NoEndpointError};
use crate::client::Client;
use crate::discovery::ServiceVersion;
use crate::error::{Context, Error, ErrorKind};
use crate::identity::v3::tokens::Token;
use crate::runtime::scrub_setting;
use crate::session::{Catalog, SessionToken};
use crate::token::AuthToken;

use self::cloud::Cloud;

pub use self::download::ServiceDownload;
pub use self::request::ServiceRequest;
pub use self::response::ServiceResponse;
pub(crate) use self::settings::ServiceSettings;

/// What the session takes for the operation when it needs a token for a service.
const PLACEHOLDER: &str = "service";

/// A service of the catalog, to which requests can be sent. Made by [`OpenStack::service`](crate::OpenStack::service).
///
/// The endpoint is looked up in the catalog of the token that a request is sent with, so it follows each
/// renewal. If it is not in there, or can't be reached, the session looks the catalog up again, at most once
/// in five minutes. Nothing is sent, and no login happens, before something is awaited.
///
/// ```no_run
/// use serde_json::{Value, json};
///
/// # async fn example(openstack: openstack_identity::OpenStack) -> Result<(), openstack_identity::Error> {
/// let network = openstack.service("network").region("RegionTwo").interface(["internal", "public"]);
/// let created = network
///     .post("v2.0/networks")
///     .json(&json!({"network": {"name": "backend"}}))
///     .await?;
/// let network: Value = created.json()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ServiceClient {
    cloud: Arc<Cloud>,
    filter: EndpointFilter,
    endpoint_override: Option<String>,
}

impl ServiceClient {
    pub(crate) fn new(cloud: Arc<Cloud>, service_type: String) -> Self {
        ServiceClient {
            filter: cloud.services.filter(&service_type),
            cloud,
            endpoint_override: None,
        }
    }

    /// Only endpoints in this region, in place of what was said to the [`OpenStack`](crate::OpenStack). An endpoint that is in no
    /// region will do if there is no other.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.filter = self.filter.region(region);
        self
    }

    /// Endpoints in any region.
    pub fn any_region(mut self) -> Self {
        self.filter = self.filter.any_region();
        self
    }

    /// Only endpoints for these: `"internal"`, or several, the best first.
    pub fn interface(mut self, interfaces: impl Into<Interfaces>) -> Self {
        self.filter = self.filter.interface(interfaces);
        self
    }

    /// Only the service of this name, such as `nova`: where there are several of one type.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.filter = self.filter.name(name);
        self
    }

    /// An address in place of any of the catalog. `%(project_id)s` and `%(user_id)s` in it are filled in.
    pub fn endpoint_override(mut self, url: impl Into<String>) -> Self {
        self.endpoint_override = Some(url.into());
        self
    }

    /// A request to read what is at `path`. See [`request`](ServiceClient::request).
    pub fn get(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::GET, path)
    }

    /// A request for the headers of what is at `path`. See [`request`](ServiceClient::request).
    pub fn head(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::HEAD, path)
    }

    /// A request to create or do something. See [`request`](ServiceClient::request).
    pub fn post(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::POST, path)
    }

    /// A request to put something at `path`. See [`request`](ServiceClient::request).
    pub fn put(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::PUT, path)
    }

    /// A request to change what is at `path`. See [`request`](ServiceClient::request).
    pub fn patch(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::PATCH, path)
    }

    /// A request to delete what is at `path`. See [`request`](ServiceClient::request).
    pub fn delete(&self, path: impl Into<String>) -> ServiceRequest {
        self.request(Method::DELETE, path)
    }

    /// A request of any method, sent when it is awaited.
    ///
    /// `path` is relative to the endpoint, with or without a slash at its beginning, and may have a
    /// query: `servers/detail?limit=10`. The address that a link of the service gives, such as that of a
    /// next page, can be given whole if it is at the endpoint's own scheme, host and port. A path that
    /// would lead out of the endpoint by `..` is refused.
    pub fn request(&self, method: Method, path: impl Into<String>) -> ServiceRequest {
        ServiceRequest::new(self.clone(), method, path.into())
    }

    /// The endpoint that requests go to now.
    ///
    /// # Errors
    ///
    /// `NoEndpoint`, or there is no token.
    pub async fn endpoint(&self) -> Result<String, Error> {
        let context = self.context("endpoint");
        let client = self.cloud.client.begin();
        let Place { address, .. } = self.place(&client, &context).await?;
        Ok(format!("{}{}", address.origin, address.path))
    }

    /// Which endpoint requests go to now, and why not to each other one of the catalog.
    ///
    /// # Errors
    ///
    /// There is no token. That no endpoint fits is no error here.
    pub async fn explain(&self) -> Result<EndpointChoice, Error> {
        let context = self.context("explain");
        let cloud = &self.cloud;
        let token = self.token(&cloud.client.begin(), &context).await?;
        let catalog = cloud.session.catalog(&token);
        let secrets = cloud.session.secrets(&token);
        let services = catalog.services().unwrap_or_default();
        let mut choice = self.filter.explain_hiding(services, &secrets);
        let given = self.address_given();
        choice.endpoint_override = given.map(|url| scrub_setting(url, &secrets));
        Ok(choice)
    }

    /// The versions of its API that the service has, as it lists them above the endpoint's own version.
    /// Asked for without a token, and once for all clones of the [`OpenStack`](crate::OpenStack).
    ///
    /// # Errors
    ///
    /// `NoEndpoint`, there is no token, or the service shows no list.
    pub async fn versions(&self) -> Result<Vec<ServiceVersion>, Error> {
        let mut context = self.context("versions");
        let cloud = &self.cloud;
        let client = cloud.client.begin();
        let mut moved = false;
        loop {
            let place = self.place(&client, &context).await?;
            context.method = Some(Method::GET);
            place.address.host().clone_into(&mut context.host);
            let versions = cloud
                .versions
                .get(&place.address, &client.pipeline, &context);
            match client.pipeline.within(&context, versions).await {
                Ok(versions) => return Ok(versions.to_vec()),
                Err(error) => {
                    self.follow(&client, &place, &context, error, &mut moved)
                        .await?;
                }
            }
        }
    }

    /// For errors of this operation.
    fn context(&self, operation: &str) -> Context {
        Context {
            operation: format!(
                "{} {operation}",
                scrub_setting(self.filter.service_type(), &[])
            )
            .into(),
            of_catalog: true,
            ..Context::default()
        }
    }

    async fn token(&self, client: &Client, context: &Context) -> Result<SessionToken, Error> {
        let token = self.cloud.token(client, PLACEHOLDER).await;
        token.map_err(|error| error.within(PLACEHOLDER, &context.operation))
    }

    fn address_given(&self) -> Option<&str> {
        let services = &self.cloud.services;
        let own = self.endpoint_override.as_deref();
        own.or_else(|| services.endpoint_override(self.filter.service_type()))
    }

    /// Where a request goes to, and with which token. The catalog is looked up again if it has nothing that
    /// fits, as what has been added since the login is not in it.
    async fn place(&self, client: &Client, context: &Context) -> Result<Place, Error> {
        let session = &self.cloud.session;
        let mut token = self.token(client, context).await?;
        let mut looked = false;
        loop {
            let catalog = session.catalog(&token);
            let error = match self.address(&token, &catalog, context) {
                Ok(address) => {
                    address.warn_of_plain_http();
                    let catalog = self.address_given().is_none().then_some(catalog);
                    return Ok(Place {
                        token,
                        address,
                        catalog,
                    });
                }
                Err(error) => error,
            };
            if !matches!(error.kind(), ErrorKind::NoEndpoint(_)) {
                return Err(error);
            }
            let next = match std::mem::replace(&mut looked, true) {
                true => None,
                false => session.look_again(client, &token, &catalog).await?,
            };
            match next {
                Some(next) => token = next,
                // Without a catalog the error says why.
                None if catalog.services().is_none() => return Err(error),
                None => return Err(error.with_note(&session.catalog(&token).to_string())),
            }
        }
    }

    /// Ends with the error of a request, unless nobody was found at the endpoint's address, and it is elsewhere
    /// now: then the request can follow it, once.
    async fn follow(
        &self,
        client: &Client,
        place: &Place,
        context: &Context,
        error: Error,
        moved: &mut bool,
    ) -> Result<(), Error> {
        let Some(catalog) = &place.catalog else {
            return Err(error);
        };
        if !matches!(error.kind(), ErrorKind::Unreachable) {
            return Err(error);
        }
        let session = &self.cloud.session;
        if !std::mem::replace(moved, true)
            && let Some(token) = session.look_again(client, &place.token, catalog).await?
            && self.address(&token, &session.catalog(&token), context)? != place.address
        {
            return Ok(());
        }
        Err(error.with_note(&session.catalog(&place.token).to_string()))
    }

    /// The endpoint for requests that carry this token.
    fn address(
        &self,
        token: &AuthToken,
        catalog: &Catalog,
        context: &Context,
    ) -> Result<Address, Error> {
        let Some(template) = self.address_given() else {
            return self.address_in(token, catalog, context);
        };
        let url = filled_in(template, token).ok_or("is for a project, and the token is not");
        let given = url.and_then(|url| Address::parse(&url));
        given.map_err(|why| {
            let what = format!("the endpoint override {why}: write it as https://host/path");
            Error::input_of(context.clone(), what)
        })
    }

    fn address_in(
        &self,
        token: &AuthToken,
        catalog: &Catalog,
        context: &Context,
    ) -> Result<Address, Error> {
        let found = match catalog.services() {
            Some(services) => {
                let session = &self.cloud.session;
                self.filter.find_hiding(services, || session.secrets(token))
            }
            None => {
                let scoped =
                    token.project.is_some() || token.domain.is_some() || token.system.is_some();
                let why = match scoped {
                    true => "the token came without its catalog",
                    false => {
                        "the token is unscoped, and so has no catalog: ask for one with a scope"
                    }
                };
                Err(NoEndpointError::without_catalog(&self.filter, why))
            }
        };
        let endpoint = found.map_err(|none| Error::no_endpoint(none, context.clone()))?;
        Address::parse(&endpoint.url)
            .map_err(|why| Error::unexpected(&format!("the endpoint {why}"), context.clone()))
    }
}

/// Where a request goes to, and with what.
struct Place {
    token: SessionToken,
    address: Address,
    /// The catalog that leads there; none if an override does.
    catalog: Option<Catalog>,
}

/// An address with the ids of the token's project and user; none if it wants a project and there is none.
fn filled_in(template: &str, token: &Token) -> Option<String> {
    let mut url = template.to_owned();
    let project = token.project.as_ref().map(|project| &*project.id);
    for (key, value) in [
        ("project_id", project),
        ("tenant_id", project),
        ("user_id", Some(&*token.user.id)),
    ] {
        for placeholder in [format!("%({key})s"), format!("$({key})s")] {
            if url.contains(&placeholder) {
                url = url.replace(&placeholder, value?);
            }
        }
    }
    Some(url)
}
