//! A server that hangs, drops, restarts or comes back with nothing in mind, while many are at work.

use std::time::{Duration, Instant};

use openstack_identity::{Error, ErrorKind, OpenStack, OpenStackBuilder, Password};
use openstack_identity_testing::{Fault, IdentityServer, Target, User};

use crate::proxy::Proxy;
use crate::{PROJECTS, TOKENS, builder, call, logins, start, until};

const USER: &str = "11111111111111111111111111111111";

/// A server with a user whose id and password are the same on each, as after a restart.
async fn lasting() -> IdentityServer {
    let server = start().await;
    server.add_user(User::new("lasting").id(USER).password("lasting-password"));
    server.assign("member", USER, Target::project(&server.demo().project_id));
    server
}

fn through(proxy: &Proxy) -> OpenStackBuilder {
    OpenStack::builder(format!("http://{}/v3", proxy.address))
        .credentials(Password::by_id(USER, "lasting-password"))
        .timeout(Duration::from_secs(30))
}

/// So many calls at once; what failed of them.
async fn burst(openstack: &OpenStack, calls: usize) -> Vec<Error> {
    let tasks: Vec<_> = (0..calls)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { call(&openstack).await })
        })
        .collect();
    let mut failed = Vec::new();
    for task in tasks {
        failed.extend(task.await.unwrap().err());
    }
    failed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_amid_a_storm_costs_one_login() {
    let first = lasting().await;
    let proxy = Proxy::to(first.base_url()).await;
    let openstack = through(&proxy).build().unwrap();
    call(&openstack).await.unwrap();

    // So long that all are cut off in the midst of it.
    let slow = Fault::delay(Duration::from_secs(60)).on("GET", PROJECTS);
    first.inject(slow.always());
    let storm = {
        let openstack = openstack.clone();
        tokio::spawn(async move { burst(&openstack, 200).await })
    };
    until("the storm", || first.count("GET", PROJECTS) == 201).await;
    proxy.shut();
    let cut = first.requests();
    assert_eq!(cut.iter().filter(|it| it.method == "POST").count(), 1);
    drop(first);
    let second = lasting().await;
    proxy.lead_to(second.base_url());
    // What was cut off is repeated where that is safe; the rest says what happened.
    for error in storm.await.unwrap() {
        assert!(
            matches!(
                error.kind(),
                ErrorKind::UnexpectedResponse | ErrorKind::Unreachable
            ),
            "{error}"
        );
    }

    // The new server knows no token of the old one.
    let failed = burst(&openstack, 200).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!((1..=2).contains(&logins(&second)), "{}", logins(&second));
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_timeout_and_no_more() {
    let server = start().await;
    let openstack = builder(&server)
        .timeout(Duration::from_secs(2))
        .retries(2)
        .build()
        .unwrap();
    server.inject(Fault::delay(Duration::from_secs(60)).on("POST", TOKENS));
    let started = Instant::now();
    let failed = burst(&openstack, 50).await.len();
    assert!(failed >= 45, "{failed}");
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
    assert!(
        logins(&server) <= 2,
        "a login that may have got through is not sent again"
    );
    call(&openstack).await.unwrap();
}

#[tokio::test]
async fn a_server_that_answers_byte_by_byte_costs_the_timeout_and_no_more() {
    let server = start().await;
    let openstack = builder(&server)
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    call(&openstack).await.unwrap();
    server.inject(Fault::trickle(Duration::from_millis(50)).on("GET", PROJECTS));
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut), "{error}");
    assert_eq!(
        server.count("GET", PROJECTS),
        2,
        "what took too long is not tried again"
    );
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_the_read_timeout() {
    let server = start().await;
    let openstack = builder(&server)
        .read_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    server.inject(Fault::delay(Duration::from_secs(60)).on("POST", TOKENS));
    let started = Instant::now();
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_is_away_says_so_and_is_found_when_it_is_back() {
    let server = lasting().await;
    let proxy = Proxy::to(server.base_url()).await;
    let openstack = through(&proxy).retries(0).build().unwrap();
    proxy.shut();
    let error = call(&openstack).await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::UnexpectedResponse | ErrorKind::Unreachable
        ),
        "{error}"
    );
    assert_eq!(error.operation(), "generate_token");
    proxy.lead_to(server.base_url());
    call(&openstack).await.unwrap();
}
