//! Events that make tokens worthless before they expire.

use crate::identity::Identity;
use crate::tokens::Token;

/// Whom an event hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hits {
    /// All tokens of a user, and those of the trusts that the user gave.
    User(String),
    /// All tokens for a project.
    Project(String),
    /// All tokens made with a trust.
    Trust(String),
    /// One token, by its own audit id.
    Token(String),
    /// All tokens that descend from one, by its audit id.
    Chain(String),
}

/// A revocation: what it hits, and the second up to which (inclusive) it hits tokens.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    hits: Hits,
    issued_before: i64,
}

impl Event {
    fn matches(&self, token: &Token, trustor_id: Option<&String>) -> bool {
        let hit = match &self.hits {
            Hits::User(id) => token.user_id == *id || trustor_id == Some(id),
            Hits::Project(id) => token.scope.project_id() == Some(id),
            Hits::Trust(id) => token.scope.trust_id() == Some(id),
            Hits::Token(audit_id) => token.audit_id == *audit_id,
            Hits::Chain(root) => token.parent_audit_id.as_ref() == Some(root),
        };
        hit && token.issued_at <= self.issued_before
    }
}

impl Identity {
    /// Revokes all that `hits` names, up to and including the present second: a token issued later in the same second is
    /// dead on arrival, as in Keystone.
    pub(crate) fn revoke(&mut self, hits: Hits) {
        let issued_before = self.clock.seconds();
        self.events.push(Event {
            hits,
            issued_before,
        });
    }

    pub(crate) fn is_revoked(&self, token: &Token) -> bool {
        let trust = token
            .scope
            .trust_id()
            .and_then(|id| self.world.trusts.get(id));
        let trustor_id = trust.map(|trust| &trust.trustor_user_id);
        self.events
            .iter()
            .any(|event| event.matches(token, trustor_id))
    }
}
