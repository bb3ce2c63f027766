//! Connections that break in the middle, and calls that are dropped: whatever happens, nobody ever gets
//! another key's entry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::{LONG, key, until_works, works};

/// How a proxy treats what the server says.
#[derive(Default)]
pub struct Treatment {
    /// Cuts each connection after so many bytes, or a few more or less; never if it is 0.
    pub cut: AtomicUsize,
    /// Hands on in pieces, each after some milliseconds.
    slow: AtomicBool,
    /// Hands nothing on, on connections that are there.
    mute: AtomicBool,
}

/// A proxy in front of a server; its URL.
pub async fn proxy(server: &RedisServer, treatment: Arc<Treatment>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let port = server.port();
    tokio::spawn(async move {
        let mut random = Random(1);
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
                continue;
            };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let (treatment, random) = (treatment.clone(), random.fork());
            tokio::spawn(async move {
                // Both directions end together.
                tokio::select! {
                    () = hand_on(from_client, to_server) => (),
                    () = mistreat(from_server, to_client, &treatment, random) => (),
                }
            });
        }
    });
    url
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

async fn mistreat(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    treatment: &Treatment,
    mut random: Random,
) {
    let cut = treatment.cut.load(Ordering::Relaxed);
    let mut left = match cut {
        0 => usize::MAX,
        cut => 1 + random.below(2 * cut),
    };
    let mut buffer = [0; 64];
    loop {
        let room = left.min(buffer.len());
        let Ok(read @ 1..) = from.read(&mut buffer[..room]).await else {
            return;
        };
        if treatment.slow.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(random.below(4) as u64)).await;
        }
        if treatment.mute.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        left -= read;
        if left == 0 {
            return;
        }
    }
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % end
    }

    fn fork(&mut self) -> Self {
        Random(self.below(usize::MAX) as u64)
    }
}

/// An entry that says whose it is, of a length that differs.
fn entry(of: usize, version: usize) -> Vec<u8> {
    format!(
        "{of}:{version}:{}",
        "x".repeat((of * 7 + version * 13) % 90)
    )
    .into_bytes()
}

fn is_of(entry: &[u8], of: usize) -> bool {
    let text = std::str::from_utf8(entry).unwrap();
    let mut parts = text.split(':');
    let owner: usize = parts.next().unwrap().parse().unwrap();
    let version: usize = parts.next().unwrap().parse().unwrap();
    owner == of && entry == self::entry(of, version)
}

/// What many tasks came to.
#[derive(Default)]
struct Tally {
    found: AtomicUsize,
    failed: AtomicUsize,
    dropped: AtomicUsize,
}

/// Puts, gets, removes and leases under keys of its own, among others that do the same, and drops some calls
/// on the way.
async fn worker(store: RedisStore, of: usize, rounds: usize, tally: Arc<Tally>) {
    let mut random = Random(of as u64 + 1);
    let key = key(of);
    for version in 0..rounds {
        let entry = entry(of, version);
        let patience = Duration::from_millis(random.below(30) as u64);
        let call = async {
            store.put(&key, &entry, LONG).await?;
            let found = store.get(&key).await?;
            if version % 3 == 0 {
                let lease = store.lease(&key, Duration::from_millis(50)).await?;
                store.remove_if(&key, &entry).await?;
                if let Some(lease) = lease {
                    lease.release().await?;
                }
            }
            Ok::<_, openstack_identity::store::StoreError>(found)
        };
        match timeout(patience, call).await {
            Ok(Ok(Some(found))) => {
                assert!(is_of(&found, of), "{of} got {}", found.escape_ascii());
                tally.found.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Ok(None)) => (),
            Ok(Err(_)) => {
                tally.failed.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {
                tally.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn work(store: &RedisStore, rounds: usize) -> Arc<Tally> {
    let tally = Arc::new(Tally::default());
    let workers: Vec<_> = (0..30)
        .map(|of| tokio::spawn(worker(store.clone(), of, rounds, tally.clone())))
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_gives_nobody_anothers_entry() {
    let server = RedisServer::start();
    let treatment = Arc::new(Treatment::default());
    treatment.cut.store(2000, Ordering::Relaxed);
    let url = proxy(&server, treatment.clone()).await;
    let store = RedisStore::open(&url).unwrap();
    let tally = work(&store, 100).await;
    let [found, failed] = [&tally.found, &tally.failed].map(|n| n.load(Ordering::Relaxed));
    assert!(found > 20 && failed > 20, "{found} found, {failed} failed");
    treatment.cut.store(0, Ordering::Relaxed);
    until_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_gives_nobody_anothers_entry() {
    let server = RedisServer::start();
    let treatment = Arc::new(Treatment::default());
    treatment.slow.store(true, Ordering::Relaxed);
    let url = proxy(&server, treatment.clone()).await;
    let store = RedisStore::open(&url).unwrap();
    let mut sums = [0; 2];
    // What is found depends on how fast the machine is.
    for _ in 0..20 {
        let tally = work(&store, 50).await;
        sums[0] += tally.found.load(Ordering::Relaxed);
        sums[1] += tally.dropped.load(Ordering::Relaxed);
        if sums.iter().all(|sum| *sum > 100) {
            break;
        }
        treatment.slow.store(false, Ordering::Relaxed);
    }
    assert!(
        sums.iter().all(|sum| *sum > 100),
        "{sums:?} found and dropped"
    );
    // The same connection goes on.
    works(&store).await.unwrap();
}

/// As behind a firewall that has forgotten it: no answer, and no end either.
#[tokio::test]
async fn a_connection_gone_mute_is_left_though_callers_are_impatient() {
    let server = RedisServer::start();
    let treatment = Arc::new(Treatment::default());
    let url = proxy(&server, treatment.clone()).await;
    let store = RedisStore::open(&url).unwrap();
    works(&store).await.unwrap();
    treatment.mute.store(true, Ordering::Relaxed);
    timeout(Duration::from_millis(400), store.get(&key(1)))
        .await
        .unwrap_err();
    // A new connection would do.
    treatment.mute.store(false, Ordering::Relaxed);
    works(&store).await.unwrap();
}
