//! The settings of one cloud under the names that they have today, whatever spelling they came in.

use std::collections::BTreeMap;

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::{Origin, named};
use super::template;
use super::tree::{Node, Table, Value};
use super::{misspelt, value};
use crate::runtime::Secret;

/// A setting that has a value.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// One, or those of a list.
    texts: Vec<Secret>,
    pub(super) origin: Origin,
    /// What had been said of it elsewhere, and lost.
    pub(super) overrode: Vec<Origin>,
    /// Whether it is part of what is sent, or of how.
    pub(super) used: bool,
}

impl Setting {
    pub(super) fn text(&self) -> &str {
        self.texts.first().map(Secret::expose).unwrap_or_default()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(Secret::expose)
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    values: BTreeMap<String, Setting>,
    /// What belongs to other tools.
    pub(super) unread: Vec<(String, Origin)>,
}

/// Which of two values counts, one in `auth` and one beside it.
#[derive(Clone, Copy, PartialEq)]
enum Wins {
    /// The one beside it: it may come from a variable.
    Beside,
    /// The one in `auth`, unless it is empty.
    Auth,
    /// It never stands in `auth`.
    Never,
}

/// A setting: its names, today's first, and which value counts.
struct Key(&'static [&'static str], Wins);

const KEYS: &[Key] = &[
    Key(&["auth_type", "auth_plugin"], Wins::Never),
    Key(&["auth_url"], Wins::Auth),
    Key(&["auth_methods"], Wins::Auth),
    Key(&["user_id"], Wins::Auth),
    Key(&["username", "user_name"], Wins::Auth),
    Key(&["user_domain_id"], Wins::Beside),
    Key(&["user_domain_name"], Wins::Beside),
    Key(&["password"], Wins::Auth),
    Key(&["passcode"], Wins::Beside),
    Key(&["token", "auth_token"], Wins::Beside),
    Key(&["application_credential_id"], Wins::Auth),
    Key(&["application_credential_name"], Wins::Auth),
    Key(&["application_credential_secret"], Wins::Auth),
    Key(&["project_id", "tenant_id"], Wins::Beside),
    Key(&["project_name", "tenant_name"], Wins::Beside),
    Key(&["project_domain_id"], Wins::Beside),
    Key(&["project_domain_name"], Wins::Beside),
    Key(&["domain_id"], Wins::Beside),
    Key(&["domain_name"], Wins::Beside),
    Key(&["default_domain_id"], Wins::Auth),
    Key(&["default_domain_name"], Wins::Auth),
    Key(&["default_domain"], Wins::Auth),
    Key(&["system_scope"], Wins::Auth),
    Key(&["trust_id"], Wins::Auth),
    Key(&["unscoped"], Wins::Auth),
    Key(&["region_name"], Wins::Never),
    Key(&["interface"], Wins::Never),
    Key(&["verify"], Wins::Never),
    Key(&["insecure"], Wins::Never),
    Key(&["cacert"], Wins::Never),
    Key(&["cert"], Wins::Never),
    Key(&["key"], Wins::Never),
    Key(&["api_timeout"], Wins::Never),
];

/// What can be said for one service: `compute_endpoint_override`.
const OF_A_SERVICE: [&str; 4] = [
    "_endpoint_override",
    "_endpoint",
    "_interface",
    "_region_name",
];

/// Settings of methods that log in elsewhere, which are no endpoints of services.
const NO_SERVICES: [&str; 6] = [
    "access_token_endpoint",
    "authorization_endpoint",
    "device_authorization_endpoint",
    "discovery_endpoint",
    "oauth2_endpoint",
    "service_provider_endpoint",
];

/// What holds if nobody says otherwise.
const DEFAULTS: [(&str, &str); 3] = [
    ("auth_type", "password"),
    ("interface", "public"),
    ("verify", "true"),
];

/// Those whose value is shown nowhere.
const SECRETS: [&str; 4] = [
    "password",
    "passcode",
    "token",
    "application_credential_secret",
];

pub(super) fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// The names of all settings but those of single services.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().flat_map(|key| key.0.iter().copied())
}

/// The name of a setting today.
pub(super) fn todays(name: &str) -> &str {
    let key = KEYS.iter().find(|key| key.0.contains(&name));
    key.map_or(name, |key| key.0[0])
}

