//! Whoever can write to a store that others reach, and what that brings them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use openstack_identity::store::{FileStore, Sealing, SealingKey, StoreKey, TokenStore};
use openstack_identity::{
    AuthToken, Credentials, DomainRef, OpenStack, OpenStackBuilder, Password, ProjectScope, Scope,
};
use openstack_identity_testing::{Fault, IdentityServer, User};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::shared::Shared;
use crate::{TOKENS, builder, demo, logins, start};

const CATALOG: &str = "/v3/auth/catalog";
const HOUR: Duration = Duration::from_secs(3600);

/// An address of somebody who would like to have tokens, and whatever is sent there.
async fn evil() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<u8>>>::default();
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap_or(0);
            hears.lock().unwrap().extend(&bytes[..read]);
        }
    });
    (url, heard)
}

fn scope(server: &IdentityServer) -> Scope {
    ProjectScope::by_id(&server.demo().project_id).into()
}

fn client(server: &IdentityServer, store: impl TokenStore) -> OpenStackBuilder {
    builder(server, store).scope(scope(server)).retries(0)
}

async fn token(client: OpenStackBuilder) -> AuthToken {
    client.build().unwrap().token().await.unwrap()
}

fn key(server: &IdentityServer) -> StoreKey {
    StoreKey::new(&server.auth_url(), &demo(server), Some(&scope(server))).unwrap()
}

/// Puts a token that another program got under the key of a login, with these changes. Nobody in this process
/// has heard of it.
async fn put(server: &IdentityServer, store: &impl TokenStore, change: impl FnOnce(&mut Value)) {
    let openstack = OpenStack::builder(server.auth_url()).build().unwrap();
    let generate = openstack.identity_v3().generate_token(demo(server));
    let mut entry = generate.scope(scope(server)).await.unwrap().export();
    entry["fingerprint"] = key(server).as_str().into();
    change(&mut entry);
    let entry = entry.to_string();
    store
        .put(&key(server), entry.as_bytes(), HOUR)
        .await
        .unwrap();
}

/// Leads everything to another address.
fn lead_to(url: &str) -> impl FnOnce(&mut Value) {
    move |entry| {
        entry["auth_url"] = format!("{url}/v3").into();
        let services = entry["token"]["catalog"].as_array_mut().unwrap();
        assert!(!services.is_empty());
        for service in services {
            for endpoint in service["endpoints"].as_array_mut().unwrap() {
                endpoint["url"] = url.into();
            }
        }
        entry["token"]["expires_at"] = "9999-12-31T23:59:59Z".into();
    }
}

fn asked(server: &IdentityServer) -> usize {
    server.count("GET", TOKENS)
}

/// Of a plain entry that others could have written nothing but the token's id counts.
pub async fn nothing_but_the_id_is_believed(store: impl TokenStore + Clone) {
    let server = start().await;
    let (url, heard) = evil().await;
    put(&server, &store, |entry| {
        lead_to(&url)(entry);
        entry["token"]["project"]["id"] = "of-somebody-else".into();
    })
    .await;
    let before = logins(&server);
    for _ in 0..3 {
        let client = client(&server, store.clone()).build().unwrap();
        let token = client.token().await.unwrap();
        assert_eq!(token.auth_url(), server.auth_url());
        assert_eq!(token.project.as_ref().unwrap().id, server.demo().project_id);
        assert!(token.expires_in() <= 2 * HOUR);
        assert!(!token.export().to_string().contains(&url));
        for service in token.catalog.as_deref().unwrap() {
            let call = client.service(&service.service_type).get("").into_future();
            _ = tokio::time::timeout(Duration::from_secs(1), call).await;
        }
    }
    // The token that was there is used, and the server was asked once of it.
    assert_eq!((logins(&server), asked(&server)), (before, 1));
    let heard = heard.lock().unwrap();
    assert!(heard.is_empty(), "{}", String::from_utf8_lossy(&heard));
}

#[tokio::test]
async fn whoever_can_write_to_a_store_gets_no_token() {
    nothing_but_the_id_is_believed(Shared::default()).await;
}

#[tokio::test]
async fn a_token_that_the_server_does_not_know_is_removed_and_replaced() {
    let server = start().await;
    let store = Shared::default();
    put(&server, &store, |entry| entry["id"] = "made-up".into()).await;
    let before = logins(&server);
    let new = token(client(&server, store.clone())).await;
    assert_ne!(new.id().expose(), "made-up");
    assert_eq!((logins(&server), asked(&server)), (before + 1, 1));
    // What it has just got itself, it need not ask about.
    assert_eq!(token(client(&server, store)).await, new);
    assert_eq!((logins(&server), asked(&server)), (before + 1, 1));
}

