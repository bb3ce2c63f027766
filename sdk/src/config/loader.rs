//! From files and variables to the settings of one cloud.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CloudConfig;
use super::choice::{self, Sources};
use super::error::{ConfigError, ConfigErrorKind, distance};
use super::files::{self, ConfigFiles, Places, SystemFiles};
use super::origin::Origin;
use super::region;
use super::settings::{Settings, is_known};
use super::tree::{Node, Table, Value};
use crate::runtime::Secret;
use crate::runtime::foreign::escaped;

/// Finds a configuration in files and variables that are given: nothing is global, so that a test can
/// bring its own. [`CloudConfig::from_env`] and [`CloudConfig::from_cloud`] do it with the real ones.
///
/// ```
/// use openstack_identity::config::ConfigLoader;
///
/// # fn main() -> Result<(), openstack_identity::ConfigError> {
/// let config = ConfigLoader::new()
///     .variable("OS_AUTH_URL", "https://keystone.example:5000/v3")
///     .variable("OS_AUTH_TYPE", "v3applicationcredential")
///     .variable("OS_APPLICATION_CREDENTIAL_ID", "a1b2")
///     .variable("OS_APPLICATION_CREDENTIAL_SECRET", "secret")
///     .load()?;
/// assert_eq!(config.auth_url(), "https://keystone.example:5000/v3");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ConfigLoader {
    variables: BTreeMap<String, Secret>,
    /// Whether `variables` began as those of this process; those that were set after that.
    of_process: bool,
    set_since: Vec<(String, Secret)>,
    /// Variables that are no text.
    garbled: Vec<String>,
    files: Arc<dyn ConfigFiles>,
    current_dir: Option<PathBuf>,
    home_dir: Option<PathBuf>,
    cloud: Option<String>,
    region: Option<String>,
}

impl ConfigLoader {
    /// Starts with no variables, no current folder and no home folder, but the system's files.
    pub fn new() -> Self {
        ConfigLoader {
            variables: BTreeMap::new(),
            of_process: false,
            set_since: Vec::new(),
            garbled: Vec::new(),
            files: Arc::new(SystemFiles),
            current_dir: None,
            home_dir: None,
            cloud: None,
            region: None,
        }
    }

    /// Starts with what this process has.
    pub fn from_process() -> Self {
        let mut loader = ConfigLoader::new();
        loader.read_variables();
        loader.current_dir = std::env::current_dir().ok();
        loader.home_dir = std::env::home_dir();
        loader
    }

