//! The fixtures, step by step.

use super::backend::{Backend, NewApplicationCredential, NewTrust, NewUser, On};
use super::{Account, Credential, Failure, Named};

pub(super) const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub(super) const MFA_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

pub(super) struct Projects {
    pub(super) project: Named,
    pub(super) second: Named,
    pub(super) foreign: Named,
    pub(super) disabled: Named,
    pub(super) disabled_domain: Named,
}

impl Projects {
    pub(super) async fn create(
        back: &dyn Backend,
        domain: &Named,
        disabled_domain: &Named,
    ) -> Result<Self, Failure> {
        Ok(Self {
            project: project(back, "project", &domain.id).await?,
            second: project(back, "second", &domain.id).await?,
            foreign: project(back, "foreign", &domain.id).await?,
            disabled: project(back, "disabled", &domain.id).await?,
            disabled_domain: project(back, "in-disabled-domain", &disabled_domain.id).await?,
        })
    }
}

pub(super) struct Users {
    pub(super) user: Account,
    pub(super) default_project: Account,
    pub(super) stray: Account,
    pub(super) disabled: Account,
    pub(super) disabled_domain: Account,
    pub(super) system_reader: Account,
    pub(super) service: Account,
    pub(super) totp: Account,
    pub(super) mfa: Account,
    pub(super) trustee: Account,
}

impl Users {
    pub(super) async fn create(
        back: &dyn Backend,
        domain: &Named,
        disabled_domain: &Named,
        projects: &Projects,
    ) -> Result<Self, Failure> {
        let project = &projects.project.id;
        let users = Self {
            user: account(back, "user", domain, None).await?,
            default_project: account(back, "default-project", domain, Some(project)).await?,
            stray: account(back, "stray", domain, Some(project)).await?,
            disabled: account(back, "disabled", domain, None).await?,
            disabled_domain: account(back, "in-disabled-domain", disabled_domain, None).await?,
            system_reader: account(back, "system-reader", domain, None).await?,
            service: account(back, "service", domain, None).await?,
            totp: account(back, "totp", domain, None).await?,
            mfa: account(back, "mfa", domain, None).await?,
            trustee: account(back, "trustee", domain, None).await?,
        };
        for project in [
            &projects.project,
            &projects.second,
            &projects.disabled,
            &projects.disabled_domain,
        ] {
            back.assign("member", &users.user.id, On::Project(&project.id))
                .await?;
        }
        back.assign("member", &users.user.id, On::Domain(&domain.id))
            .await?;
        back.assign("reader", &users.system_reader.id, On::System)
            .await?;
        back.assign("service", &users.service.id, On::Project(project))
            .await?;
        for user in [
            &users.default_project,
            &users.totp,
            &users.mfa,
            &users.disabled,
        ] {
            back.assign("member", &user.id, On::Project(project))
                .await?;
        }
        back.add_totp_secret(&users.totp.id, TOTP_SECRET).await?;
        back.add_totp_secret(&users.mfa.id, MFA_SECRET).await?;
        back.set_mfa_rules(&users.mfa.id, &[&["password", "totp"]])
            .await?;
        Ok(users)
    }
}

pub(super) struct Credentials {
    pub(super) plain: Credential,
    pub(super) limited: Credential,
    pub(super) trust_id: String,
    pub(super) impersonating_trust_id: String,
}

impl Credentials {
    pub(super) async fn create(
        back: &dyn Backend,
        users: &Users,
        project_id: &str,
    ) -> Result<Self, Failure> {
        let plain =
            NewApplicationCredential::new(back.unique("credential"), &users.user, project_id);
        let limited = NewApplicationCredential {
            access_rules: vec![("identity", "GET", "/v3/auth/projects")],
            ..NewApplicationCredential::new(back.unique("limited"), &users.user, project_id)
        };
        let trust = NewTrust::new(&users.user, &users.trustee.id, project_id);
        let impersonating = NewTrust {
            impersonation: true,
            ..trust.clone()
        };
        Ok(Self {
            plain: back.add_application_credential(plain).await?,
            limited: back.add_application_credential(limited).await?,
            trust_id: back.add_trust(trust).await?,
            impersonating_trust_id: back.add_trust(impersonating).await?,
        })
    }
}

pub(super) async fn named<F>(name: String, add: impl FnOnce(String) -> F) -> Result<Named, Failure>
where
    F: Future<Output = Result<String, Failure>>,
{
    Ok(Named {
        id: add(name.clone()).await?,
        name,
    })
}

pub(super) async fn project(
    back: &dyn Backend,
    name: &str,
    domain_id: &str,
) -> Result<Named, Failure> {
    named(back.unique(name), |name| {
        back.add_project(name, domain_id.to_owned())
    })
    .await
}

pub(super) async fn account(
    back: &dyn Backend,
    name: &str,
    domain: &Named,
    default_project_id: Option<&str>,
) -> Result<Account, Failure> {
    let name = back.unique(name);
    // As long on each server: what a password that is changed or doubled means to bcrypt depends on its length.
    let password = format!("password-of-{name:-<48}");
    let user = NewUser {
        name: name.clone(),
        domain_id: domain.id.clone(),
        password: password.clone(),
        default_project_id: default_project_id.map(str::to_owned),
    };
    Ok(Account {
        id: back.add_user(user).await?,
        name,
        password,
        domain: domain.clone(),
    })
}
