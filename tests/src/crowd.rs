//! Two clouds full of users who are easily taken for each other, and every way for them to log in.

use openstack_identity::identity::v3::auth::{DomainScope, SystemScope, TrustScope};
use openstack_identity::{
    ApplicationCredential, AuthToken, Credentials, DomainRef, OpenStack, Password, ProjectScope,
    Scope, UserRef,
};
use openstack_identity_testing::{
    ApplicationCredential as Delegated, Domain, IdentityServer, IdentityServerBuilder, Project,
    Target, Trust, User,
};

use crate::world::{Failure, Named};

/// Everybody's, so that no server finds out by it that the wrong one asks.
const PASSWORD: &str = "everybody's";

/// Two clouds, and all logins at both.
///
/// Both clouds have the same: two domains, the id of the one being the name of the other; in each domain two
/// users and two projects, called like the domains, whose ids are names of others where that is possible.
/// Every user may do everything, and all have the same password. Only the server's address tells the clouds
/// apart.
pub struct Crowd {
    /// The servers.
    pub clouds: [IdentityServer; 2],
    /// Every way for everybody to log in at either.
    pub logins: Vec<Login>,
}

/// A way to log in, and the token that it has to bring.
#[derive(Clone, Debug)]
pub struct Login {
    /// The cloud's address, in one of its spellings.
    pub auth_url: String,
    /// Who asks. Its `Debug` shows no secret.
    pub credentials: Credentials,
    /// For what.
    pub scope: Option<Scope>,
    /// What a token shows that is the right one.
    pub wanted: Shown,
}

/// What a token shows of whose and for what it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shown {
    /// The issuer, with `/v3`.
    pub auth_url: String,
    /// The ids of the user and of the user's domain.
    pub user: (String, String),
    /// The ids of the project and of its domain.
    pub project: Option<(String, String)>,
    /// The id of the domain.
    pub domain: Option<String>,
    /// Whether it is for the whole deployment.
    pub system: bool,
    /// The trust by which it came.
    pub trust: Option<String>,
    /// The application credential by which it came.
    pub application_credential: Option<String>,
}

impl Shown {
    /// What this token shows.
    #[must_use]
    pub fn of(token: &AuthToken) -> Self {
        let project = token.project.as_ref();
        let credential = token.application_credential.as_ref();
        Shown {
            auth_url: token.auth_url().to_owned(),
            user: (token.user.id.clone(), token.user.domain.id.clone()),
            project: project.map(|project| (project.id.clone(), project.domain.id.clone())),
            domain: token.domain.as_ref().map(|domain| domain.id.clone()),
            system: token.system.is_some(),
            trust: token.trust.as_ref().map(|trust| trust.id.clone()),
            application_credential: credential.map(|credential| credential.id.clone()),
        }
    }
}

impl Crowd {
    /// A crowd in which two names are everybody's. They are different, not empty, and not those of the
    /// [demo world](openstack_identity_testing::Demo).
    ///
    /// # Errors
    ///
    /// If a server doesn't start, or refuses a login.
    pub async fn start(names: [&str; 2]) -> Result<Self, Failure> {
        let plan = Plan::new(names);
        let clouds = [plan.start().await?, plan.start().await?];
        let mut logins = Vec::new();
        for cloud in &clouds {
            let identity = OpenStack::builder(cloud.auth_url()).build()?.identity_v3();
            for person in &plan.users {
                let password = Password::by_id(&person.id, PASSWORD);
                let token = identity
                    .generate_token(password)
                    .scope(Scope::Unscoped)
                    .await?;
                let first = logins.len();
                plan.add_logins(person, token.id().clone().into(), &mut logins);
                for (index, login) in logins.iter_mut().enumerate().skip(first) {
                    let base = cloud.base_url();
                    login.wanted.auth_url = cloud.auth_url();
                    login.auth_url = [format!("{base}/v3"), base.into(), format!("{base}/v3/")]
                        [index % 3]
                        .clone();
                }
            }
        }
        Ok(Crowd { clouds, logins })
    }
}

