//! Configuration as other OpenStack tools have it: `clouds.yaml`, `secure.yaml`, `clouds-public.yaml`
//! and the variables `OS_*`, read as openstacksdk reads them.
//!
//! ```no_run
//! use openstack_identity::{CloudConfig, OpenStack};
//!
//! # fn main() -> Result<(), openstack_identity::Error> {
//! let openstack = OpenStack::from_env()?; // OS_CLOUD, or OS_AUTH_URL and so on
//! let openstack = OpenStack::from_cloud("production")?; // by its name in clouds.yaml
//!
//! // Where does each value come from, and what would be sent?
//! println!("{}", CloudConfig::from_env()?.explain());
//! # Ok(()) }
//! ```
//!
//! # Which cloud
//!
//! [`from_env`](CloudConfig::from_env) takes the cloud that `OS_CLOUD` names; without it the one that the
//! other variables describe, if they do; without those the only one in the files.
//! [`from_cloud`](CloudConfig::from_cloud) takes the one that it is told. The variables themselves are a
//! cloud too, with the name `envvars` or what `OS_CLOUD_NAME` says. They never mix with a cloud in a
//! file: what is set and not used is a [warning](CloudConfig::warnings).
//!
//! # Where files are looked for
//!
//! In the current folder, in `openstack` of `$XDG_CONFIG_HOME` and of `~/.config`, of each of
//! `$XDG_CONFIG_DIRS` (`/etc/xdg`), and in `/etc/openstack`; with the endings `.yaml`, `.yml` and `.json`.
//! The first that is there counts; before all, those that `OS_CLIENT_CONFIG_FILE` and
//! `OS_CLIENT_SECURE_FILE` name.
//!
//! # What is read again
//!
//! A client looks its credentials up again at each login, in the same places: files, and the variables of
//! the process or those that a [`ConfigLoader`] was given. So a password that was rotated in `secure.yaml`
//! is noticed. All else stays as it was when the client was made. If the configuration can't be read, or
//! names another cloud or another auth URL by then, the login fails and says so: no secret is sent to a
//! server that it isn't meant for.
//!
//! # What counts
//!
//! From the strongest: the values of the region, `secure.yaml`, `clouds.yaml`, the vendor profile in
//! `clouds-public.yaml`, the default. The values in `auth` are laid over each other one by one.
//!
//! - A user's domain is `user_domain_id` or `user_domain_name`, else `domain_id` or `domain_name` if the
//!   scope is a project, else `default_domain_id`, `default_domain_name` or `default_domain` (an id). So
//!   is a project's. The domain of one never serves for the other.
//! - If there is both an id and a name of the same thing, the id is sent.
//! - A scope is one of project, domain, trust, system or `unscoped: true`; two are an error that names
//!   both. So is a scope beside an application credential: the server would refuse it, with a message
//!   about wrong credentials. An openrc file that leaves `OS_PROJECT_ID` set is where that comes from.
//! - `insecure: true` and `verify: false` both turn the check of certificates off; `insecure: true` with
//!   `verify: true` is an error, and a `cacert` that is thereby not used is a warning.
//!
//! # CA certificates
//!
//! Servers' certificates are checked with the CA certificates of the system, and with those of `cacert`; without
//! `cacert`, and unless the check is off, with those that `REQUESTS_CA_BUNDLE` names, else `CURL_CA_BUNDLE`. Each
//! is a file (PEM), or a folder of files that `openssl rehash` has named. `~` and `~user` at the start of a path
//! are home folders; users are looked up in `/etc/passwd`.
//!
//! On Linux and other systems without a certificate store of their own, `SSL_CERT_FILE` and `SSL_CERT_DIR` (folders
//! with `:` between them) name the files that count in place of the system's. On macOS and Windows they don't
//! count. They are read from the environment of the process, whatever variables a [`ConfigLoader`] was given.
//! [`explain`](CloudConfig::explain) says which CA certificates count.
//!
//! # What is refused, and what is told
//!
//! - A key that nothing reads and that is close to the name of a setting that is missing (`projct_id`) is an error.
//!   Settings below `auth` that mean nothing there, and halves of names (`project`), are warnings.
//! - White space around values is left out, with a warning. A password or another secret is sent as it is, and a
//!   warning says what is odd about it. Control characters in other values are an error.
//! - A mistake in one cloud or region matters to no other.
//! - Files are regular ones, or links to such, of at most 4 MiB. `/dev/null` is an empty file.
//! - Variables `OS_*` that mean nothing here may be anything, also no UTF-8.
//! - [`from_env`](CloudConfig::from_env) and [`from_cloud`](CloudConfig::from_cloud) send warnings to `tracing`;
//!   if loading fails, those so far are in the [error](ConfigError::warnings).
//!
//! # Where it differs from openstacksdk
//!
//! A test puts the same configurations before both, and the same login comes out, with these exceptions:
//!
//! | | openstacksdk | here |
//! |---|---|---|
//! | a number or truth value without quotes (`0123`, `1.10`, `yes`) | as Python reads it: `83`, `1.1`, `true` | as it is written |
//! | a file that is no YAML; a key twice in the cloud | passed over; the last counts | an error with its place |
//! | `OS_CLIENT_CONFIG_FILE` names no file | passed over | an error |
//! | an empty variable | counts as given | as if it were not set |
//! | variables that mean nothing here, such as `OS_NAME` | make up a cloud | don't |
//! | `OS_REGION_NAME` beside `OS_CLOUD` | not looked at | selects the region, as with the CLI |
//! | `OS_PROFILE` | its defaults count more than the profile | the profile |
//! | vendor profiles | some built in, others fetched | from files |
//! | a list where text should be; a method twice | sent | an error |
//! | `null` as an id or a name | the text `None` | as if it were not there |
//! | `auth_plugin` | loses against the default | is `auth_type` |
//! | `auth_type: none`, or nothing | no login at all | not supported; the default |
//! | version 2 of the API; methods that log in elsewhere | done | not supported |
//! | `auth_methods` in `auth`, as text | taken letter by letter | a list with commas |
//! | a user's or project's domain by name beside `domain_id` or `default_domain_id` | the latter | its own |
//! | `default_domain`; `default_domain_id` with `v3password` | not known | an id; known |
//! | a password without a user, a name without a domain | sent, and refused by the server | an error |
//! | a scope with an application credential | sent, and refused by the server | an error |
//! | a project, and a `domain_id` that is nobody's domain | the project | an error |
//! | `unscoped` with `password` or `token` | an error of Python | the scope |
//! | settings that the method doesn't take | an error of Python, for some | listed by `explain` |
//! | `insecure`, `verify`: `"yes"`, `1`, `"false"` | `insecure` is off, and `verify` a path | what they say |
//! | white space around a value that is no secret | sent | left out |
//! | a misspelt setting; a control character in a name | passed over; sent | an error |
//! | `cacert`, `REQUESTS_CA_BUNDLE` | in place of the system's CA certificates | besides them |
//! | an international host name | encoded | an error: write it as `xn--...` |
//! | `insecure: true` with `verify: true`; `key` without `cert` | off; left out | an error |

