//! From settings to credentials: who asks, and how that is proved.

use super::error::{ConfigError, ConfigErrorKind, did_you_mean};
use super::origin::{Origin, named};
use super::settings::{Setting, Settings};
use crate::identity::v3::auth::{ApplicationCredential, AuthMethod, Credentials, Password, Totp};
use crate::identity::v3::common::{DomainRef, TokenId, UserRef};
use crate::runtime::Secret;
use crate::runtime::foreign::shown;

/// A way to prove who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Password,
    Token,
    Totp,
    ApplicationCredential,
}

/// The values of `auth_type` that are understood.
const AUTH_TYPES: [&str; 7] = [
    "password",
    "v3password",
    "token",
    "v3token",
    "v3totp",
    "v3applicationcredential",
    "v3multifactor",
];

/// The same for `auth_methods`, which has them with `v3` elsewhere.
const METHODS: [(&str, Method); 4] = [
    ("v3password", Method::Password),
    ("v3token", Method::Token),
    ("v3totp", Method::Totp),
    ("v3applicationcredential", Method::ApplicationCredential),
];

/// Builds parts of a login out of settings.
pub(super) struct Builder<'a> {
    pub(super) settings: &'a mut Settings,
    pub(super) cloud: &'a str,
    /// The region, if the cloud lists its regions.
    pub(super) region: Option<&'a str>,
    pub(super) from_variables: bool,
    pub(super) unused_variables: &'a [String],
}

