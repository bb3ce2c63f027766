//! A store in memory that can be told to fail.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openstack_identity::store::{Lease, MemoryStore, StoreError, StoreKey, TokenStore};
use openstack_identity::transport::BoxFuture;

pub const GET: u8 = 1;
pub const PUT: u8 = 2;
pub const REMOVE: u8 = 4;
pub const LEASE: u8 = 8;
pub const KEEP: u8 = 16;
pub const RELEASE: u8 = 32;
pub const ALL: u8 = 63;

/// Clones share what they keep and their mood.
#[derive(Clone, Default)]
pub struct Moody(Arc<Inner>);

#[derive(Default)]
struct Inner {
    kept: MemoryStore,
    /// What fails: a bit for each of the calls.
    fails: AtomicU8,
    /// Whether what fails hangs in place of failing.
    hangs: AtomicBool,
    /// How many failures are left; no end of them if it is zero.
    left: AtomicUsize,
    /// Whether leases are lost when they are to be kept.
    loses: AtomicBool,
    calls: Mutex<Vec<&'static str>>,
    lives: Mutex<Vec<Duration>>,
}

impl Moody {
    pub fn set(&self, fails: u8, hangs: bool) {
        self.0.hangs.store(hangs, Ordering::SeqCst);
        self.0.fails.store(fails, Ordering::SeqCst);
    }

    /// Fails so often, and then no more.
    pub fn set_times(&self, fails: u8, times: usize) {
        self.0.left.store(times, Ordering::SeqCst);
        self.set(fails, false);
    }

    pub fn lose_leases(&self) {
        self.0.loses.store(true, Ordering::SeqCst);
    }

    /// What was asked for, in order.
    pub fn calls(&self) -> Vec<&'static str> {
        self.0.calls.lock().unwrap().clone()
    }

    /// For how long entries were put.
    pub fn lives(&self) -> Vec<Duration> {
        self.0.lives.lock().unwrap().clone()
    }

    async fn check(&self, call: &'static str, bit: u8) -> Result<(), StoreError> {
        self.0.calls.lock().unwrap().push(call);
        // As over a network, where a call may be given up at each of its steps.
        tokio::task::yield_now().await;
        if self.0.fails.load(Ordering::SeqCst) & bit == 0 {
            return Ok(());
        }
        if self.0.left.load(Ordering::SeqCst) > 0 && self.0.left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            self.0.fails.store(0, Ordering::SeqCst);
        }
        if self.0.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Err(StoreError::new("it is in no mood"))
    }
}

impl TokenStore for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            self.check("get", GET).await?;
            self.0.kept.get(key).await
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.0.lives.lock().unwrap().push(time_to_live);
            self.check("put", PUT).await?;
            self.0.kept.put(key, entry, time_to_live).await
        })
    }

    fn put_if<'a>(
        &'a self,
        key: &'a StoreKey,
        old: Option<&'a [u8]>,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            self.0.lives.lock().unwrap().push(time_to_live);
            self.check("put", PUT).await?;
            self.0.kept.put_if(key, old, entry, time_to_live).await
        })
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            self.check("remove", REMOVE).await?;
            self.0.kept.remove_if(key, entry).await
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            self.check("lease", LEASE).await?;
            let lease = self.0.kept.lease(key, time_to_live).await?;
            Ok(lease.map(|lease| {
                let lease: Box<dyn Lease> = Box::new(MoodyLease {
                    store: self.clone(),
                    lease: Some(lease),
                });
                lease
            }))
        })
    }
}

struct MoodyLease {
    store: Moody,
    lease: Option<Box<dyn Lease>>,
}

impl Lease for MoodyLease {
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            self.store.check("keep", KEEP).await?;
            if self.store.0.loses.load(Ordering::SeqCst) {
                self.lease = None;
            }
            match &mut self.lease {
                Some(lease) => lease.keep(time_to_live).await,
                None => Ok(false),
            }
        })
    }

    fn release(mut self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            self.store.check("release", RELEASE).await?;
            match self.lease.take() {
                Some(lease) => lease.release().await,
                None => Ok(()),
            }
        })
    }
}
