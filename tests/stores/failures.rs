//! A store that fails costs a login, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openstack_identity::Event;
use openstack_identity::store::{
    FileStore, Lease, MemoryStore, Sealing, SealingKey, StoreError, StoreKey, TokenStore,
};
use openstack_identity::transport::BoxFuture;
use tests::told::listen;

use crate::moody::{ALL, GET, LEASE, Moody, PUT, REMOVE};
use crate::{Counter, builder, call, id, key, logins, start};

#[tokio::test]
async fn whatever_fails_or_hangs_there_is_a_token_after_one_login() {
    let server = start().await;
    for hangs in [false, true] {
        for fails in [GET, PUT, LEASE, ALL] {
            let (store, counter) = (Moody::default(), Counter::default());
            store.set(fails, hangs);
            let before = logins(&server);
            let client = builder(&server, store.clone())
                .token_store_timeout(Duration::from_millis(200))
                .on_event(counter.hook())
                .build()
                .unwrap();
            let started = Instant::now();
            call(&client).await.unwrap();
            call(&client).await.unwrap();
            let why = format!("{fails} {hangs}");
            assert!(started.elapsed() < Duration::from_secs(20), "{why}");
            assert_eq!(logins(&server), before + 1, "{why}");
            assert_eq!(counter.of(Event::StoreFailed), 1, "{why}");
            assert_eq!(counter.of(Event::CacheMiss), 1, "{why}");
            // What doesn't answer is not asked again in the same login.
            let expected: &[&str] = match (fails, hangs) {
                (GET | ALL, true) => &["get"],
                (LEASE, true) => &["get", "lease"],
                (PUT, true) => &["get", "lease", "get", "put"],
                (LEASE | ALL, false) => &["get", "lease", "put"],
                _ => &["get", "lease", "get", "put", "release"],
            };
            assert_eq!(store.calls(), expected, "{why}");
        }
    }
}