impl Builder<'_> {
    /// The methods that `auth_type` and `auth_methods` ask for.
    pub(super) fn methods(&mut self) -> Result<Vec<Method>, ConfigError> {
        let auth_type = self.required("auth_type")?;
        let name = auth_type.text();
        if name == "v3multifactor" {
            return self.factors();
        }
        let of_type = METHODS.iter().find(|(method, _)| {
            *method == name || (matches!(name, "password" | "token") && method.ends_with(name))
        });
        match of_type {
            Some((_, method)) => Ok(vec![*method]),
            None => Err(unsupported(&auth_type, &self.settings.secrets())),
        }
    }

    fn factors(&mut self) -> Result<Vec<Method>, ConfigError> {
        let given = self.required("auth_methods")?;
        let mut methods = Vec::new();
        for name in given.texts() {
            let method = METHODS
                .iter()
                .find(|(method, _)| *method == name || method.strip_prefix("v3") == Some(name));
            match method {
                Some((_, method)) if !methods.contains(method) => methods.push(*method),
                Some(_) => {
                    return Err(ConfigError::new(
                        ConfigErrorKind::Invalid,
                        format!(
                            "{} names `{}` twice",
                            named("auth_methods", &given.origin),
                            shown(name, &self.settings.secrets())
                        ),
                        "name each method once".to_owned(),
                        [given.origin.clone()],
                    ));
                }
                None => {
                    let known = METHODS.map(|(name, _)| name);
                    return Err(ConfigError::new(
                        ConfigErrorKind::Unsupported,
                        format!(
                            "{} names `{}`, which is no method that is supported",
                            named("auth_methods", &given.origin),
                            shown(name, &self.settings.secrets())
                        ),
                        format!(
                            "there are {}{}",
                            known.join(", "),
                            did_you_mean(name, known)
                        ),
                        [given.origin.clone()],
                    ));
                }
            }
        }
        Ok(methods)
    }

    /// The credentials for these methods.
    pub(super) fn credentials(&mut self, methods: &[Method]) -> Result<Credentials, ConfigError> {
        let mut all: Option<Credentials> = None;
        for method in methods {
            let method = self.method(*method)?;
            all = Some(match all {
                None => Credentials::new(method),
                // `methods` has each once.
                Some(all) => all.clone().and(method).unwrap_or(all),
            });
        }
        all.ok_or_else(|| self.missing("auth_methods"))
    }

    fn method(&mut self, method: Method) -> Result<AuthMethod, ConfigError> {
        match method {
            Method::Token => Ok(TokenId::from(self.required("token")?.text()).into()),
            Method::Password => {
                let user = self.user()?;
                let password = self.required("password")?;
                let password = password.text();
                Ok(match user {
                    User::Id(id) => Password::by_id(id, password),
                    User::Name(name, domain) => Password::by_name(name, domain, password),
                }
                .into())
            }
            Method::Totp => {
                let user = self.user()?;
                let passcode = self.required("passcode")?;
                let passcode = passcode.text();
                Ok(match user {
                    User::Id(id) => Totp::by_id(id, passcode),
                    User::Name(name, domain) => Totp::by_name(name, domain, passcode),
                }
                .into())
            }
            Method::ApplicationCredential => self.application_credential(),
        }
    }

    fn application_credential(&mut self) -> Result<AuthMethod, ConfigError> {
        let id = self.settings.take("application_credential_id");
        let secret = |builder: &mut Self| builder.required("application_credential_secret");
        if let Some(id) = id {
            let secret = secret(self)?;
            return Ok(ApplicationCredential::by_id(id.text(), secret.text()).into());
        }
        let Some(name) = self.settings.take("application_credential_name") else {
            return Err(self.missing("application_credential_id"));
        };
        let user = match self.user()? {
            User::Id(id) => UserRef::by_id(id),
            User::Name(name, domain) => UserRef::by_name(name, domain),
        };
        let secret = secret(self)?;
        Ok(ApplicationCredential::by_name(name.text(), user, secret.text()).into())
    }

    fn user(&mut self) -> Result<User, ConfigError> {
        if let Some(id) = self.settings.take("user_id") {
            return Ok(User::Id(id.text().to_owned()));
        }
        let name = self.required("username")?;
        match self.domain("user_domain")? {
            Some(domain) => Ok(User::Name(name.text().to_owned(), domain)),
            None => Err(self.no_domain("username", &name, "user_domain_name")),
        }
    }

    /// The domain of the user or of the project: its own setting, else the one for both.
    pub(super) fn domain(&mut self, whose: &str) -> Result<Option<DomainRef>, ConfigError> {
        let own = self.domain_by(&format!("{whose}_id"), &format!("{whose}_name"));
        if own.is_some() {
            return Ok(own);
        }
        // `domain_id` without a project is a scope.
        if self.is_for_project()
            && let Some(domain) = self.domain_by("domain_id", "domain_name")
        {
            return Ok(Some(domain));
        }
        let default = self.domain_by("default_domain_id", "default_domain_name");
        Ok(default.or_else(|| {
            let id = self.settings.take("default_domain")?;
            Some(DomainRef::by_id(id.text()))
        }))
    }

    fn domain_by(&mut self, id: &str, name: &str) -> Option<DomainRef> {
        if let Some(id) = self.settings.take(id) {
            return Some(DomainRef::by_id(id.text()));
        }
        let name = self.settings.take(name)?;
        Some(DomainRef::by_name(name.text()))
    }

    pub(super) fn is_for_project(&self) -> bool {
        ["project_id", "project_name"]
            .iter()
            .any(|key| self.settings.get(key).is_some())
    }

    pub(super) fn required(&mut self, key: &str) -> Result<Setting, ConfigError> {
        self.settings.take(key).ok_or_else(|| self.missing(key))
    }

    /// A name means nothing without its domain.
    pub(super) fn no_domain(&self, key: &str, name: &Setting, wanted: &str) -> ConfigError {
        ConfigError::new(
            ConfigErrorKind::Missing,
            format!(
                "{} is given without a domain, and a name is unique in its domain only",
                named(key, &name.origin)
            ),
            format!("{}, or give the id instead of the name", self.add(wanted)),
            [name.origin.clone()],
        )
    }

    pub(super) fn missing(&self, key: &str) -> ConfigError {
        let auth_type = self.settings.get("auth_type");
        let mut help = self.add(key);
        let other = [
            ("application_credential_id", "v3applicationcredential"),
            ("application_credential_name", "v3applicationcredential"),
            ("token", "token"),
            ("passcode", "v3totp"),
        ];
        let meant = other.iter().find_map(|(key, meant)| {
            let given = self.settings.get(key).filter(|given| !given.used)?;
            Some((named(key, &given.origin), meant))
        });
        if let Some((given, meant)) = meant
            && matches!(key, "username" | "password")
        {
            help = format!("{help}; or, as {given} is given, set the auth_type to {meant}");
        }
        let variable = format!("OS_{}", key.to_uppercase());
        if self.unused_variables.contains(&variable) {
            help = format!(
                "{help}; {variable} is set, and not used for a cloud that is chosen by its name"
            );
        }
        let for_what = match auth_type {
            Some(auth_type) if auth_type.origin == Origin::Default => {
                format!(" (auth_type is {}, by default)", auth_type.text())
            }
            Some(auth_type) => format!(
                " ({} is {})",
                named("auth_type", &auth_type.origin),
                auth_type.text()
            ),
            None => String::new(),
        };
        let region = match self.region {
            Some(region) => format!(" in the region `{}`", shown(region, &[])),
            None => String::new(),
        };
        ConfigError::new(
            ConfigErrorKind::Missing,
            format!(
                "the cloud `{}` has no `{key}`{region}{for_what}",
                self.cloud
            ),
            help,
            [],
        )
    }

    /// How to add a setting.
    fn add(&self, key: &str) -> String {
        match self.from_variables {
            true => format!("set OS_{}", key.to_uppercase()),
            false => {
                format!("add `{key}` under `auth` of the cloud, in clouds.yaml or secure.yaml")
            }
        }
    }
}

enum User {
    Id(String),
    Name(String, DomainRef),
}

fn unsupported(auth_type: &Setting, secrets: &[Secret]) -> ConfigError {
    let name = auth_type.text();
    let why = match name {
        "v2password" | "v2token" => "; version 2 of the Identity API is gone: leave out the v2",
        "none" | "None" | "http_basic" | "admin_token" | "token_endpoint" => {
            "; it does without the Identity service, which is all that is configured here"
        }
        _ => "",
    };
    ConfigError::new(
        ConfigErrorKind::Unsupported,
        format!(
            "{} is `{}`, which is not supported",
            named("auth_type", &auth_type.origin),
            shown(name, secrets)
        ),
        format!(
            "there are {}{why}{}",
            AUTH_TYPES.join(", "),
            match why {
                "" => did_you_mean(name, AUTH_TYPES),
                _ => String::new(),
            }
        ),
        [auth_type.origin.clone()],
    )
}
