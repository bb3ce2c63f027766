//! A session that starts with a token from an earlier login.

use openstack_identity::{AuthToken, ErrorKind, OpenStack, OpenStackBuilder};
use serde_json::json;

use crate::assert_error;
use crate::support::{TOKENS, builder, check, soon, start, token};

/// A session with a token and no credentials.
fn starting_with(auth_url: &str, token: &AuthToken) -> OpenStackBuilder {
    OpenStack::builder(auth_url).cached_token(token.clone())
}

fn expired(token: &AuthToken) -> AuthToken {
    let mut export = token.export();
    export["token"]["expires_at"] = "2026-01-01T00:00:00.000000Z".into();
    AuthToken::from_export(export).unwrap()
}

#[tokio::test]
async fn it_is_used_and_nothing_else_is_sent() {
    let server = start().await;
    let token = token(&server).await;
    let identity = starting_with(&server.auth_url(), &token)
        .build()
        .unwrap()
        .identity_v3();
    assert_eq!(server.requests(), []);
    soon(identity.list_auth_projects()).await.unwrap();
    let [request] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(request.header("X-Auth-Token"), Some(token.id().expose()));
}

#[tokio::test]
async fn the_auth_url_can_be_written_otherwise() {
    let server = start().await;
    let token = token(&server).await;
    let base = server.base_url();
    for url in [
        base.to_owned(),
        format!("{base}/"),
        format!("{base}/v3/"),
        base.replace("http", "HTTP"),
    ] {
        let identity = starting_with(&url, &token).build().unwrap().identity_v3();
        soon(identity.list_auth_projects()).await.unwrap();
    }
    assert_eq!(server.count("POST", TOKENS), 0);
}

#[tokio::test]
async fn if_it_has_expired_the_credentials_are_used() {
    let server = start().await;
    let token = expired(&token(&server).await);
    let openstack = builder(&server)
        .cached_token(token.clone())
        .build()
        .unwrap();
    assert_eq!(server.requests(), []);
    soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
    let identity = starting_with(&server.auth_url(), &token)
        .build()
        .unwrap()
        .identity_v3();
    let error = soon(identity.list_auth_projects()).await.unwrap_err();
    check(&error, "list_auth_projects", &server);
    assert_error!(error, ErrorKind::NoCredentials, "has expired");
}

#[tokio::test]
async fn the_token_of_another_server_goes_nowhere() {
    let (server, other) = (start().await, start().await);
    let token = token(&other).await;
    let openstack = builder(&server)
        .cached_token(token.clone())
        .build()
        .unwrap();
    soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
    for request in server.requests() {
        assert_ne!(request.header("X-Auth-Token"), Some(token.id().expose()));
    }
    let identity = starting_with(&server.auth_url(), &token)
        .build()
        .unwrap()
        .identity_v3();
    let error = soon(identity.list_auth_projects()).await.unwrap_err();
    check(&error, "list_auth_projects", &server);
    assert_error!(error, ErrorKind::NoCredentials, "another server's");
    assert_eq!(other.requests(), []);
}

#[tokio::test]
async fn an_export_comes_back_equal_also_with_what_no_type_knows() {
    let server = start().await;
    let token = token(&server).await;
    let mut export = token.export();
    assert_eq!(export["format"], 2);
    assert_eq!(export["auth_url"], server.auth_url());
    assert_eq!(export["id"], token.id().expose());
    assert_eq!(AuthToken::from_export(export.clone()).unwrap(), token);
    export["token"]["x-vendor"] = json!({"deep": [1, {"er": null}]});
    export["token"]["user"]["nickname"] = json!("al");
    let richer = AuthToken::from_export(export.clone()).unwrap();
    assert_ne!(richer, token);
    assert_eq!(richer.export(), export);
    let again = AuthToken::from_export(serde_json::from_str(&export.to_string()).unwrap()).unwrap();
    assert_eq!((again.export(), &*again), (export, &*token));
}

#[tokio::test]
async fn a_file_keeps_it_whole() {
    let server = start().await;
    let token = token(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.json");
    token.save(&path).unwrap();
    let loaded = AuthToken::load(&path).unwrap();
    assert_eq!(loaded, token);
    let identity = starting_with(&server.auth_url(), &loaded)
        .build()
        .unwrap()
        .identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
}
