//! The embedded Identity server where it goes beyond Keystone: time, settings, faults, the log.

#![allow(clippy::unwrap_used, reason = "the helpers fail as the tests do")]

mod faults;
mod log;
mod settings;
mod time;

use openstack_identity_testing::IdentityServer;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// `auth` with a password and, if there is one, a scope.
pub fn by_password(user_id: &str, password: &str, scope: Option<Value>) -> Value {
    let mut auth = json!({"identity": {
        "methods": ["password"],
        "password": {"user": {"id": user_id, "password": password}},
    }});
    if let Some(scope) = scope {
        auth["scope"] = scope;
    }
    auth
}

/// POST of this under `auth`.
pub fn post(server: &IdentityServer, auth: &Value) -> RequestBuilder {
    let url = format!("{}/auth/tokens", server.auth_url());
    client().post(url).json(&json!({ "auth": auth }))
}

/// The demo user's login, unscoped.
pub fn demo(server: &IdentityServer) -> RequestBuilder {
    post(
        server,
        &by_password(&server.demo().user_id, &server.demo().password, None),
    )
}

/// A client that keeps no connection, so that one test's broken ones don't hit the next request.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

/// The status of a request.
pub async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// The token of a login that succeeds.
pub async fn token(request: RequestBuilder) -> String {
    header(&request.send().await.unwrap(), "x-subject-token").unwrap()
}

/// A header of a response.
pub fn header(response: &Response, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().unwrap().to_owned())
}

/// A token, by itself, for its project.
pub async fn validate(server: &IdentityServer, caller: &str, subject: &str, query: &str) -> u16 {
    let url = format!("{}/auth/tokens{query}", server.auth_url());
    status(
        client()
            .get(url)
            .header("X-Auth-Token", caller)
            .header("X-Subject-Token", subject),
    )
    .await
}

/// The admin's token.
pub async fn admin(server: &IdentityServer) -> String {
    let demo = server.demo();
    let scope = json!({"project": {"id": demo.admin_project_id}});
    token(post(
        server,
        &by_password(&demo.admin_id, &demo.admin_password, Some(scope)),
    ))
    .await
}
