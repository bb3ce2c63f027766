//! The entry point: a cloud, and who we are there.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "reqwest")]
use std::time::Duration;

use crate::auth_url::AuthUrl;
use crate::client::Client;
use crate::error::Error;
use crate::identity::v3::auth::{Credentials, Scope};
use crate::identity_v3::IdentityV3;
#[cfg(feature = "reqwest")]
use crate::reqwest_transport::Settings;
use crate::session::Session;
use crate::token::AuthToken;
use crate::transport::Transport;

/// A cloud, and who we are there. Clones share one session: log in once, and all of them are.
///
/// ```no_run
/// use openstack_identity::{DomainRef, OpenStack, Password};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
///     .region("RegionOne")
///     .credentials(Password::by_name("demo", DomainRef::by_id("default"), "secret"))
///     .build()?; // sends nothing
/// let identity = openstack.identity_v3();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct OpenStack(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) session: Session,
    region: Option<String>,
}

impl OpenStack {
    /// Starts with the address of the Identity service, with or without `/v3`.
    pub fn builder(auth_url: impl Into<String>) -> OpenStackBuilder {
        OpenStackBuilder {
            auth_url: auth_url.into(),
            region: None,
            credentials: None,
            scope: None,
            cached_token: None,
            transport: None,
            #[cfg(feature = "reqwest")]
            settings: Settings::default(),
        }
    }

    /// The Identity service, v3.
    #[must_use]
    pub fn identity_v3(&self) -> IdentityV3 {
        IdentityV3::new(self.clone())
    }

    /// The region whose services are wanted, if one was given.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The address of the Identity service, with `/v3`.
    #[must_use]
    pub fn auth_url(&self) -> String {
        self.0.client.url.to_string()
    }
}

impl fmt::Debug for OpenStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStack")
            .field("auth_url", &self.0.client.url)
            .field("region", &self.0.region)
            .finish_non_exhaustive()
    }
}

/// What an [`OpenStack`] is made of. [`build`](OpenStackBuilder::build) sends nothing.
#[must_use]
pub struct OpenStackBuilder {
    auth_url: String,
    region: Option<String>,
    credentials: Option<Credentials>,
    scope: Option<Scope>,
    cached_token: Option<AuthToken>,
    transport: Option<Arc<dyn Transport>>,
    #[cfg(feature = "reqwest")]
    settings: Settings,
}

impl OpenStackBuilder {
    /// The region whose services are wanted.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// With what the session logs in, when a call first needs a token.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = Some(credentials.into());
        self
    }

    /// What the session's token is for; without it the user's default project, if there is one.
    pub fn scope(mut self, scope: impl Into<Scope>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Starts the session with a token from an earlier login. If it has expired or belongs to another
    /// server, it is passed over, and the credentials are used when a call needs a token.
    pub fn cached_token(mut self, token: AuthToken) -> Self {
        self.cached_token = Some(token);
        self
    }

    /// How long a request may take, from the first byte sent to the last received; 60 s by default.
    #[cfg(feature = "reqwest")]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long it may take to connect; 10 s by default.
    #[cfg(feature = "reqwest")]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How large an answer may be, in bytes; 8 MiB by default.
    #[cfg(feature = "reqwest")]
    pub fn max_answer_size(mut self, bytes: usize) -> Self {
        self.settings.max_answer_size = bytes;
        self
    }

    /// An authority (PEM) that may sign the server's certificate, besides those that the system trusts.
    #[cfg(feature = "reqwest")]
    pub fn ca_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.ca_certificates.push(pem.into());
        self
    }

    /// Sends requests by this instead of reqwest. The settings above that are about requests are then
    /// its own matter.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Puts it together, and sends nothing.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the auth URL is no URL; `Setup` if a certificate can't be read, or there is no
    /// TLS.
    pub fn build(self) -> Result<OpenStack, Error> {
        let url = AuthUrl::parse(&self.auth_url)?;
        let given = self.cached_token.is_some();
        let cached = self
            .cached_token
            .filter(|token| AuthUrl::parse(token.auth_url()).is_ok_and(|issuer| issuer == url));
        let passed_over = given && cached.is_none();
        let transport = match self.transport {
            Some(transport) => transport,
            #[cfg(feature = "reqwest")]
            None => Arc::new(
                self.settings
                    .transport()
                    .map_err(|error| Error::setup(error.to_string()))?,
            ),
            #[cfg(not(feature = "reqwest"))]
            None => {
                let what = "there is nothing to send requests with".to_owned();
                return Err(Error::input(
                    what,
                    "give a `transport`, or turn on the feature reqwest",
                ));
            }
        };
        Ok(OpenStack(Arc::new(Shared {
            client: Client::new(url, transport),
            session: Session::new(self.credentials, self.scope, cached, passed_over),
            region: self.region,
        })))
    }
}

impl fmt::Debug for OpenStackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStackBuilder")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
