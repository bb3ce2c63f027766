//! A server that is down, frozen or full is a quick error, and is used again as soon as it is back.

use std::time::{Duration, Instant};

use openstack_identity::store::{RedisStore, StoreError, TokenStore};
use tests::redis_server::RedisServer;

use crate::{BOUND, LONG, key, take, until_works, works};

/// Every operation, all at once, and what each came to.
async fn everything(store: &RedisStore) -> Vec<Option<StoreError>> {
    let start = Instant::now();
    let (key, other) = (key(1), key(2));
    let (get, put, remove, lease) = tokio::join!(
        store.get(&key),
        store.put(&key, b"entry", LONG),
        store.remove_if(&key, b"another"),
        store.lease(&other, LONG),
    );
    assert!(start.elapsed() < BOUND, "it took {:?}", start.elapsed());
    vec![get.err(), put.err(), remove.err(), lease.err()]
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_until_it_is_up() {
    let mut server = RedisServer::start();
    server.kill();
    let store = RedisStore::open(&server.url()).unwrap();
    let port = server.port();
    for error in everything(&store).await {
        let expected =
            format!("Redis at 127.0.0.1:{port}: it can't be reached: the connection is refused");
        assert_eq!(error.unwrap().to_string(), expected);
    }
    server.restart();
    // The very next call.
    works(&store).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_killed_is_an_error_until_it_is_back() {
    let mut server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    for _ in 0..3 {
        works(&store).await.unwrap();
        let mut lease = take(&store, 5, LONG).await.unwrap();
        server.kill();
        assert!(everything(&store).await.iter().all(Option::is_some));
        assert!(lease.keep(LONG).await.is_err());
        server.restart();
        works(&store).await.unwrap();
        // It had forgotten the lease.
        assert!(!lease.keep(LONG).await.unwrap());
    }
}

#[tokio::test]
async fn a_restart_between_two_calls_is_not_noticed() {
    let mut server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    for round in 0..3 {
        works(&store).await.unwrap();
        server.kill();
        server.restart();
        assert!(take(&store, round, LONG).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_holds_no_call_up() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    works(&store).await.unwrap();
    server.freeze();
    for _ in 0..2 {
        for error in everything(&store).await {
            let error = error.unwrap().to_string();
            assert!(error.ends_with("it doesn't answer in time"), "{error}");
        }
    }
    // Who comes while others wait for a connection doesn't wait for all of them in turn.
    let start = Instant::now();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get(&key(1)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    assert!(start.elapsed() < BOUND, "it took {:?}", start.elapsed());
    server.thaw();
    until_works(&store).await;
}

#[tokio::test]
async fn a_frozen_server_is_no_trap_for_callers_with_less_patience() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    works(&store).await.unwrap();
    server.freeze();
    for _ in 0..5 {
        let patience = Duration::from_millis(300);
        tokio::time::timeout(patience, works(&store))
            .await
            .unwrap_err();
    }
    server.thaw();
    until_works(&store).await;
}

#[tokio::test]
async fn a_full_server_is_an_error_and_still_read() {
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    store.put(&key(1), b"entry", LONG).await.unwrap();
    server.fill();
    let error = store.put(&key(2), b"entry", LONG).await.unwrap_err();
    assert!(
        error.to_string().ends_with(": its memory is full"),
        "{error}"
    );
    let error = store.lease(&key(2), LONG).await.err().unwrap();
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(store.get(&key(1)).await.unwrap().unwrap(), b"entry");
    server.empty();
    works(&store).await.unwrap();
}

#[tokio::test]
async fn what_is_no_redis_is_an_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = connection
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await;
            tokio::time::sleep(BOUND).await;
        }
    });
    let store = RedisStore::open(&url).unwrap();
    for error in everything(&store).await {
        let error = error.unwrap().to_string();
        assert!(error.contains(": it"), "{error}");
        assert!(!error.contains("HTTP"), "{error}");
    }
}
