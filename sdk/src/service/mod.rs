//! Requests to any service of the catalog.

mod download;
mod failure;
mod path;
mod request;
mod response;
mod settings;

use http::Method;

use crate::address::Address;
use crate::catalog::{EndpointChoice, EndpointFilter, Interfaces, NoEndpoint};
use crate::client::Client;
use crate::discovery::ServiceVersion;
use crate::error::{Context, Error};
use crate::identity::v3::tokens::Token;
use crate::openstack::OpenStack;
use crate::session::SessionToken;

pub use self::download::ServiceDownload;
pub use self::request::ServiceRequest;
pub use self::response::ServiceResponse;
pub(crate) use self::settings::ServiceSettings;

/// What the session takes for the operation when it needs a token for a service.
const PLACEHOLDER: &str = "service";

/// A service of the catalog, to which requests can be sent. Made by [`OpenStack::service`].
///
/// The endpoint is looked up in the catalog of the token that a request is sent with, so it follows each
/// renewal. Nothing is sent, and no login happens, before something is awaited.
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
#[derive(Clone, Debug)]
#[must_use]
pub struct ServiceClient {
    openstack: OpenStack,
    filter: EndpointFilter,
    endpoint_override: Option<String>,
}

impl ServiceClient {
    pub(crate) fn new(openstack: OpenStack, service_type: String) -> Self {
        ServiceClient {
            filter: openstack.shared().services.filter(&service_type),
            openstack,
            endpoint_override: None,
        }
    }

    /// Only endpoints in this region, in place of what was said to the [`OpenStack`]. An endpoint that is in no
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
        let token = self
            .token(&self.openstack.shared().client.begin(), &context)
            .await?;
        let endpoint = self.endpoint_with(&token.token, &context)?;
        Ok(format!("{}{}", endpoint.origin, endpoint.path))
    }

    /// Which endpoint requests go to now, and why not to each other one of the catalog.
    ///
    /// # Errors
    ///
    /// There is no token. That no endpoint fits is no error here.
    pub async fn explain(&self) -> Result<EndpointChoice, Error> {
        let context = self.context("explain");
        let token = self
            .token(&self.openstack.shared().client.begin(), &context)
            .await?
            .token;
        let mut choice = self
            .filter
            .explain(token.catalog.as_deref().unwrap_or_default());
        choice.endpoint_override = self.address_given().map(str::to_owned);
        Ok(choice)
    }

    /// The versions of its API that the service has, as it lists them above the endpoint's own version.
    /// Asked for without a token, and once for all clones of the [`OpenStack`].
    ///
    /// # Errors
    ///
    /// `NoEndpoint`, there is no token, or the service shows no list.
    pub async fn versions(&self) -> Result<Vec<ServiceVersion>, Error> {
        let mut context = self.context("versions");
        let shared = self.openstack.shared();
        let client = shared.client.begin();
        let token = self.token(&client, &context).await?;
        let endpoint = self.endpoint_with(&token.token, &context)?;
        context.method = Some(Method::GET);
        endpoint.host().clone_into(&mut context.host);
        let versions = shared.versions.get(&endpoint, &client.wire, &context);
        Ok(client.wire.within(&context, versions).await?.to_vec())
    }

    /// For errors of this operation.
    fn context(&self, operation: &str) -> Context {
        Context {
            operation: format!("{} {operation}", self.filter.service_type()).into(),
            of_catalog: true,
            ..Context::default()
        }
    }

    async fn token(&self, client: &Client, context: &Context) -> Result<SessionToken, Error> {
        let token = self.openstack.shared().token(client, PLACEHOLDER).await;
        token.map_err(|error| error.within(PLACEHOLDER, &context.operation))
    }

    fn address_given(&self) -> Option<&str> {
        let services = &self.openstack.shared().services;
        let own = self.endpoint_override.as_deref();
        own.or_else(|| services.endpoint_override(self.filter.service_type()))
    }

    /// The endpoint for requests that carry this token.
    fn endpoint_with(&self, token: &Token, context: &Context) -> Result<Address, Error> {
        let endpoint = match self.address_given() {
            Some(template) => {
                let url =
                    filled_in(template, token).ok_or("is for a project, and the token is not");
                let given = url.and_then(|url| Address::parse(&url));
                given.map_err(|why| {
                    let what =
                        format!("the endpoint override {why}: write it as https://host/path");
                    Error::input_of(context.clone(), what)
                })?
            }
            None => self.endpoint_of_catalog(token, context)?,
        };
        endpoint.warn_of_plain_http();
        Ok(endpoint)
    }

    fn endpoint_of_catalog(&self, token: &Token, context: &Context) -> Result<Address, Error> {
        let found = match token.catalog.as_deref() {
            Some(catalog) => self.filter.find(catalog),
            None => {
                let scoped =
                    token.project.is_some() || token.domain.is_some() || token.system.is_some();
                let why = match scoped {
                    true => "the token came without its catalog",
                    false => {
                        "the token is unscoped, and so has no catalog: ask for one with a scope"
                    }
                };
                Err(NoEndpoint::without_catalog(&self.filter, why))
            }
        };
        let endpoint = found.map_err(|none| Error::no_endpoint(none, context.clone()))?;
        Address::parse(&endpoint.url)
            .map_err(|why| Error::unexpected(&format!("the endpoint {why}"), context.clone()))
    }
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
