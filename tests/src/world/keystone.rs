//! A world on a real Keystone, made over its REST API.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use openstack_identity::testing::IdentityServer;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::backend::{Backend, Change, NewApplicationCredential, NewTrust, NewUser, On};
use super::{Account, Credential, Failure, Named};

pub(super) struct Keystone {
    client: Client,
    auth_url: String,
    token: String,
    admin: Account,
    admin_project: Named,
    roles: HashMap<String, String>,
    suffix: String,
    names: AtomicUsize,
}

impl Keystone {
    /// Logs in as the administrator.
    pub(super) async fn log_in() -> Result<Self, Failure> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| format!("{name} is not set: run tests/run"))
        };
        let auth_url = variable("TEST_KEYSTONE_URL")?
            .trim_end_matches('/')
            .to_owned();
        let domain = Named {
            id: "default".to_owned(),
            name: "Default".to_owned(),
        };
        let mut admin = Account {
            id: String::new(),
            name: "admin".to_owned(),
            password: variable("TEST_KEYSTONE_ADMIN_PASSWORD")?,
            domain,
        };
        let client = Client::new();
        let scope = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
        let user =
            json!({"name": admin.name, "domain": {"id": "default"}, "password": admin.password});
        let (token, body) = issue(&client, &auth_url, &user, &scope).await?;
        let text = |pointer: &str| {
            body.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        admin.id = text("/token/user/id");
        let admin_project = Named {
            id: text("/token/project/id"),
            name: text("/token/project/name"),
        };
        // No two worlds on one Keystone share process and nanosecond.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let suffix = format!("{:x}{nanos:x}", std::process::id());
        let mut keystone = Self {
            client,
            auth_url,
            token,
            admin,
            admin_project,
            roles: HashMap::new(),
            suffix,
            names: 0.into(),
        };
        let roles = keystone.call(Method::GET, "/roles", None).await?;
        for role in roles["roles"].as_array().into_iter().flatten() {
            let text = |name: &str| role[name].as_str().unwrap_or_default().to_owned();
            keystone.roles.insert(text("name"), text("id"));
        }
        Ok(keystone)
    }

    /// A call as the administrator.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        self.call_as(&self.token, method, path, body).await
    }

    async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.auth_url))
            .header("X-Auth-Token", token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(format!("{method} {path}: {status}: {text}").into());
        }
        if text.is_empty() {
            Ok(Value::Null)
        } else {
            Ok(serde_json::from_str(&text)?)
        }
    }

    /// POSTs `{kind: body}` to `path` and gives the id of what came out.
    async fn create(&self, path: &str, kind: &str, body: Value) -> Result<String, Failure> {
        let answer = self
            .call(Method::POST, path, Some(json!({ kind: body })))
            .await?;
        id_of(&answer[kind])
    }

    async fn patch(&self, path: &str, kind: &str, body: Value) -> Result<(), Failure> {
        self.call(Method::PATCH, path, Some(json!({ kind: body })))
            .await
            .map(drop)
    }

    async fn delete(&self, path: String) -> Result<(), Failure> {
        self.call(Method::DELETE, &path, None).await.map(drop)
    }

    /// A token of a user for a project.
    async fn token_of(&self, user: &Account, project_id: &str) -> Result<String, Failure> {
        let scope = json!({"project": {"id": project_id}});
        let user = json!({"id": user.id, "password": user.password});
        Ok(issue(&self.client, &self.auth_url, &user, &scope).await?.0)
    }

    async fn unscoped_token_of(&self, user: &Account) -> Result<String, Failure> {
        let user = json!({"id": user.id, "password": user.password});
        Ok(
            issue(&self.client, &self.auth_url, &user, &json!("unscoped"))
                .await?
                .0,
        )
    }

    fn role_id(&self, name: &str) -> Result<&str, Failure> {
        self.roles
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("Keystone has no role {name}").into())
    }

    fn assignment(&self, role: &str, user_id: &str, on: On<'_>) -> Result<String, Failure> {
        let role_id = self.role_id(role)?;
        Ok(match on {
            On::Project(id) => format!("/projects/{id}/users/{user_id}/roles/{role_id}"),
            On::Domain(id) => format!("/domains/{id}/users/{user_id}/roles/{role_id}"),
            On::System => format!("/system/users/{user_id}/roles/{role_id}"),
        })
    }

    async fn ensure_service(
        &self,
        kind: &str,
        name: &str,
        region: Option<&str>,
        url: &str,
    ) -> Result<(), Failure> {
        let services = self
            .call(Method::GET, &format!("/services?type={kind}"), None)
            .await?;
        if services["services"]
            .as_array()
            .is_some_and(|services| !services.is_empty())
        {
            return Ok(());
        }
        let service_id = self
            .create("/services", "service", json!({"type": kind, "name": name}))
            .await?;
        let mut endpoint = json!({"service_id": service_id, "interface": "public", "url": url});
        if let Some(region) = region {
            endpoint["region_id"] = region.into();
        }
        self.create("/endpoints", "endpoint", endpoint)
            .await
            .map(drop)
    }
}

async fn issue(
    client: &Client,
    auth_url: &str,
    user: &Value,
    scope: &Value,
) -> Result<(String, Value), Failure> {
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let body = json!({"auth": {"identity": identity, "scope": scope}});
    let response = client
        .post(format!("{auth_url}/auth/tokens"))
        .json(&body)
        .send()
        .await?;
    let token = response
        .headers()
        .get("x-subject-token")
        .and_then(|token| token.to_str().ok())
        .map(str::to_owned);
    let (status, body) = (response.status(), response.text().await?);
    match token {
        Some(token) => Ok((token, serde_json::from_str(&body)?)),
        None => Err(format!("no token: {status}: {body}").into()),
    }
}

fn id_of(resource: &Value) -> Result<String, Failure> {
    resource["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| "an answer has no id".into())
}

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
