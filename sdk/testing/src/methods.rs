//! The methods of authentication.

use serde_json::Value;

use crate::entities::{User, same_secret};
use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::scope::{is_true, mentions, text};
use crate::totp;

/// What a method has found out.
#[derive(Default)]
pub(crate) struct Proof {
    pub(crate) user_id: String,
    /// Methods that were shown before (for the token that this one is made from).
    pub(crate) methods: Vec<String>,
    pub(crate) expires_at: Option<i64>,
    /// The audit id of the chain's first token.
    pub(crate) audit_root: Option<String>,
    pub(crate) application_credential_id: Option<String>,
}

impl Proof {
    fn of(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            ..Self::default()
        }
    }
}

/// What comes from outside the JSON body.
pub(crate) struct Surroundings<'r> {
    /// Whom the web server has authenticated.
    pub(crate) remote_user: Option<&'r str>,
    pub(crate) authorization: Option<&'r str>,
    /// The `scope` of the request.
    pub(crate) scope: &'r Value,
}

/// Methods that show who the user is; a token made by any other is a delegation and can't be exchanged.
const PRIMARY: [&str; 9] = [
    "external", "kerberos", "mapped", "openid", "password", "saml2", "token", "totp", "x509",
];

impl Identity {
    /// Runs one method on its payload.
    pub(crate) fn authenticate(
        &self,
        method: &str,
        payload: &Value,
        around: &Surroundings<'_>,
    ) -> Outcome<Proof> {
        match method {
            "password" => self.by_password(payload),
            "token" => self.by_token(payload, around.scope),
            "totp" => self.by_totp(payload),
            "application_credential" => self.by_application_credential(payload),
            "external" => self.by_remote_user(around.remote_user),
            "oauth1" => Err(by_oauth1(around.authorization)),
            "mapped" | "openid" | "saml2" | "x509" => Err(self.by_federation(payload)),
            _ => Err(ApiError::unauthorized()),
        }
    }

    fn by_password(&self, payload: &Value) -> Outcome<Proof> {
        let user = self.named_user(payload, "None")?;
        let password = payload["user"].get("password").and_then(Value::as_str);
        if !user.has_password(password) {
            return Err(ApiError::unauthorized());
        }
        if user
            .password_expires_at
            .is_some_and(|end| self.clock.now() >= end)
        {
            let message = format!(
                "The password is expired and needs to be changed for user: {}.",
                user.id
            );
            return Err(ApiError::unauthorized_because(message));
        }
        Ok(Proof::of(&user.id))
    }

    fn by_totp(&self, payload: &Value) -> Outcome<Proof> {
        let user = self.named_user(payload, "None")?;
        let passcode = payload["user"]
            .get("passcode")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let now = self.clock.now();
        let previous = self.settings.totp_previous_windows;
        if user
            .totp_secrets
            .iter()
            .any(|secret| totp::matches(secret, passcode, now, previous))
        {
            return Ok(Proof::of(&user.id));
        }
        Err(ApiError::unauthorized())
    }

    /// The user whom `payload.user` names, if it and its domain are enabled.
    fn named_user(&self, payload: &Value, target: &str) -> Outcome<&User> {
        match payload {
            Value::Null | Value::Bool(_) | Value::Number(_) => return Err(not_iterable(payload)),
            payload if !mentions(payload, "user") => {
                return Err(ApiError::expected("user", target));
            }
            _ => {}
        }
        let user = payload
            .get("user")
            .and_then(Value::as_object)
            .ok_or_else(ApiError::malformed)?;
        let part = |name: &str| user.get(name).filter(|value| is_true(value));
        let found = match (part("name"), part("id")) {
            (None, None) => return Err(ApiError::expected("id or name", "user")),
            (Some(name), _) => {
                let domain = user
                    .get("domain")
                    .ok_or_else(|| ApiError::expected("domain", "user"))?;
                if !domain.is_object() {
                    return Err(ApiError::malformed());
                }
                if !["id", "name"]
                    .iter()
                    .any(|name| domain.get(name).is_some_and(is_true))
                {
                    return Err(ApiError::expected("id or name", "domain"));
                }
                let domain = self.look_up_domain(domain)?;
                self.world
                    .user_by_name(name.as_str().unwrap_or_default(), &domain.id)
            }
            (None, Some(id)) => self.world.users.get(id.as_str().unwrap_or_default()),
        };
        self.usable_user(found)
    }

