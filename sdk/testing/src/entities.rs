//! Who and what an Identity server knows: domains, users, projects, roles.

use std::fmt;
use std::time::SystemTime;

use crate::ids;

/// The id of the domain that every server has.
pub(crate) const DEFAULT_DOMAIN: &str = "default";

/// Whether a password or secret is the right one. As bcrypt does, this looks at 72 bytes: the first
/// ones, or those of a shorter text and a zero, again and again.
pub(crate) fn same_secret(given: &str, right: &str) -> bool {
    let hashed = |text: &str| {
        text.bytes()
            .chain([0])
            .cycle()
            .take(72)
            .collect::<Vec<u8>>()
    };
    hashed(given) == hashed(right)
}

/// A domain: the owner of users and projects.
#[derive(Clone, Debug)]
pub struct Domain {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) enabled: bool,
}

impl Domain {
    /// An enabled domain with a fresh id.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            name: name.into(),
            description: String::new(),
            enabled: true,
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Makes it disabled from the start.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }
}

/// A user. Its [`Debug`](fmt::Debug) shows no secret.
#[derive(Clone)]
pub struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) domain_id: String,
    pub(crate) password: Option<String>,
    pub(crate) password_expires_at: Option<SystemTime>,
    pub(crate) default_project_id: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) totp_secrets: Vec<String>,
    pub(crate) mfa_enabled: bool,
    pub(crate) mfa_rules: Vec<Vec<String>>,
}

impl User {
    /// An enabled user of the domain `default`, with a fresh id, without a password or a default project.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            name: name.into(),
            domain_id: DEFAULT_DOMAIN.to_owned(),
            password: None,
            password_expires_at: None,
            default_project_id: None,
            enabled: true,
            totp_secrets: Vec::new(),
            mfa_enabled: true,
            mfa_rules: Vec::new(),
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The domain that owns the user.
    #[must_use]
    pub fn domain(mut self, domain_id: impl Into<String>) -> Self {
        self.domain_id = domain_id.into();
        self
    }

    /// The password; without one the user can't log in by password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// When the password expires; without this it never does.
    #[must_use]
    pub fn password_expires_at(mut self, at: SystemTime) -> Self {
        self.password_expires_at = Some(at);
        self
    }

    /// The project that a login without a scope gives (if the user has a role there).
    #[must_use]
    pub fn default_project(mut self, project_id: impl Into<String>) -> Self {
        self.default_project_id = Some(project_id.into());
        self
    }

    /// Makes it disabled from the start.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Adds a secret for one-time passcodes, in base32; see [`totp_passcode`](crate::totp_passcode).
    #[must_use]
    pub fn totp_secret(mut self, base32: impl Into<String>) -> Self {
        self.totp_secrets.push(base32.into());
        self
    }

    /// Adds a rule of multi-factor authentication: a set of methods that is enough to log in. With at least one rule,
    /// a login must satisfy one of them.
    #[must_use]
    pub fn mfa_rule<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Self {
        self.mfa_rules
            .push(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Whether the rules of multi-factor authentication are obeyed; true unless set.
    #[must_use]
    pub fn mfa_enabled(mut self, enabled: bool) -> Self {
        self.mfa_enabled = enabled;
        self
    }
}

impl User {
    pub(crate) fn has_password(&self, given: Option<&str>) -> bool {
        let right = self.password.as_deref();
        given
            .zip(right)
            .is_some_and(|(given, right)| same_secret(given, right))
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("domain_id", &self.domain_id)
            .field("default_project_id", &self.default_project_id)
            .field("enabled", &self.enabled)
            .field("mfa_rules", &self.mfa_rules)
            .finish_non_exhaustive()
    }
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` for a project that acts as a domain.
    pub(crate) domain_id: Option<String>,
    pub(crate) description: String,
    pub(crate) enabled: bool,
    pub(crate) is_domain: bool,
}

impl Project {
    /// An enabled project of the domain `default`, with a fresh id.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            name: name.into(),
            domain_id: Some(DEFAULT_DOMAIN.to_owned()),
            description: String::new(),
            enabled: true,
            is_domain: false,
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// The domain that owns the project.
    #[must_use]
    pub fn domain(mut self, domain_id: impl Into<String>) -> Self {
        self.domain_id = Some(domain_id.into());
        self
    }

    /// Makes it disabled from the start.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Makes it a project that acts as a domain: listed, but never to be scoped to.
    #[must_use]
    pub fn acting_as_domain(mut self) -> Self {
        self.is_domain = true;
        self.domain_id = None;
        self
    }
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) implies: Vec<String>,
    pub(crate) immutable: bool,
}

impl Role {
    /// A global role with a fresh id.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            name: name.into(),
            description: None,
            implies: Vec::new(),
            immutable: false,
        }
    }

    /// Uses this id in place of a fresh one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Marks it as one that can't be changed, as the roles of a Keystone's beginning are; trust tokens show that.
    #[must_use]
    pub fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }

    /// Whoever has this role has the role of that name too.
    #[must_use]
    pub fn implies(mut self, role_name: impl Into<String>) -> Self {
        self.implies.push(role_name.into());
        self
    }
}

/// What a role is assigned on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The project with this id.
    Project(String),
    /// The domain with this id.
    Domain(String),
    /// The whole deployment.
    System,
}

impl Target {
    /// The project with this id.
    pub fn project(id: impl Into<String>) -> Self {
        Self::Project(id.into())
    }

    /// The domain with this id.
    pub fn domain(id: impl Into<String>) -> Self {
        Self::Domain(id.into())
    }
}
