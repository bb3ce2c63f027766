//! Tokens: issuing them, and checking that they still stand.

use crate::clock::timestamp;
use crate::entities::{Project, Role, Target, User};
use crate::error::{ApiError, Kind, Outcome};
use crate::identity::Identity;
use crate::ids;
use crate::revocation::Hits;

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Unscoped,
    Project(String),
    Domain(String),
    System,
    /// A trust and its project, if it has one.
    Trust {
        trust_id: String,
        project_id: Option<String>,
    },
}

impl Scope {
    pub(crate) fn project_id(&self) -> Option<&String> {
        match self {
            Self::Project(id) => Some(id),
            Self::Trust { project_id, .. } => project_id.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn trust_id(&self) -> Option<&String> {
        match self {
            Self::Trust { trust_id, .. } => Some(trust_id),
            _ => None,
        }
    }
}

/// A token as the server remembers it. Times are seconds since 1970.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) methods: Vec<String>,
    pub(crate) audit_id: String,
    /// The audit id of the first token of the chain, if this one was made from a token.
    pub(crate) parent_audit_id: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) application_credential_id: Option<String>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
}

/// All that decides what a new token is.
pub(crate) struct Grant {
    pub(crate) user_id: String,
    pub(crate) methods: Vec<String>,
    pub(crate) scope: Scope,
    pub(crate) application_credential_id: Option<String>,
    pub(crate) parent_audit_id: Option<String>,
    /// The end of the token that this one is made from.
    pub(crate) expires_at: Option<i64>,
}

impl Identity {
    /// Makes a token, if the user may have it.
    pub(crate) fn issue(&mut self, grant: Grant) -> Outcome<Token> {
        let issued_at = self.clock.seconds();
        let lifetime = i64::try_from(self.settings.token_lifetime.as_secs()).unwrap_or(i64::MAX);
        let token = Token {
            id: ids::fernet_like(id_length(&grant)),
            user_id: grant.user_id,
            methods: grant.methods,
            audit_id: ids::audit_id(),
            parent_audit_id: grant.parent_audit_id,
            scope: grant.scope,
            application_credential_id: grant.application_credential_id,
            issued_at,
            expires_at: grant
                .expires_at
                .unwrap_or_else(|| issued_at.saturating_add(lifetime)),
        };
        let cap = self.expiry_of_delegation(&token)?;
        let token = Token {
            expires_at: token.expires_at.min(cap),
            ..token
        };
        self.check_resources(&token)?;
        self.tokens.insert(token.id.clone(), token.clone());
        Ok(token)
    }

    /// When the application credential or the trust behind a token ends.
    fn expiry_of_delegation(&self, token: &Token) -> Outcome<i64> {
        let mut ends = Vec::new();
        if let Some(id) = &token.application_credential_id {
            let credential = self.world.application_credentials.get(id);
            ends.push(credential.ok_or_else(|| no_such_credential(id))?.expires_at);
        }
        if let Some(id) = token.scope.trust_id() {
            ends.push(self.live_trust(id)?.expires_at);
        }
        Ok(ends
            .into_iter()
            .flatten()
            .map(|end| timestamp(end).as_second())
            .min()
            .unwrap_or(i64::MAX))
    }

