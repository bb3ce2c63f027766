//! The small world that every server starts with.

use std::fmt;

use crate::delegation::ApplicationCredential;
use crate::entities::{DEFAULT_DOMAIN, Domain, Project, Role, Target, User};
use crate::services::{Endpoint, Service};
use crate::world::World;

/// Ids, names and passwords of the world that every [`IdentityServer`](crate::IdentityServer) starts with.
///
/// The domain `Default` has the project `demo` with the user `demo` (role `member`, no default project, an application
/// credential), and the project `admin` with the user `admin` (role `admin`, there and on the system). The catalog has
/// `identity` (three interfaces), `compute` (in the region `RegionOne`) and `object-store` (without a region). [`Debug`](fmt::Debug)
/// shows no secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Demo {
    /// The id of the domain of all that follows: `default`.
    pub domain_id: String,
    /// Its name: `Default`.
    pub domain_name: String,
    /// The id of the user `demo`.
    pub user_id: String,
    /// Its name: `demo`.
    pub user_name: String,
    /// Its password.
    pub password: String,
    /// The id of the project `demo`.
    pub project_id: String,
    /// Its name: `demo`.
    pub project_name: String,
    /// The id of the user `admin`.
    pub admin_id: String,
    /// Its name: `admin`.
    pub admin_name: String,
    /// Its password.
    pub admin_password: String,
    /// The id of the project `admin`.
    pub admin_project_id: String,
    /// Its name: `admin`.
    pub admin_project_name: String,
    /// The id of the application credential of the user `demo` for the project `demo`.
    pub application_credential_id: String,
    /// Its name: `demo-credential`.
    pub application_credential_name: String,
    /// Its secret.
    pub application_credential_secret: String,
    /// The region of the service `compute`: `RegionOne`.
    pub region: String,
}

impl Demo {
    pub(crate) fn create(world: &mut World) -> Self {
        let domain = Domain::new("Default").id(DEFAULT_DOMAIN);
        let project = Project::new("demo");
        let admin_project = Project::new("admin");
        let user = User::new("demo").password("demo-password");
        let admin = User::new("admin").password("admin-password");
        let credential = ApplicationCredential::new(&user.id, &project.id)
            .name("demo-credential")
            .secret("demo-secret");
        let demo = Self {
            domain_id: domain.id.clone(),
            domain_name: domain.name.clone(),
            user_id: user.id.clone(),
            user_name: user.name.clone(),
            password: "demo-password".to_owned(),
            project_id: project.id.clone(),
            project_name: project.name.clone(),
            admin_id: admin.id.clone(),
            admin_name: admin.name.clone(),
            admin_password: "admin-password".to_owned(),
            admin_project_id: admin_project.id.clone(),
            admin_project_name: admin_project.name.clone(),
            application_credential_id: credential.id.clone(),
            application_credential_name: credential.name.clone(),
            application_credential_secret: credential.secret.clone(),
            region: "RegionOne".to_owned(),
        };
        world.domains.insert(domain);
        for project in [project, admin_project] {
            world.projects.insert(project);
        }
        for user in [user, admin] {
            world.users.insert(user);
        }
        for role in roles() {
            world.roles.insert(role);
        }
        world.assign("member", &demo.user_id, Target::project(&demo.project_id));
        world.assign(
            "admin",
            &demo.admin_id,
            Target::project(&demo.admin_project_id),
        );
        world.assign("admin", &demo.admin_id, Target::System);
        world.insert_application_credential(credential);
        for service in services(&demo.region) {
            world.services.insert(service);
        }
        demo
    }
}

/// The roles that Keystone's bootstrap makes.
fn roles() -> [Role; 5] {
    [
        Role::new("reader"),
        Role::new("member").implies("reader"),
        Role::new("manager").implies("member"),
        Role::new("admin").implies("manager"),
        Role::new("service"),
    ]
    .map(Role::immutable)
}

fn services(region: &str) -> [Service; 3] {
    let identity = ["public", "internal", "admin"].into_iter().fold(
        Service::new("identity", "keystone"),
        |service, interface| {
            service.endpoint(Endpoint::new(interface, "{server}/v3").region(region))
        },
    );
    let compute = Service::new("compute", "nova")
        .endpoint(Endpoint::new("public", "{server}/compute/v2.1").region(region))
        .endpoint(Endpoint::new("internal", "{server}/compute/v2.1").region(region));
    let object_store = Service::new("object-store", "swift").endpoint(Endpoint::new(
        "public",
        "{server}/object-store/v1/AUTH_%(project_id)s",
    ));
    [identity, compute, object_store]
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo")
            .field("user_id", &self.user_id)
            .field("project_id", &self.project_id)
            .field("admin_id", &self.admin_id)
            .field("admin_project_id", &self.admin_project_id)
            .field("application_credential_id", &self.application_credential_id)
            .finish_non_exhaustive()
    }
}
