//! What a world needs a server to do.

use std::pin::Pin;
use std::time::SystemTime;

use openstack_identity_testing::IdentityServer;

use super::{Account, Credential, Failure, Named};

/// The future of a change.
pub type Change<'b, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'b>>;

/// A user to be.
#[derive(Clone)]
pub struct NewUser {
    /// The name.
    pub name: String,
    /// The domain that will own the user.
    pub domain_id: String,
    /// The password.
    pub password: String,
    /// The default project.
    pub default_project_id: Option<String>,
}

/// What a role is given on.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    /// The project with this id.
    Project(&'a str),
    /// The domain with this id.
    Domain(&'a str),
    /// The system.
    System,
}

/// An application credential to be.
#[derive(Clone)]
pub struct NewApplicationCredential {
    /// The name.
    pub name: String,
    /// Its user, who creates it.
    pub user: Account,
    /// Its project.
    pub project_id: String,
    /// Service type, method and path of what it is good for; empty is anything.
    pub access_rules: Vec<(&'static str, &'static str, &'static str)>,
    /// When it expires.
    pub expires_at: Option<SystemTime>,
}

impl NewApplicationCredential {
    /// One without limits.
    #[must_use]
    pub fn new(name: String, user: &Account, project_id: &str) -> Self {
        Self {
            name,
            user: user.clone(),
            project_id: project_id.to_owned(),
            access_rules: Vec::new(),
            expires_at: None,
        }
    }
}

/// A trust to be, with role `member`.
#[derive(Clone)]
pub struct NewTrust {
    /// Who trusts, and creates it.
    pub trustor: Account,
    /// Who is trusted.
    pub trustee_id: String,
    /// The project.
    pub project_id: String,
    /// Whether tokens name the trustor.
    pub impersonation: bool,
    /// How many tokens can be made.
    pub remaining_uses: Option<u64>,
}

impl NewTrust {
    /// One without impersonation or limit.
    #[must_use]
    pub fn new(trustor: &Account, trustee_id: &str, project_id: &str) -> Self {
        Self {
            trustor: trustor.clone(),
            trustee_id: trustee_id.to_owned(),
            project_id: project_id.to_owned(),
            impersonation: false,
            remaining_uses: None,
        }
    }
}

/// A server whose users, projects and credentials can be changed. What adds something gives its id.
#[allow(missing_docs, reason = "the names say it")]
pub trait Backend: Send + Sync {
    fn server(&self) -> Option<&IdentityServer>;
    fn auth_url(&self) -> String;
    /// The administrator and its project.
    fn admin(&self) -> (Account, Named);
    /// A name that nothing else on the server has.
    fn unique(&self, name: &str) -> String;
    fn add_domain(&self, name: String) -> Change<'_, String>;
    fn add_project(&self, name: String, domain_id: String) -> Change<'_, String>;
    fn add_user(&self, user: NewUser) -> Change<'_, String>;
    fn add_totp_secret<'b>(&'b self, user_id: &'b str, base32: &'b str) -> Change<'b, ()>;
    fn add_application_credential(
        &self,
        credential: NewApplicationCredential,
    ) -> Change<'_, Credential>;
    fn add_trust(&self, trust: NewTrust) -> Change<'_, String>;
    /// Sees to it that the catalog has `compute` in the region and `object-store` without one.
    fn ensure_services(&self) -> Change<'_, ()>;
    fn assign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()>;
    fn unassign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()>;
    fn set_domain_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()>;
    fn set_project_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()>;
    fn set_user_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()>;
    fn set_password<'b>(&'b self, user_id: &'b str, password: &'b str) -> Change<'b, ()>;
    fn set_default_project<'b>(&'b self, user_id: &'b str, project_id: &'b str) -> Change<'b, ()>;
    fn set_mfa_rules<'b>(&'b self, user_id: &'b str, rules: &'b [&'b [&'b str]]) -> Change<'b, ()>;
    fn delete_user<'b>(&'b self, id: &'b str) -> Change<'b, ()>;
    fn delete_project<'b>(&'b self, id: &'b str) -> Change<'b, ()>;
    fn delete_application_credential<'b>(
        &'b self,
        user: &'b Account,
        id: &'b str,
    ) -> Change<'b, ()>;
    fn delete_trust<'b>(&'b self, trustor: &'b Account, id: &'b str) -> Change<'b, ()>;
}
