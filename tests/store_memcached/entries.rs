//! Entries: kept, ended, removed, placed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openstack_identity::store::{MemcachedStore, TokenStore};
use tests::memcached_server::MemcachedServer;

use crate::{MINUTE, builder, key, open, typed, until, works};

#[tokio::test]
async fn every_entry_comes_back_as_it_was() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let large: Vec<u8> = (0..store.largest_entry())
        .map(|i| (i % 251) as u8)
        .collect();
    for entry in [
        &b"plain"[..],
        b"",
        b"\r\nEND\r\n",
        b"VALUE a 0 1\r\nx\r\nEND\r\n",
        &[0, 255, 13, 10, 0],
        &large,
    ] {
        let key = key("round trip");
        store.put(&key, entry, MINUTE).await.unwrap();
        assert!(store.get(&key).await.unwrap().unwrap() == entry);
        // Another client finds it too.
        assert!(open(&server).get(&key).await.unwrap().unwrap() == entry);
    }
    assert_eq!(store.get(&key("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn names_begin_with_the_prefix() {
    let server = MemcachedServer::start();
    let other = builder(server.address()).prefix("other:").build().unwrap();
    open(&server).put(&key("a"), b"one", MINUTE).await.unwrap();
    assert_eq!(other.get(&key("a")).await.unwrap(), None);
    other.put(&key("a"), b"two", MINUTE).await.unwrap();
    assert_eq!(open(&server).get(&key("a")).await.unwrap().unwrap(), b"one");
    let name = format!("gets openstack-identity:{}\r\n", key("a"));
    assert!(typed(&server, &name).contains("\r\none\r\n"));
    let name = format!("gets other:{}\r\n", key("a"));
    assert!(typed(&server, &name).contains("\r\ntwo\r\n"));
}

/// The longest prefix that is taken leaves room for a lease's name.
#[tokio::test]
async fn the_longest_prefix_works() {
    let server = MemcachedServer::start();
    let builder = || builder(server.address());
    let store = builder().prefix("p".repeat(167)).build().unwrap();
    works(&store).await;
    let lease = store.lease(&key("a"), MINUTE).await.unwrap().unwrap();
    lease.release().await.unwrap();
    for prefix in ["p".repeat(168), "a b".into(), "a\r\n".into(), "é".into()] {
        let error = builder().prefix(prefix).build().unwrap_err();
        assert!(error.to_string().contains("prefix"), "{error}");
    }
}

#[tokio::test]
async fn an_entry_ends_with_its_time_and_not_long_before() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let started = Instant::now();
    let life = Duration::from_millis(3900);
    store.put(&key("a"), b"entry", life).await.unwrap();
    until("the end", async || {
        store.get(&key("a")).await.unwrap().is_none()
    })
    .await;
    // Three whole seconds, of which a tick of the server's clock may take one, and the machine some.
    assert!(started.elapsed() > Duration::from_secs(1));

    // Less than a second is over at once, and leaves nothing older behind.
    store.put(&key("a"), b"old", MINUTE).await.unwrap();
    let life = Duration::from_millis(999);
    store.put(&key("a"), b"new", life).await.unwrap();
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
}

/// memcached takes more than 30 days for a date, which is in the past.
#[tokio::test]
async fn an_entry_for_months_is_there() {
    let server = MemcachedServer::start();
    let store = open(&server);
    for life in [
        Duration::from_secs(30 * 24 * 3600 + 1),
        Duration::from_secs(365 * 24 * 3600),
        Duration::MAX,
    ] {
        store.put(&key("a"), b"entry", life).await.unwrap();
        assert_eq!(store.get(&key("a")).await.unwrap().unwrap(), b"entry");
        store.remove_if(&key("a"), b"entry").await.unwrap();
    }
}

#[tokio::test]
async fn only_what_is_still_the_same_is_removed() {
    let server = MemcachedServer::start();
    let store = open(&server);
    assert!(!store.remove_if(&key("a"), b"entry").await.unwrap());
    store.put(&key("a"), b"entry", MINUTE).await.unwrap();
    assert!(!store.remove_if(&key("a"), b"other").await.unwrap());
    assert!(!store.remove_if(&key("a"), b"").await.unwrap());
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap(), b"entry");
    assert!(store.remove_if(&key("a"), b"entry").await.unwrap());
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
    assert!(!store.remove_if(&key("a"), b"entry").await.unwrap());
    // It leaves nothing behind that is in the way.
    store.put(&key("a"), b"new", MINUTE).await.unwrap();
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap(), b"new");
}

