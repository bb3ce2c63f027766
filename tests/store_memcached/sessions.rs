//! A session whose memcached is killed, frozen or cut off, or takes no large entries, goes on without it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openstack_identity::store::TokenStore;
use openstack_identity_testing::{Endpoint, IdentityServer, Service};
use tests::memcached_server::MemcachedServer;
use tests::programs::{run, until_used_again};

use crate::{BOUND, builder, open};

async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

#[tokio::test]
async fn one_that_is_killed_costs_logins_until_it_is_back() {
    let identity = start().await;
    let mut memcached = MemcachedServer::start();
    let store = Arc::new(open(&memcached));
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    assert!(run(&identity, store.clone(), BOUND).await.is_hit());
    memcached.kill();
    for _ in 0..2 {
        let without = run(&identity, store.clone(), BOUND).await;
        assert!(without.went_without(), "{without:?}");
    }
    memcached.restart();
    until_used_again(&identity, store, BOUND).await;
}

#[tokio::test]
async fn one_that_hangs_costs_the_stores_timeout_and_no_more() {
    let identity = start().await;
    let memcached = MemcachedServer::start();
    let store = Arc::new(open(&memcached));
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    memcached.freeze();
    let started = Instant::now();
    let without = run(&identity, store.clone(), Duration::from_millis(100)).await;
    assert!(without.went_without(), "{without:?}");
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    memcached.thaw();
    until_used_again(&identity, store, BOUND).await;
}

#[tokio::test]
async fn one_that_is_cut_off_in_the_middle_of_a_call_never_fails_a_session() {
    let identity = start().await;
    let memcached = MemcachedServer::start();
    assert!(run(&identity, open(&memcached), BOUND).await.is_miss());
    let gate = crate::cut::Proxy::to(memcached.socket_address()).await;
    let mut without = 0;
    // In the reply to the look, within its entry.
    for after in (1..1500).step_by(100) {
        gate.cut_after(after);
        let store = builder(gate.address.to_string()).build().unwrap();
        let run = run(&identity, store, BOUND).await;
        assert!(run.is_hit() || run.went_without(), "{after}: {run:?}");
        without += usize::from(run.went_without());
    }
    assert!(without > 3, "{without}");
    gate.cut_after(0);
    let store = Arc::new(builder(gate.address.to_string()).build().unwrap());
    until_used_again(&identity, store, BOUND).await;
}

/// A cloud whose catalog is larger than what memcached takes.
async fn with_a_large_catalog() -> IdentityServer {
    let mut cloud = IdentityServer::builder();
    for number in 0..2500 {
        let mut service = Service::new(format!("type-{number}"), format!("service-{number}"));
        for interface in ["public", "internal", "admin"] {
            let url = format!("https://{interface}.service-{number}.cloud.example:8774/v2.1");
            service = service.endpoint(Endpoint::new(interface, url).region("RegionOne"));
        }
        cloud.add_service(service);
    }
    cloud.start().await.unwrap()
}

#[tokio::test]
async fn a_token_above_the_limit_is_compressed_or_costs_logins() {
    let identity = with_a_large_catalog().await;
    let memcached = MemcachedServer::start();
    let store = Arc::new(open(&memcached));
    let first = run(&identity, store.clone(), BOUND).await;
    let size = first.token.export().to_string().len();
    assert!(size > 1 << 20, "{size}: the server would take it as it is");
    assert!(first.is_miss(), "{first:?}");
    let second = run(&identity, store, BOUND).await;
    assert!(second.is_hit(), "{second:?}");
    assert_eq!(
        first.token.export()["token"],
        second.token.export()["token"]
    );

    // Too large even so, and one that takes less than its client thinks.
    let memcached = MemcachedServer::start();
    let small = builder(memcached.address()).largest_entry(1000);
    let wrong = builder(memcached.address()).largest_entry(4 << 20);
    for builder in [small, wrong] {
        let store = Arc::new(builder.build().unwrap());
        for _ in 0..2 {
            let without = run(&identity, store.clone(), BOUND).await;
            assert!(
                without.went_without(),
                "{}: {without:?}",
                store.largest_entry()
            );
        }
    }
}
