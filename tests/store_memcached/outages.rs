//! Servers that are down, restarted, frozen, or something else.

use std::time::{Duration, Instant};

use openstack_identity::store::{MemcachedStore, StoreError, TokenStore};
use tests::memcached_server::MemcachedServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{BOUND, MINUTE, builder, key, open, until, works};

/// Every call, and how long the longest took.
async fn every_call(store: &MemcachedStore) -> (Vec<Result<(), StoreError>>, Duration) {
    let key = key("every call");
    let mut longest = Duration::ZERO;
    let mut results = Vec::new();
    for call in 0..4 {
        let started = Instant::now();
        results.push(match call {
            0 => store.get(&key).await.map(|_| ()),
            1 => store.put(&key, &[7; 100_000], MINUTE).await,
            2 => store.remove_if(&key, b"entry").await.map(|_| ()),
            _ => store.lease(&key, MINUTE).await.map(|_| ()),
        });
        longest = longest.max(started.elapsed());
    }
    (results, longest)
}

#[tokio::test]
async fn down_at_first_then_up() {
    let mut server = MemcachedServer::start();
    server.kill();
    let store = open(&server);
    let (results, longest) = every_call(&store).await;
    for result in results {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(&server.address()), "{error}");
        assert!(error.contains("can't be reached"), "{error}");
    }
    assert!(longest < BOUND);
    server.restart();
    works(&store).await;
}

#[tokio::test]
async fn killed_and_restarted() {
    let mut server = MemcachedServer::start();
    let store = open(&server);
    for _ in 0..5 {
        works(&store).await;
        server.kill();
        assert!(store.get(&key("works")).await.is_err());
        server.restart();
        assert_eq!(store.get(&key("works")).await.unwrap(), None);
        works(&store).await;

        // Nobody has noticed that it was away: the old connection is found dead.
        server.restart();
        until("a new connection", async || {
            store.get(&key("works")).await.is_ok()
        })
        .await;
        works(&store).await;
    }
}

#[tokio::test]
async fn frozen_and_thawed() {
    let server = MemcachedServer::start();
    // As impatient as it is by default.
    let store = MemcachedStore::open([server.address()]).unwrap();
    until("an answer", async || store.get(&key("works")).await.is_ok()).await;
    server.freeze();
    // With a connection at hand, and then without.
    for _ in 0..2 {
        let (results, longest) = every_call(&store).await;
        for result in results {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("in time"), "{error}");
        }
        assert!(longest < BOUND);
    }
    server.thaw();
    // What was sent to it meanwhile may still be done.
    until("an answer", async || store.get(&key("works")).await.is_ok()).await;
    works(&open(&server)).await;
}

/// More calls at once than there are connections: they wait for each other, but not for ever.
#[tokio::test]
async fn many_calls_to_a_frozen_server_end() {
    let server = MemcachedServer::start();
    let patience = Duration::from_secs(3);
    let store = builder(server.address()).timeout(patience).build().unwrap();
    server.freeze();
    let calls = |store: &MemcachedStore| -> Vec<_> {
        let call = |number| {
            let store = store.clone();
            tokio::spawn(async move {
                let started = Instant::now();
                let result = store.get(&key(format!("user {number}"))).await;
                (result.is_ok(), started.elapsed())
            })
        };
        (0..100).map(call).collect()
    };
    for call in calls(&store) {
        let (is_ok, elapsed) = call.await.unwrap();
        assert!(!is_ok && elapsed < BOUND, "{elapsed:?}");
    }
    server.thaw();
    until("an answer", async || store.get(&key("a")).await.is_ok()).await;
    for call in calls(&store) {
        assert!(call.await.unwrap().0);
    }
}

/// A port where nobody answers, and one where something else does.
#[tokio::test]
async fn something_else_listens_there() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let store = MemcachedStore::open([address]).unwrap();
    let (results, longest) = every_call(&store).await;
    assert!(results.iter().all(Result::is_err));
    assert!(longest < BOUND);

    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"-ERR unknown command\r\n",
        b"\x80\x00\r\n",
        b"",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = [0; 1000];
                _ = connection.read(&mut request).await;
                _ = connection.write_all(answer).await;
            }
        });
        let store = MemcachedStore::open([address.clone()]).unwrap();
        for result in every_call(&store).await.0 {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(&address), "{error}");
            assert!(
                !error.contains("Bad") && !error.contains("unknown"),
                "{error}"
            );
        }
        serving.abort();
    }
}

/// A reply without an end is given up, and not kept in memory.
#[tokio::test]
async fn a_reply_without_an_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            while connection.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
    });
    let store = MemcachedStore::open([address]).unwrap();
    let error = store.get(&key("a")).await.unwrap_err().to_string();
    assert!(error.contains("none of memcached's"), "{error}");
    serving.abort();
}

/// One store for several runtimes, as a program has that makes one for each blocking call.
#[test]
fn a_store_outlives_the_runtime_that_it_was_used_in() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let first = runtime();
    first.block_on(works(&store));
    // The first one lives, but nobody runs it.
    runtime().block_on(works(&store));
    drop(first);
    runtime().block_on(works(&store));
}
