//! What a request asks to be scoped to. This is looked up before any credential is checked.

use serde_json::Value;

use crate::delegation::ApplicationCredential;
use crate::entities::{Domain, Project, Target};
use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::schema::repr;
use crate::tokens::{Scope, no_such_credential};

/// A requested scope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    /// No scope: the user's default project, if there is one to be had.
    Absent,
    /// A scope, unscoped included.
    Scope(Scope),
}

const KINDS: [&str; 5] = ["project", "domain", "unscoped", "system", "OS-TRUST:trust"];

impl Identity {
    pub(crate) fn requested_scope(&self, auth: &Value, methods: &[&str]) -> Outcome<Requested> {
        let scope = auth.get("scope");
        if methods.contains(&"application_credential") {
            if scope.is_some() {
                let message = "Error authenticating with application credential: Application credentials cannot request \
                               a scope.";
                return Err(ApiError::plugin(message, serde_json::json!({})));
            }
            let credential =
                self.find_application_credential(&auth["identity"]["application_credential"])?;
            // Without a project it is left to the default scope, as in Keystone.
            return Ok(match &credential.project_id {
                Some(id) => Requested::Scope(Scope::Project(id.clone())),
                None => Requested::Absent,
            });
        }
        let Some(scope) = scope else {
            return Ok(Requested::Absent);
        };
        let mut named = KINDS.into_iter().filter(|kind| mentions(scope, kind));
        match (named.next(), named.next()) {
            (Some(kind), None) => Ok(Requested::Scope(self.look_up_scope(kind, scope)?)),
            _ => Err(ApiError::expected(
                "system, project, domain, OS-TRUST:trust or unscoped",
                "scope",
            )),
        }
    }

    fn look_up_scope(&self, kind: &str, scope: &Value) -> Outcome<Scope> {
        match kind {
            "system" => return Ok(Scope::System),
            "unscoped" => return Ok(Scope::Unscoped),
            _ => {}
        }
        // A string that contains the word gets this far; then Python can't index it.
        let Some(target) = scope.get(kind) else {
            return Err(ApiError::bad_request(
                "string indices must be integers, not 'str'",
            ));
        };
        match kind {
            "project" => Ok(Scope::Project(self.look_up_project(target)?.id.clone())),
            "domain" => Ok(Scope::Domain(self.look_up_domain(target)?.id.clone())),
            _ => self.look_up_trust(target),
        }
    }

    fn look_up_trust(&self, target: &Value) -> Outcome<Scope> {
        let id = text(target, "id").ok_or_else(|| ApiError::expected("trust_id", "trust"))?;
        let trust = self.live_trust(id).map_err(ApiError::while_issuing)?;
        let project_id = match &trust.project_id {
            Some(id) => Some(self.usable_project(id)?.id.clone()),
            None => None,
        };
        Ok(Scope::Trust {
            trust_id: trust.id.clone(),
            project_id,
        })
    }

    /// A domain by name or, without one, by id; it must be there and enabled.
    pub(crate) fn look_up_domain(&self, target: &Value) -> Outcome<&Domain> {
        let part = |name: &str| target.get(name).filter(|value| is_true(value));
        let domain = match (part("name"), part("id")) {
            (Some(name), _) => self.world.domain_by_name(&look_up_key(name)?),
            (None, Some(id)) => self.world.domains.get(&look_up_key(id).unwrap_or_default()),
            (None, None) => None,
        };
        domain
            .filter(|domain| domain.enabled)
            .ok_or_else(ApiError::unauthorized)
    }

    /// A project by name and domain or, without a name, by id; both must be there and enabled.
    fn look_up_project(&self, target: &Value) -> Outcome<&Project> {
        let Some(name) = text(target, "name") else {
            return self.usable_project(text(target, "id").unwrap_or_default());
        };
        let domain = target
            .get("domain")
            .ok_or_else(|| ApiError::expected("domain", "project"))?;
        let domain = self.look_up_domain(domain)?;
        let project = self.world.project_by_name(name, &domain.id);
        project
            .filter(|project| project.enabled)
            .ok_or_else(ApiError::unauthorized)
    }

