//! The same fixtures on the embedded Identity server and on a real Keystone.

mod backend;
mod embedded;
#[cfg(feature = "servers")]
mod keystone;
mod recipe;

use std::error::Error;
use std::time::{Duration, SystemTime};

use openstack_identity_testing::{IdentityServer, totp_passcode};

pub use backend::{Backend, NewApplicationCredential, NewTrust, NewUser, On};

use recipe::{Credentials, MFA_SECRET, Projects, TOTP_SECRET, Users, account, named, project};

/// Why a world couldn't be made or changed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Something with an id and a name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name, unique to this world.
    pub name: String,
}

/// A user who can log in.
#[derive(Clone)]
pub struct Account {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// The user's password.
    pub password: String,
    /// The domain that the user belongs to.
    pub domain: Named,
}

/// An application credential and its secret.
#[derive(Clone)]
pub struct Credential {
    /// The credential's id.
    pub id: String,
    /// The credential's name.
    pub name: String,
    /// The credential's secret.
    pub secret: String,
}

/// A server with users, projects and credentials. All names are unique to the world, so many worlds fit on one server.
pub struct World {
    backend: Box<dyn Backend>,
    /// What goes into `OS_AUTH_URL`, with `/v3`.
    pub auth_url: String,
    /// The administrator: role `admin` on [`admin_project`](Self::admin_project) and on the system.
    pub admin: Account,
    /// The administrator's project.
    pub admin_project: Named,
    /// The region of the services `identity` and `compute`.
    pub region: String,
    /// The domain of all users and projects below, unless they say otherwise.
    pub domain: Named,
    /// The user of most tests: no default project; role `member` on [`project`](Self::project),
    /// [`second_project`](Self::second_project), [`disabled_project`](Self::disabled_project), [`domain`](Self::domain).
    pub user: Account,
    /// A project of [`user`](Self::user).
    pub project: Named,
    /// Another project of [`user`](Self::user).
    pub second_project: Named,
    /// A project where [`user`](Self::user) has no role.
    pub foreign_project: Named,
    /// A disabled project where [`user`](Self::user) has a role.
    pub disabled_project: Named,
    /// A user whose default project is [`project`](Self::project), with a role there.
    pub default_project_user: Account,
    /// A user whose default project is [`project`](Self::project), without any role.
    pub stray_user: Account,
    /// A disabled user.
    pub disabled_user: Account,
    /// A disabled domain.
    pub disabled_domain: Named,
    /// An enabled user of [`disabled_domain`](Self::disabled_domain).
    pub disabled_domain_user: Account,
    /// An enabled project of [`disabled_domain`](Self::disabled_domain), where [`user`](Self::user) has a role.
    pub disabled_domain_project: Named,
    /// A user with role `reader` on the system.
    pub system_reader: Account,
    /// A user with role `service` on [`project`](Self::project), and no other.
    pub service_user: Account,
    /// A user with a secret for one-time passcodes, but without rules; a role on [`project`](Self::project).
    pub totp_user: Account,
    /// The base32 secret of [`totp_user`](Self::totp_user).
    pub totp_secret: String,
    /// A user who needs password and passcode together; a role on [`project`](Self::project).
    pub mfa_user: Account,
    /// The base32 secret of [`mfa_user`](Self::mfa_user).
    pub mfa_secret: String,
    /// An application credential of [`user`](Self::user) for [`project`](Self::project).
    pub application_credential: Credential,
    /// The same, good only for `GET /v3/auth/projects` of the service `identity`.
    pub limited_credential: Credential,
    /// The user who may use the trusts of [`user`](Self::user).
    pub trustee: Account,
    /// The id of a trust over [`project`](Self::project) without impersonation.
    pub trust_id: String,
    /// The id of a trust over [`project`](Self::project) with impersonation.
    pub impersonating_trust_id: String,
}

impl World {
    /// A world on an embedded server of its own.
    ///
    /// # Errors
    ///
    /// If the server doesn't start.
    pub async fn embedded() -> Result<Self, Failure> {
        let backend = embedded::Embedded::start().await?;
        Self::populate(Box::new(backend)).await
    }

