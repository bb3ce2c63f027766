//! The types read all that a server sends: no key is passed over, and none that is required is missing.
//! And every token that it issues can be kept, also by other clients, and read again.

use openstack_identity::AuthToken;
use openstack_identity::identity::v3::catalog::{
    AuthDomain, AuthDomains, AuthProject, AuthProjects, AuthSystem, Catalog,
};
use openstack_identity::identity::v3::service::{Version, Versions};
use openstack_identity::identity::v3::tokens::{PartialAuthentication, Token};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tests::world::{Account, World};

/// Reads `body[key]`, or the whole body, and fails on any key that the type doesn't know.
fn read_all<T: DeserializeOwned>(what: &str, body: &Value, key: Option<&str>) -> T {
    let value = key.map_or(body, |key| &body[key]);
    let mut passed_over = Vec::new();
    let read = serde_ignored::deserialize(value, |path| passed_over.push(path.to_string()));
    let read = read.unwrap_or_else(|error| panic!("{what}: {error}\n{value:#}"));
    assert!(
        passed_over.is_empty(),
        "{what}: no type reads {passed_over:?}"
    );
    read
}

fn password(user: &Account) -> Value {
    json!({ "user": { "id": user.id, "password": user.password } })
}

fn by_password(user: &Account, scope: Option<Value>) -> Value {
    let identity = json!({ "methods": ["password"], "password": password(user) });
    match scope {
        Some(scope) => json!({ "auth": { "identity": identity, "scope": scope } }),
        None => json!({ "auth": { "identity": identity } }),
    }
}

/// What PHP makes of it: a table and a list are the same to it, so it writes an empty table as a list.
fn as_php(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.is_empty() => json!([]),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), as_php(value)))
            .collect(),
        Value::Array(items) => items.iter().map(as_php).collect(),
        other => other.clone(),
    }
}

/// The token is read from all that may have been kept of it, and comes back as often as wanted.
fn comes_back(what: &str, auth_url: &str, id: &str, body: &Value) {
    let mut php = as_php(&body["token"]);
    php["id"] = id.into();
    let keystoneauth = json!({"auth_token": id, "body": body});
    let ours = json!({"format": 1, "auth_url": auth_url, "id": id, "token": body["token"]});
    for kept in [ours, php, keystoneauth] {
        let mut token =
            AuthToken::import(kept, auth_url).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(
            token.export(),
            json!({"format": 2, "auth_url": auth_url, "id": id, "token": body["token"]}),
            "{what}"
        );
        for _ in 0..2 {
            let text = token.export().to_string();
            let read = serde_json::from_str(&text).unwrap();
            let imported = AuthToken::import(token.export(), auth_url).unwrap();
            assert_eq!(
                AuthToken::from_export(token.export()).unwrap(),
                token,
                "{what}"
            );
            assert_eq!(imported, token, "{what}");
            token = AuthToken::from_export(read).unwrap();
            assert_eq!(
                (&token, token.export().to_string()),
                (&imported, text),
                "{what}"
            );
        }
    }
}

struct Raw<'a> {
    client: reqwest::Client,
    world: &'a World,
}

impl Raw<'_> {
    /// The id and the body of a new token.
    async fn log_in(&self, auth: &Value) -> (String, Value) {
        let url = format!("{}/auth/tokens", self.world.auth_url);
        let answer = self.client.post(url).json(auth).send().await.unwrap();
        let id = answer.headers().get("X-Subject-Token");
        let id = id
            .map(|id| id.to_str().unwrap().to_owned())
            .unwrap_or_default();
        (id, answer.json().await.unwrap())
    }

    async fn get(&self, path: &str, token: &str) -> Value {
        let url = format!("{}{path}", self.world.base_url());
        let mut request = self.client.get(url);
        if !token.is_empty() {
            request = request
                .header("X-Auth-Token", token)
                .header("X-Subject-Token", token);
        }
        request.send().await.unwrap().json().await.unwrap()
    }
}

