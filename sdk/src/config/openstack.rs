//! From a configuration to a client.

use crate::error::Error;
use crate::openstack::{OpenStack, OpenStackBuilder};

use super::CloudConfig;
use super::error::ConfigError;
#[cfg(feature = "reqwest")]
use super::error::ConfigErrorKind;
#[cfg(feature = "reqwest")]
use super::origin::{Origin, named};

impl OpenStack {
    /// The cloud that this process's environment chooses (`OS_CLOUD`) or describes (`OS_AUTH_URL` and so
    /// on); see [`config`](crate::config) for the files and variables that are read. Sends nothing.
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

    /// The cloud of this name in `clouds.yaml`. Sends nothing.
    ///
    /// # Errors
    ///
    /// Those of [`CloudConfig::from_cloud`] and of [`OpenStackBuilder::build`].
    pub fn from_cloud(name: impl Into<String>) -> Result<Self, Error> {
        CloudConfig::from_cloud(name)?.builder()?.build()
    }
}

impl CloudConfig {
    /// The client's builder with all of this in it, to add to. Reads the files of certificates.
    ///
    /// # Errors
    ///
    /// A certificate can't be read, or something is asked for that the client can't do.
    pub fn builder(&self) -> Result<OpenStackBuilder, ConfigError> {
        let mut builder = OpenStack::builder(&self.auth_url).credentials(self.credentials.clone());
        if let Some(scope) = &self.scope {
            builder = builder.scope(scope.clone());
        }
        if let Some(region) = self.region() {
            builder = builder.region(region);
        }
        self.connect(builder)
    }

    #[cfg(feature = "reqwest")]
    fn connect(&self, mut builder: OpenStackBuilder) -> Result<OpenStackBuilder, ConfigError> {
        if let Some(timeout) = self.timeout() {
            builder = builder.timeout(timeout);
        }
        if !self.verify() {
            let key = match self
                .settings
                .get("insecure")
                .is_some_and(|insecure| insecure.used)
            {
                true if self.origin("verify") == Some(&Origin::Default) => "insecure",
                _ => "verify",
            };
            return Err(self.unsupported(key, "name the authority as `cacert` instead"));
        }
        if self.client_certificate().is_some() {
            return Err(self.unsupported("cert", "give a `transport` of your own that does it"));
        }
        if let Some(path) = self.ca_certificate() {
            let pem = self.reader.read(path).map_err(|error| {
                let origin = self.origin("cacert").cloned().unwrap_or(Origin::Default);
                ConfigError::new(
                    ConfigErrorKind::Unreadable,
                    format!(
                        "{} names {}, which can't be read: {}",
                        named("cacert", &origin),
                        path.display(),
                        error.kind()
                    ),
                    "correct the path".to_owned(),
                    [origin],
                )
            })?;
            builder = builder.ca_certificate_pem(pem);
        }
        Ok(builder)
    }

    /// A transport that the program brings has its own settings.
    #[cfg(not(feature = "reqwest"))]
    fn connect(&self, builder: OpenStackBuilder) -> Result<OpenStackBuilder, ConfigError> {
        Ok(builder)
    }

    #[cfg(feature = "reqwest")]
    fn unsupported(&self, key: &str, help: &str) -> ConfigError {
        let origin = self.origin(key).cloned().unwrap_or(Origin::Default);
        ConfigError::new(
            ConfigErrorKind::Unsupported,
            format!("{} asks for what this client can't do", named(key, &origin)),
            help.to_owned(),
            [origin],
        )
    }
}