    /// A world on the Keystone that `TEST_KEYSTONE_URL` (with `/v3`) and `TEST_KEYSTONE_ADMIN_PASSWORD` name.
    ///
    /// # Errors
    ///
    /// If a variable is missing, or Keystone refuses something.
    #[cfg(feature = "servers")]
    pub async fn keystone() -> Result<Self, Failure> {
        let backend = keystone::Keystone::log_in().await?;
        Self::populate(Box::new(backend)).await
    }

    /// The server, if it is the embedded one: for what only that can do.
    #[must_use]
    pub fn server(&self) -> Option<&IdentityServer> {
        self.backend.server()
    }

    /// The root of the server, without `/v3`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.auth_url.trim_end_matches("/v3")
    }

    /// The time on the server's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.server()
            .map_or_else(SystemTime::now, |server| server.clock().now())
    }

    /// The present one-time passcode of a base32 secret.
    #[must_use]
    pub fn passcode(&self, secret: &str) -> String {
        totp_passcode(secret, self.now()).unwrap_or_default()
    }

    /// Lets time pass: on the embedded server by its clock, on a real one by waiting.
    pub async fn wait(&self, duration: Duration) {
        match self.server() {
            Some(server) => server.clock().advance(duration),
            None => tokio::time::sleep(duration).await,
        }
    }

    /// A fresh user of [`domain`](Self::domain) with role `member` on [`project`](Self::project), for tests that change it.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn fresh_user(&self, name: &str) -> Result<Account, Failure> {
        let user = self.fresh_user_in(name, &self.domain).await?;
        self.backend
            .assign("member", &user.id, On::Project(&self.project.id))
            .await?;
        Ok(user)
    }

    /// A fresh user of `domain` without a role, for tests that change it.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn fresh_user_in(&self, name: &str, domain: &Named) -> Result<Account, Failure> {
        account(&*self.backend, name, domain, None).await
    }

    /// A fresh domain, for tests that change it.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn fresh_domain(&self, name: &str) -> Result<Named, Failure> {
        named(self.backend.unique(name), |name| {
            self.backend.add_domain(name)
        })
        .await
    }

    /// A fresh project of [`domain`](Self::domain) where `user` has role `member`, for tests that change it.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn fresh_project(&self, name: &str, user: &Account) -> Result<Named, Failure> {
        let project = project(&*self.backend, name, &self.domain.id).await?;
        self.backend
            .assign("member", &user.id, On::Project(&project.id))
            .await?;
        Ok(project)
    }

    /// What changes a world, on either server.
    #[must_use]
    pub fn change(&self) -> &dyn Backend {
        &*self.backend
    }

    async fn populate(backend: Box<dyn Backend>) -> Result<Self, Failure> {
        let back = &*backend;
        let domain = named(back.unique("domain"), |name| back.add_domain(name)).await?;
        let disabled_domain =
            named(back.unique("disabled-domain"), |name| back.add_domain(name)).await?;
        let projects = Projects::create(back, &domain, &disabled_domain).await?;
        let users = Users::create(back, &domain, &disabled_domain, &projects).await?;
        let credentials = Credentials::create(back, &users, &projects.project.id).await?;
        back.set_domain_enabled(&disabled_domain.id, false).await?;
        back.set_project_enabled(&projects.disabled.id, false)
            .await?;
        back.set_user_enabled(&users.disabled.id, false).await?;
        back.ensure_services().await?;
        let (admin, admin_project) = back.admin();
        Ok(Self {
            auth_url: back.auth_url(),
            admin,
            admin_project,
            region: "RegionOne".to_owned(),
            domain,
            user: users.user,
            project: projects.project,
            second_project: projects.second,
            foreign_project: projects.foreign,
            disabled_project: projects.disabled,
            default_project_user: users.default_project,
            stray_user: users.stray,
            disabled_user: users.disabled,
            disabled_domain,
            disabled_domain_user: users.disabled_domain,
            disabled_domain_project: projects.disabled_domain,
            system_reader: users.system_reader,
            service_user: users.service,
            totp_user: users.totp,
            totp_secret: TOTP_SECRET.to_owned(),
            mfa_user: users.mfa,
            mfa_secret: MFA_SECRET.to_owned(),
            application_credential: credentials.plain,
            limited_credential: credentials.limited,
            trustee: users.trustee,
            trust_id: credentials.trust_id,
            impersonating_trust_id: credentials.impersonating_trust_id,
            backend,
        })
    }
}
