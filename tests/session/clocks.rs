//! Clocks that are wrong. This machine's is never set here, so the server's is.

use std::time::Duration;

use openstack_identity::{OpenStack, Scope};
use openstack_identity_testing::{Fault, IdentityServer};

use crate::{PROJECTS, builder, call, logins, start, start_with_lifetime, until};

const DAY: Duration = Duration::from_secs(86_400);

/// By which every token has expired.
const FAR: &str = "Fri, 23 Nov 2096 13:48:29 GMT";

/// Tokens of this server are due in the last 10 s to 15 s of their lives.
async fn aging() -> IdentityServer {
    start_with_lifetime(Duration::from_secs(100)).await
}

#[tokio::test]
async fn the_servers_clock_is_learned_from_any_of_its_answers() {
    let server = aging().await;
    server.clock().set(server.clock().now() + DAY);
    let token = builder(&server).build().unwrap().token().await.unwrap();
    server.clear_requests();
    // By our clock this token lives for more than a day.
    let openstack = builder(&server).cached_token(token).build().unwrap();
    call(&openstack).await.unwrap();
    server.clock().advance(Duration::from_secs(93));
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 0);
    call(&openstack).await.unwrap();
    until("the renewal", || logins(&server) == 1).await;
    let rescoped = openstack.rescope(Scope::Unscoped);
    call(&rescoped).await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn the_date_of_a_proxy_does_no_harm_after_a_login() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    server.inject(Fault::date_skew(86_400).always());
    for _ in 0..3 {
        call(&openstack).await.unwrap();
    }
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn one_wrong_date_costs_a_login_and_no_more() {
    let server = start().await;
    let openstack = builder(&server).build().unwrap();
    call(&openstack).await.unwrap();
    server.inject(Fault::date_skew(86_400).on("GET", PROJECTS));
    for _ in 0..3 {
        call(&openstack).await.unwrap();
    }
    assert_eq!(logins(&server), 2);
}

/// A client that has nothing but a token that is good.
async fn with_token_only(server: &IdentityServer) -> OpenStack {
    let token = builder(server).build().unwrap().token().await.unwrap();
    OpenStack::builder(server.auth_url())
        .cached_token(token)
        .retries(0)
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_clock_of_a_gateway_that_answers_for_the_server_is_not_the_servers() {
    let server = start().await;
    let openstack = with_token_only(&server).await;
    let gateway = Fault::status(502).header("Date", FAR);
    server.inject(gateway.on("GET", PROJECTS));
    call(&openstack).await.unwrap_err();
    call(&openstack).await.unwrap();

    // The same from the server itself is believed.
    server.inject(Fault::with_header("Date", FAR).on("GET", PROJECTS));
    call(&openstack).await.unwrap();
    let error = call(&openstack).await.unwrap_err().to_string();
    assert!(error.contains("token has expired"), "{error}");
}