#[cfg(feature = "reqwest")]
mod certificates;
mod choice;
mod connection;
mod credentials;
mod error;
mod explain;
mod files;
mod loader;
mod misspelt;
mod origin;
mod region;
pub(crate) mod reload;
mod scope;
mod settings;
mod template;
mod tree;
mod value;
mod yaml;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::identity::v3::auth::{Credentials, Scope};

use crate::runtime::foreign::{escaped, shown};
use connection::Connection;
use credentials::{Builder, Method};
use settings::Settings;

pub use connection::ServiceConfig;
pub use error::{ConfigError, ConfigErrorKind};
pub use files::{ConfigFiles, SystemFiles};
pub use loader::ConfigLoader;
pub use origin::Origin;

/// The configuration of one cloud, put together and checked. Nothing is sent.
///
/// ```no_run
/// use openstack_identity::CloudConfig;
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let config = CloudConfig::from_cloud("production")?;
/// for warning in config.warnings() {
///     eprintln!("warning: {warning}");
/// }
/// let openstack = config.builder()?.region("RegionTwo").build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct CloudConfig {
    name: String,
    from_variables: bool,
    settings: Settings,
    auth_url: String,
    /// Without `/v3`.
    base_url: String,
    methods: Vec<Method>,
    credentials: Credentials,
    scope: Option<Scope>,
    connection: Connection,
    files: Vec<Arc<Path>>,
    reader: Arc<dyn ConfigFiles>,
    loader: Arc<ConfigLoader>,
    warnings: Vec<String>,
}

