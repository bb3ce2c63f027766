//! Connections that are cut, and calls that are dropped, in the midst of anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openstack_identity::store::{MemcachedStore, TokenStore};
use tests::memcached_server::MemcachedServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{MINUTE, builder, key, open, until, works};

/// Stands before a server: holds requests back, and cuts connections in the midst of a reply.
pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// From this request on, they are held back.
    hold: watch::Sender<usize>,
    held: watch::Sender<bool>,
    /// How many bytes of replies go through until a connection is cut; none if zero.
    cut_after: AtomicU64,
}

impl Proxy {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            hold: watch::Sender::new(usize::MAX),
            held: watch::Sender::new(false),
            cut_after: AtomicU64::new(0),
        });
        let shared = state.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let shared = shared.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else {
                        return;
                    };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    // Whichever ends first ends both.
                    tokio::select! {
                        () = requests(from_client, to_server, &shared) => {}
                        () = replies(from_server, to_client, &shared) => {}
                    }
                });
            }
        });
        Proxy {
            address,
            state,
            accepting,
        }
    }

    /// Cuts each new connection after so many bytes of replies; none if zero.
    pub fn cut_after(&self, bytes: u64) {
        self.state.cut_after.store(bytes, Ordering::Relaxed);
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Holds back the request with this number, counted from the first connection, and all after it.
    /// Small ones only, each of which comes at once.
    pub fn hold_requests_from(&self, number: usize) {
        self.state.hold.send_replace(number);
    }

    pub async fn until_held(&self) {
        let mut held = self.state.held.subscribe();
        held.wait_for(|held| *held).await.unwrap();
    }

    pub fn let_go(&self) {
        self.state.hold.send_replace(usize::MAX);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) {
    let mut bytes = vec![0; 64 << 10];
    let mut hold = state.hold.subscribe();
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let number = state.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if number >= *hold.borrow() {
            state.held.send_replace(true);
        }
        _ = hold.wait_for(|from| number < *from).await;
        if to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
}

async fn replies(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) {
    let mut left = match state.cut_after.load(Ordering::Relaxed) {
        0 => u64::MAX,
        bytes => bytes,
    };
    let mut bytes = vec![0; 1000];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let through = length.min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= through as u64;
        // One by one, so that a reply comes in pieces.
        let (first, rest) = bytes[..through].split_at(through / 2);
        for piece in [first, rest] {
            if to.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        if left == 0 {
            return;
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_anywhere_is_an_error_and_no_entry() {
    let server = MemcachedServer::start();
    let proxy = Proxy::to(server.socket_address()).await;
    open(&server)
        .put(&key("a"), &[b'x'; 300], MINUTE)
        .await
        .unwrap();
    let whole = {
        let line = format!("gets openstack-identity:{}\r\n", key("a"));
        crate::typed(&server, &line).len() as u64
    };
    let mut errors = 0;
    for cut in 1..=whole {
        proxy.state.cut_after.store(cut, Ordering::Relaxed);
        let store = builder(proxy.address.to_string()).build().unwrap();
        match store.get(&key("a")).await {
            Ok(entry) => {
                assert_eq!(cut, whole);
                assert_eq!(entry.unwrap(), [b'x'; 300]);
            }
            Err(error) => {
                assert!(error.to_string().contains("broke in a reply"), "{error}");
                errors += 1;
            }
        }
    }
    assert_eq!(errors, whole - 1);
    proxy.state.cut_after.store(0, Ordering::Relaxed);
    works(&builder(proxy.address.to_string()).build().unwrap()).await;
}

/// How often each of these has happened.
#[derive(Default)]
struct Seen {
    read: AtomicUsize,
    failed: AtomicUsize,
    dropped: AtomicUsize,
}

impl Seen {
    fn is_enough(&self) -> bool {
        let enough = |count: &AtomicUsize| count.load(Ordering::Relaxed) >= 300;
        enough(&self.read) && enough(&self.failed) && enough(&self.dropped)
    }
}

/// Reads and writes its own key, of a length of its own, and with what looks like replies in it.
async fn read_and_write(store: MemcachedStore, number: u64, seen: Arc<Seen>) {
    let key = key(format!("user {number}"));
    let own = format!("[{number}]\r\nEND\r\nSTORED\r\n");
    let own = own.repeat(usize::try_from(number).unwrap() * 40 + 1);
    let mut dice = Dice(number);
    let end = Instant::now() + MINUTE;
    while !seen.is_enough() {
        assert!(Instant::now() < end, "not enough happens");
        let (is_put, is_dropped) = (dice.below(3) == 0, dice.below(2) == 0);
        let call = async {
            match is_put {
                true => store.put(&key, own.as_bytes(), MINUTE).await.map(|()| None),
                false => store.get(&key).await,
            }
        };
        let patience = match is_dropped {
            true => Duration::from_micros(dice.below(5_000)),
            false => MINUTE,
        };
        let count = match tokio::time::timeout(patience, call).await {
            Ok(Ok(None)) => continue,
            Ok(Ok(Some(entry))) => {
                assert!(entry == own.as_bytes(), "{number} reads another's");
                &seen.read
            }
            Ok(Err(_)) => &seen.failed,
            Err(_) => &seen.dropped,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Many tasks use one store; calls are dropped at random moments, and connections are cut at random
/// bytes. Nobody ever reads what another wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_reads_another_key_whatever_is_cut_or_dropped() {
    let server = MemcachedServer::start();
    let proxy = Proxy::to(server.socket_address()).await;
    let store = builder(proxy.address.to_string()).build().unwrap();
    let seen = Arc::new(Seen::default());
    let state = proxy.state.clone();
    let cutting = tokio::spawn(async move {
        let mut dice = Dice(99);
        loop {
            let after = dice.below(50_000) + 1;
            state.cut_after.store(after, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let tasks: Vec<_> = (0..24)
        .map(|number| tokio::spawn(read_and_write(store.clone(), number, seen.clone())))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    cutting.abort();
    _ = cutting.await;
    proxy.state.cut_after.store(0, Ordering::Relaxed);
    until("an answer", async || store.get(&key("a")).await.is_ok()).await;
    works(&store).await;
}

/// A call that is dropped while it waits for its reply leaves nothing that the next one reads.
#[tokio::test]
async fn a_dropped_call_leaves_no_reply_behind() {
    let server = MemcachedServer::start();
    let store = open(&server);
    for name in ["a", "b"] {
        store
            .put(&key(name), name.as_bytes(), MINUTE)
            .await
            .unwrap();
    }
    server.freeze();
    let patience = Duration::from_millis(50);
    let first = tokio::time::timeout(patience, store.get(&key("a"))).await;
    assert!(first.is_err(), "a frozen server answered");
    server.thaw();
    for _ in 0..20 {
        assert_eq!(store.get(&key("b")).await.unwrap().unwrap(), b"b");
    }
}
