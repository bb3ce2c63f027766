//! The making of a token: which error wins is decided by the order of the steps here.

use serde_json::Value;

use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::methods::{Proof, Surroundings};
use crate::schema;
use crate::scope::Requested;
use crate::tokens::{Grant, Token};

/// What a request for a token brings with it beside its body.
pub(crate) struct Login {
    pub(crate) remote_user: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) receipt: Option<String>,
}

/// What all methods together have shown.
#[derive(Default)]
struct Shown {
    user_id: Option<String>,
    methods: Vec<String>,
    expires_at: Option<i64>,
    audit_root: Option<String>,
    application_credential_id: Option<String>,
}

impl Shown {
    /// Adds the proof of one more method; all must speak of one user, and the earliest end counts.
    fn add(&mut self, method: &str, proof: Proof) -> Outcome<()> {
        if self
            .user_id
            .as_ref()
            .is_some_and(|user_id| *user_id != proof.user_id)
        {
            return Err(ApiError::unauthorized());
        }
        for method in std::iter::once(method.to_owned()).chain(proof.methods) {
            if !self.methods.contains(&method) {
                self.methods.push(method);
            }
        }
        self.user_id = Some(proof.user_id);
        self.expires_at = [self.expires_at, proof.expires_at]
            .into_iter()
            .flatten()
            .min();
        self.audit_root = proof.audit_root.or(self.audit_root.take());
        self.application_credential_id = proof
            .application_credential_id
            .or(self.application_credential_id.take());
        Ok(())
    }
}

impl Identity {
    /// Makes the token that a request body asks for.
    pub(crate) fn log_in(&mut self, body: &Value, login: &Login) -> Outcome<Token> {
        let auth = body.get("auth").filter(|auth| !auth.is_null());
        let auth = auth.ok_or_else(|| ApiError::expected("auth", "request body"))?;
        schema::check(auth)?;
        let identity = &auth["identity"];
        let methods = self.listed_methods(identity)?;
        let requested = self.requested_scope(auth, &methods)?;
        let around = Surroundings {
            remote_user: login.remote_user.as_deref().filter(|user| !user.is_empty()),
            authorization: login.authorization.as_deref(),
            scope: &auth["scope"],
        };
        let mut shown = self.show(identity, &methods, &around)?;
        let user_id = shown.user_id.take().ok_or_else(ApiError::unauthorized)?;
        let scope = match requested {
            Requested::Scope(scope) => scope,
            Requested::Absent => self.default_scope(&user_id),
        };
        if let Some(receipt) = login
            .receipt
            .as_deref()
            .filter(|receipt| !receipt.is_empty())
        {
            for method in self.receipt_methods(receipt, &user_id)? {
                if !shown.methods.contains(&method) {
                    shown.methods.push(method);
                }
            }
        }
        // A receipt may vouch for an application credential that this request doesn't name.
        let delegated = shown
            .methods
            .iter()
            .any(|method| method == "application_credential");
        if delegated && shown.application_credential_id.is_none() {
            return Err(ApiError::malformed());
        }
        self.check_mfa(&user_id, &shown.methods)?;
        self.issue(Grant {
            user_id,
            methods: shown.methods,
            scope,
            application_credential_id: shown.application_credential_id,
            parent_audit_id: shown.audit_root,
            expires_at: shown.expires_at,
        })
        .map_err(ApiError::while_issuing)
    }

    /// The methods of a request, each once, if each has an object and is enabled.
    fn listed_methods<'v>(&self, identity: &'v Value) -> Outcome<Vec<&'v str>> {
        let mut methods = Vec::new();
        for method in identity["methods"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        if let Some(method) = methods.iter().find(|method| identity.get(method).is_none()) {
            return Err(ApiError::expected(method, "identity"));
        }
        if methods.iter().any(|method| !self.method_enabled(method)) {
            let enabled = serde_json::json!({ "methods": self.settings.methods });
            return Err(ApiError::plugin(
                "Attempted to authenticate with an unsupported method.",
                enabled,
            ));
        }
        Ok(methods)
    }

    /// Runs the methods in their order; a user whom the web server has authenticated counts without being listed.
    fn show(
        &self,
        identity: &Value,
        methods: &[&str],
        around: &Surroundings<'_>,
    ) -> Outcome<Shown> {
        let mut shown = Shown::default();
        if around.remote_user.is_some()
            && self.method_enabled("external")
            && let Ok(proof) = self.authenticate("external", &Value::Null, around)
        {
            shown.add("external", proof)?;
        }
        for method in methods {
            let proof = self.authenticate(method, &identity[*method], around)?;
            shown.add(method, proof)?;
        }
        Ok(shown)
    }

    /// Counts one use of the trust that a new token was made with.
    pub(crate) fn consume_trust(&mut self, token: &Token) {
        let trust = token
            .scope
            .trust_id()
            .and_then(|id| self.world.trusts.get_mut(id));
        if let Some(uses) = trust.and_then(|trust| trust.remaining_uses.as_mut()) {
            *uses = uses.saturating_sub(1);
        }
    }
}