/// Something with an id and a name, in a domain.
struct Member {
    id: String,
    name: String,
    domain: Named,
}

impl Member {
    fn ids(&self) -> (String, String) {
        (self.id.clone(), self.domain.id.clone())
    }

    /// The ways to name its domain.
    fn domain(&self) -> [DomainRef; 2] {
        refer_to(&self.domain)
    }
}

fn refer_to(domain: &Named) -> [DomainRef; 2] {
    [
        DomainRef::by_id(&domain.id),
        DomainRef::by_name(&domain.name),
    ]
}

/// What is on each of the clouds.
struct Plan {
    domains: [Named; 2],
    users: Vec<Member>,
    projects: Vec<Member>,
    names: [String; 2],
}

impl Plan {
    fn new(names: [&str; 2]) -> Self {
        let named = |id: &str, name: &str| Named {
            id: id.to_owned(),
            name: name.to_owned(),
        };
        let domains = [named(names[1], names[0]), named(names[0], names[1])];
        let members = |ids: [&str; 4]| {
            let places = domains
                .iter()
                .flat_map(|domain| names.map(|name| (domain, name)));
            let members = ids.into_iter().zip(places);
            let members = members.map(|(id, (domain, name))| Member {
                id: id.to_owned(),
                name: name.to_owned(),
                domain: domain.clone(),
            });
            members.collect()
        };
        Plan {
            users: members([names[1], names[0], "user-3", "user-4"]),
            projects: members([names[0], names[1], "project-3", "project-4"]),
            names: names.map(str::to_owned),
            domains,
        }
    }

    async fn start(&self) -> std::io::Result<IdentityServer> {
        let mut cloud = IdentityServer::builder();
        for domain in &self.domains {
            cloud.add_domain(Domain::new(&domain.name).id(&domain.id));
        }
        for project in &self.projects {
            let made = Project::new(&project.name).id(&project.id);
            cloud.add_project(made.domain(&project.domain.id));
        }
        for (user, project) in self.users.iter().zip(&self.projects) {
            let made = User::new(&user.name).id(&user.id).domain(&user.domain.id);
            cloud.add_user(made.password(PASSWORD).default_project(&project.id));
            self.allow_everything(&mut cloud, user);
        }
        self.delegate(&mut cloud);
        cloud.start().await
    }

    fn allow_everything(&self, cloud: &mut IdentityServerBuilder, user: &Member) {
        for project in &self.projects {
            cloud.assign("member", &user.id, Target::project(&project.id));
        }
        for domain in &self.domains {
            cloud.assign("member", &user.id, Target::domain(&domain.id));
        }
        cloud.assign("reader", &user.id, Target::System);
    }

    /// An application credential of each user, of the same name, and two trusts, all for the first project.
    fn delegate(&self, cloud: &mut IdentityServerBuilder) {
        let Some(project) = self.projects.first() else {
            return;
        };
        for (user, id) in self.users.iter().zip(self.credential_ids()) {
            let credential = Delegated::new(&user.id, &project.id).id(id);
            cloud.add_application_credential(credential.name(&self.names[0]).secret(PASSWORD));
        }
        let role = cloud.role_id("member").unwrap_or_default();
        for (id, trustor, trustee) in self.trusts() {
            let trust = Trust::new(&trustor.id, &trustee.id, &project.id);
            let trust = trust.id(id).role(&role);
            cloud.add_trust(trust);
        }
    }

    fn credential_ids(&self) -> [&str; 4] {
        [
            &self.names[0],
            &self.names[1],
            "credential-3",
            "credential-4",
        ]
    }

    /// Ids, and who trusts whom.
    fn trusts(&self) -> impl Iterator<Item = (&str, &Member, &Member)> {
        let pairs = self.users.iter().zip(self.users.iter().skip(1));
        let ids = self.names.iter().map(String::as_str);
        ids.zip(pairs)
            .map(|(id, (trustor, trustee))| (id, trustor, trustee))
    }

