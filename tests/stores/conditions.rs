//! An entry takes the place of another only if that still is there.

use std::time::Duration;

use openstack_identity::store::{FileStore, MemoryStore, StoreKey, TokenStore};
use openstack_identity::{Event, Password};

use crate::shared::{Leaseless, Shared};
use crate::{Counter, builder, id, logins, start};

const HOUR: Duration = Duration::from_secs(3600);

fn key() -> StoreKey {
    let credentials = Password::by_id("a", "b").into();
    StoreKey::new("https://keystone.example/v3", &credentials, None).unwrap()
}

/// What holds for every store that nobody else uses.
pub async fn hold(store: &impl TokenStore) {
    let key = key();
    let put = async |old: Option<&[u8]>, new: &[u8]| {
        let put = store.put_if(&key, old, new, HOUR).await.unwrap();
        (put, store.get(&key).await.unwrap())
    };
    let is = |entry: &[u8]| Some(entry.to_vec());
    assert_eq!(put(Some(b"none"), b"1").await, (false, None));
    assert_eq!(put(None, b"1").await, (true, is(b"1")));
    assert_eq!(put(None, b"2").await, (false, is(b"1")));
    assert_eq!(put(Some(b"2"), b"2").await, (false, is(b"1")));
    assert_eq!(put(Some(b"1"), b"2").await, (true, is(b"2")));
    assert_eq!(put(Some(b"2"), b"2").await, (true, is(b"2")));
    let second = Duration::from_secs(1);
    store.put(&key, b"3", second).await.unwrap();
    tokio::time::sleep(second * 2).await;
    assert_eq!(put(None, b"4").await, (true, is(b"4")));
}

#[tokio::test]
async fn it_holds_in_memory_in_files_and_by_default() {
    hold(&MemoryStore::new()).await;
    let folder = tempfile::tempdir().unwrap();
    hold(&FileStore::in_folder(folder.path().join("tokens"))).await;
    // This one doesn't say how.
    hold(&Shared::default()).await;
}

#[tokio::test]
async fn a_file_that_can_not_be_read_counts_as_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tokens");
    let (store, key) = (FileStore::in_folder(&folder), key());
    store.put(&key, b"1", HOUR).await.unwrap();
    std::fs::write(folder.join(format!("{key}.entry")), "nonsense").unwrap();
    assert!(store.get(&key).await.is_err());
    assert_eq!(store.put_if(&key, None, b"2", HOUR).await, Ok(true));
    assert_eq!(store.get(&key).await, Ok(Some(b"2".to_vec())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_fifty_puts_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tokens");
    let tasks: Vec<_> = (0..50_u8)
        .map(|number| {
            let (store, key) = (FileStore::in_folder(&folder), key());
            tokio::spawn(async move { store.put_if(&key, None, &[number], HOUR).await.unwrap() })
        })
        .collect();
    let mut put = 0;
    for task in tasks {
        put += usize::from(task.await.unwrap());
    }
    assert_eq!(put, 1);
}

#[tokio::test]
async fn a_store_that_has_no_leases_is_no_failure() {
    let server = start().await;
    let (store, counter) = (Leaseless::default(), Counter::default());
    let client = || {
        let client = builder(&server, store.clone()).on_event(counter.hook());
        client.build().unwrap()
    };
    let first = id(&client()).await;
    assert_eq!(id(&client()).await, first);
    assert_eq!(logins(&server), 1);
    assert_eq!(counter.of(Event::StoreFailed), 0);
    assert_eq!(counter.of(Event::CacheHit), 1);
}
