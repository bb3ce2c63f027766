//! What users hand on: application credentials and trusts.

use std::fmt;
use std::time::SystemTime;

use regex_lite::Regex;

use crate::ids;

/// One request that an application credential may be used for.
#[derive(Clone, Debug)]
pub struct AccessRule {
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) method: String,
    pub(crate) path: String,
}

impl AccessRule {
    /// Requests of `method` on `path` of the service of type `service`.
    ///
    /// As in Keystone's middleware, the path is a regular expression in which `*` and `{name}` stand for one or more
    /// characters other than a slash, and `**` for any characters; it must match the whole path of a request, without
    /// slashes at its end. A pattern that ends with a slash matches nothing, then.
    pub fn new(
        service: impl Into<String>,
        method: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        Self {
            id: ids::resource_id(),
            service: service.into(),
            method: method.into(),
            path: path.into(),
        }
    }
}

impl AccessRule {
    /// Whether a path (encoded, without slashes at its end) matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        // A pattern that is no regular expression matches nothing; Keystone trips over it.
        Regex::new(&regex_of(&self.path)).is_ok_and(|regex| regex.is_match(path))
    }
}

/// The pattern of a rule as a regular expression, as Keystone's middleware writes it: it doesn't escape what is special in
/// one, and drops braces without a partner.
fn regex_of(pattern: &str) -> String {
    let mut regex = String::from("^(?:");
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            '{' => match rest.find('}') {
                Some(end) => ("[^/]+", end + 1),
                None => ("", 1),
            },
            '}' => ("", 1),
            '*' if rest.starts_with("**") => (".*", 2),
            '*' => ("[^/]+", 1),
            _ => (&rest[..first.len_utf8()], first.len_utf8()),
        };
        regex.push_str(piece);
        rest = &rest[length..];
    }
    regex.push_str(")$");
    regex
}

/// An application credential. Its [`Debug`](fmt::Debug) shows no secret.
#[derive(Clone)]
pub struct ApplicationCredential {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) user_id: String,
    pub(crate) project_id: Option<String>,
    /// Ids; `None` until it is added: then all that the user has on the project.
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) unrestricted: bool,
    pub(crate) access_rules: Option<Vec<AccessRule>>,
}

impl ApplicationCredential {
    /// A restricted credential of a user for a project, with a fresh id, name and secret, and with the roles that the
    /// user has there when it is added.
    pub fn new(user_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            name: format!("credential-{}", ids::resource_id()),
            secret: ids::audit_id(),
            user_id: user_id.into(),
            project_id: Some(project_id.into()),
            roles: None,
            expires_at: None,
            unrestricted: false,
            access_rules: None,
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The name, unique for the user.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = secret.into();
        self
    }

    /// The ids of the roles that it delegates, in place of all that the user has.
    #[must_use]
    pub fn roles<S: Into<String>>(mut self, role_ids: impl IntoIterator<Item = S>) -> Self {
        self.roles = Some(role_ids.into_iter().map(Into::into).collect());
        self
    }

    /// When it expires; tokens made with it expire then at the latest.
    #[must_use]
    pub fn expires_at(mut self, at: SystemTime) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Makes it unrestricted: it may manage other credentials and trusts.
    #[must_use]
    pub fn unrestricted(mut self) -> Self {
        self.unrestricted = true;
        self
    }

    /// Adds a request that it may be used for. With at least one rule, nothing else is allowed, and only who sends
    /// `OpenStack-Identity-Access-Rules` can validate its tokens.
    #[must_use]
    pub fn access_rule(mut self, rule: AccessRule) -> Self {
        self.access_rules.get_or_insert_default().push(rule);
        self
    }
}

impl fmt::Debug for ApplicationCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationCredential")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("user_id", &self.user_id)
            .field("project_id", &self.project_id)
            .field("access_rules", &self.access_rules)
            .finish_non_exhaustive()
    }
}

/// A trust: the trustor lets the trustee act with some roles on a project.
#[derive(Clone, Debug)]
pub struct Trust {
    pub(crate) id: String,
    pub(crate) trustor_user_id: String,
    pub(crate) trustee_user_id: String,
    pub(crate) project_id: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) impersonation: bool,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) remaining_uses: Option<u64>,
}

impl Trust {
    /// A trust between two users over a project, without impersonation, expiry or limit, and as yet without roles.
    pub fn new(
        trustor_id: impl Into<String>,
        trustee_id: impl Into<String>,
        project_id: impl Into<String>,
    ) -> Self {
        Self {
            id: ids::resource_id(),
            trustor_user_id: trustor_id.into(),
            trustee_user_id: trustee_id.into(),
            project_id: Some(project_id.into()),
            roles: Vec::new(),
            impersonation: false,
            expires_at: None,
            remaining_uses: None,
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Adds a role, by id, that the trustee gets.
    #[must_use]
    pub fn role(mut self, role_id: impl Into<String>) -> Self {
        self.roles.push(role_id.into());
        self
    }

    /// Tokens of this trust name the trustor as their user.
    #[must_use]
    pub fn impersonation(mut self) -> Self {
        self.impersonation = true;
        self
    }

    /// When it expires; tokens made with it expire then at the latest.
    #[must_use]
    pub fn expires_at(mut self, at: SystemTime) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// How many tokens may be made with it.
    #[must_use]
    pub fn remaining_uses(mut self, uses: u64) -> Self {
        self.remaining_uses = Some(uses);
        self
    }

    /// Leaves out the project; no token can be made with such a trust.
    #[must_use]
    pub fn without_project(mut self) -> Self {
        self.project_id = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::AccessRule;

    #[test]
    fn patterns_of_access_rules() {
        let matches =
            |path: &str, pattern: &str| AccessRule::new("identity", "GET", pattern).matches(path);
        assert!(matches("/v3/auth/projects", "/v3/auth/projects"));
        assert!(matches("/v3/users/1/tokens", "/v3/users/{user_id}/tokens"));
        assert!(matches("/v3/users/1", "/v3/users/*"));
        assert!(!matches("/v3/users/1/tokens", "/v3/users/*"));
        assert!(matches("/v3/users/1/tokens", "/v3/**"));
        assert!(!matches("/v3", "/v3/auth"));
        // Inside a segment.
        assert!(matches("/v3/auth/projects", "/v3/auth/*s"));
        assert!(matches("/v3/auth/projects", "/v3/au{x}/projects"));
        assert!(matches("/v3/auth/projects", "/v3/**projects"));
        assert!(matches("/v3/auth/projects", "/v3/auth/projects**"));
        assert!(!matches("/v3/auth/projects", "/v3/auth/projects*"));
        assert!(!matches("/v3/auth/projects", "/v3/auth/projects/"));
        assert!(matches("/v3/auth/projects", "/v3/auth/***"));
        // A regular expression, good or bad.
        assert!(matches("/v3/auth/projects", "/v3.auth.projects"));
        assert!(!matches("/v3/auth/projects", "/v3/auth/(projects"));
        assert!(matches("/v3/auth/projects", "/v3/{auth/projects"));
    }
}
