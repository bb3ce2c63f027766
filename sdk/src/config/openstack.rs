//! From a configuration to a client.

#[cfg(feature = "reqwest")]
use std::io;
#[cfg(feature = "reqwest")]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::files::plain;
use crate::openstack::OpenStack;
use crate::openstack::builder::OpenStackBuilder;
#[cfg(feature = "reqwest")]
use crate::transport::pem::{ClientCertificate, Pem};

use super::CloudConfig;
use super::error::ConfigError;
#[cfg(feature = "reqwest")]
use super::error::ConfigErrorKind;
#[cfg(feature = "reqwest")]
use super::origin::{Origin, named};
use super::reload::Reloaded;
#[cfg(feature = "reqwest")]
use crate::runtime::foreign::escaped;

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
        let mut builder = OpenStack::builder(&self.auth_url).credentials_from(Reloaded::new(self));
        if let Some(scope) = &self.scope {
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

    #[cfg(feature = "reqwest")]
    fn pem(&self, key: &str, path: &Path) -> Result<Pem, ConfigError> {
        let origin = self.origin(key).cloned().unwrap_or(Origin::Default);
        let name = format!(
            "{} names {}, which",
            named(key, &origin),
            escaped(&path.to_string_lossy())
        );
        let bytes = match self.reader.read(path) {
            Err(error) if key == "cacert" && error.kind() == io::ErrorKind::IsADirectory => {
                self.folder(path)
            }
            read => read,
        };
        bytes
            .map(|bytes| Pem::new(name.clone(), bytes))
            .map_err(|error| {
                let help = match error.kind() {
                    io::ErrorKind::IsADirectory => "a file is wanted",
                    _ => "correct the path",
                };
                ConfigError::new(
                    ConfigErrorKind::Unreadable,
                    format!("{name} can't be read: {}", plain::why(&error)),
                    help.to_owned(),
                    [origin],
                )
            })
    }

    /// The certificates in a folder that `openssl rehash` has named, as OpenSSL and so openstacksdk read it.
    #[cfg(feature = "reqwest")]
    fn folder(&self, folder: &Path) -> io::Result<Vec<u8>> {
        let is_hash = |path: &&PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.and_then(|name| name.split_once('.'))
                .is_some_and(|(hash, number)| {
                    hash.len() == 8
                        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                        && number.bytes().all(|byte| byte.is_ascii_digit())
                })
        };
        let files = self.reader.list(folder)?;
        let mut all = Vec::new();
        for path in files.iter().filter(is_hash) {
            match self.reader.read(path) {
                Ok(bytes) => all.extend(bytes),
                // A link to what is gone, which OpenSSL passes over too.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            all.push(b'\n');
            if all.len() as u64 > 4 * plain::LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        match all.is_empty() {
            false => Ok(all),
            true => Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "a folder without certificates named by their hash (openssl rehash)",
            )),
        }
    }

    /// A transport that the program brings has its own settings.
    #[cfg(not(feature = "reqwest"))]
    fn connect(&self, builder: OpenStackBuilder) -> Result<OpenStackBuilder, ConfigError> {
        Ok(builder)
    }
}
