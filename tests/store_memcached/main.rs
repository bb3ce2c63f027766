//! The store in memcached, against real ones.

mod access;
mod cut;
mod entries;
mod leases;
mod outages;
mod sessions;
mod tls;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use openstack_identity::Password;
use openstack_identity::store::{MemcachedStore, MemcachedStoreBuilder, StoreKey, TokenStore};
use tests::memcached_server::MemcachedServer;

const MINUTE: Duration = Duration::from_secs(60);

/// The longest call has two requests, each with a second for the connection and one for the reply. The
/// rest is for the machine.
const BOUND: Duration = Duration::from_secs(20);

fn key(user: impl AsRef<str>) -> StoreKey {
    let password = Password::by_id(user.as_ref(), "secret").into();
    StoreKey::new("https://keystone.example:5000/v3", &password, None).unwrap()
}

/// With time for a machine that has other things to do.
fn builder(server: impl Into<String>) -> MemcachedStoreBuilder {
    MemcachedStore::builder([server.into()]).timeout(Duration::from_secs(30))
}

fn open(server: &MemcachedServer) -> MemcachedStore {
    builder(server.address()).build().unwrap()
}

/// Waits until something is so, at most half a minute.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < end, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// That a store is of use: what is put is there.
async fn works(store: &MemcachedStore) {
    let key = key("works");
    store.put(&key, b"entry", MINUTE).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap(), b"entry");
}

/// What the server answers to somebody who types.
fn typed(server: &MemcachedServer, text: &str) -> String {
    let mut connection = TcpStream::connect(server.socket_address()).unwrap();
    connection.write_all(text.as_bytes()).unwrap();
    connection.write_all(b"quit\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}
