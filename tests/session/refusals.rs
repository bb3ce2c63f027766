//! Tokens and credentials that are refused.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use openstack_identity::{ErrorKind, OpenStack, Password, ProjectScope, Validity};
use openstack_identity_testing::Fault;
use serde_json::json;

use crate::{PROJECTS, TOKENS, builder, call, demo, logins, start};

/// As Keystone refuses a token.
fn unauthorized() -> Fault {
    let error = json!({ "code": 401, "title": "Unauthorized", "message": "Authenticate." });
    Fault::status(401).json(&json!({ "error": error }))
}

#[tokio::test]
async fn a_call_replaces_a_refused_token_at_most_twice() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    call(&openstack).await.unwrap();
    for (refusals, logins_more) in [(1, 1), (2, 2)] {
        server.clear_requests();
        server.inject(unauthorized().on("GET", PROJECTS).times(refusals));
        call(&openstack).await.unwrap();
        assert_eq!(logins(&server), logins_more);
        assert_eq!(server.count("GET", PROJECTS), logins_more + 1);
    }

    server.clear_requests();
    server.inject(unauthorized().on("GET", PROJECTS).always());
    let began = Instant::now();
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    assert_eq!(
        (logins(&server), server.count("GET", PROJECTS)),
        (2, 3),
        "no loop"
    );
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "the second one waits"
    );
}

/// A second has ten tenths, and Keystone revokes the whole of it.
async fn at_each_tenth_of_a_second<F>(test: impl Fn(u32) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let tests: Vec<_> = (0..10).map(|tenth| tokio::spawn(test(tenth))).collect();
    for test in tests {
        test.await.unwrap();
    }
}

