//! What is kept comes back, until its time is over.

use std::time::{Duration, Instant};

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;

use crate::{LONG, all_work, key, works};

#[tokio::test]
async fn every_operation_does_what_it_says() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    all_work(&store, 1).await.unwrap();
    assert_eq!(server.command("DBSIZE"), "0");
}

#[tokio::test]
async fn any_bytes_come_back_as_they_were() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    let all: Vec<u8> = (0..=255).collect();
    for entry in [&b""[..], b"\r\n$-1\r\n", &all, &vec![b'x'; 4 << 20]] {
        store.put(&key(1), entry, LONG).await.unwrap();
        assert!(store.get(&key(1)).await.unwrap().unwrap() == entry);
        assert!(!store.remove_if(&key(1), b"no").await.unwrap());
        assert!(store.remove_if(&key(1), entry).await.unwrap());
    }
}

#[tokio::test]
async fn an_entry_ends_with_its_time() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    let start = Instant::now();
    let time = Duration::from_millis(1500);
    store.put(&key(1), b"short", time).await.unwrap();
    store.put(&key(2), b"long", LONG).await.unwrap();
    while store.get(&key(1)).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(30), "it doesn't end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        start.elapsed() >= time,
        "it ended after {:?}",
        start.elapsed()
    );
    assert!(store.get(&key(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn no_time_keeps_nothing_and_the_longest_is_taken() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    for none in [Duration::ZERO, Duration::from_nanos(1)] {
        store.put(&key(1), b"entry", none).await.unwrap();
        assert_eq!(store.get(&key(1)).await.unwrap(), None);
    }
    store.put(&key(1), b"entry", Duration::MAX).await.unwrap();
    assert!(store.get(&key(1)).await.unwrap().is_some());
    let mut lease = store.lease(&key(1), Duration::MAX).await.unwrap().unwrap();
    assert!(lease.keep(Duration::MAX).await.unwrap());
    lease.release().await.unwrap();
    let short = store.lease(&key(1), Duration::ZERO).await.unwrap();
    assert!(short.is_some());
}

#[tokio::test]
async fn names_have_the_prefix_and_the_database_of_the_url() {
    let server = RedisServer::start();
    let url = format!("{}/3", server.url());
    let store = RedisStore::open(&url).unwrap();
    let other = RedisStore::open(&url).unwrap().prefix("other cloud:");
    store.put(&key(1), b"one", LONG).await.unwrap();
    other.put(&key(1), b"two", LONG).await.unwrap();
    let _lease = other.lease(&key(1), LONG).await.unwrap().unwrap();
    assert_eq!(store.get(&key(1)).await.unwrap().unwrap(), b"one");
    assert_eq!(other.get(&key(1)).await.unwrap().unwrap(), b"two");
    let mut names: Vec<_> = server
        .command("-n 3 KEYS *")
        .lines()
        .map(str::to_owned)
        .collect();
    names.sort();
    let key = key(1);
    let expected = [
        format!("openstack-identity:{key}"),
        format!("other cloud:{key}"),
        format!("other cloud:{key}:lease"),
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn what_another_program_left_there_is_an_error() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    server.command(&format!("LPUSH openstack-identity:{} x", key(1)));
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(error.contains("WRONGTYPE"), "{error}");
    // The next login's entry takes its place.
    store.put(&key(1), b"entry", LONG).await.unwrap();
    assert!(store.get(&key(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_socket_is_as_good_as_a_port() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("redis.sock");
    let user = "user openstack on >secret ~* -@all +@all";
    let server = RedisServer::start_with(&[&format!("unixsocket {}", path.display()), user]);
    let url = format!("unix://{}?user=openstack&pass=secret", path.display());
    all_work(&RedisStore::open(&url).unwrap(), 1).await.unwrap();
    drop(server);
}

/// Programs with several runtimes, and those that block, share stores between them.
#[test]
fn a_connection_survives_the_runtime_that_made_it() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(works(&store)).unwrap();
    }
}