    /// The user, if it and its domain are enabled.
    fn usable_user<'w>(&self, user: Option<&'w User>) -> Outcome<&'w User> {
        let domain_enabled = |user: &&User| {
            self.world
                .domains
                .get(&user.domain_id)
                .is_some_and(|domain| domain.enabled)
        };
        user.filter(domain_enabled)
            .filter(|user| user.enabled)
            .ok_or_else(ApiError::unauthorized)
    }

    fn by_token(&self, payload: &Value, scope: &Value) -> Outcome<Proof> {
        let token = self.validate(payload.get("id").and_then(Value::as_str), 0, None)?;
        if token.scope.trust_id().is_some() {
            return Err(ApiError::forbidden_action(
                "Using trust-scoped token to create another token. Create a new trust-scoped token instead",
            ));
        }
        let system = token.scope == crate::tokens::Scope::System;
        if system && (mentions(scope, "project") || mentions(scope, "domain")) {
            return Err(ApiError::forbidden_action(
                "Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.",
            ));
        }
        if token.methods.is_empty()
            || token
                .methods
                .iter()
                .any(|method| !PRIMARY.contains(&method.as_str()))
        {
            return Err(ApiError::forbidden_action(
                "Using a delegated token to create another token is not allowed.",
            ));
        }
        if !self.settings.allow_rescope_scoped_token
            && token.scope != crate::tokens::Scope::Unscoped
        {
            return Err(ApiError::forbidden_action("rescope a scoped token"));
        }
        Ok(Proof {
            user_id: token.user_id,
            methods: token.methods,
            expires_at: Some(token.expires_at),
            audit_root: Some(token.parent_audit_id.unwrap_or(token.audit_id)),
            application_credential_id: None,
        })
    }

    fn by_application_credential(&self, payload: &Value) -> Outcome<Proof> {
        let mut credential = self.find_application_credential(payload)?;
        let user = if payload.get("id").is_some_and(is_true) {
            self.usable_user(self.world.users.get(&credential.user_id))?
        } else {
            // The user is looked up once more, and now the name goes before the id.
            let user = self.named_user(payload, "None")?;
            credential = self.application_credential_by_name(&credential.name, &user.id)?;
            user
        };
        let secret = match payload.get("secret") {
            None | Some(Value::Null) => return Err(ApiError::unauthorized()),
            Some(Value::String(secret)) => secret,
            Some(_) => return Err(ApiError::expected("string", "password")),
        };
        let expired = credential
            .expires_at
            .is_some_and(|end| self.clock.now() >= end);
        if !same_secret(secret, &credential.secret) || expired {
            return Err(ApiError::unauthorized());
        }
        let application_credential_id = Some(credential.id.clone());
        Ok(Proof {
            application_credential_id,
            ..Proof::of(&user.id)
        })
    }

    fn by_remote_user(&self, remote_user: Option<&str>) -> Outcome<Proof> {
        let name = remote_user.ok_or_else(ApiError::unauthorized)?;
        let user = self
            .world
            .user_by_name(name, crate::entities::DEFAULT_DOMAIN);
        user.map(|user| Proof::of(&user.id))
            .ok_or_else(ApiError::unauthorized)
    }

    /// There is no identity provider here, so this always fails, in the ways in which it fails without one.
    fn by_federation(&self, payload: &Value) -> ApiError {
        match payload {
            Value::Object(_) => {}
            Value::String(_) => {
                return ApiError::bad_request("string indices must be integers, not 'str'");
            }
            Value::Array(_) => {
                return ApiError::bad_request("list indices must be integers or slices, not str");
            }
            _ => return not_iterable(payload),
        }
        if let Some(id) = payload.get("id") {
            if matches!(id, Value::Bool(_) | Value::Number(_)) && is_true(id) {
                return ApiError::without_length(id);
            }
            return match self.validate(id.as_str(), 0, None) {
                Ok(_) => ApiError::bad_request("'NoneType' object is not iterable"),
                Err(error) => error,
            };
        }
        for name in ["identity_provider", "protocol"] {
            if !mentions(payload, name) {
                return ApiError::expected(name, "mapped");
            }
        }
        ApiError::no_such(
            "Identity Provider",
            text(payload, "identity_provider").unwrap_or_default(),
        )
    }
}

/// Nobody has an access token here, so this always fails, in the ways in which it fails without one.
fn by_oauth1(authorization: Option<&str>) -> ApiError {
    let Some(authorization) = authorization else {
        return ApiError::expected("oauth_token", "request");
    };
    match authorization
        .split("oauth_token=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
    {
        Some(_) => ApiError::not_found("Access token not found"),
        None => ApiError::expected("oauth_token", "request"),
    }
}

/// What Python says when it looks for a member in something that can't have any.
fn not_iterable(payload: &Value) -> ApiError {
    let kind = match payload {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        _ => "int",
    };
    ApiError::bad_request(format!("argument of type '{kind}' is not iterable"))
}
