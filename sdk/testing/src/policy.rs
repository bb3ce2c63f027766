//! Who is calling, and what they may do with the token that they ask about.

use http::Method;

use crate::delegation::AccessRule;
use crate::error::{ApiError, Kind, Outcome};
use crate::identity::{ALLOW_EXPIRED_WINDOW, Identity};
use crate::tokens::{Scope, Token, no_such_credential};
use crate::wire::{self, Reply, Request};

/// The access-rules version that Keystone itself speaks.
const OWN_ACCESS_RULES: Option<&str> = Some("1.0");

/// Who sent a request, from `X-Auth-Token`.
pub(crate) struct Caller {
    pub(crate) token: Token,
    /// The user whom the token names; not the one who logged in, if a trust impersonates.
    pub(crate) user_id: String,
    roles: Vec<String>,
}

impl Caller {
    fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role == name)
    }

    fn is_admin(&self) -> bool {
        self.has_role("admin")
    }

    /// What the default policy says about GET, HEAD and DELETE of a token of `subject_user_id`.
    fn may(&self, method: &Method, subject_user_id: Option<&str>) -> bool {
        let system_reader = self.token.scope == Scope::System && self.has_role("reader");
        let is_subject = subject_user_id == Some(self.user_id.as_str());
        let by_role = match *method {
            Method::GET => system_reader || self.has_role("service"),
            Method::HEAD => system_reader,
            _ => false,
        };
        self.is_admin() || is_subject || by_role
    }
}

impl Identity {
    /// The caller, if a usable token was sent. A token that is merely unknown or expired counts as none at all; one that
    /// is known but names something that is gone or disabled is an error for every URL.
    pub(crate) fn caller(&self, request: &Request) -> Outcome<Option<Caller>> {
        if let Some(token) = request
            .header("x-service-token")
            .filter(|token| !token.is_empty())
            && let Err(error) = self.validate(Some(token.trim()), 0, OWN_ACCESS_RULES)
        {
            tolerate(error)?;
        }
        let Some(id) = request
            .header("x-auth-token")
            .filter(|token| !token.is_empty())
        else {
            return Ok(None);
        };
        let token = match self.validate(Some(id.trim()), 0, OWN_ACCESS_RULES) {
            Ok(token) => token,
            Err(error) => return tolerate(error).map(|()| None),
        };
        self.check_access_rules(&token, request)?;
        let roles = self
            .roles(&token)?
            .into_iter()
            .map(|role| role.name.clone())
            .collect();
        let user_id = self.visible_user(&token)?.id.clone();
        Ok(Some(Caller {
            token,
            user_id,
            roles,
        }))
    }

    /// Keystone holds the access rules of application credentials against requests to itself, too.
    fn check_access_rules(&self, token: &Token, request: &Request) -> Outcome<()> {
        let Some(id) = &token.application_credential_id else {
            return Ok(());
        };
        let credential = self
            .world
            .application_credentials
            .get(id)
            .ok_or_else(|| no_such_credential(id))?;
        let rules = credential.access_rules.as_deref().unwrap_or_default();
        let path = wire::encoded_path(&request.decoded_path());
        if rules.is_empty() || (request.method == Method::GET && path.ends_with("/v3/auth/tokens"))
        {
            return Ok(());
        }
        let in_catalog = self
            .world
            .services
            .iter()
            .any(|service| service.enabled && service.kind == "identity");
        let service_token = request
            .header("x-service-token")
            .is_some_and(|token| !token.is_empty());
        let allows = |rule: &AccessRule| {
            rule.service == "identity"
                && rule.method == request.method.as_str()
                && rule.matches(&path)
        };
        if in_catalog && (service_token || rules.iter().any(allows)) {
            Ok(())
        } else {
            Err(ApiError::unauthorized())
        }
    }

    /// GET, HEAD and DELETE of the token in `X-Subject-Token`.
    pub(crate) fn subject_token(&mut self, request: &Request, caller: &Caller) -> Outcome<Reply> {
        let subject = request.header("x-subject-token");
        let subject = subject.as_deref();
        let access_rules = request.header("openstack-identity-access-rules");
        let access_rules = access_rules.as_deref();
        let allow_expired = request.query_flag("allow_expired", false, false);
        let window = if allow_expired {
            ALLOW_EXPIRED_WINDOW
        } else {
            0
        };
        // The subject is looked up while the policy is computed: a dead one is 404 for everybody.
        let subject_user = match subject {
            Some(_) => Some(self.validate(subject, window, access_rules)?.user_id),
            None => None,
        };
        if !caller.may(&request.method, subject_user.as_deref()) {
            return Err(ApiError::forbidden_action(action(&request.method)));
        }
        if request.method == Method::DELETE {
            let token = self.validate(subject, 0, None)?;
            self.revoke_token(&token, request.query_flag("cascade", true, true));
            return Ok(wire::reply(204, "", ""));
        }
        let token = self.validate(subject, window, access_rules)?;
        let body = self.render_token(&token, request.query_value("nocatalog").is_none())?;
        let mut reply = wire::json(200, &body);
        wire::set(
            reply.headers_mut(),
            "x-subject-token",
            subject.unwrap_or_default(),
        );
        Ok(reply)
    }

    /// `DELETE /v3/users/{id}/tokens`
    pub(crate) fn revoke_user_tokens(&mut self, user_id: &str, caller: &Caller) -> Outcome<Reply> {
        if !caller.is_admin() && caller.user_id != user_id {
            return Err(ApiError::forbidden_action(
                "identity:revoke_tokens_for_user",
            ));
        }
        self.user(user_id)?;
        self.revoke(crate::revocation::Hits::User(user_id.to_owned()));
        Ok(wire::reply(204, "", ""))
    }
}

fn action(method: &Method) -> &'static str {
    match *method {
        Method::GET => "identity:validate_token",
        Method::HEAD => "identity:check_token",
        _ => "identity:revoke_token",
    }
}

/// The middleware takes a token that isn't found for no token, and nothing else.
fn tolerate(error: ApiError) -> Outcome<()> {
    if error.kind == Kind::TokenNotFound {
        Ok(())
    } else {
        Err(error)
    }
}