#[tokio::test]
async fn a_store_that_comes_back_is_used_again() {
    let server = start().await;
    let store = Moody::default();
    let client = || builder(&server, store.clone()).build().unwrap();
    store.set(ALL, false);
    id(&client()).await;
    store.set(0, false);
    let kept = id(&client()).await;
    assert_eq!(id(&client()).await, kept);
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_refused_token_that_cannot_be_removed_is_passed_over() {
    let server = start().await;
    let store = Moody::default();
    let client = || builder(&server, store.clone()).build().unwrap();
    call(&client()).await.unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    store.set(REMOVE, false);
    call(&client()).await.unwrap();
    assert_eq!(logins(&server), 2);
    // The token of that login has taken its place.
    call(&client()).await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_store_without_leases_keeps_tokens_all_the_same() {
    let server = start().await;
    let store = Moody::default();
    store.set(LEASE, false);
    let client = || builder(&server, store.clone()).build().unwrap();
    assert_eq!(id(&client()).await, id(&client()).await);
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_file_that_is_broken_or_open_to_others_is_replaced_by_the_next_login() {
    let server = start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tokens");
    let client = || builder(&server, FileStore::in_folder(&folder)).build();
    let first = id(&client().unwrap()).await;
    let files = std::fs::read_dir(&folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let entry = files
        .max_by_key(|file| file.metadata().unwrap().len())
        .unwrap();
    for broken in ["", "nonsense", "{\"format\":2}\n{}"] {
        std::fs::write(&entry, broken).unwrap();
        let before = logins(&server);
        let counter = Counter::default();
        let fleet: Vec<_> = (0..10)
            .map(|_| {
                let store = FileStore::in_folder(&folder);
                let client = builder(&server, store).on_event(counter.hook()).build();
                tokio::spawn(async move { id(&client.unwrap()).await })
            })
            .collect();
        for member in fleet {
            assert_ne!(member.await.unwrap(), first);
        }
        assert_eq!(logins(&server), before + 1, "{broken}");
        assert!(counter.of(Event::StoreFailed) > 0, "{broken}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&entry, PermissionsExt::from_mode(0o644)).unwrap();
        let before = logins(&server);
        let new = id(&client().unwrap()).await;
        assert_eq!(id(&client().unwrap()).await, new);
        assert_eq!(logins(&server), before + 1);
    }
}

#[tokio::test]
async fn an_entry_that_is_nonsense_or_anothers_is_a_miss_and_is_replaced() {
    let server = start().await;
    let mut good = Vec::new();
    let entries: [&[u8]; 8] = [
        b"",
        b"{",
        b"{}",
        b"null",
        b"\xff\xfe",
        b"openstack-token\x01\x02not deflate",
        b"openstack-token\x02\x00{}",
        br#"{"format":99}"#,
    ];
    for entry in entries {
        let (store, counter) = (MemoryStore::new(), Counter::default());
        let hour = Duration::from_secs(3600);
        store.put(&key(&server), entry, hour).await.unwrap();
        let client = builder(&server, store.clone()).on_event(counter.hook());
        call(&client.build().unwrap()).await.unwrap();
        assert_eq!(counter.of(Event::Login), 1, "{entry:?}");
        assert!(counter.of(Event::StoreFailed) > 0, "{entry:?}");
        good = store.get(&key(&server)).await.unwrap().unwrap();
        assert_ne!(good, entry);
    }
    // A whole entry, put where another user's belongs.
    let other = server.add_user(openstack_identity_testing::User::new("other").password("secret"));
    let other = openstack_identity::Password::by_id(other, "secret");
    let store = MemoryStore::new();
    let key = StoreKey::new(&server.auth_url(), &other.clone().into(), None).unwrap();
    store
        .put(&key, &good, Duration::from_secs(3600))
        .await
        .unwrap();
    let client = builder(&server, store.clone())
        .credentials(other)
        .build()
        .unwrap();
    assert_eq!(client.token().await.unwrap().user.name, "other");
}

#[tokio::test]
async fn a_token_that_is_too_large_is_compressed_or_not_kept() {
    struct Small(MemoryStore, usize);
    impl TokenStore for Small {
        fn name(&self) -> &'static str {
            "small"
        }
        fn largest_entry(&self) -> usize {
            self.1
        }
        fn get<'a>(
            &'a self,
            key: &'a StoreKey,
        ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
            self.0.get(key)
        }
        fn put<'a>(
            &'a self,
            key: &'a StoreKey,
            entry: &'a [u8],
            time_to_live: Duration,
        ) -> BoxFuture<'a, Result<(), StoreError>> {
            assert!(entry.len() <= self.1);
            self.0.put(key, entry, time_to_live)
        }
        fn remove_if<'a>(
            &'a self,
            key: &'a StoreKey,
            entry: &'a [u8],
        ) -> BoxFuture<'a, Result<bool, StoreError>> {
            self.0.remove_if(key, entry)
        }
        fn lease<'a>(
            &'a self,
            key: &'a StoreKey,
            time_to_live: Duration,
        ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
            self.0.lease(key, time_to_live)
        }
    }
    let server = start().await;
    let whole = builder(&server, MemoryStore::new()).build().unwrap();
    let size = whole.token().await.unwrap().export().to_string().len();
    for (limit, kept) in [(size - 1, true), (200, false)] {
        let store = Arc::new(Small(MemoryStore::new(), limit));
        let counter = Counter::default();
        let client = || {
            builder(&server, store.clone())
                .on_event(counter.hook())
                .build()
                .unwrap()
        };
        let (first, second) = (id(&client()).await, id(&client()).await);
        assert_eq!(first == second, kept, "{limit}");
        assert_eq!(counter.of(Event::StoreFailed) > 0, !kept, "{limit}");
    }
}

#[tokio::test]
async fn what_is_told_about_a_store_holds_no_secret() {
    let server = start().await;
    let told = listen();
    let mut secrets = vec![server.demo().password.clone()];
    let given = [0xA5; 32];
    for sealing in [Sealing::Auto, Sealing::WithKey(SealingKey::new(given))] {
        for fails in [0, GET, PUT, REMOVE, LEASE, ALL] {
            let store = Moody::default();
            store.set(fails, false);
            let hour = Duration::from_secs(3600);
            let secret = format!("{{\"id\":\"planted-{fails}\"}}");
            _ = store.put(&key(&server), secret.as_bytes(), hour).await;
            secrets.push(format!("planted-{fails}"));
            let client = builder(&server, store.clone()).token_sealing(sealing.clone());
            let client = client.build().unwrap();
            call(&client).await.unwrap();
            let token = client.token().await.unwrap();
            client.identity_v3().revoke_token(token.id()).await.unwrap();
            secrets.push(token.id().expose().to_owned());
            let memory = MemoryStore::new();
            told.note(&format!("{client:?} {memory:?} {sealing:?} {token:?}"));
        }
    }
    let all = told.lines().join("\n");
    assert!(
        all.contains("the token store failed") && all.contains("it is in no mood"),
        "{all}"
    );
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret}: {all}");
    }
    assert!(!all.contains("165, 165") && !all.contains("a5a5"), "{all}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_a_login() {
    let server = start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    for place in [file.clone(), file.join("below")] {
        let counter = Counter::default();
        let before = logins(&server);
        let store = FileStore::in_folder(&place);
        let client = builder(&server, store).on_event(counter.hook());
        call(&client.build().unwrap()).await.unwrap();
        assert_eq!(logins(&server), before + 1, "{place:?}");
        assert!(counter.of(Event::StoreFailed) > 0, "{place:?}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "in the way");
}