    /// All logins of a user who has this unscoped token, at a cloud yet to be named.
    fn add_logins(&self, user: &Member, token: Credentials, logins: &mut Vec<Login>) {
        let mut add = |credentials: &Credentials, scope: Option<Scope>, shown: Shown| {
            logins.push(Login {
                auth_url: String::new(),
                credentials: credentials.clone(),
                scope,
                wanted: Shown {
                    user: user.ids(),
                    ..shown
                },
            });
        };
        for (scope, shown) in self.scopes() {
            for credentials in passwords(user).iter().chain([&token]) {
                add(credentials, Some(scope.clone()), shown.clone());
            }
        }
        for (scope, shown) in self.own_scopes(user) {
            for credentials in passwords(user) {
                add(&credentials, scope.clone(), shown.clone());
            }
        }
        for (id, owner) in self.credential_ids().into_iter().zip(&self.users) {
            let shown = Shown {
                project: self.projects.first().map(Member::ids),
                application_credential: Some(id.to_owned()),
                ..Shown::default()
            };
            if owner.id == user.id {
                for credentials in application_credentials(user, id, &self.names[0]) {
                    add(&credentials, None, shown.clone());
                }
            }
        }
    }

    /// What nobody else gets: the default project, and what others have delegated.
    fn own_scopes(&self, user: &Member) -> Vec<(Option<Scope>, Shown)> {
        let mut scopes = Vec::new();
        for (other, project) in self.users.iter().zip(&self.projects) {
            if other.id == user.id {
                let project = Some(project.ids());
                let shown = Shown {
                    project,
                    ..Shown::default()
                };
                scopes.push((None, shown));
            }
        }
        for (id, _, trustee) in self.trusts() {
            if trustee.id == user.id {
                let shown = Shown {
                    project: self.projects.first().map(Member::ids),
                    trust: Some(id.to_owned()),
                    ..Shown::default()
                };
                scopes.push((Some(TrustScope::new(id).into()), shown));
            }
        }
        scopes
    }

    /// Each scope that everybody may have, in each of its spellings.
    fn scopes(&self) -> Vec<(Scope, Shown)> {
        let system = Shown {
            system: true,
            ..Shown::default()
        };
        let mut scopes = vec![
            (Scope::Unscoped, Shown::default()),
            (SystemScope::new().into(), system),
        ];
        for project in &self.projects {
            let shown = Shown {
                project: Some(project.ids()),
                ..Shown::default()
            };
            scopes.push((ProjectScope::by_id(&project.id).into(), shown.clone()));
            for domain in project.domain() {
                let scope = ProjectScope::by_name(&project.name, domain);
                scopes.push((scope.into(), shown.clone()));
            }
        }
        for domain in &self.domains {
            let shown = Shown {
                domain: Some(domain.id.clone()),
                ..Shown::default()
            };
            scopes.push((DomainScope::by_id(&domain.id).into(), shown.clone()));
            scopes.push((DomainScope::by_name(&domain.name).into(), shown));
        }
        scopes
    }
}

fn passwords(user: &Member) -> [Credentials; 3] {
    let [by_id, by_name] = user.domain();
    [
        Password::by_id(&user.id, PASSWORD),
        Password::by_name(&user.name, by_id, PASSWORD),
        Password::by_name(&user.name, by_name, PASSWORD),
    ]
    .map(Credentials::from)
}

fn application_credentials(user: &Member, id: &str, name: &str) -> [Credentials; 4] {
    let [by_id, by_name] = user.domain();
    let of = |user| ApplicationCredential::by_name(name, user, PASSWORD);
    [
        ApplicationCredential::by_id(id, PASSWORD),
        of(UserRef::by_id(&user.id)),
        of(UserRef::by_name(&user.name, by_id)),
        of(UserRef::by_name(&user.name, by_name)),
    ]
    .map(Credentials::from)
}
