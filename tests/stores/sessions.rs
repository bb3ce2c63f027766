//! One login serves all who share a store, for as long as its token is good.

use std::time::Duration;

use openstack_identity::store::{MemoryStore, TokenStore};
use openstack_identity::{Event, ProjectScope};
use openstack_identity_testing::Fault;

use crate::{Counter, PROJECTS, TOKENS, builder, call, id, key, logins, start};

#[tokio::test]
async fn the_second_client_takes_the_token_of_the_first() {
    let server = start().await;
    let (store, counter) = (MemoryStore::new(), Counter::default());
    let client = || {
        builder(&server, store.clone())
            .on_event(counter.hook())
            .build()
            .unwrap()
    };
    let first = client();
    let second = client();
    assert_eq!(id(&first).await, id(&second).await);
    call(&second).await.unwrap();
    assert_eq!(logins(&server), 1);
    assert_eq!(counter.of(Event::Login), 1);
    assert_eq!(counter.of(Event::CacheMiss), 1);
    assert_eq!(counter.of(Event::CacheHit), 1);
    assert_eq!(counter.of(Event::StoreFailed), 0);
}

#[tokio::test]
async fn a_kept_token_is_all_that_the_server_said() {
    let server = start().await;
    let store = MemoryStore::new();
    let scope = ProjectScope::by_id(&server.demo().project_id);
    let client = || {
        builder(&server, store.clone())
            .scope(scope.clone())
            .build()
            .unwrap()
    };
    let (issued, kept) = (
        client().token().await.unwrap(),
        client().token().await.unwrap(),
    );
    assert_eq!(issued.id().expose(), kept.id().expose());
    assert_eq!(issued.export()["token"], kept.export()["token"]);
    assert!(kept.catalog.is_some());
}

#[tokio::test]
async fn fifty_clients_that_start_at_once_log_in_once() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_millis(300)).on("POST", TOKENS));
    let (store, counter) = (MemoryStore::new(), Counter::default());
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let client = builder(&server, store.clone()).on_event(counter.hook());
            let client = client.build().unwrap();
            tokio::spawn(async move { id(&client).await })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!((ids.len(), logins(&server)), (1, 1));
    assert_eq!(counter.of(Event::CacheHit), 49);
    assert!(counter.of(Event::Wait) > 0);
}

#[tokio::test]
async fn who_waits_logs_in_when_the_first_one_fails() {
    let server = start().await;
    server.inject(
        Fault::status(500)
            .after(Duration::from_millis(300))
            .on("POST", TOKENS),
    );
    let store = MemoryStore::new();
    let (first, second) = (
        builder(&server, store.clone()).retries(0).build().unwrap(),
        builder(&server, store.clone()).retries(0).build().unwrap(),
    );
    let (first, second) = tokio::join!(first.token(), second.token());
    assert_eq!(
        [first.is_ok(), second.is_ok()]
            .iter()
            .filter(|ok| **ok)
            .count(),
        1
    );
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn who_gives_up_while_logging_in_leaves_the_way_free() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(60)).on("POST", TOKENS));
    let store = MemoryStore::new();
    let (first, second) = (
        builder(&server, store.clone()).build().unwrap(),
        builder(&server, store.clone()).build().unwrap(),
    );
    let hangs = tokio::spawn(async move { first.token().await });
    while logins(&server) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hangs.abort();
    second.token().await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_refused_token_is_removed_and_only_if_it_is_still_there() {
    let server = start().await;
    let store = MemoryStore::new();
    let client = || builder(&server, store.clone()).build().unwrap();
    let (first, second) = (client(), client());
    let old = id(&first).await;
    assert_eq!(id(&second).await, old);
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    // A new process takes what is kept, is refused, and puts a new one there.
    call(&client()).await.unwrap();
    assert_eq!(logins(&server), 2);
    // Those that still have the old one find the new one, and don't throw it away.
    call(&first).await.unwrap();
    call(&second).await.unwrap();
    assert_eq!(logins(&server), 2);
    let new = id(&first).await;
    assert_ne!(new, old);
    assert_eq!(id(&second).await, new);
    assert_eq!(id(&client()).await, new);
}

#[tokio::test]
async fn a_token_that_is_revoked_through_a_client_is_taken_out() {
    let server = start().await;
    let store = MemoryStore::new();
    let first = builder(&server, store.clone()).build().unwrap();
    let token = first.token().await.unwrap();
    assert!(store.get(&key(&server)).await.unwrap().is_some());
    first.identity_v3().revoke_token(token.id()).await.unwrap();
    assert!(store.get(&key(&server)).await.unwrap().is_none());

    let second = builder(&server, store.clone())
        .revoke_on_close(true)
        .build()
        .unwrap();
    second.token().await.unwrap();
    second.close().await.unwrap();
    assert!(store.get(&key(&server)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_renewed_token_replaces_the_one_that_is_kept() {
    let server = openstack_identity_testing::IdentityServer::builder()
        .token_lifetime(Duration::from_secs(20))
        .start()
        .await
        .unwrap();
    let store = MemoryStore::new();
    let client = || builder(&server, store.clone()).build().unwrap();
    let (first, second) = (client(), client());
    let old = id(&first).await;
    assert_eq!(id(&second).await, old);
    // The margin is 2 s, and up to 3 s by chance.
    tokio::time::sleep(Duration::from_millis(18_200)).await;
    call(&first).await.unwrap();
    while logins(&server) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let new = loop {
        match id(&client()).await {
            id if id != old => break id,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    // The other one takes it when its own is due or dead, and logs in no more.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(id(&second).await, new);
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn every_scope_has_a_token_of_its_own() {
    let server = start().await;
    let store = MemoryStore::new();
    let client = builder(&server, store.clone()).build().unwrap();
    let scope = || ProjectScope::by_id(&server.demo().project_id);
    let scoped = client.rescope(scope());
    assert_ne!(id(&client).await, id(&scoped).await);
    assert_eq!(id(&client.rescope(scope())).await, id(&scoped).await);
    assert_eq!(logins(&server), 2);
    assert!(scoped.token().await.unwrap().project.is_some());
}

#[tokio::test]
async fn nothing_is_sent_and_nothing_asked_before_a_call() {
    let server = start().await;
    let store = MemoryStore::new();
    let client = builder(&server, store.clone()).build().unwrap();
    assert!(server.requests().is_empty());
    call(&client).await.unwrap();
    assert_eq!(server.count("GET", PROJECTS), 1);
}
