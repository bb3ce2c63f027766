//! Tokens kept in Redis, on real servers: alone, with TLS, in a cluster, behind a sentinel; killed, frozen, full
//! and cut off.

mod cluster;
mod cuts;
mod keeping;
mod leases;
mod outages;
mod rights;
mod sentinel;
mod sessions;
mod tls;

use std::time::{Duration, Instant};

use openstack_identity::Password;
use openstack_identity::store::{Lease, RedisStore, StoreError, StoreKey, TokenStore};

/// Long enough that nothing ends during a test.
const LONG: Duration = Duration::from_secs(600);

/// A time that no call of the store reaches, on a machine that is busy too.
const BOUND: Duration = Duration::from_secs(20);

fn key(of: usize) -> StoreKey {
    let credentials = Password::by_id(format!("user-{of}"), "secret").into();
    StoreKey::new("https://keystone.example/v3", &credentials, None).unwrap()
}

/// Puts an entry, and gets it.
async fn works(store: &RedisStore) -> Result<(), StoreError> {
    let entry = b"works";
    store.put(&key(0), entry, LONG).await?;
    assert_eq!(store.get(&key(0)).await?.as_deref(), Some(&entry[..]));
    Ok(())
}

/// Every operation once, with all that must be seen.
async fn all_work(store: &RedisStore, of: usize) -> Result<(), StoreError> {
    let key = key(of);
    let entry = format!("entry of {of}").into_bytes();
    store.remove_if(&key, &entry).await?;
    assert_eq!(store.get(&key).await?, None);
    store.put(&key, &entry, LONG).await?;
    assert_eq!(store.get(&key).await?, Some(entry.clone()));
    assert!(!store.remove_if(&key, b"another").await?);
    assert!(store.remove_if(&key, &entry).await?);
    assert!(!store.remove_if(&key, &entry).await?);
    assert_eq!(store.get(&key).await?, None);
    let mut lease = store.lease(&key, LONG).await?.expect("nobody has it");
    assert!(store.lease(&key, LONG).await?.is_none());
    assert!(lease.keep(LONG).await?);
    lease.release().await?;
    let again = store.lease(&key, LONG).await?.expect("it was released");
    again.release().await
}

/// Waits until something works, at most a minute.
async fn until_works(store: &RedisStore) {
    let end = Instant::now() + Duration::from_secs(60);
    while let Err(error) = works(store).await {
        assert!(Instant::now() < end, "it doesn't work again: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn take(store: &RedisStore, of: usize, time: Duration) -> Option<Box<dyn Lease>> {
    store.lease(&key(of), time).await.unwrap()
}
