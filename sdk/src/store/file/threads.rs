//! Threads that wait for disks. A runtime waits for its own threads when it ends, and so would for a network
//! file system that hangs for ever; nothing waits for these.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::store::StoreError;

/// How many there are in the process at most, and so how many calls are under way at once.
const MOST: usize = 8;

const NAME: &str = "openstack-disk";

/// How long a thread waits for more to do before it ends.
const IDLE: Duration = Duration::from_secs(10);

static CALLS: Semaphore = Semaphore::const_new(MOST);
static THREADS: Mutex<Threads> = Mutex::new(Threads::none());
static MORE: Condvar = Condvar::new();

type Job = Box<dyn FnOnce() + Send>;

struct Threads {
    /// Whose they are: after a fork there are none in the child.
    process: u32,
    jobs: VecDeque<Job>,
    all: usize,
    idle: usize,
}

impl Threads {
    const fn none() -> Self {
        Threads {
            process: 0,
            jobs: VecDeque::new(),
            all: 0,
            idle: 0,
        }
    }
}

/// Does something when a call may be under way, and brings the outcome; then something that nobody waits for.
pub(super) async fn turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    then: impl FnOnce() + Send + 'static,
) -> Result<T, StoreError> {
    let turn = CALLS.acquire().await;
    let turn = turn.map_err(|_| StoreError::new("the store is closed"))?;
    wait_for(work, move || {
        then();
        drop(turn);
    })
    .await
}

/// The same, without waiting for a turn.
pub(super) async fn wait_for<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    then: impl FnOnce() + Send + 'static,
) -> Result<T, StoreError> {
    let (tell, told) = oneshot::channel();
    let job = move || {
        _ = tell.send(work());
        then();
    };
    run(job).map_err(|error| {
        StoreError::new(format!("there is no thread to wait for the disk: {error}"))
    })?;
    told.await
        .map_err(|_| StoreError::new("the call has not come to its end"))
}

/// Does something in one of the threads, as soon as one is free.
pub(super) fn run(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut threads = lock();
    let process = std::process::id();
    if threads.process != process {
        // Their jobs hold what the parent has locked, so nothing of them is dropped.
        std::mem::forget(std::mem::replace(&mut *threads, Threads::none()));
        threads.process = process;
    }
    if threads.idle <= threads.jobs.len() && threads.all < MOST {
        let started = std::thread::Builder::new().name(NAME.to_owned());
        match started.spawn(work) {
            Ok(_) => threads.all += 1,
            Err(error) if threads.all == 0 => return Err(error),
            Err(_) => {}
        }
    }
    threads.jobs.push_back(Box::new(job));
    drop(threads);
    MORE.notify_one();
    Ok(())
}

/// Whether the caller is in one of them, where it may wait for the disk.
pub(super) fn is_one() -> bool {
    std::thread::current().name() == Some(NAME)
}

fn work() {
    let mut threads = lock();
    loop {
        if let Some(job) = threads.jobs.pop_front() {
            drop(threads);
            // Whoever waits sees that it has not come to its end.
            _ = catch_unwind(AssertUnwindSafe(job));
            threads = lock();
            continue;
        }
        threads.idle += 1;
        let waited = MORE.wait_timeout(threads, IDLE);
        let (back, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        threads = back;
        threads.idle -= 1;
        if timeout.timed_out() && threads.jobs.is_empty() {
            threads.all -= 1;
            return;
        }
    }
}

fn lock() -> MutexGuard<'static, Threads> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}
