//! Changes to the world of a running server, and what they do to tokens.

use std::fmt;
use std::time::SystemTime;

use crate::delegation::{ApplicationCredential, Trust};
use crate::entities::{Domain, Project, Role, Target, User};
use crate::identity::Identity;
use crate::revocation::Hits;
use crate::server::IdentityServer;
use crate::services::Service;

/// A change named something that the server doesn't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownId {
    what: &'static str,
    id: String,
}

impl fmt::Display for UnknownId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server has no {} with the id {}", self.what, self.id)
    }
}

impl std::error::Error for UnknownId {}

type Change = Result<(), UnknownId>;

fn known<T>(found: Option<T>, what: &'static str, id: &str) -> Result<T, UnknownId> {
    found.ok_or_else(|| UnknownId {
        what,
        id: id.to_owned(),
    })
}

/// Changes while the server runs. Each `Err` says that the server has nothing with that id.
///
/// As in Keystone, what hits all tokens of a user hits those made in the same second, too, before and after the change.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
impl IdentityServer {
    fn change<T>(&self, change: impl FnOnce(&mut Identity) -> T) -> T {
        change(&mut self.running.shared.identity())
    }

    fn change_user(&self, id: &str, change: impl FnOnce(&mut User)) -> Change {
        self.change(|identity| known(identity.world.users.get_mut(id), "user", id).map(change))
    }

    /// Adds a domain; gives its id.
    pub fn add_domain(&self, domain: Domain) -> String {
        let id = domain.id.clone();
        self.change(|identity| identity.world.domains.insert(domain));
        id
    }

    /// Adds a user; gives its id.
    pub fn add_user(&self, user: User) -> String {
        let id = user.id.clone();
        self.change(|identity| identity.world.users.insert(user));
        id
    }

    /// Adds a project; gives its id.
    pub fn add_project(&self, project: Project) -> String {
        let id = project.id.clone();
        self.change(|identity| identity.world.projects.insert(project));
        id
    }

    /// Adds a role; gives its id.
    pub fn add_role(&self, role: Role) -> String {
        let id = role.id.clone();
        self.change(|identity| identity.world.roles.insert(role));
        id
    }

    /// Adds an application credential; gives its id.
    pub fn add_application_credential(&self, credential: ApplicationCredential) -> String {
        let id = credential.id.clone();
        self.change(|identity| identity.world.insert_application_credential(credential));
        id
    }

    /// Adds a trust; gives its id.
    pub fn add_trust(&self, trust: Trust) -> String {
        let id = trust.id.clone();
        self.change(|identity| identity.world.trusts.insert(trust));
        id
    }

    /// Adds a service to the catalog; gives its id.
    pub fn add_service(&self, service: Service) -> String {
        let id = service.id.clone();
        self.change(|identity| identity.world.services.insert(service));
        id
    }

    /// Removes a service from the catalog.
    pub fn delete_service(&self, id: &str) -> Change {
        self.change(|identity| known(identity.world.services.remove(id), "service", id))
            .map(drop)
    }

    /// The id of a role by its name.
    #[must_use]
    pub fn role_id(&self, name: &str) -> Option<String> {
        self.change(|identity| {
            identity
                .world
                .role_by_name(name)
                .map(|role| role.id.clone())
        })
    }

    /// Gives a user a role, by its name. A role that isn't there is added.
    pub fn assign(&self, role_name: &str, user_id: &str, target: Target) {
        self.change(|identity| identity.world.assign(role_name, user_id, target));
    }

    /// Takes a role from a user. Tokens live on if another role is left on their scope, and die otherwise.
    pub fn unassign(&self, role_name: &str, user_id: &str, target: &Target) -> Change {
        self.change(|identity| {
            let role = known(identity.world.role_by_name(role_name), "role", role_name)?
                .id
                .clone();
            identity.world.assignments.retain(|assignment| {
                assignment.role_id != role
                    || assignment.user_id != user_id
                    || assignment.target != *target
            });
            Ok(())
        })
    }

    /// Sets a password; all tokens of the user and of the trusts that the user gave die.
    pub fn set_password(&self, user_id: &str, password: &str) -> Change {
        self.change_user(user_id, |user| user.password = Some(password.to_owned()))?;
        self.revoke_user_tokens(user_id)
    }

    /// Sets when a password expires; `None` is never.
    pub fn set_password_expires_at(&self, user_id: &str, at: Option<SystemTime>) -> Change {
        self.change_user(user_id, |user| user.password_expires_at = at)
    }