#[tokio::test]
async fn a_token_of_another_user_or_scope_is_replaced() {
    let server = start().await;
    let store = Shared::default();
    let other = server.add_user(User::new("other").password("secret"));
    let other = Credentials::from(Password::by_id(other, "secret"));
    let unscoped = Scope::Unscoped;
    for (credentials, scope) in [(other, unscoped.clone()), (demo(&server), unscoped)] {
        let openstack = OpenStack::builder(server.auth_url()).build().unwrap();
        let generate = openstack.identity_v3().generate_token(credentials);
        let planted = generate.scope(scope).await.unwrap();
        put(&server, &store, |entry| {
            entry["id"] = planted.id().expose().into();
        })
        .await;
        let before = logins(&server);
        let new = token(client(&server, store.clone())).await;
        assert_eq!(new.project.as_ref().unwrap().id, server.demo().project_id);
        assert_eq!(new.user.id, server.demo().user_id);
        assert_eq!(logins(&server), before + 1);
        assert_eq!(token(client(&server, store.clone())).await, new);
    }
}

#[tokio::test]
async fn names_may_be_written_otherwise() {
    let server = start().await;
    let store = Shared::default();
    let demo = server.demo();
    let by_name = |user: &str, project: &str| {
        let default = || DomainRef::by_id("default");
        let credentials = Password::by_name(user, default(), &demo.password);
        (credentials, ProjectScope::by_name(project, default()))
    };
    let (user, project) = (demo.user_name.clone(), demo.project_name.clone());
    let (credentials, scope) = by_name(&user, &project);
    let openstack = OpenStack::builder(server.auth_url()).build().unwrap();
    let generate = openstack.identity_v3().generate_token(credentials);
    let planted = generate.scope(scope).await.unwrap();
    let (credentials, scope) = by_name(&user.to_uppercase(), &project.to_uppercase());
    let credentials = Credentials::from(credentials);
    let scope = Scope::from(scope);
    let key = StoreKey::new(&server.auth_url(), &credentials, Some(&scope)).unwrap();
    let mut entry = planted.export();
    entry["fingerprint"] = key.as_str().into();
    let entry = entry.to_string();
    store.put(&key, entry.as_bytes(), HOUR).await.unwrap();
    let client = builder(&server, store).credentials(credentials);
    let kept = token(client.scope(scope)).await;
    assert_eq!(kept.id().expose(), planted.id().expose());
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_server_that_can_not_tell_costs_a_login() {
    let server = start().await;
    let (store, (url, heard)) = (Shared::default(), evil().await);
    put(&server, &store, lead_to(&url)).await;
    server.inject(Fault::status(503).on("GET", TOKENS).always());
    let before = logins(&server);
    let new = token(client(&server, store.clone())).await;
    assert!(!new.export().to_string().contains(&url));
    assert_eq!((logins(&server), asked(&server)), (before + 1, 1));
    assert_eq!(token(client(&server, store)).await, new);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_may_not_look_at_itself_may_look_at_its_catalog() {
    let server = start().await;
    let (store, (url, heard)) = (Shared::default(), evil().await);
    put(&server, &store, lead_to(&url)).await;
    // As the token of a trust, with impersonation.
    let refusal = json!({"error": {"code": 403, "title": "Forbidden", "message": "no"}});
    let refusal = Fault::status(403).json(&refusal).on("GET", TOKENS);
    server.inject(refusal.always());
    let before = logins(&server);
    for _ in 0..2 {
        let token = token(client(&server, store.clone())).await;
        assert!(!token.export().to_string().contains(&url));
        assert!(!token.catalog.as_deref().unwrap().is_empty());
    }
    assert_eq!((logins(&server), server.count("GET", CATALOG)), (before, 1));
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_odd_entry_of_that_catalog_costs_no_login() {
    let server = start().await;
    let (store, (url, _)) = (Shared::default(), evil().await);
    put(&server, &store, lead_to(&url)).await;
    let refusal = json!({"error": {"code": 403, "title": "Forbidden", "message": "no"}});
    let refusal = Fault::status(403).json(&refusal).on("GET", TOKENS);
    server.inject(refusal.always());
    let endpoint = |url: Value| json!({"id": "e1", "interface": "public", "region": "R", "region_id": "R", "url": url});
    let endpoints = [
        endpoint(json!(null)),
        endpoint(json!("http://127.0.0.1:9/v1")),
    ];
    let catalog =
        json!([{"id": "s1", "type": "object-store", "name": "swift", "endpoints": endpoints}]);
    let catalog = Fault::status(200).json(&json!({"catalog": catalog}));
    server.inject(catalog.on("GET", CATALOG).always());
    let before = logins(&server);
    let token = token(client(&server, store)).await;
    assert_eq!(logins(&server), before);
    let services = token.catalog.as_deref().unwrap();
    assert_eq!((services.len(), services[0].endpoints.len()), (1, 1));
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_sealed_or_private() {
    let server = start().await;
    let folder = tempfile::tempdir().unwrap();
    let private = FileStore::in_folder(folder.path().join("tokens"));
    put(&server, &private, |_| {}).await;
    token(client(&server, private)).await;
    let store = Shared::default();
    for _ in 0..2 {
        let given = Sealing::WithKey(SealingKey::new([7; 32]));
        token(client(&server, store.clone()).token_sealing(given)).await;
    }
    assert_eq!((logins(&server), asked(&server)), (2, 0));
}
