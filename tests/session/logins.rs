//! One login for all who wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use openstack_identity_testing::Fault;
use tokio::sync::Semaphore;

use openstack_identity::{ErrorKind, Event, OpenStack, Password, ProjectScope, Scope, TokenId};

use crate::{Counter, PROJECTS, TOKENS, builder, call, logins, start, until};

const STORM: usize = 10_000;

/// Asks for the session's token by so many tasks at once; the ids that came.
async fn storm(openstack: &OpenStack) -> Vec<TokenId> {
    let tasks: Vec<_> = (0..STORM)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { openstack.token().await.unwrap().id().clone() })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tasks_without_a_token_log_in_once() {
    let server = start().await;
    // Slow enough that they find the login under way.
    server.inject(Fault::delay(Duration::from_secs(1)).on("POST", TOKENS));
    let counter = Counter::default();
    let openstack = builder(&server).on_event(counter.hook()).build().unwrap();
    let ids = storm(&openstack).await;
    assert_eq!(logins(&server), 1);
    assert!(ids.iter().all(|id| id.expose() == ids[0].expose()));
    assert_eq!(counter.of(Event::Login), 1);
    assert!(counter.of(Event::Wait) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tasks_whose_token_has_expired_log_in_once_more() {
    let server = crate::start_with_lifetime(Duration::from_secs(8)).await;
    let openstack = builder(&server).build().unwrap();
    openstack.token().await.unwrap();
    tokio::time::sleep(Duration::from_millis(8_200)).await;
    server.clear_requests();
    server.inject(Fault::delay(Duration::from_millis(300)).on("POST", TOKENS));
    storm(&openstack).await;
    assert_eq!(logins(&server), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tasks_whose_token_is_refused_log_in_once_more() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    let first = openstack.token().await.unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    // All of them wait for their turn at a connection, and most find the new token.
    let connections = Arc::new(Semaphore::new(200));
    let tasks: Vec<_> = (0..STORM)
        .map(|_| {
            let (openstack, connections) = (openstack.clone(), connections.clone());
            tokio::spawn(async move {
                let _turn = connections.acquire().await;
                call(&openstack).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(logins(&server), 2);
    assert!(openstack.token().await.unwrap().issued_at > first.issued_at);
}

#[tokio::test]
async fn who_waits_shares_the_error() {
    let server = start().await;
    let slow = Fault::status(503).after(Duration::from_secs(1));
    server.inject(slow.on("POST", TOKENS));
    let openstack = builder(&server).retries(0).build().unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { call(&openstack).await })
        })
        .collect();
    // Once the login has begun, all of them wait for it.
    let mut failed = 0;
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
            failed += 1;
        }
    }
    assert!(failed >= 90, "{failed}");
    assert!(logins(&server) <= 2, "{}", logins(&server));
}

#[tokio::test]
async fn a_leader_that_is_cancelled_hands_over() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(30)).on("POST", TOKENS));
    let counter = Counter::default();
    let openstack = builder(&server).on_event(counter.hook()).build().unwrap();
    let leader = {
        let openstack = openstack.clone();
        tokio::spawn(async move { call(&openstack).await })
    };
    until("the first login", || logins(&server) == 1).await;
    let mut waiter = Box::pin(call(&openstack));
    // Its first turn takes it to where it waits: it has nothing else to wait for.
    let first = std::future::poll_fn(|context| Poll::Ready(waiter.as_mut().poll(context))).await;
    assert!(first.is_pending());
    assert_eq!(logins(&server), 1, "the second one waits");
    leader.abort();
    waiter.await.unwrap();
    assert_eq!((logins(&server), counter.of(Event::Wait)), (2, 1));
}

#[tokio::test]
async fn clones_share_the_session_and_other_scopes_have_their_own() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    call(&openstack).await.unwrap();
    call(&openstack.clone()).await.unwrap();
    assert_eq!(logins(&server), 1);

    let project = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    let token = project.token().await.unwrap();
    assert_eq!(token.project.as_ref().unwrap().id, server.demo().project_id);
    let login = server.requests().pop().unwrap().json().unwrap();
    assert_eq!(
        login["auth"]["identity"]["methods"][0], "password",
        "by the credentials"
    );
    let unscoped = project.rescope(Scope::Unscoped).token().await.unwrap();
    assert!(unscoped.project.is_none());
    assert!(
        openstack.token().await.unwrap().project.is_none(),
        "the first one is as it was"
    );
    assert_eq!(logins(&server), 3);
}

