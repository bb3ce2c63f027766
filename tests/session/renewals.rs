//! Renewal before expiry, and what happens when it fails.

use std::time::Duration;

use openstack_identity::{ErrorKind, Event, OpenStack};
use openstack_identity_testing::Fault;

use crate::{Counter, TOKENS, builder, call, logins, start, start_with_lifetime, until};

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_nobody_waits() {
    // Renewed from the last 1 s to 1.5 s on; Keystone's times are whole seconds.
    let server = start_with_lifetime(Duration::from_secs(10)).await;
    let counter = Counter::default();
    let openstack = builder(&server).on_event(counter.hook()).build().unwrap();
    let first = openstack.token().await.unwrap();
    until("the renewal", || {
        let openstack = openstack.clone();
        tokio::spawn(async move { openstack.token().await });
        counter.of(Event::Renewal) > 0
    })
    .await;
    assert_eq!(logins(&server), 2);
    assert_ne!(
        openstack.token().await.unwrap().id().expose(),
        first.id().expose()
    );
    assert_eq!(counter.of(Event::Wait), 0, "the old one was good meanwhile");
}

/// The margin is a tenth of its life, and half as much again at most: not the two minutes of longer ones.
#[tokio::test]
async fn a_token_of_five_minutes_is_used_for_most_of_them() {
    let server = start_with_lifetime(Duration::from_secs(300)).await;
    let openstack = builder(&server).build().unwrap();
    let age = async |seconds| {
        server.clock().advance(Duration::from_secs(seconds));
        // The first answer tells the time, and the second call goes by it.
        for _ in 0..2 {
            call(&openstack).await.unwrap();
        }
    };
    age(0).await;
    age(240).await;
    assert_eq!(logins(&server), 1);
    age(35).await;
    until("the renewal", || logins(&server) == 2).await;
    age(200).await;
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_token_goes_on_while_its_renewal_fails_and_ends_at_expiry() {
    let server = start_with_lifetime(Duration::from_secs(10)).await;
    let counter = Counter::default();
    let openstack = builder(&server)
        .retries(0)
        .on_event(counter.hook())
        .build()
        .unwrap();
    let first = openstack.token().await.unwrap();
    server.inject(Fault::status(503).on("POST", TOKENS).always());
    until("a failed renewal", || {
        let openstack = openstack.clone();
        tokio::spawn(async move { openstack.token().await });
        counter.of(Event::LoginFailed) > 0
    })
    .await;
    let still = openstack.token().await.unwrap();
    assert_eq!(still.id().expose(), first.id().expose());
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let error = openstack.token().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
    server.clear_faults();
    openstack.token().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_off_by_a_day_does_no_harm() {
    let day = Duration::from_secs(86_400);
    for ahead in [true, false] {
        let server = start().await;
        let now = server.clock().now();
        server
            .clock()
            .set(if ahead { now + day } else { now - day });
        let openstack = builder(&server).build().unwrap();
        for _ in 0..3 {
            call(&openstack).await.unwrap();
        }
        assert_eq!(logins(&server), 1, "ahead: {ahead}");
    }
}

#[tokio::test]
async fn a_cached_token_is_used_and_replaced_when_it_is_refused() {
    let server = start().await;
    let token = builder(&server).build().unwrap().token().await.unwrap();
    let counter = Counter::default();
    let openstack = builder(&server)
        .cached_token(token.clone())
        .on_event(counter.hook())
        .build()
        .unwrap();
    server.clear_requests();
    call(&openstack).await.unwrap();
    assert_eq!((logins(&server), counter.of(Event::CacheHit)), (0, 1));

    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 1);

    // Without credentials the refusal is the end of it.
    let alone = OpenStack::builder(server.auth_url())
        .cached_token(token)
        .build()
        .unwrap();
    let error = call(&alone).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
}