/// One removes the old entry while another puts the new one: it is never the new one that goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_entry_that_is_put_meanwhile_survives() {
    let server = MemcachedServer::start();
    let store = open(&server);
    let removed = Arc::new(AtomicUsize::new(0));
    for round in 0..500 {
        let key = key("contested");
        store.put(&key, b"old", MINUTE).await.unwrap();
        let removing = (0..2).map(|_| {
            let (store, key, removed) = (store.clone(), key.clone(), removed.clone());
            tokio::spawn(async move {
                if store.remove_if(&key, b"old").await.unwrap() {
                    removed.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let removing: Vec<_> = removing.collect();
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        store.put(&key, b"new", MINUTE).await.unwrap();
        for task in removing {
            task.await.unwrap();
        }
        assert_eq!(store.get(&key).await.unwrap().unwrap(), b"new", "{round}");
    }
    // Never twice the same.
    assert!(removed.load(Ordering::Relaxed) <= 500);
}

/// The same with the put exactly between the two requests of the removal, which a gate holds apart.
#[tokio::test]
async fn a_put_between_looking_and_removing_survives() {
    let server = MemcachedServer::start();
    let gate = crate::cut::Proxy::to(server.socket_address()).await;
    let store = open(&server);
    let slow = builder(gate.address.to_string()).build().unwrap();
    store.put(&key("a"), b"old", MINUTE).await.unwrap();
    gate.hold_requests_from(2);
    let removing = tokio::spawn(async move { slow.remove_if(&key("a"), b"old").await });
    gate.until_held().await;
    store.put(&key("a"), b"new", MINUTE).await.unwrap();
    gate.let_go();
    assert!(!removing.await.unwrap().unwrap());
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap(), b"new");
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_the_connection_goes_on() {
    let server = MemcachedServer::start_with(&["-I", "512k"]);
    let gate = crate::cut::Proxy::to(server.socket_address()).await;
    let store = builder(gate.address.to_string()).build().unwrap();
    for _ in 0..3 {
        let error = store.put(&key("a"), &[7; 600_000], MINUTE).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("object too large"), "{error}");
        assert!(error.contains(&gate.address.to_string()), "{error}");
        works(&store).await;
    }
    assert_eq!(gate.connections(), 1);

    // What the store is told not to take isn't even sent.
    let largest = store.largest_entry();
    let error = store.put(&key("a"), &vec![7; largest + 1], MINUTE).await;
    assert!(error.unwrap_err().to_string().contains("bytes"));
    assert_eq!(gate.connections(), 1);
    let small = builder(server.address()).largest_entry(100);
    let store = small.build().unwrap();
    assert_eq!(store.largest_entry(), 100);
    assert!(store.put(&key("a"), &[7; 101], MINUTE).await.is_err());
    store.put(&key("a"), &[7; 100], MINUTE).await.unwrap();
    let huge = builder(server.address()).largest_entry((16 << 20) + 1);
    assert!(huge.build().is_err());
}

#[tokio::test]
async fn a_larger_limit_is_used_if_the_server_has_it() {
    let server = MemcachedServer::start_with(&["-I", "8m"]);
    let builder = builder(server.address());
    let store = builder.largest_entry(4 << 20).build().unwrap();
    let large = vec![7; 4 << 20];
    store.put(&key("a"), &large, MINUTE).await.unwrap();
    assert!(store.get(&key("a")).await.unwrap().unwrap() == large);
}

#[tokio::test]
async fn a_full_server_refuses_and_goes_on() {
    let server = MemcachedServer::start_with(&["-m", "8", "-M"]);
    let store = open(&server);
    works(&store).await;
    let mut error = None;
    for number in 0..5_000 {
        let key = key(format!("user {number}"));
        error = store.put(&key, &[7; 20_000], MINUTE).await.err();
        if error.is_some() {
            break;
        }
    }
    let error = error.expect("it never is full").to_string();
    assert!(error.contains("out of memory"), "{error}");
    assert_eq!(store.get(&key("works")).await.unwrap().unwrap(), b"entry");
    assert_eq!(
        store.get(&key("user 0")).await.unwrap().unwrap(),
        [7; 20_000]
    );
}

/// Without CAS nothing can be compared, so nothing is removed, and the error says why.
#[tokio::test]
async fn a_server_without_cas_is_told_of() {
    let server = MemcachedServer::start_with(&["-C"]);
    let store = open(&server);
    works(&store).await;
    let error = store.remove_if(&key("works"), b"entry").await.unwrap_err();
    assert!(error.to_string().contains("-C"), "{error}");
    assert!(!store.remove_if(&key("works"), b"other").await.unwrap());
    works(&store).await;
}

#[tokio::test]
async fn keys_are_spread_over_the_servers_and_stay_there() {
    let servers = [(); 3].map(|()| MemcachedServer::start());
    let addresses = servers.each_ref().map(MemcachedServer::address);
    let store = MemcachedStore::open(addresses.clone()).unwrap();
    let keys: Vec<_> = (0..90)
        .map(|number| key(format!("user {number}")))
        .collect();
    for key in &keys {
        store
            .put(key, key.as_str().as_bytes(), MINUTE)
            .await
            .unwrap();
    }
    let mut on_each = Vec::new();
    for server in &servers {
        let alone = open(server);
        let mut here = Vec::new();
        for key in &keys {
            if alone.get(key).await.unwrap().is_some() {
                here.push(key);
            }
        }
        assert!(here.len() > 10, "{} of {}", here.len(), keys.len());
        on_each.push(here);
    }
    assert_eq!(on_each.iter().map(Vec::len).sum::<usize>(), keys.len());

    // Whoever lists them in another order finds all.
    let [a, b, c] = addresses;
    let turned = MemcachedStore::open([c, a.clone(), b.clone()]).unwrap();
    for key in &keys {
        let entry = turned.get(key).await.unwrap().unwrap();
        assert_eq!(entry, key.as_str().as_bytes());
    }
    // Without the third one, the keys of the others stay where they are.
    let fewer = MemcachedStore::open([b, a]).unwrap();
    for key in on_each[..2].iter().flatten() {
        assert!(fewer.get(key).await.unwrap().is_some());
    }
}
