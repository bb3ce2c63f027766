//! Worlds to order.

use std::io;
use std::time::Duration;

use crate::clock::Clock;
use crate::delegation::{ApplicationCredential, Trust};
use crate::demo::Demo;
use crate::entities::{Domain, Project, Role, Target, User};
use crate::identity::{Identity, Settings};
use crate::serve;
use crate::server::IdentityServer;
use crate::services::Service;
use crate::world::{Assignment, World};

/// Makes an [`IdentityServer`] with a world of your own, on top of the [`Demo`] one that every server has.
///
/// ```
/// use std::time::Duration;
/// use openstack_identity_testing::{IdentityServer, Project, Target, User};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let mut builder = IdentityServer::builder().token_lifetime(Duration::from_secs(60));
/// let web = builder.add_project(Project::new("web"));
/// let alice = builder.add_user(User::new("alice").password("wonderland").default_project(&web));
/// builder.assign("member", &alice, Target::project(&web));
/// let server = builder.start().await?;
/// # drop(server); Ok(()) }
/// ```
pub struct IdentityServerBuilder {
    settings: Settings,
    world: World,
    demo: Demo,
    clock: Clock,
    port: u16,
}

impl IdentityServerBuilder {
    pub(crate) fn new() -> Self {
        let mut world = World::default();
        let demo = Demo::create(&mut world);
        Self {
            settings: Settings::default(),
            world,
            demo,
            clock: Clock::default(),
            port: 0,
        }
    }

    /// The port of the loopback interface to listen on; a free one unless set, and for 0.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long a fresh token lives; an hour unless set.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.token_lifetime = lifetime;
        self
    }

    /// How long a receipt of multi-factor authentication lives; five minutes unless set.
    #[must_use]
    pub fn receipt_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.receipt_lifetime = lifetime;
        self
    }

    /// The methods that are enabled, in place of external, password, token, oauth1, mapped, totp, application_credential
    /// and ec2credential.
    #[must_use]
    pub fn auth_methods<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Self {
        self.settings.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a scoped token can be exchanged for another one; true unless set.
    #[must_use]
    pub fn allow_rescope_scoped_token(mut self, allow: bool) -> Self {
        self.settings.allow_rescope_scoped_token = allow;
        self
    }

    /// Takes the header `X-Test-Remote-User` for the name of a user (of the domain `default`) whom the web server has
    /// authenticated: Keystone's method `external`.
    #[must_use]
    pub fn remote_user_header(mut self) -> Self {
        self.settings.remote_user_header = true;
        self
    }

    /// Behaves as the releases of Keystone before 30 do: what was made from a token lives on when that token is revoked,
    /// `cascade` or not, and there is no `DELETE /v3/users/{id}/tokens` (404).
    #[must_use]
    pub fn before_release_30(mut self) -> Self {
        self.settings.before_release_30 = true;
        self
    }

    /// How many steps of 30 seconds before the present one still have valid passcodes; one unless set.
    #[must_use]
    pub fn totp_previous_windows(mut self, windows: u64) -> Self {
        self.settings.totp_previous_windows = windows;
        self
    }

    /// The world that every server starts with.
    #[must_use]
    pub fn demo(&self) -> &Demo {
        &self.demo
    }

    /// Adds a domain; gives its id.
    pub fn add_domain(&mut self, domain: Domain) -> String {
        let id = domain.id.clone();
        self.world.domains.insert(domain);
        id
    }

    /// Adds a user; gives its id.
    pub fn add_user(&mut self, user: User) -> String {
        let id = user.id.clone();
        self.world.users.insert(user);
        id
    }

    /// Adds a project; gives its id.
    pub fn add_project(&mut self, project: Project) -> String {
        let id = project.id.clone();
        self.world.projects.insert(project);
        id
    }

    /// Adds a role; gives its id. `reader`, `member`, `manager`, `admin` and `service` are there already.
    pub fn add_role(&mut self, role: Role) -> String {
        let id = role.id.clone();
        self.world.roles.insert(role);
        id
    }

    /// Gives a user a role, by its name, on a project, a domain or the system. A role that isn't there is added.
    pub fn assign(&mut self, role_name: &str, user_id: &str, target: Target) {
        self.world.assign(role_name, user_id, target);
    }

    /// Adds an application credential; gives its id.
    pub fn add_application_credential(&mut self, credential: ApplicationCredential) -> String {
        let id = credential.id.clone();
        self.world.insert_application_credential(credential);
        id
    }

    /// Adds a trust; gives its id.
    pub fn add_trust(&mut self, trust: Trust) -> String {
        let id = trust.id.clone();
        self.world.trusts.insert(trust);
        id
    }

    /// Adds a service to the catalog; gives its id.
    pub fn add_service(&mut self, service: Service) -> String {
        let id = service.id.clone();
        self.world.services.insert(service);
        id
    }

    /// The id of a role by its name.
    #[must_use]
    pub fn role_id(&self, name: &str) -> Option<String> {
        self.world.role_by_name(name).map(|role| role.id.clone())
    }

    /// Starts the server on the loopback interface, on a free port or on the one that was [set](Self::port).
    ///
    /// # Errors
    ///
    /// If the port can't be bound (then the error names it; [`io::ErrorKind::AddrInUse`] if it is taken), or no thread can
    /// be started.
    #[expect(
        clippy::unused_async,
        reason = "starting may wait one day, and callers are asynchronous anyway"
    )]
    pub async fn start(self) -> io::Result<IdentityServer> {
        let Self {
            settings,
            world,
            demo,
            clock,
            port,
        } = self;
        let shared_clock = clock.clone();
        let running = serve::start(port, clock, |url| {
            Identity::new(settings, shared_clock, url, world)
        })?;
        Ok(IdentityServer::new(running, demo))
    }
}

impl World {
    pub(crate) fn assign(&mut self, role_name: &str, user_id: &str, target: Target) {
        let role_id = match self.role_by_name(role_name) {
            Some(role) => role.id.clone(),
            None => {
                let role = Role::new(role_name);
                let id = role.id.clone();
                self.roles.insert(role);
                id
            }
        };
        let assignment = Assignment {
            role_id,
            user_id: user_id.to_owned(),
            target,
        };
        if !self.assignments.contains(&assignment) {
            self.assignments.push(assignment);
        }
    }
}
