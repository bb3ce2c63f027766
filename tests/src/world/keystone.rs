//! A world on a real Keystone, made over its REST API.

mod changes;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::backend::On;
use super::{Account, Failure, Named};

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
        // A connection for each request: gunicorn closes some after an answer, and a request on such a one is lost.
        let client = Client::builder().pool_max_idle_per_host(0).build()?;
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
