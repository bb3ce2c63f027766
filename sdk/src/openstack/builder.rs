//! What a cloud's entry point is made of.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Interfaces;
use crate::client::Client;
use crate::discovery::IdentityUrl;
use crate::discovery::auth_url::AuthUrl;
use crate::error::Error;
use crate::exchange::clock::ServerClock;
use crate::exchange::event::{Event, Observer};
use crate::exchange::pipeline::Pipeline;
use crate::exchange::timeouts::Timeouts;
use crate::identity::v3::auth::{Credentials, Scope};
use crate::openstack::OpenStack;
use crate::service::ServiceSettings;
use crate::service::cloud::{Cloud, Explanation};
use crate::session::fingerprint::fingerprint;
use crate::session::mfa::Factor;
use crate::session::provider::{CredentialsProvider, Fixed};
use crate::session::{Login, Session};
#[cfg(feature = "store")]
use crate::store::CacheSettings;
use crate::token::AuthToken;
use crate::token::owner::{PassedOver, Wanted, check};
use crate::transport::Transport;
#[cfg(feature = "reqwest")]
use crate::transport::pem::{ClientCertificate, Pem};
#[cfg(feature = "reqwest")]
use crate::transport::reqwest::{HttpVersion, Settings};
#[cfg(feature = "reqwest")]
use crate::transport::trust::CheckedBy;

/// What an [`OpenStack`] is made of. [`build`](OpenStackBuilder::build) sends nothing.
#[must_use]
pub struct OpenStackBuilder {
    auth_url: String,
    services: ServiceSettings,
    login: Login,
    /// The credentials of the login, unless they are asked for at each.
    known: Option<Credentials>,
    cached_token: Option<AuthToken>,
    transport: Option<Arc<dyn Transport>>,
    retries: u32,
    timeouts: Timeouts,
    revoke_on_close: bool,
    require_https: bool,
    configuration: Option<Explanation>,
    #[cfg(feature = "store")]
    pub(crate) store: CacheSettings,
    #[cfg(feature = "reqwest")]
    settings: Settings,
}

impl OpenStackBuilder {
    pub(crate) fn new(auth_url: String) -> Self {
        OpenStackBuilder {
            auth_url,
            services: ServiceSettings::default(),
            login: Login {
                credentials: None,
                credentials_timeout: Duration::from_secs(60),
                factors: Vec::new(),
                scope: None,
                observer: Observer::default(),
                #[cfg(feature = "store")]
                cache: None,
            },
            known: None,
            cached_token: None,
            transport: None,
            retries: 2,
            timeouts: Timeouts::default(),
            revoke_on_close: false,
            require_https: false,
            configuration: None,
            #[cfg(feature = "store")]
            store: CacheSettings::default(),
            #[cfg(feature = "reqwest")]
            settings: Settings::default(),
        }
    }

