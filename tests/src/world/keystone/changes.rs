//! The changes that a world asks for, as calls.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use openstack_identity_testing::IdentityServer;
use reqwest::Method;
use serde_json::json;

use super::super::backend::{Backend, Change, NewApplicationCredential, NewTrust, NewUser, On};
use super::super::{Account, Credential, Failure, Named};
use super::{Keystone, id_of};

fn iso(time: SystemTime) -> Result<String, Failure> {
    Ok(jiff::Timestamp::try_from(time)?
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string())
}

impl Backend for Keystone {
    fn server(&self) -> Option<&IdentityServer> {
        None
    }

    fn auth_url(&self) -> String {
        self.auth_url.clone()
    }

    fn admin(&self) -> (Account, Named) {
        (self.admin.clone(), self.admin_project.clone())
    }

    fn unique(&self, name: &str) -> String {
        format!(
            "{name}-{}-{}",
            self.suffix,
            self.names.fetch_add(1, Ordering::Relaxed)
        )
    }

    fn add_domain(&self, name: String) -> Change<'_, String> {
        Box::pin(async move {
            self.create("/domains", "domain", json!({"name": name}))
                .await
        })
    }

    fn add_project(&self, name: String, domain_id: String) -> Change<'_, String> {
        let body = json!({"name": name, "domain_id": domain_id});
        Box::pin(async move { self.create("/projects", "project", body).await })
    }

    fn add_user(&self, new: NewUser) -> Change<'_, String> {
        let mut body =
            json!({"name": new.name, "domain_id": new.domain_id, "password": new.password});
        if let Some(id) = new.default_project_id {
            body["default_project_id"] = id.into();
        }
        Box::pin(async move { self.create("/users", "user", body).await })
    }

    fn add_totp_secret<'b>(&'b self, user_id: &'b str, base32: &'b str) -> Change<'b, ()> {
        let body = json!({"type": "totp", "user_id": user_id, "blob": base32});
        Box::pin(async move {
            self.create("/credentials", "credential", body)
                .await
                .map(drop)
        })
    }

    fn add_application_credential(&self, new: NewApplicationCredential) -> Change<'_, Credential> {
        Box::pin(async move {
            let token = self.token_of(&new.user, &new.project_id).await?;
            let mut body = json!({"name": new.name});
            if !new.access_rules.is_empty() {
                let rule = |(service, method, path): &(_, _, _)| json!({"service": service, "method": method, "path": path});
                body["access_rules"] = new.access_rules.iter().map(rule).collect();
            }
            if let Some(at) = new.expires_at {
                body["expires_at"] = iso(at)?.into();
            }
            let path = format!("/users/{}/application_credentials", new.user.id);
            let body = json!({"application_credential": body});
            let answer = self
                .call_as(&token, Method::POST, &path, Some(body))
                .await?;
            let credential = &answer["application_credential"];
            let secret = credential["secret"].as_str().unwrap_or_default().to_owned();
            Ok(Credential {
                id: id_of(credential)?,
                name: new.name,
                secret,
            })
        })
    }

    fn add_trust(&self, new: NewTrust) -> Change<'_, String> {
        Box::pin(async move {
            let token = self.token_of(&new.trustor, &new.project_id).await?;
            let mut body = json!({
                "trustor_user_id": new.trustor.id,
                "trustee_user_id": new.trustee_id,
                "project_id": new.project_id,
                "impersonation": new.impersonation,
                "roles": [{"name": "member"}],
            });
            if let Some(uses) = new.remaining_uses {
                body["remaining_uses"] = uses.into();
            }
            let answer = self
                .call_as(
                    &token,
                    Method::POST,
                    "/OS-TRUST/trusts",
                    Some(json!({"trust": body})),
                )
                .await?;
            id_of(&answer["trust"])
        })
    }

    fn ensure_services(&self) -> Change<'_, ()> {
        let base = self.auth_url.trim_end_matches("/v3");
        let compute = format!("{base}/compute/v2.1");
        let object_store = format!("{base}/object-store/v1/AUTH_%(project_id)s");
        Box::pin(async move {
            self.ensure_service("compute", "nova", Some("RegionOne"), &compute)
                .await?;
            self.ensure_service("object-store", "swift", None, &object_store)
                .await
        })
    }

    fn assign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()> {
        Box::pin(async move {
            let path = self.assignment(role, user_id, on)?;
            self.call(Method::PUT, &path, None).await.map(drop)
        })
    }

    fn unassign<'b>(&'b self, role: &'b str, user_id: &'b str, on: On<'b>) -> Change<'b, ()> {
        Box::pin(async move { self.delete(self.assignment(role, user_id, on)?).await })
    }

    fn set_domain_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        Box::pin(async move {
            self.patch(
                &format!("/domains/{id}"),
                "domain",
                json!({"enabled": enabled}),
            )
            .await
        })
    }

    fn set_project_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        Box::pin(async move {
            self.patch(
                &format!("/projects/{id}"),
                "project",
                json!({"enabled": enabled}),
            )
            .await
        })
    }

    fn set_user_enabled<'b>(&'b self, id: &'b str, enabled: bool) -> Change<'b, ()> {
        Box::pin(async move {
            self.patch(&format!("/users/{id}"), "user", json!({"enabled": enabled}))
                .await
        })
    }

    fn set_password<'b>(&'b self, user_id: &'b str, password: &'b str) -> Change<'b, ()> {
        Box::pin(async move {
            self.patch(
                &format!("/users/{user_id}"),
                "user",
                json!({"password": password}),
            )
            .await
        })
    }

    fn set_default_project<'b>(&'b self, user_id: &'b str, project_id: &'b str) -> Change<'b, ()> {
        let body = json!({"default_project_id": project_id});
        Box::pin(async move { self.patch(&format!("/users/{user_id}"), "user", body).await })
    }

    fn set_mfa_rules<'b>(&'b self, user_id: &'b str, rules: &'b [&'b [&'b str]]) -> Change<'b, ()> {
        let options = json!({"multi_factor_auth_enabled": true, "multi_factor_auth_rules": rules});
        Box::pin(async move {
            self.patch(
                &format!("/users/{user_id}"),
                "user",
                json!({"options": options}),
            )
            .await
        })
    }

    fn delete_user<'b>(&'b self, id: &'b str) -> Change<'b, ()> {
        Box::pin(self.delete(format!("/users/{id}")))
    }

    fn delete_project<'b>(&'b self, id: &'b str) -> Change<'b, ()> {
        Box::pin(self.delete(format!("/projects/{id}")))
    }

    fn delete_application_credential<'b>(
        &'b self,
        user: &'b Account,
        id: &'b str,
    ) -> Change<'b, ()> {
        Box::pin(async move {
            let token = self.unscoped_token_of(user).await?;
            let path = format!("/users/{}/application_credentials/{id}", user.id);
            self.call_as(&token, Method::DELETE, &path, None)
                .await
                .map(drop)
        })
    }

    fn delete_trust<'b>(&'b self, trustor: &'b Account, id: &'b str) -> Change<'b, ()> {
        Box::pin(async move {
            let token = self.unscoped_token_of(trustor).await?;
            self.call_as(
                &token,
                Method::DELETE,
                &format!("/OS-TRUST/trusts/{id}"),
                None,
            )
            .await
            .map(drop)
        })
    }
}
