//! Leases: one at a time, kept, ended, and nobody else's.

use std::time::{Duration, Instant};

use openstack_identity::store::{Lease, MemcachedStore, StoreKey, TokenStore};
use tests::memcached_server::MemcachedServer;

use crate::{MINUTE, builder, key, open, until};

const LIFE: Duration = Duration::from_secs(2);

async fn taken(store: &MemcachedStore, key: &StoreKey, life: Duration) -> Box<dyn Lease> {
    let lease = store.lease(key, life).await.unwrap();
    lease.expect("somebody else has it")
}

async fn is_free(store: &MemcachedStore, key: &StoreKey) -> bool {
    match store.lease(key, LIFE).await.unwrap() {
        Some(lease) => {
            lease.release().await.unwrap();
            true
        }
        None => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_fifty_has_it() {
    let server = MemcachedServer::start();
    for round in 0..10 {
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                // Each with its own connections, as if it were a process of its own.
                let store = open(&server);
                let key = key(format!("round {round}"));
                tokio::spawn(async move { store.lease(&key, MINUTE).await.unwrap().is_some() })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            winners += usize::from(task.await.unwrap());
        }
        assert_eq!(winners, 1, "{round}");
    }
}

#[tokio::test]
async fn it_is_separate_from_the_entry_and_from_other_keys() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let lease = taken(&store, &key("a"), MINUTE).await;
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
    store.put(&key("a"), b"entry", MINUTE).await.unwrap();
    assert!(store.lease(&key("a"), LIFE).await.unwrap().is_none());
    assert!(is_free(&store, &key("b")).await);
    lease.release().await.unwrap();
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap(), b"entry");
    assert!(is_free(&store, &key("a")).await);
}

/// A fleet keeps a lease of 2 s every 600 ms: it must outlive that, and a dead leader's must end soon.
#[tokio::test]
async fn it_ends_by_itself_and_not_before_the_next_keep() {
    let server = MemcachedServer::start();
    let store = open(&server);
    for round in 0..6_u64 {
        // So that it begins anywhere between two ticks of the server's clock.
        tokio::time::sleep(Duration::from_millis(170 * round)).await;
        let key = key(format!("round {round}"));
        let before = Instant::now();
        let lease = taken(&store, &key, LIFE).await;
        let after = Instant::now();
        drop(lease);
        until("its end", async || is_free(&store, &key).await).await;
        // More than a second, but for what the machine takes. A lease of one second of the server's would
        // end sooner in one of the rounds.
        assert!(before.elapsed() > Duration::from_millis(400));
        // The machine may have been slow, the server not: a generous bound.
        assert!(after.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn it_lasts_as_long_as_it_is_kept() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let mut lease = taken(&store, &key("a"), Duration::from_secs(4)).await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(8) {
        assert!(lease.keep(Duration::from_secs(4)).await.unwrap());
        assert!(store.lease(&key("a"), LIFE).await.unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(lease.keep(MINUTE).await.unwrap());
    lease.release().await.unwrap();
    assert!(is_free(&store, &key("a")).await);
}

#[tokio::test]
async fn who_has_lost_it_harms_nobody() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let mut lost = taken(&store, &key("a"), LIFE).await;
    until("its end", async || is_free(&store, &key("a")).await).await;
    // Nobody has it: it doesn't come back.
    assert!(!lost.keep(MINUTE).await.unwrap());
    assert!(is_free(&store, &key("a")).await);

    let mut next = taken(&store, &key("a"), MINUTE).await;
    assert!(!lost.keep(LIFE).await.unwrap());
    lost.release().await.unwrap();
    assert!(store.lease(&key("a"), LIFE).await.unwrap().is_none());
    assert!(next.keep(MINUTE).await.unwrap());
    next.release().await.unwrap();
    assert!(is_free(&store, &key("a")).await);
}

/// The lease changes hands exactly between the two requests of a keep, and of a release.
#[tokio::test]
async fn who_loses_it_between_looking_and_keeping_harms_nobody() {
    let server = MemcachedServer::start();
    let store = open(&server);
    for is_keep in [true, false] {
        let gate = crate::cut::Proxy::to(server.socket_address()).await;
        let slow = builder(gate.address.to_string()).build().unwrap();
        let key = key(format!("{is_keep}"));
        let mut lost = taken(&slow, &key, MINUTE).await;
        gate.hold_requests_from(3);
        let losing = tokio::spawn(async move {
            match is_keep {
                true => assert!(!lost.keep(MINUTE).await.unwrap()),
                false => lost.release().await.unwrap(),
            }
        });
        gate.until_held().await;
        let name = format!("openstack-identity:{key}:lease");
        crate::typed(&server, &format!("delete {name}\r\n"));
        let mut next = taken(&store, &key, MINUTE).await;
        gate.let_go();
        losing.await.unwrap();
        assert!(next.keep(MINUTE).await.unwrap());
    }
}

#[tokio::test]
async fn it_is_gone_after_a_restart_and_is_not_kept() {
    let mut server = MemcachedServer::start();
    let store = open(&server);
    let mut lease = taken(&store, &key("a"), MINUTE).await;
    server.kill();
    assert!(lease.keep(MINUTE).await.is_err());
    server.restart();
    assert!(!lease.keep(MINUTE).await.unwrap());
    assert!(is_free(&store, &key("a")).await);
}
