//! A world on the embedded server.

use std::sync::atomic::{AtomicUsize, Ordering};

use openstack_identity_testing::{
    AccessRule, ApplicationCredential, Domain, IdentityServer, Project, Target, Trust, User,
};

use super::backend::{Backend, Change, NewApplicationCredential, NewTrust, NewUser, On};
use super::{Account, Credential, Failure, Named};

pub(super) struct Embedded {
    server: IdentityServer,
    names: AtomicUsize,
}

impl Embedded {
    pub(super) async fn start() -> Result<Self, Failure> {
        // The same methods as tests/keystone enables.
        let methods = [
            "external",
            "password",
            "token",
            "oauth1",
            "mapped",
            "totp",
            "application_credential",
        ];
        let server = IdentityServer::builder()
            .auth_methods(methods)
            .remote_user_header()
            .start()
            .await?;
        Ok(Self {
            server,
            names: AtomicUsize::default(),
        })
    }
}

fn target(on: On<'_>) -> Target {
    match on {
        On::Project(id) => Target::project(id),
        On::Domain(id) => Target::domain(id),
        On::System => Target::System,
    }
}

fn done<'b, T: Send + 'b, E: Into<Failure>>(result: Result<T, E>) -> Change<'b, T> {
    let result = result.map_err(Into::into);
    Box::pin(async move { result })
}

fn ok<'b, T: Send + 'b>(value: T) -> Change<'b, T> {
    done::<_, Failure>(Ok(value))
}

impl Backend for Embedded {
    fn server(&self) -> Option<&IdentityServer> {
        Some(&self.server)
    }

    fn auth_url(&self) -> String {
        self.server.auth_url()
    }

    fn admin(&self) -> (Account, Named) {
        let demo = self.server.demo();
        let domain = Named {
            id: demo.domain_id.clone(),
            name: demo.domain_name.clone(),
        };
        let account = Account {
            id: demo.admin_id.clone(),
            name: demo.admin_name.clone(),
            password: demo.admin_password.clone(),
            domain,
        };
        (
            account,
            Named {
                id: demo.admin_project_id.clone(),
                name: demo.admin_project_name.clone(),
            },
        )
    }

    fn unique(&self, name: &str) -> String {
        format!("{name}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    fn add_domain(&self, name: String) -> Change<'_, String> {
        ok(self.server.add_domain(Domain::new(name)))
    }

    fn add_project(&self, name: String, domain_id: String) -> Change<'_, String> {
        ok(self
            .server
            .add_project(Project::new(name).domain(domain_id)))
    }

    fn add_user(&self, new: NewUser) -> Change<'_, String> {
        let mut user = User::new(new.name)
            .domain(new.domain_id)
            .password(new.password);
        if let Some(id) = new.default_project_id {
            user = user.default_project(id);
        }
        ok(self.server.add_user(user))
    }

    fn add_totp_secret<'b>(&'b self, user_id: &'b str, base32: &'b str) -> Change<'b, ()> {
        done(self.server.add_totp_secret(user_id, base32))
    }

    fn add_application_credential(&self, new: NewApplicationCredential) -> Change<'_, Credential> {
        // As long as those that Keystone makes.
        let secret = format!("{:-<86}", format!("secret-of-{}", new.name));
        let mut credential = ApplicationCredential::new(new.user.id, new.project_id)
            .name(new.name.clone())
            .secret(secret.clone());
        for (service, method, path) in new.access_rules {
            credential = credential.access_rule(AccessRule::new(service, method, path));
        }
        if let Some(at) = new.expires_at {
            credential = credential.expires_at(at);
        }
        ok(Credential {
            id: self.server.add_application_credential(credential),
            name: new.name,
            secret,
        })
    }

    fn add_trust(&self, new: NewTrust) -> Change<'_, String> {
        let role = self.server.role_id("member").unwrap_or_default();
        let mut trust = Trust::new(new.trustor.id, new.trustee_id, new.project_id).role(role);
        if new.impersonation {
            trust = trust.impersonation();
        }
        if let Some(uses) = new.remaining_uses {
            trust = trust.remaining_uses(uses);
        }
        ok(self.server.add_trust(trust))
    }

    fn ensure_services(&self) -> Change<'_, ()> {
        ok(())
    }

    fn assign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()> {
        self.server.assign(role, user_id, target(on));
        ok(())
    }

    fn unassign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()> {
        done(self.server.unassign(role, user_id, &target(on)))
    }

    fn set_domain_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        done(if enabled {
            self.server.enable_domain(id)
        } else {
            self.server.disable_domain(id)
        })
    }

    fn set_project_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        done(if enabled {
            self.server.enable_project(id)
        } else {
            self.server.disable_project(id)
        })
    }

    fn set_user_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        done(if enabled {
            self.server.enable_user(id)
        } else {
            self.server.disable_user(id)
        })
    }

    fn set_password<'b>(&'b self, user_id: &'b str, password: &'b str) -> Change<'b, ()> {
        done(self.server.set_password(user_id, password))
    }

    fn set_default_project<'b>(&'b self, user_id: &'b str, project_id: &'b str) -> Change<'b, ()> {
        done(self.server.set_default_project(user_id, Some(project_id)))
    }

    fn set_mfa_rules<'b>(&'b self, user_id: &'b str, rules: &'b [&'b [&'b str]]) -> Change<'b, ()> {
        done(
            self.server
                .set_mfa_rules(user_id, rules.iter().map(|rule| rule.iter().copied())),
        )
    }

    fn delete_user<'b>(&'b self, id: &'b str) -> Change<'b, ()> {
        done(self.server.delete_user(id))
    }

    fn delete_project<'b>(&'b self, id: &'b str) -> Change<'b, ()> {
        done(self.server.delete_project(id))
    }

    fn delete_application_credential<'b>(&'b self, _: &'b Account, id: &'b str) -> Change<'b, ()> {
        done(self.server.delete_application_credential(id))
    }

    fn delete_trust<'b>(&'b self, _: &'b Account, id: &'b str) -> Change<'b, ()> {
        done(self.server.delete_trust(id))
    }
}