/// Whether it stands beside `auth`, and means nothing in it.
pub(super) fn is_beside(key: &str) -> bool {
    let never = |known: &&Key| known.1 == Wins::Never && known.0.contains(&key);
    KEYS.iter().any(|known| never(&known))
        || matches!(key, "profile" | "regions" | "endpoint_type")
        || is_of_a_service(key)
        || new_name(key).is_some()
}

/// What can be said for one service, as its key ends.
pub(super) fn ends_of_services() -> impl Iterator<Item = &'static str> {
    OF_A_SERVICE.into_iter()
}

/// Whether it means something here.
pub(super) fn is_known(key: &str) -> bool {
    KEYS.iter().any(|known| known.0.contains(&key))
        || matches!(key, "profile" | "endpoint_type")
        || is_of_a_service(key)
}

pub(super) fn is_of_a_service(key: &str) -> bool {
    let ends = OF_A_SERVICE.iter().any(|end| key.ends_with(end)) || key.ends_with("_endpoint_type");
    ends && !NO_SERVICES.contains(&key)
}

impl Settings {
    /// Reads the settings of a cloud, once all layers are in place.
    pub(super) fn new(config: Table, warnings: &mut Vec<String>) -> Result<Self, ConfigError> {
        let mut config = rename(config);
        let mut auth = match config.remove("auth") {
            Some(node) => node.into_table("auth")?,
            None => Table::default(),
        };
        let mut settings = Settings {
            values: BTreeMap::new(),
            unread: Vec::new(),
        };
        for Key(names, wins) in KEYS {
            let candidates = candidates(names, *wins, &mut config, &mut auth);
            settings.put(names[0], candidates, *wins, warnings)?;
        }
        let of_a_service: Vec<String> = config
            .keys()
            .filter(|key| is_of_a_service(key))
            .map(str::to_owned)
            .collect();
        for key in of_a_service {
            let candidates = config.remove(&key).into_iter().collect();
            settings.put(&key, candidates, Wins::Never, warnings)?;
        }
        settings.fill_in(&config)?;
        misspelt::check(&settings, &config, &mut auth, warnings)?;
        let rest = config.into_iter().chain(
            auth.into_iter()
                .map(|(key, node)| (format!("auth.{key}"), node)),
        );
        settings.unread = rest.map(|(key, node)| (key, node.origin)).collect();
        Ok(settings)
    }

    /// A setting, which is then taken as used.
    pub(super) fn take(&mut self, key: &str) -> Option<Setting> {
        let setting = self.values.get_mut(key)?;
        setting.used = true;
        Some(setting.clone())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.values.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.values
            .iter()
            .map(|(key, setting)| (key.as_str(), setting))
    }

