//! A session that starts with a token from an earlier login.

use std::time::Duration;

use openstack_identity::identity::v3::auth::{DomainScope, SystemScope, TrustScope};
use openstack_identity::{
    AuthToken, ErrorKind, OpenStack, OpenStackBuilder, Password, ProjectScope, Scope,
};
use openstack_identity_testing::IdentityServer;
use serde_json::json;
use tests::world::World;

use crate::assert_error;
use crate::support::{TOKENS, admin, builder, check, soon, start, token};

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
    let expired =
        "the cached token has expired, at 2026-01-01T00:00:00Z, and there are no credentials";
    assert_error!(error, ErrorKind::NoCredentials, expired);
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
    let of = format!(
        "the cached token is another server's ({})",
        other.auth_url()
    );
    assert_error!(error, ErrorKind::NoCredentials, of);
    assert_eq!(other.requests(), []);
}

#[tokio::test]
async fn a_token_tells_how_long_it_lives() {
    let server = start().await;
    let token = token(&server).await;
    assert!(!token.is_expired());
    let left = token.expires_in();
    assert!(left > Duration::from_secs(60), "{left:?}");
    assert!(left <= token.expires_at.since(token.issued_at), "{left:?}");
    let expired = expired(&token);
    assert!(expired.is_expired() && expired.expires_in().is_zero());
}

/// A session without credentials that was given this token.
async fn refused(server: &IdentityServer, token: &AuthToken, scope: impl Into<Scope>) -> String {
    let openstack = starting_with(&server.auth_url(), token)
        .scope(scope)
        .build()
        .unwrap();
    server.clear_requests();
    let explained = openstack.explain().await;
    let error = soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap_err();
    check(&error, "list_auth_projects", server);
    let text = error.to_string();
    assert_error!(error, ErrorKind::NoCredentials, "`OpenStack::builder`");
    assert_eq!(server.requests(), []);
    let (_, why) = text.split_once(": the cached token ").unwrap();
    let (why, _) = why.split_once(", and there are no credentials").unwrap();
    let line = format!("the cached token {why}, so it is not used");
    assert!(explained.contains(&line), "{explained}");
    why.to_owned()
}

#[tokio::test]
async fn without_credentials_the_error_says_what_else_it_is_for() {
    let world = World::embedded().await.unwrap();
    let server = world.server().unwrap();
    let (project, domain) = (&world.project, &world.domain);
    let scopes: [(&_, Scope, String); 5] = [
        (&world.user, Scope::Unscoped, "unscoped".to_owned()),
        (
            &world.user,
            ProjectScope::by_id(&project.id).into(),
            format!("for the project {} ({})", project.name, project.id),
        ),
        (
            &world.user,
            DomainScope::by_id(&domain.id).into(),
            format!("for the domain {} ({})", domain.name, domain.id),
        ),
        (
            &world.system_reader,
            SystemScope::new().into(),
            "for the system".to_owned(),
        ),
        (
            &world.trustee,
            TrustScope::new(&world.trust_id).into(),
            format!("for the trust {}", world.trust_id),
        ),
    ];
    for (user, scope, name) in &scopes {
        let openstack = OpenStack::builder(server.auth_url())
            .credentials(Password::by_id(&user.id, &*user.password))
            .scope(scope.clone())
            .build()
            .unwrap();
        let token = soon(openstack.token()).await.unwrap();
        for (_, other, _) in scopes.iter().filter(|(_, other, _)| other != scope) {
            assert_eq!(
                refused(server, &token, other.clone()).await,
                format!("is {name}, and another scope was asked for")
            );
        }
        // For its own scope it is good, and if none is asked for, because there is no other.
        let plain = starting_with(&server.auth_url(), &token);
        for builder in [
            plain.scope(scope.clone()),
            starting_with(&server.auth_url(), &token),
        ] {
            server.clear_requests();
            assert_eq!(soon(builder.build().unwrap().token()).await.unwrap(), token);
            assert_eq!(server.requests(), []);
        }
    }
}

/// Names of the server's choice can't make the message anything but one bearable line.
#[tokio::test]
async fn a_strange_name_does_no_harm() {
    let server = start().await;
    let mut export = token(&server).await.export();
    let name = format!("\u{1b}[31mred\r\n\u{202e}{}", "x".repeat(100_000));
    export["token"]["project"] =
        json!({"id": "p", "name": name, "domain": {"id": "d", "name": "d"}});
    let token = AuthToken::from_export(export).unwrap();
    let why = refused(&server, &token, Scope::Unscoped).await;
    assert!(why.starts_with("is for the project"), "{why}");
}

/// The credentials bring another, and the one that was passed over goes nowhere.
#[tokio::test]
async fn the_token_of_another_user_is_passed_over() {
    let server = start().await;
    let token = token(&server).await;
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(admin(&server))
        .cached_token(token.clone())
        .build()
        .unwrap();
    let explained = openstack.explain().await;
    let line = "the cached token is of other credentials, so it is not used";
    assert!(explained.contains(line), "{explained}");
    soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
    for request in server.requests() {
        assert_ne!(request.header("X-Auth-Token"), Some(token.id().expose()));
    }
    let own = soon(openstack.token()).await.unwrap();
    assert_eq!(own.user.id, server.demo().admin_id);
}

#[tokio::test]
async fn a_revoked_one_is_replaced_by_the_credentials() {
    let server = start().await;
    let token = token(&server).await;
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    let openstack = builder(&server)
        .cached_token(token.clone())
        .build()
        .unwrap();
    soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
    assert_ne!(
        soon(openstack.token()).await.unwrap().id().expose(),
        token.id().expose()
    );

    let alone = starting_with(&server.auth_url(), &token).build().unwrap();
    let error = soon(alone.identity_v3().list_auth_projects())
        .await
        .unwrap_err();
    check(&error, "list_auth_projects", &server);
    assert_error!(error, ErrorKind::Unauthorized, "expired or was revoked");
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
async fn an_export_may_say_from_which_login_it_came() {
    let server = start().await;
    let token = token(&server).await;
    let mut export = token.export();
    assert!(
        export["fingerprint"]
            .as_str()
            .is_some_and(|it| it.len() > 32)
    );
    assert!(
        !export["fingerprint"]
            .to_string()
            .contains(&server.demo().password)
    );
    export["fingerprint"] = "a1b2".into();
    let known = AuthToken::from_export(export.clone()).unwrap();
    assert_ne!(known, token);
    assert_eq!((known.export(), &*known), (export.clone(), &*token));
    // As the version before wrote it.
    let mut old = token.export();
    old["format"] = 1.into();
    old.as_object_mut().unwrap().remove("fingerprint");
    let old = AuthToken::from_export(old).unwrap();
    assert_eq!((old.id().expose(), &*old), (token.id().expose(), &*token));
    for (key, value) in [
        ("fingerprint", json!(null)),
        ("fingerprint", json!("")),
        ("fingerprint", json!(["a1b2"])),
        ("format", json!(0)),
        ("format", json!(3)),
        ("format", json!("2")),
        ("auth_url", json!("keystone")),
    ] {
        let mut wrong = export.clone();
        wrong[key] = value;
        let error = AuthToken::from_export(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
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
