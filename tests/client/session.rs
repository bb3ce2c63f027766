//! The session: one login, when it is needed, for all who need it.

use std::time::{Duration, SystemTime};

use openstack_identity::{AuthToken, Error, ErrorKind, OpenStack, Password};
use openstack_identity_testing::{Fault, Target, User};

use crate::assert_error;
use crate::support::{TOKENS, administrator, builder, check, openstack, soon, start};

#[tokio::test]
async fn nothing_is_sent_until_a_call_needs_it() {
    let server = start().await;
    let openstack = openstack(&server);
    let identity = openstack.identity_v3();
    drop(identity.generate_token(Password::by_id("a1", "pw")));
    drop(identity.validate_token("token"));
    assert_eq!(server.requests(), []);
    // No default project, no region, no catalog: nothing of that is needed.
    assert_eq!(soon(identity.list_auth_projects()).await.unwrap().len(), 1);
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    assert_eq!(sent, ["POST /v3/auth/tokens", "GET /v3/auth/projects"]);
}

#[tokio::test]
async fn one_login_serves_many_calls_and_all_clones() {
    let server = start().await;
    let openstack = openstack(&server);
    let identity = openstack.identity_v3();
    for _ in 0..5 {
        soon(identity.list_auth_projects()).await.unwrap();
        soon(identity.clone().list_auth_domains()).await.unwrap();
        soon(openstack.clone().identity_v3().validate_token("token"))
            .await
            .unwrap();
    }
    assert_eq!(server.count("POST", TOKENS), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_login_serves_calls_at_the_same_time() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_millis(100)).on("POST", TOKENS));
    let openstack = openstack(&server);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { openstack.identity_v3().list_auth_projects().await })
        })
        .collect();
    for call in calls {
        assert_eq!(soon(call).await.unwrap().unwrap().len(), 1);
    }
    assert_eq!(
        (
            server.count("POST", TOKENS),
            server.count("GET", "/v3/auth/projects")
        ),
        (1, 50)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_wrong_password_is_tried_once_by_all_who_wait() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(1)).on("POST", TOKENS));
    let wrong = Password::by_id(&server.demo().user_id, "wrong-password");
    let openstack = builder(&server).credentials(wrong).build().unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { openstack.identity_v3().list_auth_projects().await })
        })
        .collect();
    for call in calls {
        let error = soon(call).await.unwrap().unwrap_err();
        check(&error, "generate_token", &server);
        assert_error!(error, ErrorKind::CredentialsRejected);
    }
    assert_eq!(server.count("POST", TOKENS), 1);
    // Who calls soon after is told, and nothing is sent: a loop locks nobody out.
    let error = soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap_err();
    assert_error!(error, ErrorKind::CredentialsRejected, "not sent again yet");
    assert_eq!(server.count("POST", TOKENS), 1);
}

#[tokio::test]
async fn a_login_that_is_given_up_leaves_no_lock() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(60)).on("POST", TOKENS));
    let identity = openstack(&server).identity_v3();
    let sent = async {
        while server.count("POST", TOKENS) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        result = identity.list_auth_projects() => panic!("{result:?}"),
        () = soon(sent) => {}
    }
    soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 2);
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = start().await;
    let identity = OpenStack::builder(server.auth_url())
        .build()
        .unwrap()
        .identity_v3();
    let errors = [
        soon(identity.validate_token("token")).await.unwrap_err(),
        soon(identity.list_auth_projects()).await.unwrap_err(),
    ];
    for (error, operation) in errors.iter().zip(["validate_token", "list_auth_projects"]) {
        check(error, operation, &server);
        assert_error!(error, ErrorKind::NoCredentials, "`OpenStack::builder`");
        assert_eq!((error.status(), error.method()), (None, None));
    }
    assert_eq!(server.requests(), []);
}

/// The token as if it had expired, or were to expire later than it does.
fn expiring(token: &AuthToken, at: &str) -> AuthToken {
    let mut export = token.export();
    export["token"]["expires_at"] = at.into();
    AuthToken::from_export(export).unwrap()
}

#[tokio::test]
async fn a_session_token_that_has_expired_is_renewed() {
    let server = start().await;
    let token = crate::support::token(&server).await;
    let token = expiring(&token, "2026-01-01T00:00:00Z");
    let identity = builder(&server)
        .cached_token(token)
        .build()
        .unwrap()
        .identity_v3();
    for _ in 0..3 {
        soon(identity.list_auth_projects()).await.unwrap();
    }
    assert_eq!(server.count("POST", TOKENS), 1);
}

#[tokio::test]
async fn a_server_whose_clock_is_behind_costs_nothing() {
    let server = start().await;
    // By the client's clock its tokens have expired when they come; the server's decides.
    server
        .clock()
        .set(SystemTime::now() - Duration::from_secs(5 * 3600));
    let identity = openstack(&server).identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
}

#[tokio::test]
async fn a_session_token_that_the_server_refuses_is_told_from_wrong_credentials() {
    let server = start().await;
    let cached = crate::support::token(&server).await;
    // Without credentials, so that the session can't get another.
    let openstack = OpenStack::builder(server.auth_url()).cached_token(cached);
    let identity = openstack.build().unwrap().identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    let error: Error = soon(identity.list_auth_projects()).await.unwrap_err();
    check(&error, "list_auth_projects", &server);
    assert_error!(error, ErrorKind::Unauthorized, "log in again");
}

#[tokio::test]
async fn sessions_of_different_users_are_apart() {
    let server = start().await;
    let id = server.add_user(User::new("alice").password("wonderland"));
    server.assign(
        "member",
        &id,
        Target::project(&server.demo().admin_project_id),
    );
    let alice = builder(&server)
        .credentials(Password::by_id(&id, "wonderland"))
        .build()
        .unwrap();
    let (alice, demo, admin) = (
        alice.identity_v3(),
        openstack(&server).identity_v3(),
        administrator(&server).identity_v3(),
    );
    for (identity, project) in [
        (&alice, "admin"),
        (&demo, "demo"),
        (&admin, "admin"),
        (&alice, "admin"),
    ] {
        assert_eq!(
            soon(identity.list_auth_projects()).await.unwrap()[0].name,
            project
        );
    }
    assert_eq!(server.count("POST", TOKENS), 3);
}
