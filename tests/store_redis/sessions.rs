//! A session whose Redis is killed, full, frozen or cut off goes on without it, and uses it when it is back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use openstack_identity::store::RedisStore;
use openstack_identity_testing::IdentityServer;
use tests::programs::{run, until_used_again};
use tests::redis_server::RedisServer;

use crate::BOUND;
use crate::cuts::{Treatment, proxy};

async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

#[tokio::test]
async fn one_that_is_killed_costs_logins_until_it_is_back() {
    let identity = start().await;
    let mut redis = RedisServer::start();
    let store = Arc::new(RedisStore::open(&redis.url()).unwrap());
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    assert!(run(&identity, store.clone(), BOUND).await.is_hit());
    redis.kill();
    for _ in 0..2 {
        let without = run(&identity, store.clone(), BOUND).await;
        assert!(without.went_without(), "{without:?}");
    }
    redis.restart();
    // It has forgotten all.
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    assert!(run(&identity, store, BOUND).await.is_hit());
}

#[tokio::test]
async fn one_that_is_full_costs_logins_until_there_is_room() {
    let identity = start().await;
    let redis = RedisServer::start();
    let store = Arc::new(RedisStore::open(&redis.url()).unwrap());
    redis.fill();
    for _ in 0..2 {
        let without = run(&identity, store.clone(), BOUND).await;
        assert!(without.went_without(), "{without:?}");
    }
    redis.empty();
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    // What is kept is read, however full it is.
    redis.fill();
    assert!(run(&identity, store, BOUND).await.is_hit());
}

#[tokio::test]
async fn one_that_hangs_costs_the_stores_timeout_and_no_more() {
    let identity = start().await;
    let redis = RedisServer::start();
    let store = Arc::new(RedisStore::open(&redis.url()).unwrap());
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    redis.freeze();
    let started = Instant::now();
    let without = run(&identity, store.clone(), Duration::from_millis(100)).await;
    assert!(without.went_without(), "{without:?}");
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    redis.thaw();
    until_used_again(&identity, store, BOUND).await;
}

#[tokio::test]
async fn one_that_is_cut_off_in_the_middle_of_a_call_never_fails_a_session() {
    let identity = start().await;
    let redis = RedisServer::start();
    let treatment = Arc::new(Treatment::default());
    let url = proxy(&redis, treatment.clone()).await;
    let store = Arc::new(RedisStore::open(&url).unwrap());
    assert!(run(&identity, store.clone(), BOUND).await.is_miss());
    // An entry is longer, so that no connection lasts for all of it.
    treatment.cut.store(300, Ordering::Relaxed);
    let mut without = 0;
    for _ in 0..20 {
        // Each has connections of its own.
        let store = RedisStore::open(&url).unwrap();
        let run = run(&identity, store, BOUND).await;
        assert!(run.is_hit() || run.went_without(), "{run:?}");
        without += usize::from(run.went_without());
    }
    assert!(without > 0);
    treatment.cut.store(0, Ordering::Relaxed);
    until_used_again(&identity, store, BOUND).await;
}

/// Redis forgets a token when it is time to renew it.
#[tokio::test]
async fn an_entry_lives_as_long_as_its_token_less_the_margin() {
    for (life, margin) in [(100, 10), (3600, 120)] {
        let lifetime = Duration::from_secs(life);
        let identity = IdentityServer::builder().token_lifetime(lifetime);
        let identity = identity.start().await.unwrap();
        let redis = RedisServer::start();
        let store = RedisStore::open(&redis.url()).unwrap();
        assert!(run(&identity, store, BOUND).await.is_miss());
        let names = redis.command("KEYS *");
        let [name] = Vec::from_iter(names.lines()).try_into().unwrap();
        let left: u64 = redis.command(&format!("PTTL {name}")).parse().unwrap();
        let longest = (life - margin) * 1000;
        assert!(
            (longest - 30_000..=longest).contains(&left),
            "{life}: {left}"
        );
    }
}
