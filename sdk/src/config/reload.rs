//! Credentials that are looked up again at each login.

use std::sync::Arc;

use super::CloudConfig;
use super::error::ConfigError;
use super::loader::ConfigLoader;
use super::origin::{Origin, named};
use crate::exchange::timer::blocking;
use crate::identity::v3::auth::Credentials;
use crate::runtime::foreign::escaped;
use crate::session::provider::CredentialsProvider;
use crate::transport::BoxError;
use crate::transport::BoxFuture;

/// The credentials of a cloud, as its configuration has them at each login.
pub(crate) struct Reloaded(Arc<Source>);

/// Where credentials come from, and whose they must be.
struct Source {
    loader: Arc<ConfigLoader>,
    cloud: String,
    /// Without `/v3`.
    base_url: String,
    files: String,
}

impl Reloaded {
    pub(crate) fn new(config: &CloudConfig) -> Self {
        let files = config.files().map(|path| escaped(&path.to_string_lossy()));
        Reloaded(Arc::new(Source {
            loader: config.loader.clone(),
            cloud: config.name.clone(),
            base_url: config.base_url.clone(),
            files: files.collect::<Vec<_>>().join(" and "),
        }))
    }
}

impl CredentialsProvider for Reloaded {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        let source = self.0.clone();
        Box::pin(blocking(move || source.read()))
    }
}

impl Source {
    /// What was read before is not fallen back to: it is refused if it was rotated, and if somebody is
    /// writing the file just now, the next login finds it whole.
    fn read(&self) -> Result<Credentials, BoxError> {
        let fresh = self.loader.again().load();
        let fresh = fresh.map_err(|error| self.unreadable(&error))?;
        if fresh.name != self.cloud {
            let why = format!(
                "the configuration chooses the cloud `{}` by now, and this client is of `{}`: make a new \
                 client",
                escaped(&fresh.name),
                escaped(&self.cloud)
            );
            return Err(why.into());
        }
        if fresh.base_url != self.base_url {
            let origin = fresh.origin("auth_url").unwrap_or(&Origin::Default);
            let why = format!(
                "{} is another server's than when this client was made, and what is configured for one \
                 server is not sent to another: make a new client",
                named("auth_url", origin)
            );
            return Err(why.into());
        }
        Ok(fresh.credentials)
    }

    fn unreadable(&self, error: &ConfigError) -> BoxError {
        let of = match (&*self.files, error.origins()) {
            ("", _) | (_, [_, ..]) => String::new(),
            (files, []) => format!(" (it was read from {files} before)"),
        };
        format!("the configuration can't be read again: {error}{of}").into()
    }
}