    fn usable_project(&self, id: &str) -> Outcome<&Project> {
        let domain_of = |project: &Project| self.world.domains.get(project.domain_id.as_deref()?);
        let usable = |project: &&Project| {
            project.enabled && domain_of(project).is_some_and(|domain| domain.enabled)
        };
        self.world
            .projects
            .get(id)
            .filter(usable)
            .ok_or_else(ApiError::unauthorized)
    }

    /// An application credential by id or, without one, by name and user.
    pub(crate) fn find_application_credential(
        &self,
        payload: &Value,
    ) -> Outcome<&ApplicationCredential> {
        let payload = payload.as_object().ok_or_else(ApiError::malformed)?;
        let member = |name: &str| payload.get(name).filter(|value| is_true(value));
        if let Some(id) = member("id") {
            let id = look_up_key(id)?;
            let credential = self.world.application_credentials.get(&id);
            return credential.ok_or_else(|| no_such_credential(&id));
        }
        let target = "application credential";
        let name = member("name").ok_or_else(|| ApiError::expected("name or ID", target))?;
        let user = member("user").ok_or_else(|| ApiError::expected("user", target))?;
        let user_id = self.owner_id(user)?;
        let Value::String(name) = look_up_name(name)? else {
            return Err(ApiError::without_length(name));
        };
        self.application_credential_by_name(name, &user_id)
    }

    pub(crate) fn application_credential_by_name(
        &self,
        name: &str,
        user_id: &str,
    ) -> Outcome<&ApplicationCredential> {
        let mut credentials = self.world.application_credentials.iter();
        credentials
            .find(|credential| credential.name == name && credential.user_id == user_id)
            .ok_or_else(ApiError::unauthorized)
    }

    fn owner_id(&self, user: &Value) -> Outcome<String> {
        let user = user.as_object().ok_or_else(ApiError::malformed)?;
        if let Some(id) = user.get("id").filter(|id| is_true(id)) {
            return look_up_key(id);
        }
        let domain = user
            .get("domain")
            .ok_or_else(|| ApiError::expected("domain", "user"))?;
        if !domain.is_object() {
            return Err(ApiError::malformed());
        }
        let domain = self.look_up_domain(domain)?;
        let name = look_up_key(user.get("name").ok_or_else(ApiError::malformed)?)?;
        let user = self.world.user_by_name(&name, &domain.id);
        user.map(|user| user.id.clone())
            .ok_or_else(|| ApiError::no_such("user", &name))
    }

    /// What a login without a scope gives: the user's default project if it can be had, else an unscoped token. Never an
    /// error.
    pub(crate) fn default_scope(&self, user_id: &str) -> Scope {
        let user = self.world.users.get(user_id);
        let usable = user
            .and_then(|user| user.default_project_id.as_deref())
            .filter(|id| self.usable_project(id).is_ok())
            .filter(|id| {
                !self
                    .world
                    .effective_roles(user_id, &Target::project(*id))
                    .is_empty()
            });
        usable.map_or(Scope::Unscoped, |id| Scope::Project(id.to_owned()))
    }
}

/// Python's `in`: a key of an object, a part of a string.
pub(crate) fn mentions(value: &Value, word: &str) -> bool {
    match value {
        Value::Object(members) => members.contains_key(word),
        Value::String(text) => text.contains(word),
        _ => false,
    }
}

/// What Python takes for true.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A value by which something is looked up, as text; a list or an object can't be one.
pub(crate) fn look_up_key(value: &Value) -> Outcome<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => look_up_name(value).map(repr),
    }
}

fn look_up_name(value: &Value) -> Outcome<&Value> {
    match value {
        Value::Array(_) | Value::Object(_) => Err(ApiError::malformed()),
        _ => Ok(value),
    }
}

/// A member that is a string with something in it.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}