    /// The token with this id, if it can be used. `window` is for how many seconds after its end it still can.
    pub(crate) fn validate(
        &self,
        id: Option<&str>,
        window: i64,
        access_rules: Option<&str>,
    ) -> Outcome<Token> {
        let id = id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| ApiError::token_not_found("No token in the request"))?;
        self.validate_known(id, window, access_rules)
            .map_err(|error| {
                if error.is_unauthorized() {
                    // Keystone puts the whole token into this message.
                    ApiError::token_not_found(format!("Could not find token: {id}."))
                } else {
                    error
                }
            })
    }

    fn validate_known(&self, id: &str, window: i64, access_rules: Option<&str>) -> Outcome<Token> {
        let unknown = || ApiError::token_not_found("Could not recognize Fernet token");
        let token = ids::decoded_fernet(id).and_then(|id| self.tokens.get(&id));
        let token = token.ok_or_else(unknown)?;
        self.check_resources(token)?;
        let dead = || ApiError::token_not_found("Failed to validate token");
        if self.clock.seconds() >= token.expires_at.saturating_add(window) || self.is_revoked(token)
        {
            return Err(dead());
        }
        if !self.user(&token.user_id)?.enabled {
            return Err(ApiError::unauthorized());
        }
        if self.has_access_rules(token)? {
            let version = access_rules.and_then(|text| text.trim().parse::<f64>().ok());
            if version.is_none_or(|version| version < 1.0) {
                return Err(dead());
            }
        }
        Ok(token.clone())
    }

    fn has_access_rules(&self, token: &Token) -> Outcome<bool> {
        let Some(id) = &token.application_credential_id else {
            return Ok(false);
        };
        let credential = self.world.application_credentials.get(id);
        Ok(credential
            .ok_or_else(|| no_such_credential(id))?
            .access_rules
            .is_some())
    }

    /// Revokes a token, and with `cascade` all that descend from it (in releases that do that).
    pub(crate) fn revoke_token(&mut self, token: &Token, cascade: bool) {
        self.revoke(Hits::Token(token.audit_id.clone()));
        if cascade && !self.settings.before_release_30 {
            self.revoke(Hits::Chain(token.audit_id.clone()));
        }
    }

    /// What must hold whenever a token is made or looked at: all that it names is there and enabled, and the user has a
    /// role on its scope.
    fn check_resources(&self, token: &Token) -> Outcome<()> {
        if let Some(project_id) = token.scope.project_id() {
            let project = self.project(project_id)?;
            if !project.enabled {
                let message =
                    format!("Unable to validate token because project {project_id} is disabled");
                return Err(ApiError::not_found(message));
            }
            self.check_domain(project.domain_id.as_deref().unwrap_or_default())?;
        }
        if let Some(trust_id) = token.scope.trust_id() {
            self.check_trust_users(trust_id, token)?;
        }
        self.check_domain(&self.user(&token.user_id)?.domain_id)?;
        if let Scope::Domain(id) = &token.scope {
            self.world
                .domains
                .get(id)
                .ok_or_else(|| ApiError::no_such("domain", id))?;
        }
        if token.scope != Scope::Unscoped
            && self.roles(token)?.is_empty()
            && token.scope.trust_id().is_none()
        {
            return Err(ApiError::unauthorized());
        }
        Ok(())
    }

    fn check_domain(&self, id: &str) -> Outcome<()> {
        let domain = self
            .world
            .domains
            .get(id)
            .ok_or_else(|| ApiError::no_such("domain", id))?;
        if domain.enabled {
            return Ok(());
        }
        Err(ApiError::not_found(format!(
            "Unable to validate token because domain {id} is disabled"
        )))
    }

    fn check_trust_users(&self, trust_id: &str, token: &Token) -> Outcome<()> {
        let trust = self.live_trust(trust_id)?;
        let (trustor, trustee) = (
            self.user(&trust.trustor_user_id)?,
            self.user(&trust.trustee_user_id)?,
        );
        if token.user_id != trustee.id {
            return Err(ApiError::forbidden());
        }
        for (user, who) in [(trustor, "Trustor"), (trustee, "Trustee")] {
            if !self
                .world
                .domains
                .get(&user.domain_id)
                .is_some_and(|domain| domain.enabled)
            {
                return Err(ApiError::token_not_found(format!(
                    "{who} domain is disabled."
                )));
            }
        }
        if trustor.enabled {
            Ok(())
        } else {
            Err(ApiError::forbidden())
        }
    }

    /// The roles that a token carries.
    pub(crate) fn roles(&self, token: &Token) -> Outcome<Vec<&Role>> {
        let target = match &token.scope {
            Scope::Unscoped => return Ok(Vec::new()),
            Scope::Trust {
                trust_id,
                project_id,
            } => return self.trust_roles(trust_id, project_id.as_deref()),
            Scope::Project(id) => Target::Project(id.clone()),
            Scope::Domain(id) => Target::Domain(id.clone()),
            Scope::System => Target::System,
        };
        let mut roles = self.world.effective_roles(&token.user_id, &target);
        if let Some(id) = &token.application_credential_id {
            let credential = self
                .world
                .application_credentials
                .get(id)
                .ok_or_else(|| no_such_credential(id))?;
            let delegated = credential.roles.as_deref().unwrap_or_default();
            roles.retain(|role| delegated.contains(&role.id));
        }
        Ok(roles)
    }

    fn trust_roles(&self, trust_id: &str, project_id: Option<&str>) -> Outcome<Vec<&Role>> {
        let trust = self.live_trust(trust_id)?;
        let Some(project_id) = project_id else {
            return Err(ApiError::no_such("project", "None"));
        };
        let trustor_has = self
            .world
            .effective_roles(&trust.trustor_user_id, &Target::project(project_id));
        let delegated = self
            .world
            .with_implied(trust.roles.iter().map(String::as_str));
        let lost = |role: &&Role| !trustor_has.iter().any(|has| has.id == role.id);
        if delegated.iter().any(lost) {
            Err(ApiError::forbidden())
        } else {
            Ok(delegated)
        }
    }

    /// A trust that is there, has not expired and is not used up.
    pub(crate) fn live_trust(&self, id: &str) -> Outcome<&crate::delegation::Trust> {
        let trust = self
            .world
            .trusts
            .get(id)
            .ok_or_else(|| ApiError::trust_not_found(id))?;
        let expired = trust.expires_at.is_some_and(|end| self.clock.now() > end);
        if expired || trust.remaining_uses == Some(0) {
            return Err(ApiError::trust_not_found(id));
        }
        Ok(trust)
    }

    pub(crate) fn user(&self, id: &str) -> Outcome<&User> {
        self.world
            .users
            .get(id)
            .ok_or_else(|| ApiError::no_such("user", id))
    }

    pub(crate) fn project(&self, id: &str) -> Outcome<&Project> {
        self.world
            .projects
            .get(id)
            .ok_or_else(|| ApiError::no_such("project", id))
    }
}

impl ApiError {
    /// While a token is made, a trust that is no good is a failed authentication.
    pub(crate) fn while_issuing(self) -> Self {
        if self.kind == Kind::TrustNotFound {
            Self::unauthorized()
        } else {
            self
        }
    }
}

pub(crate) fn no_such_credential(id: &str) -> ApiError {
    ApiError::no_such("Application Credential", id)
}

/// The length that a Fernet token of this kind has.
fn id_length(grant: &Grant) -> usize {
    let base = match &grant.scope {
        Scope::Unscoped | Scope::System => 162,
        // Ids of 32 digits are packed into 16 bytes; `default` is shorter still.
        Scope::Domain(id) if id.len() < 16 => 162,
        Scope::Project(_) | Scope::Domain(_) => 183,
        Scope::Trust { .. } => 204,
    };
    let credential = if grant.application_credential_id.is_some() {
        21
    } else {
        0
    };
    let chain = if grant.parent_audit_id.is_some() {
        21
    } else {
        0
    };
    base + credential + chain
}