/// Every kind of token, and every list that one leads to.
async fn read_everything(world: &World) {
    let raw = Raw {
        client: reqwest::Client::new(),
        world,
    };
    let scopes = [
        ("no scope", &world.user, None),
        ("unscoped", &world.user, Some(json!("unscoped"))),
        ("default project", &world.default_project_user, None),
        (
            "project",
            &world.user,
            Some(json!({ "project": { "id": world.project.id } })),
        ),
        (
            "domain",
            &world.user,
            Some(json!({ "domain": { "id": world.domain.id } })),
        ),
        (
            "system",
            &world.system_reader,
            Some(json!({ "system": { "all": true } })),
        ),
        (
            "trust",
            &world.trustee,
            Some(json!({ "OS-TRUST:trust": { "id": world.trust_id } })),
        ),
    ];
    for (what, user, scope) in scopes {
        let (id, body) = raw.log_in(&by_password(user, scope)).await;
        let token: Token = read_all(what, &body, Some("token"));
        comes_back(what, &world.auth_url, &id, &body);
        assert!(
            !token.audit_ids.is_empty() && token.expires_at > token.issued_at,
            "{what}"
        );
        let seen = raw.get("/v3/auth/tokens", &id).await;
        // A trust's token without impersonation may look at itself too.
        let again: Token = read_all(what, &seen, Some("token"));
        assert_eq!(again.expires_at, token.expires_at, "{what}");
    }
    for credential in [&world.application_credential, &world.limited_credential] {
        let identity = json!({
            "methods": ["application_credential"],
            "application_credential": { "id": credential.id, "secret": credential.secret },
        });
        let (id, body) = raw
            .log_in(&json!({ "auth": { "identity": identity } }))
            .await;
        let token: Token = read_all("application credential", &body, Some("token"));
        comes_back("application credential", &world.auth_url, &id, &body);
        assert_eq!(token.application_credential.unwrap().id, credential.id);
    }
    let (_, receipt) = raw.log_in(&by_password(&world.mfa_user, None)).await;
    let partial: PartialAuthentication = read_all("receipt", &receipt, None);
    assert_eq!(partial.receipt.user.id, world.mfa_user.id);
    read_lists(&raw).await;
}

async fn read_lists(raw: &Raw<'_>) {
    let world = raw.world;
    let scope = json!({ "project": { "id": world.project.id } });
    let (id, _) = raw.log_in(&by_password(&world.user, Some(scope))).await;
    let catalog: Catalog = read_all("catalog", &raw.get("/v3/auth/catalog", &id).await, None);
    assert!(!catalog.services.is_empty());
    let projects: AuthProjects =
        read_all("projects", &raw.get("/v3/auth/projects", &id).await, None);
    let unknown: Vec<&AuthProject> = projects
        .projects
        .iter()
        .filter(|project| !project.extra.is_empty())
        .collect();
    assert!(
        unknown.is_empty() && !projects.projects.is_empty(),
        "{unknown:?}"
    );
    let domains: AuthDomains = read_all("domains", &raw.get("/v3/auth/domains", &id).await, None);
    let unknown: Vec<&AuthDomain> = domains
        .domains
        .iter()
        .filter(|domain| !domain.extra.is_empty())
        .collect();
    assert!(
        unknown.is_empty() && !domains.domains.is_empty(),
        "{unknown:?}"
    );
    let system: AuthSystem = read_all("system", &raw.get("/v3/auth/system", &id).await, None);
    assert!(system.system.is_empty());
    let versions: Versions = read_all("versions", &raw.get("/", "").await, Some("versions"));
    let version: Version = read_all("version", &raw.get("/v3", "").await, Some("version"));
    assert!(versions.values.contains(&version));
}

#[tokio::test]
async fn the_embedded_server_sends_nothing_unread() {
    read_everything(&World::embedded().await.unwrap()).await;
}

#[cfg(feature = "servers")]
#[tokio::test]
async fn keystone_sends_nothing_unread() {
    read_everything(&World::keystone().await.unwrap()).await;
}
