//! Of all who want a lease, one has it.

use std::time::{Duration, Instant};

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;

use crate::{LONG, key, take};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_race_one_wins() {
    let server = RedisServer::start();
    // Some share a connection, as within a program, and others have their own.
    let programs: Vec<_> = (0..5)
        .map(|_| RedisStore::open(&server.url()).unwrap())
        .collect();
    for round in 0..20 {
        let racers: Vec<_> = (0..50)
            .map(|racer| {
                let store = programs[racer % programs.len()].clone();
                tokio::spawn(async move { take(&store, round, LONG).await.is_some() })
            })
            .collect();
        let mut winners = 0;
        for racer in racers {
            winners += usize::from(racer.await.unwrap());
        }
        assert_eq!(winners, 1, "in round {round}");
    }
}

#[tokio::test]
async fn a_lease_runs_out_when_its_holder_is_gone() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    let time = Duration::from_millis(1500);
    let start = Instant::now();
    drop(take(&store, 1, time).await.unwrap());
    loop {
        if take(&store, 1, LONG).await.is_some() {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it doesn't end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        start.elapsed() >= time,
        "it ended after {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn keeping_makes_it_last() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    let left = || {
        let name = format!("openstack-identity:{}:lease", key(1));
        let left = server.command(&format!("PTTL {name}"));
        left.parse::<i64>().unwrap()
    };
    let mut lease = take(&store, 1, LONG).await.unwrap();
    assert!((1..=600_000).contains(&left()), "{}", left());
    assert!(lease.keep(2 * LONG).await.unwrap());
    assert!((600_001..=1_200_000).contains(&left()), "{}", left());
    // Shorter is possible too.
    assert!(lease.keep(Duration::from_millis(1)).await.unwrap());
    while left() != -2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!lease.keep(LONG).await.unwrap(), "it had ended");
    assert_eq!(left(), -2, "keeping doesn't take it again");
}

#[tokio::test]
async fn who_has_lost_it_neither_keeps_nor_ends_anothers() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    let mut lost = take(&store, 1, Duration::from_millis(1)).await.unwrap();
    let mut owned = loop {
        if let Some(lease) = take(&store, 1, LONG).await {
            break lease;
        }
    };
    assert!(!lost.keep(LONG).await.unwrap());
    lost.release().await.unwrap();
    assert!(owned.keep(LONG).await.unwrap(), "it is still the other's");
    owned.release().await.unwrap();
    assert!(take(&store, 1, LONG).await.is_some());
}

#[tokio::test]
async fn a_lease_doesnt_touch_the_entry_nor_other_leases() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    store.put(&key(1), b"entry", LONG).await.unwrap();
    let lease = take(&store, 1, LONG).await.unwrap();
    let _other = take(&store, 2, LONG).await.unwrap();
    lease.release().await.unwrap();
    assert_eq!(store.get(&key(1)).await.unwrap().unwrap(), b"entry");
    assert!(take(&store, 2, LONG).await.is_none());
}