#[tokio::test]
async fn a_provider_is_asked_at_each_login() {
    let server = start().await;
    let (user, asked) = (server.demo().user_id.clone(), Arc::new(AtomicUsize::new(0)));
    let counter = asked.clone();
    let openstack = OpenStack::builder(server.auth_url())
        .credentials_from(move || {
            let rotated = counter.fetch_add(1, Ordering::SeqCst) > 0;
            let password = if rotated {
                "second-password"
            } else {
                "demo-password"
            };
            let credentials = Password::by_id(&user, password);
            async move { Ok(credentials.into()) }
        })
        .build()
        .unwrap();
    call(&openstack).await.unwrap();
    call(&openstack).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    server.clock().advance(Duration::from_secs(60));
    server
        .set_password(&server.demo().user_id, "second-password")
        .unwrap();
    server.clock().advance(Duration::from_secs(2));
    call(&openstack).await.unwrap();
    assert_eq!((asked.load(Ordering::SeqCst), logins(&server)), (2, 2));
}

#[tokio::test]
async fn a_secret_in_a_file_is_read_at_each_login() {
    let server = start().await;
    let user = server.demo().user_id.clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, format!("{}\n", server.demo().password)).unwrap();
    let file = openstack_identity::secret_from_file(&path, {
        let user = user.clone();
        move |password| Password::by_id(&user, password).into()
    });
    let openstack = OpenStack::builder(server.auth_url()).credentials_from(file);
    let openstack = openstack.build().unwrap();
    call(&openstack).await.unwrap();
    std::fs::write(&path, "second-password").unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.set_password(&user, "second-password").unwrap();
    server.clock().advance(Duration::from_secs(2));
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_secret_in_a_variable_is_used() {
    let server = start().await;
    let user = server.demo().user_id.clone();
    // A variable that there is, as this program can't set one safely.
    let value = std::env::var("PATH").unwrap();
    server.set_password(&user, &value).unwrap();
    server.clock().advance(Duration::from_secs(2));
    let with = |name: &str| {
        let user = user.clone();
        let provider = openstack_identity::secret_from_env(name, move |password| {
            Password::by_id(&user, password).into()
        });
        let builder = OpenStack::builder(server.auth_url()).credentials_from(provider);
        builder.build().unwrap()
    };
    call(&with("PATH")).await.unwrap();
    let error = call(&with("NO_SUCH_VARIABLE")).await.unwrap_err();
    assert!(error.to_string().contains("NO_SUCH_VARIABLE"), "{error}");
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_provider_without_credentials_says_why() {
    let server = start().await;
    let file = openstack_identity::secret_from_file("no/such/file", |password| {
        Password::by_id("a", password).into()
    });
    let openstack = OpenStack::builder(server.auth_url())
        .credentials_from(file)
        .build()
        .unwrap();
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    assert!(error.to_string().contains("no/such/file"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn closing_with_a_dead_token_logs_nobody_in() {
    let server = crate::start_with_lifetime(Duration::from_secs(1)).await;
    let openstack = builder(&server).revoke_on_close(true).build().unwrap();
    openstack.token().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    server.clear_requests();
    openstack.close().await.unwrap();
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn closing_revokes_if_it_was_asked_for() {
    for revoke in [false, true] {
        let server = start().await;
        let openstack = builder(&server).revoke_on_close(revoke).build().unwrap();
        call(&openstack).await.unwrap();
        openstack.close().await.unwrap();
        assert_eq!(server.count("DELETE", TOKENS), usize::from(revoke));
        assert_eq!(server.count("GET", PROJECTS), 1);
        // Without a token there is nothing to revoke, and nothing is sent.
        server.clear_requests();
        let unused = builder(&server).revoke_on_close(revoke).build().unwrap();
        unused.close().await.unwrap();
        assert!(server.requests().is_empty());
    }
}