    fn read_variables(&mut self) {
        self.of_process = true;
        self.variables.clear();
        self.garbled.clear();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => self.set(name, Secret::new(value)),
                Err(_) => self.garbled.push(name),
            }
        }
    }

    /// The same, with the variables that this process has now if they were taken from it. The folders
    /// stay those of the beginning.
    pub(super) fn again(&self) -> Self {
        let mut loader = self.clone();
        if self.of_process {
            loader.read_variables();
            for (name, value) in &self.set_since {
                loader.set(name.clone(), value.clone());
            }
        }
        loader
    }

    fn set(&mut self, name: String, value: Secret) {
        match value.expose().is_empty() {
            true => self.variables.remove(&name),
            false => self.variables.insert(name, value),
        };
    }

    /// An environment variable. An empty one is none.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), Secret::new(value));
        if self.of_process {
            self.set_since.push((name.clone(), value.clone()));
        }
        self.set(name, value);
        self
    }

    /// Reads files by this.
    pub fn files(mut self, files: impl ConfigFiles) -> Self {
        self.files = Arc::new(files);
        self
    }

    /// The current folder, in which files are looked for first.
    pub fn current_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(path.into());
        self
    }

    /// The user's home folder.
    pub fn home_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.home_dir = Some(path.into());
        self
    }

    /// The cloud that is wanted, whatever `OS_CLOUD` says.
    pub fn cloud(mut self, name: impl Into<String>) -> Self {
        self.cloud = Some(name.into());
        self
    }

    /// The region that is wanted, whatever `OS_REGION_NAME` says.
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// Finds the cloud and puts its settings together.
    ///
    /// # Errors
    ///
    /// There is no such cloud, a file can't be read, a value is missing or not what it should be, or
    /// two contradict each other.
    pub fn load(&self) -> Result<CloudConfig, ConfigError> {
        let mut warnings = Vec::new();
        let loaded = self.load_with(&mut warnings);
        let warnings = warnings.iter().map(|text| escaped(text)).collect();
        match loaded {
            Ok(config) => Ok(CloudConfig { warnings, ..config }),
            Err(error) => Err(error.with_warnings(warnings)),
        }
    }

    fn load_with(&self, warnings: &mut Vec<String>) -> Result<CloudConfig, ConfigError> {
        self.check_selectors()?;
        let places = self.places();
        let (clouds, mut files) = self.clouds(&places, warnings)?;
        let sources = Sources {
            clouds,
            variables: self.cloud_of_variables(),
            variables_name: self.text("OS_CLOUD_NAME").unwrap_or("envvars").to_owned(),
            places: &places,
        };
        let chosen = choice::choose(
            sources,
            self.cloud.as_deref(),
            self.text("OS_CLOUD"),
            warnings,
        )?;
        let (vendor, missing_profile) =
            self.vendor(&chosen.layer, &places, &mut files, warnings)?;
        let regions = region::known(&chosen.layer, &vendor)?;
        let layers = [&chosen.layer, &vendor];
        let has_regions = layers.iter().any(|layer| layer.get("regions").is_some());
        let region = region::choose(regions, self.wanted_region(), &chosen.name)?;
        let named = region
            .as_ref()
            .filter(|_| has_regions)
            .map(|it| it.name.clone());

        let mut config = vendor;
        config.update(chosen.layer)?;
        for spent in ["cloud", "profile", "regions"] {
            config.remove(spent);
        }
        region::apply(region, &mut config)?;
        let settings = Settings::new(config, warnings)?;
        let loaded = super::Loaded {
            name: chosen.name,
            region: named,
            from_variables: chosen.from_variables,
            unused_variables: self.unused_variables(chosen.from_variables),
            settings,
            missing_profile,
            files,
            bundle: self.ca_bundle(warnings),
            reader: self.files.clone(),
            loader: Arc::new(self.clone()),
        };
        CloudConfig::new(loaded, warnings)
    }

    /// A path as a shell reads it.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let (current, home) = (self.current_dir.as_deref(), self.home_dir.as_deref());
        files::expand(text, current, home, &*self.files)
    }

    /// The CA certificates that python-requests, by which openstacksdk sends, takes from the environment.
    fn ca_bundle(&self, warnings: &mut Vec<String>) -> Option<(&'static str, String)> {
        for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            if self.garbled.iter().any(|garbled| garbled == name) {
                warnings.push(format!("{name} is not UTF-8, so it is not used"));
            }
            if let Some(path) = self.text(name) {
                return Some((name, path.to_owned()));
            }
        }
        None
    }

    /// The variables that choose a cloud and its files must be text, whatever other variables are.
    fn check_selectors(&self) -> Result<(), ConfigError> {
        let by_program = |name: &str| match name {
            "OS_CLOUD" => self.cloud.is_some(),
            "OS_REGION_NAME" => self.cloud.is_some() || self.region.is_some(),
            _ => false,
        };
        let mut garbled = self.garbled.iter().filter(|name| {
            let selects = SELECTORS
                .iter()
                .any(|key| name.strip_prefix("OS_") == Some(key));
            (selects || *name == "OS_REGION_NAME") && !by_program(name)
        });
        match garbled.next() {
            Some(name) => Err(not_utf8(name)),
            None => Ok(()),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(Secret::expose)
    }

    fn places(&self) -> Places {
        Places::new(
            self.current_dir.as_deref(),
            self.home_dir.as_deref(),
            |name| self.text(name).map(str::to_owned),
        )
    }

    /// The clouds of clouds.yaml, with those of secure.yaml over them.
    fn clouds(
        &self,
        places: &Places,
        warnings: &mut Vec<String>,
    ) -> Result<(Table, Vec<Arc<Path>>), ConfigError> {
        let mut files = Vec::new();
        let mut all = Table::default();
        for (stem, variable) in [
            ("clouds", "OS_CLIENT_CONFIG_FILE"),
            ("secure", "OS_CLIENT_SECURE_FILE"),
        ] {
            let named = match self.text(variable) {
                Some(text) => Some((
                    variable,
                    self.path(text).map_err(|why| {
                        ConfigError::new(
                            ConfigErrorKind::Unreadable,
                            format!("{variable} {why}"),
                            "write the whole path".to_owned(),
                            [Origin::Variable(variable.to_owned())],
                        )
                    })?,
                )),
                None => None,
            };
            let Some((path, mut file)) = places.find(&*self.files, stem, named, warnings)? else {
                continue;
            };
            match file.remove("clouds") {
                Some(clouds) => all.merge(clouds.into_table("clouds")?),
                None if file.is_empty() => {}
                None => warnings.push(format!(
                    "{} has no `clouds`{}",
                    path.display(),
                    match file.keys().find(|key| distance(key, "clouds") <= 2) {
                        Some(near) => format!("; is that what `{near}` is meant for?"),
                        None => String::new(),
                    }
                )),
            }
            files.push(path);
        }
        Ok((all, files))
    }

    /// The cloud that the variables describe, if they say anything of one.
    fn cloud_of_variables(&self) -> Option<Table> {
        let texts = self.own_variables().map(|(name, key)| {
            let text = self.text(name).unwrap_or_default();
            (key, Node::text(text, Origin::Variable(name.to_owned())))
        });
        let garbled = self.garbled.iter().filter_map(|name| {
            let key = setting_of(name).filter(|key| is_known(key))?;
            let origin = Origin::Variable(name.clone());
            Some((key, Node::new(Value::Wrong(not_utf8(name)), origin)))
        });
        let layer: Table = texts.chain(garbled).collect();
        let selects = |key: &str| matches!(key, "region_name");
        let says = layer.keys().any(|key| is_known(key) && !selects(key));
        says.then_some(layer)
    }

    /// The variables that are settings, with the keys that they set.
    fn own_variables(&self) -> impl Iterator<Item = (&str, String)> {
        self.variables
            .keys()
            .filter_map(|name| Some((name.as_str(), setting_of(name)?)))
    }

    /// The variables that are set and mean nothing to a cloud that was chosen by its name.
    fn unused_variables(&self, from_variables: bool) -> Vec<String> {
        self.own_variables()
            .filter(|(_, key)| !from_variables && is_known(key) && key != "region_name")
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn vendor(
        &self,
        layer: &Table,
        places: &Places,
        files: &mut Vec<Arc<Path>>,
        warnings: &mut Vec<String>,
    ) -> Result<(Table, Option<ConfigError>), ConfigError> {
        // `cloud` is the old name of `profile`.
        let Some(node) = layer.get("profile").or_else(|| layer.get("cloud")) else {
            return Ok((Table::default(), None));
        };
        let Some(name) = node.as_text("profile")?.filter(|name| !name.is_empty()) else {
            return Ok((Table::default(), None));
        };
        let mut profiles = Table::default();
        if let Some((path, mut file)) =
            places.find(&*self.files, "clouds-public", None, warnings)?
        {
            if let Some(node) = file.remove("public-clouds") {
                profiles = node.into_table("public-clouds")?;
            }
            files.push(path);
        }
        match profiles.remove(name) {
            Some(profile) => {
                profile.check()?;
                Ok((profile.into_table(name)?.with_plain_keys(), None))
            }
            None => {
                let missing = choice::no_profile(name, &node.origin, &profiles, places);
                Ok((Table::default(), Some(missing)))
            }
        }
    }

    /// `OS_REGION_NAME` selects among the regions of a cloud that `OS_CLOUD` selects, not of one that the
    /// program does.
    fn wanted_region(&self) -> Option<(&str, Origin)> {
        if let Some(name) = &self.region {
            return Some((name, Origin::Program));
        }
        match self.cloud {
            Some(_) => None,
            None => self
                .text("OS_REGION_NAME")
                .map(|name| (name, Origin::Variable("OS_REGION_NAME".to_owned()))),
        }
    }
}

impl Default for ConfigLoader {
    fn default() -> Self {
        ConfigLoader::new()
    }
}

impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigLoader")
            .field("cloud", &self.cloud)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// The key that a variable sets in the cloud that the variables describe.
fn setting_of(variable: &str) -> Option<String> {
    let key = variable.strip_prefix("OS_")?;
    let other_tools = ["TEST", "STD", "LOG"];
    let ours = !other_tools.iter().any(|start| key.starts_with(start)) && !SELECTORS.contains(&key);
    ours.then(|| key.to_lowercase())
}

/// What chooses a cloud and its files, after `OS_`.
const SELECTORS: [&str; 4] = [
    "CLOUD",
    "CLOUD_NAME",
    "CLIENT_CONFIG_FILE",
    "CLIENT_SECURE_FILE",
];

fn not_utf8(variable: &str) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Invalid,
        format!("{variable} is not UTF-8"),
        "set it to text in UTF-8, or unset it".to_owned(),
        [Origin::Variable(variable.to_owned())],
    )
}