    /// The secrets, to hide them wherever else they stand.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let secrets = self.values.iter().filter(|(key, _)| is_secret(key));
        secrets
            .flat_map(|(_, setting)| setting.texts.clone())
            .collect()
    }

    /// Whether somebody says something of it.
    pub(super) fn is_given(&self, key: &str) -> bool {
        let setting = self.values.get(key);
        setting.is_some_and(|setting| setting.origin != Origin::Default)
    }

    /// Gives a setting its value, unless it has one.
    pub(super) fn give(&mut self, key: &str, text: String, origin: Origin) {
        self.values.entry(key.to_owned()).or_insert(Setting {
            texts: vec![Secret::new(text)],
            origin,
            overrode: Vec::new(),
            used: false,
        });
    }

    /// A setting that is true or false.
    pub(super) fn flag(&mut self, key: &str) -> Result<Option<(bool, Origin)>, ConfigError> {
        let Some(setting) = self.take(key) else {
            return Ok(None);
        };
        match setting.text().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(Some((true, setting.origin))),
            "false" | "no" | "off" | "0" => Ok(Some((false, setting.origin))),
            _ => Err(ConfigError::new(
                ConfigErrorKind::Invalid,
                format!("{} is neither true nor false", named(key, &setting.origin)),
                match key {
                    "verify" => "write true or false; the authority to trust is `cacert`",
                    _ => "write true or false",
                }
                .to_owned(),
                [setting.origin],
            )),
        }
    }

    /// The first candidate counts, and those after it are named as overridden.
    fn put(
        &mut self,
        key: &str,
        candidates: Vec<Node>,
        wins: Wins,
        warnings: &mut Vec<String>,
    ) -> Result<(), ConfigError> {
        let mut winner: Option<Setting> = None;
        let mut emptied = false;
        for node in candidates {
            let texts = value::texts(key, &node)?;
            match &mut winner {
                Some(winner) => {
                    winner.overrode.push(node.origin);
                    winner.overrode.extend(node.overrode);
                }
                None if !texts.is_empty() && !emptied => {
                    winner = Some(Setting {
                        texts: value::clean(key, texts, &node.origin, warnings)?,
                        origin: node.origin,
                        overrode: node.overrode,
                        used: false,
                    });
                }
                None => {
                    // Empty text beside `auth` takes away what stands in it.
                    emptied |= wins == Wins::Beside && !matches!(node.value, Value::Null);
                }
            }
        }
        if let Some(winner) = winner.or_else(|| default(key)) {
            self.values.insert(key.to_owned(), winner);
        }
        Ok(())
    }

    /// Puts the values of settings where others name them: `https://{region_name}.example`.
    fn fill_in(&mut self, rest: &Table) -> Result<(), ConfigError> {
        let beside: Vec<&str> = KEYS
            .iter()
            .filter(|key| key.1 == Wins::Never)
            .map(|key| key.0[0])
            .collect();
        let keys: Vec<String> = self
            .values
            .keys()
            .filter(|key| {
                *key == "auth_url" || beside.contains(&key.as_str()) || is_of_a_service(key)
            })
            .cloned()
            .collect();
        for key in keys {
            let Some(setting) = self.values.get(&key) else {
                continue;
            };
            let filled = template::fill(setting.text(), |name| {
                if is_secret(name) {
                    return None;
                }
                let text = self.values.get(name).map(Setting::text);
                let other = rest.get(name).and_then(|node| node.as_text(name).ok()?);
                text.or(other).map(str::to_owned)
            });
            let filled = filled.map_err(|why| {
                ConfigError::new(
                    ConfigErrorKind::Invalid,
                    format!("{} {why}", named(&key, &setting.origin)),
                    "in braces stands the name of another setting, such as {region_name}; a brace \
                     itself is written twice"
                        .to_owned(),
                    [setting.origin.clone()],
                )
            })?;
            if let Some(slot) = self.values.get_mut(&key).and_then(|s| s.texts.first_mut())
                && slot.expose() != filled
            {
                *slot = Secret::new(filled);
            }
        }
        Ok(())
    }
}

fn default(key: &str) -> Option<Setting> {
    let (_, value) = DEFAULTS.iter().find(|(of, _)| *of == key)?;
    Some(Setting {
        texts: vec![Secret::new(*value)],
        origin: Origin::Default,
        overrode: Vec::new(),
        used: false,
    })
}

/// The values of a setting, the one that counts first.
fn candidates(names: &[&str], wins: Wins, config: &mut Table, auth: &mut Table) -> Vec<Node> {
    let mut found = Vec::new();
    match wins {
        Wins::Beside => {
            for name in names {
                found.extend(config.remove(name));
                found.extend(auth.remove(name));
            }
        }
        Wins::Auth => {
            found.extend(names.iter().filter_map(|name| auth.remove(name)));
            found.extend(names.iter().filter_map(|name| config.remove(name)));
        }
        Wins::Never => found.extend(names.iter().filter_map(|name| config.remove(name))),
    }
    found
}

/// Gives old names of settings beside `auth` their new ones; the old one counts if there are both.
fn rename(config: Table) -> Table {
    let (old, mut renamed): (Vec<_>, Table) = {
        let (old, rest): (Vec<_>, Vec<_>) = config
            .into_iter()
            .partition(|(key, _)| new_name(key).is_some());
        (old, rest.into_iter().collect())
    };
    for (key, node) in old {
        if let Some(new) = new_name(&key) {
            renamed.insert(new, node);
        }
    }
    renamed
}

fn new_name(key: &str) -> Option<String> {
    if let Some(start) = key.strip_suffix("endpoint_type") {
        return Some(format!("{start}interface"));
    }
    // There is one time limit for all services, and each tool had a name for it.
    (key.ends_with("timeout") && !matches!(key, "timeout" | "api_timeout"))
        .then(|| "api_timeout".to_owned())
}