async fn wait_for(tenth: u32) {
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let wait = (1_000 + tenth * 100 - now.subsec_millis()) % 1_000;
    tokio::time::sleep(Duration::from_millis(wait.into())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_password_set_again_fails_no_call() {
    at_each_tenth_of_a_second(async |tenth| {
        let server = start().await;
        let openstack = builder(&server).build().unwrap();
        call(&openstack).await.unwrap();
        wait_for(tenth).await;
        let demo = server.demo();
        server.set_password(&demo.user_id, &demo.password).unwrap();
        for _ in 0..4 {
            call(&openstack).await.unwrap();
        }
        assert!(logins(&server) <= 3, "{tenth}: {}", logins(&server));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_fails_none_of_many_calls_at_a_time() {
    at_each_tenth_of_a_second(async |tenth| {
        let server = start().await;
        let openstack = builder(&server).build().unwrap();
        call(&openstack).await.unwrap();
        wait_for(tenth).await;
        server.revoke_user_tokens(&server.demo().user_id).unwrap();
        let calls: Vec<_> = (0..50)
            .map(|number| {
                let openstack = openstack.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(number * 30)).await;
                    call(&openstack).await
                })
            })
            .collect();
        for one in calls {
            one.await.unwrap().unwrap();
        }
        assert!(logins(&server) <= 3, "{tenth}: {}", logins(&server));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_at_the_login() {
    let server = start().await;
    for id in ["to\tken", "  "] {
        server.inject(Fault::with_header("X-Subject-Token", id).on("POST", TOKENS));
        let openstack = builder(&server).build().unwrap();
        server.clear_requests();
        let error = call(&openstack).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnexpectedResponse),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("X-Subject-Token") && text.contains("generate_token"),
            "{text}"
        );
        assert!(
            !text.contains("to\tken") && !text.contains("nothing was sent"),
            "{text}"
        );
        assert_eq!(server.requests().len(), 1);
        call(&openstack).await.unwrap();
    }
}

#[tokio::test]
async fn a_404_is_the_tokens_death_only_if_the_server_confirms_it() {
    let server = start().await;
    let project = server.add_project(openstack_identity_testing::Project::new("short-lived"));
    let target = openstack_identity_testing::Target::Project(project.clone());
    server.assign("member", &server.demo().user_id, target);
    let openstack = builder(&server)
        .scope(ProjectScope::by_id(&project))
        .build()
        .unwrap();
    let identity = openstack.identity_v3();
    call(&openstack).await.unwrap();

    // Something that is not there, asked with a token that is good.
    assert_eq!(
        identity.validate_token("nothing").await.unwrap(),
        Validity::Invalid
    );
    assert_eq!(logins(&server), 1);

    // A good token, asked about with a session whose project is gone: Keystone answers 404 to all.
    let subject = identity.generate_token(demo(&server)).await.unwrap();
    server.delete_project(&project).unwrap();
    server.clear_requests();
    let error = identity.validate_token(subject.id()).await.unwrap_err();
    // The session tried to log in again, and its scope is gone for good.
    assert!(
        matches!(error.kind(), ErrorKind::CredentialsRejected),
        "{error}"
    );
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_session_whose_project_is_disabled_for_a_while_recovers() {
    let server = start().await;
    let scope = ProjectScope::by_id(&server.demo().project_id);
    let openstack = builder(&server).scope(scope).build().unwrap();
    call(&openstack).await.unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.disable_project(&server.demo().project_id).unwrap();
    assert!(call(&openstack).await.is_err());
    server.enable_project(&server.demo().project_id).unwrap();
    // The refusal of the login cools down; changed credentials would be tried at once.
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    call(&openstack).await.unwrap();
}

#[tokio::test]
async fn a_token_of_the_second_of_a_password_change_is_waited_out() {
    let server = start().await;
    let password = Arc::new(Mutex::new(server.demo().password.clone()));
    let (user, shared) = (server.demo().user_id.clone(), password.clone());
    let openstack = OpenStack::builder(server.auth_url())
        .credentials_from(move || {
            let credentials = Password::by_id(&user, &*shared.lock().unwrap());
            async move { Ok(credentials.into()) }
        })
        .build()
        .unwrap();
    // Login and change in one second, by the server's clock, which goes on as ours does.
    call(&openstack).await.unwrap();
    server
        .set_password(&server.demo().user_id, "new-password")
        .unwrap();
    "new-password".clone_into(&mut password.lock().unwrap());
    call(&openstack).await.unwrap();
    assert!(logins(&server) <= 3, "{}", logins(&server));
}

#[tokio::test]
async fn refused_credentials_are_not_sent_again_at_once() {
    let server = start().await;
    let wrong = Password::by_id(&server.demo().user_id, "wrong");
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(wrong)
        .build()
        .unwrap();
    let mut messages = Vec::new();
    for _ in 0..5 {
        let error = call(&openstack).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::CredentialsRejected),
            "{error}"
        );
        messages.push(error.to_string());
    }
    assert_eq!(logins(&server), 1, "a loop locks nobody out");
    assert!(
        messages[1].contains("not sent again yet"),
        "{}",
        messages[1]
    );
}

#[tokio::test]
async fn changed_credentials_are_sent_at_once() {
    let server = start().await;
    let password = Arc::new(Mutex::new("wrong".to_owned()));
    let (user, shared) = (server.demo().user_id.clone(), password.clone());
    let openstack = OpenStack::builder(server.auth_url())
        .credentials_from(move || {
            let credentials = Password::by_id(&user, &*shared.lock().unwrap());
            async move { Ok(credentials.into()) }
        })
        .build()
        .unwrap();
    call(&openstack).await.unwrap_err();
    call(&openstack).await.unwrap_err();
    assert_eq!(logins(&server), 1);
    server
        .demo()
        .password
        .clone_into(&mut password.lock().unwrap());
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn an_outage_is_no_refusal() {
    let server = start().await;
    let openstack = builder(&server).retries(0).build().unwrap();
    server.inject(Fault::status(500).on("POST", TOKENS).times(2));
    for _ in 0..2 {
        let error = call(&openstack).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
    }
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 3);
}