    /// The region whose services are wanted.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.services.region = Some(region.into());
        self
    }

    /// For whom the endpoints of services are: `"internal"`, or several, the best first. `public` unless
    /// set.
    pub fn interface(mut self, interfaces: impl Into<Interfaces>) -> Self {
        self.services.interfaces = interfaces.into();
        self
    }

    /// The region in which the services of this type are wanted, in place of
    /// [`region`](OpenStackBuilder::region); also for requests that name the type by an alias.
    ///
    /// ```
    /// use openstack_identity::OpenStack;
    ///
    /// # fn main() -> Result<(), openstack_identity::Error> {
    /// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
    ///     .region("RegionOne")
    ///     .service_region("object-store", "Archive")
    ///     .service_interface("object-store", ["internal", "public"])
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn service_region(
        mut self,
        service_type: impl Into<String>,
        region: impl Into<String>,
    ) -> Self {
        let region = (service_type.into(), region.into());
        self.services.regions_of.push(region);
        self
    }

    /// For whom the endpoints of the services of this type are, in place of
    /// [`interface`](OpenStackBuilder::interface); also for requests that name the type by an alias.
    pub fn service_interface(
        mut self,
        service_type: impl Into<String>,
        interfaces: impl Into<Interfaces>,
    ) -> Self {
        let interfaces = (service_type.into(), interfaces.into());
        self.services.interfaces_of.push(interfaces);
        self
    }

    /// The address of the services of this type, in place of any of the catalog; also for requests that
    /// name the type by an alias. `%(project_id)s` and `%(user_id)s` in it are filled in. The Identity
    /// service that tokens come from stays at the auth URL.
    pub fn endpoint_override(
        mut self,
        service_type: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        let address = (service_type.into(), url.into());
        self.services.overrides.push(address);
        self
    }

    /// With what the session logs in, when a call first needs a token.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        let credentials = credentials.into();
        self.known = Some(credentials.clone());
        self.login.credentials = Some(Arc::new(Fixed(credentials)));
        self
    }

    /// Where the session gets its credentials, at each login, so that what was rotated is noticed.
    pub fn credentials_from(mut self, provider: impl CredentialsProvider) -> Self {
        self.known = None;
        self.login.credentials = Some(Arc::new(provider));
        self
    }

    /// How long a provider of credentials may take, while all who need a token wait for it; 60 s by
    /// default. A factor may take as long as the server's receipt is good.
    pub fn credentials_timeout(mut self, timeout: Duration) -> Self {
        self.login.credentials_timeout = timeout;
        self
    }

    /// A factor for when the credentials alone are not enough. Give several, and the shortest rule that
    /// they satisfy is taken. A one-time passcode is sent once: one that is given again is an error.
    pub fn factor(mut self, factor: impl Factor) -> Self {
        self.login.factors.push(Arc::new(factor));
        self
    }

    /// What the session's token is for; without it the user's default project, if there is one.
    pub fn scope(mut self, scope: impl Into<Scope>) -> Self {
        self.login.scope = Some(scope.into());
        self
    }

    /// Starts the session with a token from an earlier login, and sends nothing for that. The last one
    /// counts.
    ///
    /// If it has expired, or is another server's, or is not of the user and for the scope that a login
    /// would have, it is passed over, and the credentials are used when a call needs a token; without
    /// credentials that call says why the token was passed over. Without credentials and scope, it may
    /// be anybody's and for anything.
    ///
    /// What [`credentials_from`](OpenStackBuilder::credentials_from) gives is not asked for only to
    /// compare: then the scope is looked at, and the user is not. A token with which one logs in, or a
    /// federated login, doesn't tell its user either: for them a token is passed over unless it is known
    /// to come from the same login.
    pub fn cached_token(mut self, token: AuthToken) -> Self {
        self.cached_token = Some(token);
        self
    }

    /// How often a request is sent again, after a pause; 2 by default, 0 turns it off.
    ///
    /// After 429 any is, as the server asks for it with `Retry-After`. After 503 or a failed connection
    /// only what does no harm if it is done twice, such as `GET`, `PUT` and `DELETE`, and after 503 a
    /// login; but never a login with a passcode, which is used up when it arrives. Nothing is sent again
    /// if the pause would end after [`timeout`](OpenStackBuilder::timeout).
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Tells what the session does, for counters. Called while things wait for it: be quick.
    pub fn on_event(mut self, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.login.observer = Observer::new(tell);
        self
    }

    /// Makes [`OpenStack::close`] revoke the session's token; with a store, that of all who share it.
    pub fn revoke_on_close(mut self, revoke: bool) -> Self {
        self.revoke_on_close = revoke;
        self
    }

    /// Refuses to send anything over plain http: credentials to the auth URL, and the token to endpoints
    /// of the catalog, [overrides](OpenStackBuilder::endpoint_override) and links of services. Off by
    /// default: then each such host is warned of once. This machine (`localhost`, `127.0.0.1`, `::1`) is
    /// never refused.
    ///
    /// With an auth URL that is not https, [`build`](OpenStackBuilder::build) fails; a call to another
    /// address that isn't fails with `InvalidInput` before anything is sent there.
    ///
    /// ```
    /// use openstack_identity::OpenStack;
    ///
    /// let builder = OpenStack::builder("http://keystone.example:5000/v3").require_https(true);
    /// let error = builder.build().unwrap_err();
    /// assert!(error.to_string().contains("not https"), "{error}");
    /// ```
    pub fn require_https(mut self, require: bool) -> Self {
        self.require_https = require;
        self
    }

    /// How long a call may take with all that it needs: the login if there is no token, each attempt,
    /// the pauses between them, another login if the token is refused. 60 s by default, and five
    /// minutes with a [`factor`](OpenStackBuilder::factor), as a person may be asked.
    ///
    /// A body that is a stream may take longer, in both directions: there only
    /// [`read_timeout`](OpenStackBuilder::read_timeout) counts.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.set_total(timeout);
        self
    }

    /// How long nothing may come from the server, before its answer and in the midst of it, and how long
    /// it may take no more of a stream that is sent. Unless set, 30 s, or as long as
    /// [`timeout`](OpenStackBuilder::timeout) if that is set and is longer.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.set_silence(timeout);
        self
    }

    /// How large an answer may be, in bytes, unless it is read piece by piece; 8 MiB by default.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.timeouts.response_size = bytes;
        self
    }

    /// How long it may take to connect; 10 s by default.
    #[cfg(feature = "reqwest")]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// CA certificates (PEM) that may sign the server's certificate, besides those that the system trusts; see
    /// [`config`](crate::config#ca-certificates) for the variables that name the system's. Byte order marks and
    /// spaces around lines don't matter, and a certificate that can't be read is an error of
    /// [`build`](OpenStackBuilder::build).
    #[cfg(feature = "reqwest")]
    pub fn ca_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = Pem::new("the CA certificate", pem);
        self.settings.ca_certificates.push(pem);
        self
    }

    /// The same, with the name that errors give it.
    #[cfg(all(feature = "config", feature = "reqwest"))]
    pub(crate) fn ca_certificate(mut self, pem: Pem) -> Self {
        self.settings.ca_certificates.push(pem);
        self
    }

    /// The certificate with which the client proves who it is, and its key, in one PEM.
    #[cfg(feature = "reqwest")]
    pub fn client_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.client_certificate = Some(ClientCertificate {
            certificate: Pem::new("the client certificate", pem),
            key: None,
        });
        self
    }

    /// The same, with the names that errors give them.
    #[cfg(all(feature = "config", feature = "reqwest"))]
    pub(crate) fn client_certificate(mut self, client: ClientCertificate) -> Self {
        self.settings.client_certificate = Some(client);
        self
    }

    /// Takes any certificate for the server's: whoever is on the way can then read passwords and
    /// tokens. Name the authority with `ca_certificate_pem` instead where you can.
    #[cfg(feature = "reqwest")]
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.settings.verify = false;
        self
    }

    /// Which version of HTTP is spoken; unless set, what client and server agree on. For HTTP/2 turn on
    /// the feature `http2`.
    ///
    /// ```
    /// use openstack_identity::{HttpVersion, OpenStack};
    ///
    /// # fn main() -> Result<(), openstack_identity::Error> {
    /// // Behind a proxy that does HTTP/2 badly.
    /// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
    ///     .http_version(HttpVersion::Http1)
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "reqwest")]
    pub fn http_version(mut self, version: HttpVersion) -> Self {
        self.settings.http_version = version;
        self
    }

    /// Sends requests by this instead of reqwest. Connecting, certificates and the version of HTTP are
    /// then its own matter; retries, time limits and the size of answers are not.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Where the values came from, for [`OpenStack::explain`].
    #[cfg(feature = "config")]
    pub(crate) fn configured_by(mut self, explanation: Explanation) -> Self {
        self.configuration = Some(explanation);
        self
    }

    /// Puts it together, and sends nothing.
    ///
    /// Costs microseconds, so that it can be done for each web request: clients of a process that have the
    /// same connection settings share their connections within a Tokio runtime, and TLS. Certificates and
    /// proxies of the environment that changed count for clients that are built later. What no request has
    /// used for some minutes is let go.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the auth URL is no URL, or is not https and
    /// [`require_https`](OpenStackBuilder::require_https) is set; `Setup` if a certificate can't be read, or there is no
    /// TLS.
    pub fn build(mut self) -> Result<OpenStack, Error> {
        if !self.login.factors.is_empty() {
            self.timeouts.allow_for_people();
        }
        let url = AuthUrl::parse(&self.auth_url)?;
        if self.require_https && url.root().is_exposed() {
            return Err(Error::input(
                format!("the auth URL http://{} is not https", url.host()),
                "`require_https` asks for that: give an https address",
            ));
        }
        let (cached, passed_over) = self.cached(&url);
        #[cfg(feature = "reqwest")]
        let checked_by = match &self.transport {
            Some(_) => CheckedBy::Transport,
            None if !self.settings.verify => CheckedBy::Nobody,
            None if self.settings.ca_certificates.is_empty() => CheckedBy::System,
            None => CheckedBy::Program,
        };
        let transport = self.transport_to_use()?;
        url.root().warn_of_plain_http();
        let observer = self.login.observer.clone();
        let pipeline = Pipeline {
            transport,
            retries: self.retries,
            observer,
            global_request_id: None,
            timeouts: self.timeouts,
            require_https: self.require_https,
            deadline: None,
        };
        #[cfg(feature = "store")]
        let login = Login {
            cache: self.store.cache(&self.login.observer),
            ..self.login
        };
        #[cfg(not(feature = "store"))]
        let login = self.login;
        let (url, clock) = (IdentityUrl::new(url), ServerClock::default());
        let session = Session::new(login, clock.clone(), cached, passed_over);
        if let Some(credentials) = &self.known {
            session.note_secrets(credentials);
        }
        Ok(OpenStack::new(Cloud {
            session,
            client: Client {
                url,
                pipeline,
                clock,
            },
            services: Arc::new(self.services),
            versions: Arc::default(),
            revoke_on_close: self.revoke_on_close,
            configuration: self.configuration,
            #[cfg(feature = "reqwest")]
            checked_by,
        }))
    }

    /// The token to start from, or why the one that was given isn't.
    fn cached(&mut self, url: &AuthUrl) -> (Option<AuthToken>, Option<PassedOver>) {
        let Some(token) = self.cached_token.take() else {
            return (None, None);
        };
        let (known, scope) = (self.known.as_ref(), self.login.scope.as_ref());
        let fingerprint = known.and_then(|it| fingerprint(&self.auth_url, it, scope));
        let wanted = Wanted {
            credentials: known,
            logs_in: self.login.credentials.is_some(),
            scope,
            fingerprint: fingerprint.as_deref(),
            ..Wanted::default()
        };
        match check(&token, url, &wanted) {
            Ok(()) => (Some(token), None),
            Err(why) => {
                tracing::debug!(%why, "passed over");
                (None, Some(why))
            }
        }
    }

    fn transport_to_use(&mut self) -> Result<Arc<dyn Transport>, Error> {
        match self.transport.take() {
            Some(transport) => Ok(transport),
            #[cfg(feature = "reqwest")]
            None => match std::mem::take(&mut self.settings).transport() {
                Ok(transport) => Ok(Arc::new(transport)),
                Err(error) => Err(Error::setup(error.to_string())),
            },
            #[cfg(not(feature = "reqwest"))]
            None => Err(Error::input(
                "there is nothing to send requests with".to_owned(),
                "give a `transport`, or turn on the feature reqwest",
            )),
        }
    }
}

impl fmt::Debug for OpenStackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStackBuilder")
            .field("region", &self.services.region)
            .finish_non_exhaustive()
    }
}