    /// Sets the default project.
    pub fn set_default_project(&self, user_id: &str, project_id: Option<&str>) -> Change {
        self.change_user(user_id, |user| {
            user.default_project_id = project_id.map(str::to_owned)
        })
    }

    /// Adds a secret for one-time passcodes, in base32; see [`totp_passcode`](crate::totp_passcode).
    pub fn add_totp_secret(&self, user_id: &str, base32: &str) -> Change {
        self.change_user(user_id, |user| user.totp_secrets.push(base32.to_owned()))
    }

    /// Sets the rules of multi-factor authentication; without one, one method is enough. Tokens live on.
    pub fn set_mfa_rules<R, S>(&self, user_id: &str, rules: impl IntoIterator<Item = R>) -> Change
    where
        R: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let rules = rules
            .into_iter()
            .map(|rule| rule.into_iter().map(Into::into).collect())
            .collect();
        self.change_user(user_id, |user| user.mfa_rules = rules)
    }

    /// Disables a user; all its tokens die, and stay dead when it is enabled again.
    pub fn disable_user(&self, id: &str) -> Change {
        self.change_user(id, |user| user.enabled = false)?;
        self.revoke_user_tokens(id)
    }

    /// Enables a user.
    pub fn enable_user(&self, id: &str) -> Change {
        self.change_user(id, |user| user.enabled = true)
    }

    /// Deletes a user with its assignments, application credentials and trusts. Any call with a token of it is 404.
    pub fn delete_user(&self, id: &str) -> Change {
        self.change(|identity| {
            let world = &mut identity.world;
            known(world.users.remove(id), "user", id)?;
            world
                .assignments
                .retain(|assignment| assignment.user_id != id);
            world
                .application_credentials
                .retain(|credential| credential.user_id != id);
            world
                .trusts
                .retain(|trust| trust.trustor_user_id != id && trust.trustee_user_id != id);
            identity.revoke(Hits::User(id.to_owned()));
            Ok(())
        })
    }

    /// Disables a project. Any call with a token for it is 404 until it is enabled again.
    pub fn disable_project(&self, id: &str) -> Change {
        self.set_project_enabled(id, false)
    }

    /// Enables a project.
    pub fn enable_project(&self, id: &str) -> Change {
        self.set_project_enabled(id, true)
    }

    fn set_project_enabled(&self, id: &str, enabled: bool) -> Change {
        self.change(|identity| {
            known(identity.world.projects.get_mut(id), "project", id)
                .map(|project| project.enabled = enabled)
        })
    }

    /// Deletes a project with its assignments. Any call with a token for it is 404, and so is a login with an application
    /// credential for it.
    pub fn delete_project(&self, id: &str) -> Change {
        self.change(|identity| {
            let world = &mut identity.world;
            known(world.projects.remove(id), "project", id)?;
            world
                .assignments
                .retain(|assignment| assignment.target != Target::project(id));
            identity.revoke(Hits::Project(id.to_owned()));
            Ok(())
        })
    }

    /// Disables a domain. Any call with a token of its users or for its projects is 404 until it is enabled again.
    pub fn disable_domain(&self, id: &str) -> Change {
        self.set_domain_enabled(id, false)
    }

    /// Enables a domain.
    pub fn enable_domain(&self, id: &str) -> Change {
        self.set_domain_enabled(id, true)
    }

    fn set_domain_enabled(&self, id: &str, enabled: bool) -> Change {
        self.change(|identity| {
            known(identity.world.domains.get_mut(id), "domain", id)
                .map(|domain| domain.enabled = enabled)
        })
    }

    /// Deletes an application credential. Any call with a token made with it is 404.
    pub fn delete_application_credential(&self, id: &str) -> Change {
        self.change(|identity| {
            let removed = identity.world.application_credentials.remove(id);
            known(removed, "application credential", id).map(drop)
        })
    }

    /// Deletes a trust. Any call with a token made with it is 404.
    pub fn delete_trust(&self, id: &str) -> Change {
        self.change(|identity| {
            known(identity.world.trusts.remove(id), "trust", id)?;
            identity.revoke(Hits::Trust(id.to_owned()));
            Ok(())
        })
    }

    /// Revokes all tokens that a user has now, as `DELETE /v3/users/{id}/tokens` does.
    pub fn revoke_user_tokens(&self, user_id: &str) -> Change {
        self.change(|identity| {
            known(identity.world.users.get(user_id), "user", user_id)?;
            identity.revoke(Hits::User(user_id.to_owned()));
            Ok(())
        })
    }
}
