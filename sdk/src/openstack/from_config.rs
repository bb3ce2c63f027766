//! From a configuration to a client.

use std::sync::Arc;

use crate::config::reload::Reloaded;
use crate::config::{CloudConfig, ConfigError};
use crate::error::Error;
use crate::openstack::OpenStack;
use crate::openstack::builder::OpenStackBuilder;
#[cfg(feature = "reqwest")]
use crate::transport::pem::ClientCertificate;

impl OpenStack {
    /// The cloud that this process's environment chooses (`OS_CLOUD`) or describes (`OS_AUTH_URL` and so
    /// on); see [`config`](crate::config) for the files and variables that are read, and
    /// [read again](crate::config#what-is-read-again) at each login. Sends nothing.
    ///
    /// ```no_run
    /// use openstack_identity::OpenStack;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), openstack_identity::Error> {
    /// let openstack = OpenStack::from_env()?;
    /// let projects = openstack.identity_v3().list_auth_projects().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`CloudConfig::from_env`] and of [`OpenStackBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        CloudConfig::from_env()?.builder()?.build()
    }

    /// The cloud of this name in `clouds.yaml`, whose credentials are
    /// [read again](crate::config#what-is-read-again) at each login. Sends nothing.
    ///
    /// # Errors
    ///
    /// Those of [`CloudConfig::from_cloud`] and of [`OpenStackBuilder::build`].
    pub fn from_cloud(name: impl Into<String>) -> Result<Self, Error> {
        CloudConfig::from_cloud(name)?.builder()?.build()
    }
}

impl CloudConfig {
    /// The client's builder with all of this in it, to add to. Reads the files of certificates. The
    /// client [looks its credentials up again](crate::config#what-is-read-again) at each login; to keep
    /// these, add [`credentials`](OpenStackBuilder::credentials).
    ///
    /// # Errors
    ///
    /// A certificate can't be read, or something is asked for that the client can't do.
    pub fn builder(&self) -> Result<OpenStackBuilder, ConfigError> {
        let mut builder = OpenStack::builder(self.auth_url()).credentials_from(Reloaded::new(self));
        if let Some(scope) = self.scope() {
            builder = builder.scope(scope.clone());
        }
        if let Some(timeout) = self.timeout() {
            builder = builder.timeout(timeout);
        }
        if let Some(region) = self.region() {
            builder = builder.region(region);
        }
        if !self.interfaces().is_empty() {
            builder = builder.interface(Vec::from_iter(self.interfaces().iter().map(|it| &**it)));
        }
        for service in self.services() {
            if let Some(url) = &service.endpoint {
                builder = builder.endpoint_override(&service.name, url);
            }
            if let Some(region) = &service.region {
                builder = builder.service_region(&service.name, region);
            }
            if !service.interfaces.is_empty() {
                let interfaces = service.interfaces.iter().map(|it| &**it);
                builder = builder.service_interface(&service.name, Vec::from_iter(interfaces));
            }
        }
        let config = self.clone();
        self.connect(builder.configured_by(Arc::new(move || config.explain())))
    }

    #[cfg(feature = "reqwest")]
    fn connect(&self, mut builder: OpenStackBuilder) -> Result<OpenStackBuilder, ConfigError> {
        if !self.verify() {
            builder = builder.danger_accept_any_certificate();
        }
        if let Some(path) = self.ca_certificate() {
            builder = builder.ca_certificate(self.pem("cacert", path)?);
        }
        if let Some(path) = self.client_certificate() {
            let key = self.client_key().map(|key| self.pem("key", key));
            builder = builder.client_certificate(ClientCertificate {
                certificate: self.pem("cert", path)?,
                key: key.transpose()?,
            });
        }
        Ok(builder)
    }

    /// A transport that the program brings has its own settings.
    #[cfg(not(feature = "reqwest"))]
    fn connect(&self, builder: OpenStackBuilder) -> Result<OpenStackBuilder, ConfigError> {
        Ok(builder)
    }
}