/// What a loader has found.
struct Loaded {
    name: String,
    /// The region, if the cloud lists its regions.
    region: Option<String>,
    from_variables: bool,
    unused_variables: Vec<String>,
    settings: Settings,
    missing_profile: Option<ConfigError>,
    files: Vec<Arc<Path>>,
    /// A file of CA certificates that counts if no setting names one, and the variable that does.
    bundle: Option<(&'static str, String)>,
    reader: Arc<dyn ConfigFiles>,
    loader: Arc<ConfigLoader>,
}

impl CloudConfig {
    /// The cloud that this process's environment chooses or describes.
    ///
    /// # Errors
    ///
    /// There is none, a file can't be read, a value is missing or not what it should be, or two
    /// contradict each other.
    pub fn from_env() -> Result<Self, ConfigError> {
        told(ConfigLoader::from_process().load())
    }

    /// The cloud of this name.
    ///
    /// # Errors
    ///
    /// As [`from_env`](CloudConfig::from_env).
    pub fn from_cloud(name: impl Into<String>) -> Result<Self, ConfigError> {
        told(ConfigLoader::from_process().cloud(name).load())
    }

    fn new(mut loaded: Loaded, warnings: &mut Vec<String>) -> Result<Self, ConfigError> {
        let mut builder = Builder {
            settings: &mut loaded.settings,
            cloud: &loaded.name,
            region: loaded.region.as_deref(),
            from_variables: loaded.from_variables,
            unused_variables: &loaded.unused_variables,
        };
        let methods = builder.methods()?;
        let (auth_url, url) = match (builder.auth_url(), loaded.missing_profile) {
            (Ok(urls), None) => urls,
            (Ok(urls), Some(missing)) => {
                warnings.push(missing.to_string());
                urls
            }
            (Err(error), Some(missing)) if error.kind() == ConfigErrorKind::Missing => {
                return Err(missing);
            }
            (Err(error), _) => return Err(error),
        };
        let credentials = builder.credentials(&methods)?;
        let scope = builder.scope(&methods)?;
        let connection = Connection::new(
            &mut loaded.settings,
            &loaded.loader,
            loaded.bundle,
            warnings,
        )?;
        warnings.extend(unused(&loaded.unused_variables));
        let config = CloudConfig {
            name: loaded.name,
            from_variables: loaded.from_variables,
            settings: loaded.settings,
            auth_url,
            base_url: url.base().to_owned(),
            methods,
            credentials,
            scope,
            connection,
            files: loaded.files,
            reader: loaded.reader,
            loader: loaded.loader,
            warnings: Vec::new(),
        };
        config.warn_of_open_files(warnings);
        Ok(config)
    }

    fn warn_of_open_files(&self, warnings: &mut Vec<String>) {
        let mut paths: Vec<Arc<Path>> = Vec::new();
        for (key, setting) in self.settings.iter() {
            if let Origin::File { path, .. } = &setting.origin
                && settings::is_secret(key)
                && !paths.contains(path)
            {
                paths.push(path.clone());
            }
        }
        for path in paths {
            if self.reader.open_to_others(&path) {
                warnings.push(format!(
                    "{} has a secret in it, and others can read it: take their permission away \
                     (chmod 600)",
                    path.display()
                ));
            }
        }
    }

    /// The cloud's name; `envvars` if it comes from variables.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the Identity service, as it was given.
    #[must_use]
    pub fn auth_url(&self) -> &str {
        &self.auth_url
    }

