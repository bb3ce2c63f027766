//! One of the two servers, and raw HTTP to it.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tests::world::{Account, Failure, World};

use crate::message;
use crate::shape::Shape;

/// Headers that the web server or HTTP itself adds, be there Keystone behind it or not: gunicorn and hyper differ in them
/// (which server it is, the hour, whether the connection stays open, whether a body is counted or chunked), and Keystone has
/// no say in any.
const NOT_KEYSTONES: [&str; 6] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// A request in the making.
pub struct Call {
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Call {
    /// A request without headers or body. The path begins at the root of the server.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self::of(method.to_owned(), path.into())
    }

    /// The same, with any method.
    pub fn of(method: String, path: String) -> Self {
        Self {
            method,
            path,
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn header(self, name: &'static str, value: impl Into<String>) -> Self {
        self.raw_header(name, value.into().into_bytes())
    }

    /// A header of any bytes.
    pub fn raw_header(mut self, name: &str, value: Vec<u8>) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// `X-Auth-Token`
    pub fn auth(self, token: &str) -> Self {
        self.header("X-Auth-Token", token)
    }

    /// `X-Subject-Token`
    pub fn subject(self, token: &str) -> Self {
        self.header("X-Subject-Token", token)
    }

    pub fn receipt(self, receipt: &str) -> Self {
        self.header("Openstack-Auth-Receipt", receipt)
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// How this (the first) differs from `other` (the second).
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.status != other.status {
            found.push(format!("status: {} against {}", self.status, other.status));
        }
        if self.is_of_web_server() && other.is_of_web_server() {
            return found;
        }
        let names = |answer: &Self| -> BTreeSet<String> {
            answer
                .headers
                .keys()
                .filter(|name| !NOT_KEYSTONES.contains(&name.as_str()))
                .cloned()
                .collect()
        };
        let (mine, others) = (names(self), names(other));
        found.extend(
            mine.difference(&others)
                .map(|name| format!("header {name}: only the first has it")),
        );
        found.extend(
            others
                .difference(&mine)
                .map(|name| format!("header {name}: only the second has it")),
        );
        if self.content_type() != other.content_type() {
            found.push(format!(
                "content type: {} against {}",
                self.content_type(),
                other.content_type()
            ));
        }
        match (self.json(), other.json()) {
            (Some(a), Some(b)) => {
                Shape::of(&a).differences(&Shape::of(&b), "$", &mut found);
                let message = |body: &Value| body["error"]["message"].as_str().map(message::class);
                if message(&a) != message(&b) {
                    found.push(format!(
                        "message: {:?} against {:?}",
                        message(&a),
                        message(&b)
                    ));
                }
            }
            (None, None) if self.body.is_empty() == other.body.is_empty() => {}
            _ => found.push("body: one is JSON or empty, the other isn't".to_owned()),
        }
        found
    }

    /// Whether the web server refused the request: then there is nothing of Keystone to compare.
    fn is_of_web_server(&self) -> bool {
        self.status == 400 && !self.headers.contains_key("x-openstack-request-id")
    }

    fn content_type(&self) -> String {
        let value = self
            .headers
            .get(CONTENT_TYPE.as_str())
            .map(String::as_str)
            .unwrap_or_default();
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

/// Tokens that no case may revoke.
pub struct Tokens {
    pub admin: String,
    pub admin_system: String,
    pub unscoped: String,
    pub project: String,
    pub domain: String,
    pub system_reader: String,
    pub service: String,
    pub application_credential: String,
    pub limited: String,
    pub trust: String,
    pub impersonating: String,
    pub trustee: String,
    /// What the user with rules gets for the password alone.
    pub receipt: String,
}

/// A server with its world, and tokens to begin with.
pub struct Side {
    pub world: World,
    pub tokens: Tokens,
    client: reqwest::Client,
}

/// What a flow gives.
pub type Flow<'s> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 's>>;

impl Side {
    pub async fn new(world: World) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?;
        let tokens = Tokens::get(&client, &world).await?;
        Ok(Self {
            world,
            tokens,
            client,
        })
    }

    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        send(&self.client, self.world.base_url(), call).await
    }

    /// The token of a login that succeeds.
    pub async fn token(&self, auth: &Value) -> Result<String, Failure> {
        token(&self.client, self.world.base_url(), auth).await
    }

    /// The receipt of a login that lacks a method.
    pub async fn receipt(&self, auth: &Value) -> Result<String, Failure> {
        receipt(&self.client, self.world.base_url(), auth).await
    }

    /// A request with `auth` for a token and the admin's look at it.
    pub async fn validate(&self, subject: &str) -> Result<Answer, Failure> {
        self.send(
            Call::new("GET", "/v3/auth/tokens")
                .auth(&self.tokens.admin)
                .subject(subject),
        )
        .await
    }
}

async fn send(client: &reqwest::Client, base_url: &str, call: Call) -> Result<Answer, Failure> {
    let mut request = client.request(call.method.parse()?, format!("{base_url}{}", call.path));
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    if let Some(body) = call.body {
        request = request.body(body);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    let headers = response.headers().iter().map(text).collect();
    Ok(Answer {
        status,
        headers,
        body: response.bytes().await?.to_vec(),
    })
}

async fn receipt(
    client: &reqwest::Client,
    base_url: &str,
    auth: &Value,
) -> Result<String, Failure> {
    let answer = send(client, base_url, login(auth)).await?;
    let receipt = answer.headers.get("openstack-auth-receipt").cloned();
    receipt.ok_or_else(|| "no receipt".into())
}

async fn token(client: &reqwest::Client, base_url: &str, auth: &Value) -> Result<String, Failure> {
    let answer = send(client, base_url, login(auth)).await?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let token = answer.headers.get("x-subject-token").cloned();
    token.ok_or_else(|| format!("no token: {}: {body}", answer.status).into())
}

/// POST /v3/auth/tokens with this under `auth`.
pub fn login(auth: &Value) -> Call {
    Call::new("POST", "/v3/auth/tokens").json(&json!({ "auth": auth }))
}

/// `identity` with the password of a user, by id.
pub fn password(user: &Account) -> Value {
    json!({"methods": ["password"], "password": {"user": {"id": user.id, "password": user.password}}})
}

/// `identity` with a token.
pub fn by_token(id: &str) -> Value {
    json!({"methods": ["token"], "token": {"id": id}})
}

/// `identity` with an application credential.
pub fn by_credential(id: &str, secret: &str) -> Value {
    json!({"methods": ["application_credential"], "application_credential": {"id": id, "secret": secret}})
}

/// `auth` without a scope.
pub fn auth(identity: &Value) -> Value {
    json!({ "identity": identity })
}

/// `auth` with a scope.
pub fn scoped(identity: &Value, scope: &Value) -> Value {
    json!({ "identity": identity, "scope": scope })
}

/// The scope of a project by id.
pub fn project(id: &str) -> Value {
    json!({"project": {"id": id}})
}

/// The scope of a trust.
pub fn trust(id: &str) -> Value {
    json!({"OS-TRUST:trust": {"id": id}})
}

impl Tokens {
    async fn get(client: &reqwest::Client, world: &World) -> Result<Self, Failure> {
        let get = |auth: Value| async move { token(client, world.base_url(), &auth).await };
        let project = project(&world.project.id);
        let system = json!({"system": {"all": true}});
        let user = password(&world.user);
        let trustee = password(&world.trustee);
        let credential = |credential: &tests::world::Credential| {
            auth(&by_credential(&credential.id, &credential.secret))
        };
        Ok(Self {
            admin: get(scoped(
                &password(&world.admin),
                &self::project(&world.admin_project.id),
            ))
            .await?,
            admin_system: get(scoped(&password(&world.admin), &system)).await?,
            unscoped: get(scoped(&user, &json!("unscoped"))).await?,
            project: get(scoped(&user, &project)).await?,
            domain: get(scoped(&user, &json!({"domain": {"id": world.domain.id}}))).await?,
            system_reader: get(scoped(&password(&world.system_reader), &system)).await?,
            service: get(scoped(&password(&world.service_user), &project)).await?,
            application_credential: get(credential(&world.application_credential)).await?,
            limited: get(credential(&world.limited_credential)).await?,
            trust: get(scoped(&trustee, &trust(&world.trust_id))).await?,
            impersonating: get(scoped(&trustee, &trust(&world.impersonating_trust_id))).await?,
            trustee: get(auth(&trustee)).await?,
            receipt: receipt(client, world.base_url(), &auth(&password(&world.mfa_user))).await?,
        })
    }
}
