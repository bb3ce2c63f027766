//! From settings to how servers are reached.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::Builder;
use super::error::{ConfigError, ConfigErrorKind};
use super::loader::ConfigLoader;
use super::origin::{Origin, named};
use super::settings::{Setting, Settings, is_of_a_service};
use crate::discovery::auth_url::AuthUrl;
use crate::runtime::foreign::shown;

/// How servers are reached.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) region: Option<String>,
    pub(super) interfaces: Vec<String>,
    pub(super) services: Vec<ServiceConfig>,
    pub(super) verify: bool,
    pub(super) cacert: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) timeout: Option<Duration>,
}

/// Without the region, which is shown where the secrets are known.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("interfaces", &self.interfaces)
            .field("services", &self.services)
            .field("verify", &self.verify)
            .field("cacert", &self.cacert)
            .field("cert", &self.cert)
            .field("key", &self.key)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What is said of one service.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The service's type with `_` for `-`, or another name that it has: `compute`, `block_storage`.
    pub name: String,
    /// Its address, whatever the catalog says.
    pub endpoint: Option<String>,
    /// The interfaces on which it is wanted, the best first; none if nothing is said.
    pub interfaces: Vec<String>,
    /// The region in which it is wanted.
    pub region: Option<String>,
}

impl fmt::Debug for ServiceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceConfig")
            .field("name", &self.name)
            .field(
                "endpoint",
                &self.endpoint.as_deref().map(|url| shown(url, &[])),
            )
            .field("interfaces", &self.interfaces)
            .field("region", &self.region)
            .finish()
    }
}

impl Connection {
    pub(super) fn new(
        settings: &mut Settings,
        loader: &ConfigLoader,
        bundle: Option<(&'static str, String)>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, ConfigError> {
        let verify = verify(settings, warnings)?;
        if verify && let Some((variable, path)) = bundle {
            settings.give("cacert", path, Origin::Variable(variable.to_owned()));
        }
        let mut path = |key: &str| {
            let Some(setting) = settings.take(key) else {
                return Ok(None);
            };
            let path = loader.path(setting.text()).map_err(|why| {
                ConfigError::new(
                    ConfigErrorKind::Invalid,
                    format!("{} {why}", named(key, &setting.origin)),
                    "write the whole path".to_owned(),
                    [setting.origin.clone()],
                )
            });
            path.map(Some)
        };
        let (cacert, cert, key) = (path("cacert")?, path("cert")?, path("key")?);
        if let (None, Some(_), Some(lonely)) = (&cert, &key, settings.get("key")) {
            return Err(ConfigError::new(
                ConfigErrorKind::Missing,
                format!("{} is given without `cert`", named("key", &lonely.origin)),
                "add the certificate that the key belongs to".to_owned(),
                [lonely.origin.clone()],
            ));
        }
        let interfaces = settings.take("interface");
        Ok(Connection {
            region: settings
                .take("region_name")
                .map(|region| region.text().to_owned()),
            interfaces: interfaces.as_ref().map(interface_names).unwrap_or_default(),
            services: services(settings),
            verify,
            cacert,
            cert,
            key,
            timeout: timeout(settings)?,
        })
    }
}

fn interface_names(setting: &Setting) -> Vec<String> {
    let names = setting.texts();
    names
        .map(|name| name.strip_suffix("URL").unwrap_or(name).to_owned())
        .collect()
}

/// Less safety than somebody asked for is never guessed.
fn verify(settings: &mut Settings, warnings: &mut Vec<String>) -> Result<bool, ConfigError> {
    let verify = settings.flag("verify")?;
    let insecure = settings.flag("insecure")?;
    let off = match (verify, insecure) {
        (Some((true, verify)), Some((true, insecure))) if verify != Origin::Default => {
            return Err(ConfigError::new(
                ConfigErrorKind::Conflict,
                format!(
                    "{} turns the check of certificates on, and {} turns it off",
                    named("verify", &verify),
                    named("insecure", &insecure)
                ),
                "take one of them out".to_owned(),
                [verify, insecure],
            ));
        }
        (_, Some((true, insecure))) => Some(named("insecure", &insecure)),
        (Some((false, verify)), _) => Some(named("verify", &verify)),
        _ => None,
    };
    if let (Some(off), Some(cacert)) = (&off, settings.get("cacert")) {
        warnings.push(format!(
            "{} is not used, as {off} turns the check of certificates off",
            named("cacert", &cacert.origin)
        ));
    }
    Ok(off.is_none())
}

fn timeout(settings: &mut Settings) -> Result<Option<Duration>, ConfigError> {
    let Some(setting) = settings.take("api_timeout") else {
        return Ok(None);
    };
    let seconds = setting.text().parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration.filter(|duration| !duration.is_zero()) {
        Some(duration) => Ok(Some(duration)),
        None => Err(ConfigError::new(
            ConfigErrorKind::Invalid,
            format!(
                "{} is not a number of seconds above 0",
                named("api_timeout", &setting.origin)
            ),
            "write a number such as 60 or 2.5".to_owned(),
            [setting.origin],
        )),
    }
}

fn services(settings: &mut Settings) -> Vec<ServiceConfig> {
    let keys: Vec<String> = settings.iter().map(|(key, _)| key.to_owned()).collect();
    let mut services: BTreeMap<String, ServiceConfig> = BTreeMap::new();
    // In this order, so that the override of an endpoint counts more than the plain word for it.
    for end in [
        "_interface",
        "_region_name",
        "_endpoint",
        "_endpoint_override",
    ] {
        for key in &keys {
            let name = key.strip_suffix(end).filter(|name| !name.is_empty());
            let Some(name) = name.filter(|_| is_of_a_service(key)) else {
                continue;
            };
            let Some(setting) = settings.take(key) else {
                continue;
            };
            let service = services.entry(name.to_owned()).or_default();
            service.name = name.to_owned();
            match end {
                "_interface" => service.interfaces = interface_names(&setting),
                "_region_name" => service.region = Some(setting.text().to_owned()),
                _ => service.endpoint = Some(setting.text().to_owned()),
            }
        }
    }
    services.into_values().collect()
}

impl Builder<'_> {
    /// The address of the Identity service, as it was given and as it is understood.
    pub(super) fn auth_url(&mut self) -> Result<(String, AuthUrl), ConfigError> {
        let setting = self.required("auth_url")?;
        let invalid = |what: String, help: &str| {
            let origin = setting.origin.clone();
            ConfigError::new(ConfigErrorKind::Invalid, what, help.to_owned(), [origin])
        };
        let text = setting.text();
        let named = named("auth_url", &setting.origin);
        let last = text.trim().trim_end_matches('/').rsplit('/').next();
        if matches!(last, Some("v2.0" | "v2")) {
            return Err(invalid(
                format!("{named} leads to version 2 of the Identity API, which is gone"),
                "write it with /v3 at its end, or without a version",
            ));
        }
        match AuthUrl::parse(text) {
            Ok(url) => Ok((text.to_owned(), url)),
            Err(error) => Err(invalid(named, error.what().trim_end_matches(": "))),
        }
    }
}
