//! From settings to a scope: what the token is for.

use super::credentials::{Builder, Method};
use super::error::{ConfigError, ConfigErrorKind};
use super::origin::{Origin, named};
use super::settings::Setting;
use crate::identity::v3::auth::{DomainScope, SystemScope, TrustScope};
use crate::identity::v3::auth::{ProjectScope, Scope};

/// A kind of scope, and the setting that asks for it.
struct Target {
    what: &'static str,
    key: &'static str,
    origin: Origin,
}

impl Builder<'_> {
    /// The scope that the settings ask for.
    pub(super) fn scope(&mut self, methods: &[Method]) -> Result<Option<Scope>, ConfigError> {
        let targets = self.targets()?;
        if let [one, other, ..] = targets.as_slice() {
            return Err(ConfigError::new(
                ConfigErrorKind::Conflict,
                format!(
                    "{} asks for a token for {}, and {} for {}",
                    named(one.key, &one.origin),
                    one.what,
                    named(other.key, &other.origin),
                    other.what
                ),
                "a token has one scope: take one of them out".to_owned(),
                [one.origin.clone(), other.origin.clone()],
            ));
        }
        let Some(target) = targets.into_iter().next() else {
            return Ok(None);
        };
        if methods.contains(&Method::ApplicationCredential) {
            return Err(self.scope_of_credential(&target));
        }
        match target.key {
            "project_id" | "project_name" => self.project().map(Some),
            "domain_id" => Ok(self
                .text("domain_id")
                .map(|id| DomainScope::by_id(id).into())),
            "domain_name" => Ok(self
                .text("domain_name")
                .map(|name| DomainScope::by_name(name).into())),
            "trust_id" => Ok(self.text("trust_id").map(|id| TrustScope::new(id).into())),
            "system_scope" => Ok(Some(SystemScope::new().into())),
            _ => Ok(Some(Scope::Unscoped)),
        }
    }

    /// All that is asked for.
    fn targets(&mut self) -> Result<Vec<Target>, ConfigError> {
        let kinds: [(&str, &[&str]); 4] = [
            ("a project", &["project_id", "project_name"]),
            ("a domain", &["domain_id", "domain_name"]),
            ("a trust", &["trust_id"]),
            ("the system", &["system_scope"]),
        ];
        let mut targets = Vec::new();
        for (what, keys) in kinds {
            let given = keys
                .iter()
                .find_map(|key| Some((*key, self.settings.get(key)?)));
            let Some((key, setting)) = given else {
                continue;
            };
            // The user or the project has taken it as its domain, or it says again what they say.
            if what == "a domain" && self.is_for_project() && self.serves_as_domain(key, setting) {
                continue;
            }
            targets.push(Target {
                what,
                key,
                origin: setting.origin.clone(),
            });
        }
        if let Some((true, origin)) = self.settings.flag("unscoped")? {
            targets.push(Target {
                what: "nothing in particular",
                key: "unscoped",
                origin,
            });
        }
        if let Some(system) = self.settings.take("system_scope")
            && system.text() != "all"
        {
            return Err(ConfigError::new(
                ConfigErrorKind::Invalid,
                format!("{} is not `all`", named("system_scope", &system.origin)),
                "there is no other scope of the system than `all`".to_owned(),
                [system.origin],
            ));
        }
        Ok(targets)
    }

    /// Whether `domain_id` or `domain_name`, beside a project, is the domain of the user or the project.
    fn serves_as_domain(&self, key: &str, domain: &Setting) -> bool {
        let by_id = self.settings.get("project_id").is_some();
        let needs_domain = !by_id
            && ["project_domain_id", "project_domain_name"]
                .iter()
                .all(|key| self.settings.get(key).is_none());
        let says_again = ["user", "project"].iter().any(|whose| {
            self.settings
                .get(&format!("{whose}_{key}"))
                .is_some_and(|own| own.text() == domain.text())
        });
        domain.used || needs_domain || says_again
    }

    fn project(&mut self) -> Result<Scope, ConfigError> {
        if let Some(id) = self.text("project_id") {
            return Ok(ProjectScope::by_id(id).into());
        }
        let name = self.required("project_name")?;
        match self.domain("project_domain")? {
            Some(domain) => Ok(ProjectScope::by_name(name.text(), domain).into()),
            None => Err(self.no_domain("project_name", &name, "project_domain_name")),
        }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        Some(self.settings.take(key)?.text().to_owned())
    }

    /// The server refuses it, with a message about wrong credentials.
    fn scope_of_credential(&self, target: &Target) -> ConfigError {
        let credential = ["application_credential_id", "application_credential_name"]
            .iter()
            .find_map(|key| Some((*key, &self.settings.get(key)?.origin)));
        let (what, origins) = match credential {
            Some((key, origin)) => (named(key, origin), vec![origin.clone()]),
            None => ("the application credential".to_owned(), Vec::new()),
        };
        ConfigError::new(
            ConfigErrorKind::Conflict,
            format!(
                "{what} has its scope built in, and {} asks for another",
                named(target.key, &target.origin)
            ),
            match &target.origin {
                Origin::Variable(name) => format!("unset {name}"),
                _ => format!("take out `{}`", target.key),
            },
            origins.into_iter().chain([target.origin.clone()]),
        )
    }
}
