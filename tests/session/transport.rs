//! Requests that are sent again, and those that are not.

use std::time::{Duration, Instant};

use openstack_identity::identity::v3::auth::Auth;
use openstack_identity::identity::v3::tokens::GenerateToken;
use openstack_identity::{Credentials, ErrorKind, Event, Password, Totp};
use openstack_identity_testing::Fault;

use crate::{Counter, PROJECTS, TOKENS, builder, call, logins, start};

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    for status in [429, 503] {
        let server = start().await;
        let counter = Counter::default();
        let openstack = builder(&server).on_event(counter.hook()).build().unwrap();
        server.inject(
            Fault::status(status)
                .header("Retry-After", "1")
                .on("POST", TOKENS),
        );
        let started = Instant::now();
        call(&openstack).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1), "{status}");
        assert_eq!(
            (logins(&server), counter.of(Event::Retry)),
            (2, 1),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_server_that_wants_too_long_a_pause_is_not_waited_for() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    server.inject(
        Fault::status(429)
            .header("Retry-After", "3600")
            .on("POST", TOKENS),
    );
    let error = call(&openstack).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error}"
    );
    assert_eq!(error.retry_after(), Some("3600"));
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_dropped_connection_repeats_only_what_is_safe() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    server.inject(Fault::drop_connection().on("POST", TOKENS));
    let error = call(&openstack).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnexpectedResponse),
        "{error}"
    );
    assert_eq!(logins(&server), 1, "a login may have got through");

    call(&openstack).await.unwrap();
    server.clear_requests();
    server.inject(Fault::drop_connection().on("GET", PROJECTS));
    call(&openstack).await.unwrap();
    assert_eq!(server.count("GET", PROJECTS), 2);
}

#[tokio::test]
async fn retries_have_an_end_and_can_be_turned_off() {
    for (retries, requests) in [(0, 1), (1, 2)] {
        let server = start().await;
        let openstack = builder(&server).retries(retries).build().unwrap();
        call(&openstack).await.unwrap();
        server.clear_requests();
        server.inject(Fault::status(503).on("GET", PROJECTS).always());
        let error = call(&openstack).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
        assert_eq!(server.count("GET", PROJECTS), requests);
    }
}

#[tokio::test]
async fn a_global_request_id_goes_with_every_request_of_its_clone() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    let id = "req-11111111-2222-4333-8444-555555555555";
    call(&openstack.with_global_request_id(id).unwrap())
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|request| request.header("X-Openstack-Request-Id") == Some(id))
    );
    server.clear_requests();
    call(&openstack).await.unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.header("X-Openstack-Request-Id"), None);
    assert!(openstack.with_global_request_id("line\nbreak").is_err());
}

#[tokio::test]
async fn a_passcode_is_never_sent_twice() {
    for fault in [
        Fault::status(503).header("Retry-After", "0"),
        Fault::status(503),
        Fault::status(429).header("Retry-After", "0"),
        Fault::drop_connection(),
    ] {
        let server = start().await;
        let user = server.demo().user_id.clone();
        server.inject(fault.clone().on("POST", TOKENS).always());
        let passcode = || Totp::by_id(&user, "123456");
        let openstack = builder(&server).credentials(passcode()).build().unwrap();
        call(&openstack).await.unwrap_err();
        assert_eq!(logins(&server), 1, "{fault:?}");

        let identity = openstack.identity_v3();
        identity.generate_token(passcode()).await.unwrap_err();
        assert_eq!(logins(&server), 2, "{fault:?}");
        let both = Credentials::new(Password::by_id(&user, "x")).and(passcode());
        identity.generate_token(both.unwrap()).await.unwrap_err();
        assert_eq!(logins(&server), 3, "{fault:?}");
        let operation = GenerateToken::new(Auth::new(passcode()));
        identity.send(operation).await.unwrap_err();
        assert_eq!(logins(&server), 4, "{fault:?}");
    }
}

#[tokio::test]
async fn a_login_with_a_password_is_sent_again_to_a_busy_server() {
    for status in [429, 503] {
        let server = start().await;
        server.inject(Fault::status(status).on("POST", TOKENS));
        call(&builder(&server).build().unwrap()).await.unwrap();
        assert_eq!(logins(&server), 2, "{status}");
    }
}
