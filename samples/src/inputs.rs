//! What the samples are run with: the environment, or the embedded server's own world.

use std::collections::BTreeMap;
use std::fmt;

use openstack_identity_testing::Demo;

/// Values by the names of the environment variables that give them.
pub struct Inputs(BTreeMap<&'static str, String>);

/// Where tokens are kept, for the samples that keep them in servers; there are none to embed.
const SERVERS: [&str; 2] = ["REDIS_URL", "MEMCACHED_SERVER"];

const NAMES: [&str; 12] = [
    "OS_AUTH_URL",
    "OS_REGION_NAME",
    "OS_USERNAME",
    "OS_USER_ID",
    "OS_PASSWORD",
    "OS_USER_DOMAIN_ID",
    "OS_PROJECT_NAME",
    "OS_PROJECT_ID",
    "OS_PROJECT_DOMAIN_ID",
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "OS_TOKEN",
];

/// A sample needs a variable that is not set.
#[derive(Debug)]
pub struct Missing(&'static str);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SERVERS.contains(&self.0) {
            true => write!(f, "{} is not set; set it to keep tokens there", self.0),
            false => write!(
                f,
                "{} is not set; set it, or unset OS_AUTH_URL to use the embedded server",
                self.0
            ),
        }
    }
}

impl std::error::Error for Missing {}

impl Inputs {
    /// From the environment; variables that are empty count as not set.
    pub fn from_env() -> Self {
        Inputs(NAMES.into_iter().chain(SERVERS).filter_map(set).collect())
    }

    /// From the world of an embedded server.
    pub fn from_demo(auth_url: String, demo: &Demo) -> Self {
        let values = [
            ("OS_AUTH_URL", auth_url),
            ("OS_REGION_NAME", demo.region.clone()),
            ("OS_USERNAME", demo.user_name.clone()),
            ("OS_USER_ID", demo.user_id.clone()),
            ("OS_PASSWORD", demo.password.clone()),
            ("OS_USER_DOMAIN_ID", demo.domain_id.clone()),
            ("OS_PROJECT_NAME", demo.project_name.clone()),
            ("OS_PROJECT_ID", demo.project_id.clone()),
            ("OS_PROJECT_DOMAIN_ID", demo.domain_id.clone()),
            ("OS_APPLICATION_CREDENTIAL_ID", demo.application_credential_id.clone()),
            ("OS_APPLICATION_CREDENTIAL_SECRET", demo.application_credential_secret.clone()),
        ];
        Inputs(values.into_iter().chain(SERVERS.into_iter().filter_map(set)).collect())
    }

    /// The value of a variable that a sample needs.
    pub fn get(&self, name: &'static str) -> Result<&str, Missing> {
        self.0.get(name).map(String::as_str).ok_or(Missing(name))
    }
}

/// A variable, if it is set and not empty.
fn set(name: &'static str) -> Option<(&'static str, String)> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
    Some((name, value))
}