    /// Who asks, and how that is proved.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whether the credentials work once only, as they hold a passcode: then a token can't be renewed
    /// with them.
    #[must_use]
    pub fn is_one_shot(&self) -> bool {
        self.methods.contains(&Method::Totp)
    }

    /// What the token is for, if that is said.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The region whose services are wanted, if one is.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.connection.region.as_deref()
    }

    /// The interfaces on which services are wanted, the best first: `public` if nothing is said. The
    /// spelling `publicURL` is read as `public`.
    #[must_use]
    pub fn interfaces(&self) -> &[String] {
        &self.connection.interfaces
    }

    /// What is said of single services: endpoints, interfaces, regions.
    pub fn services(&self) -> impl Iterator<Item = &ServiceConfig> {
        self.connection.services.iter()
    }

    /// What is said of a service, such as `block-storage`.
    #[must_use]
    pub fn service(&self, service_type: &str) -> Option<&ServiceConfig> {
        let name = service_type.to_lowercase().replace('-', "_");
        self.services().find(|service| service.name == name)
    }

    /// Whether the server's certificate is checked.
    #[must_use]
    pub fn verify(&self) -> bool {
        self.connection.verify
    }

    /// The file (PEM), or the folder of such files, with the CA certificates that servers' certificates are
    /// checked with, besides those of the system: `cacert`, else `REQUESTS_CA_BUNDLE`, else
    /// `CURL_CA_BUNDLE`.
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&Path> {
        self.connection.cacert.as_deref()
    }

    /// The file (PEM) with the certificate that this client shows to servers.
    #[must_use]
    pub fn client_certificate(&self) -> Option<&Path> {
        self.connection.cert.as_deref()
    }

    /// The file (PEM) with the key to it, if it is not in the same file.
    #[must_use]
    pub fn client_key(&self) -> Option<&Path> {
        self.connection.key.as_deref()
    }

    /// How long a call may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.connection.timeout
    }

    /// Where a setting comes from, by its name in a file, such as `project_id`.
    #[must_use]
    pub fn origin(&self, setting: &str) -> Option<&Origin> {
        Some(&self.settings.get(setting)?.origin)
    }

    /// The files that were read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|path| &**path)
    }

    /// What works, and is probably not meant so. [`from_env`](CloudConfig::from_env) and
    /// [`from_cloud`](CloudConfig::from_cloud) also send each to `tracing`.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All of it for a person to read, without secrets: each setting, where it comes from and what it
    /// took the place of; what is not used; the login that would be sent.
    ///
    /// ```
    /// use openstack_identity::config::ConfigLoader;
    ///
    /// # fn main() -> Result<(), openstack_identity::ConfigError> {
    /// let config = ConfigLoader::new()
    ///     .variable("OS_AUTH_URL", "https://keystone.example:5000")
    ///     .variable("OS_AUTH_TYPE", "v3token")
    ///     .variable("OS_TOKEN", "gAAAA")
    ///     .load()?;
    /// let text = config.explain();
    /// assert!(text.contains("OS_TOKEN"));
    /// assert!(text.contains("POST https://keystone.example:5000/v3/auth/tokens"));
    /// assert!(!text.contains("gAAAA"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        explain::explain(self)
    }
}

/// Shows the warnings to those who have a subscriber for them.
fn told(loaded: Result<CloudConfig, ConfigError>) -> Result<CloudConfig, ConfigError> {
    if let Ok(config) = &loaded {
        for warning in config.warnings() {
            tracing::warn!(cloud = escaped(config.name()), "configuration: {warning}");
        }
    }
    loaded
}

fn unused(variables: &[String]) -> Option<String> {
    let are = match variables {
        [] => return None,
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(", ")),
    };
    Some(format!(
        "{are} not used: the cloud was chosen by its name, and variables describe another"
    ))
}

impl fmt::Debug for CloudConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudConfig")
            .field("name", &self.name)
            .field("auth_url", &self.base_url)
            .field("credentials", &self.credentials)
            .field("scope", &self.scope)
            .field(
                "region",
                &self.region().map(|it| shown(it, &self.settings.secrets())),
            )
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
