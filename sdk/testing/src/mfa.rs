//! Multi-factor authentication: rules, and the receipts for what has been shown so far.

use serde_json::{Value, json};

use crate::clock::iso_seconds;
use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::ids;

const RECEIPT_LENGTH: usize = 119;

/// A receipt as the server remembers it. Times are seconds since 1970.
#[derive(Clone)]
pub(crate) struct Receipt {
    pub(crate) user_id: String,
    pub(crate) methods: Vec<String>,
    issued_at: i64,
    expires_at: i64,
}

impl Identity {
    /// The methods that a receipt vouches for, if it stands and is this user's.
    pub(crate) fn receipt_methods(&self, id: &str, user_id: &str) -> Outcome<Vec<String>> {
        // Keystone puts the whole receipt into this message.
        let refused =
            || ApiError::unauthorized_because(format!("Could not find auth receipt: {id}."));
        let receipt = ids::decoded_fernet(id).and_then(|id| self.receipts.get(&id));
        let receipt = receipt.ok_or_else(refused)?;
        if self.clock.seconds() >= receipt.expires_at || receipt.user_id != user_id {
            return Err(refused());
        }
        self.user(&receipt.user_id)?;
        Ok(receipt.methods.clone())
    }

    /// Fails with a receipt unless `methods` satisfy a rule of the user, or there is none to satisfy.
    pub(crate) fn check_mfa(&mut self, user_id: &str, methods: &[String]) -> Outcome<()> {
        let user = self.user(user_id)?;
        let rules: Vec<Vec<&String>> = user
            .mfa_rules
            .iter()
            .map(|rule| {
                rule.iter()
                    .filter(|method| self.method_enabled(method))
                    .collect::<Vec<_>>()
            })
            .filter(|rule: &Vec<_>| !rule.is_empty())
            .collect();
        let satisfied = |rule: &Vec<&String>| rule.iter().all(|method| methods.contains(method));
        // Rules without one enabled method would lock the user out: they don't count.
        if !user.mfa_enabled || rules.is_empty() || rules.iter().any(satisfied) {
            return Ok(());
        }
        Err(self.issue_receipt(user_id, methods))
    }

    fn issue_receipt(&mut self, user_id: &str, methods: &[String]) -> ApiError {
        let issued_at = self.clock.seconds();
        let lifetime = i64::try_from(self.settings.receipt_lifetime.as_secs()).unwrap_or(i64::MAX);
        let expires_at = issued_at.saturating_add(lifetime);
        let receipt = Receipt {
            user_id: user_id.to_owned(),
            methods: methods.to_vec(),
            issued_at,
            expires_at,
        };
        match self.render_receipt(&receipt) {
            Ok(body) => {
                let id = ids::fernet_like(RECEIPT_LENGTH);
                self.receipts.insert(id.clone(), receipt);
                ApiError::receipt(id, body)
            }
            Err(error) => error,
        }
    }

    fn render_receipt(&self, receipt: &Receipt) -> Outcome<Value> {
        let user = self.user(&receipt.user_id)?;
        let shares_a_method =
            |rule: &&Vec<String>| rule.iter().any(|method| receipt.methods.contains(method));
        let required: Vec<&Vec<String>> = user.mfa_rules.iter().filter(shares_a_method).collect();
        Ok(json!({
            "receipt": {
                "methods": receipt.methods,
                "user": { "id": user.id, "name": user.name, "domain": self.domain_ref(&user.domain_id)? },
                "expires_at": iso_seconds(receipt.expires_at),
                "issued_at": iso_seconds(receipt.issued_at),
            },
            "required_auth_methods": required,
        }))
    }
}
