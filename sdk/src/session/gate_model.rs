//! The gate under every order of events that the checker tries: threads, cancellations, refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::future;

use super::{Gate, Grant, Inner, Lock};
use crate::session::machine::{Life, Millis};

const NOW: Millis = 1_700_000_000_000;

const SCHEDULES: usize = 2_000;

type Model = Gate<u64, &'static str, Shuttled<Inner<u64, &'static str>>>;

/// A lock at which the checker may switch to another thread.
struct Shuttled<V>(shuttle::sync::Mutex<V>);

impl<V: Send> Lock<V> for Shuttled<V> {
    fn new(value: V) -> Self {
        Shuttled(shuttle::sync::Mutex::new(value))
    }

    fn with<R>(&self, use_it: impl FnOnce(&mut V) -> R) -> R {
        use_it(&mut self.0.lock().unwrap())
    }
}

/// What the client does with the gate: `post` stands for the request, and names the token it brings.
async fn token(
    gate: &Arc<Model>,
    posts: &AtomicUsize,
    fails: bool,
) -> Result<(u64, u64), &'static str> {
    let grant = gate.enter(|| NOW).await;
    match grant {
        Grant::Token(held) | Grant::Renew(held, _) => Ok((held.token, held.serial)),
        Grant::Failed(error) => Err(error),
        Grant::LogIn(leader) => {
            let token = 1 + posts.fetch_add(1, Ordering::SeqCst) as u64;
            // The request takes its time: others get a turn.
            future::yield_now().await;
            if fails {
                leader.end(|machine, flight| machine.failed(flight, "down", NOW, 0.0));
                return Err("down");
            }
            let life = Life {
                issued: NOW - 60_000,
                expires: NOW + 3_600_000,
            };
            let mut serial = 0;
            leader.end(|machine, flight| {
                machine.logged_in(flight, (token, life), NOW, None, 0.0);
                serial = machine.held().map_or(0, |held| held.serial);
            });
            Ok((token, serial))
        }
    }
}

fn gate() -> (Arc<Model>, Arc<AtomicUsize>) {
    (Arc::new(Model::new()), Arc::new(AtomicUsize::new(0)))
}

#[test]
fn many_who_find_no_token_post_once() {
    shuttle::check_random(
        || {
            let (gate, posts) = gate();
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move { token(&gate, &posts, false).await })
                })
                .collect();
            for task in tasks {
                assert_eq!(future::block_on(task).unwrap().unwrap().0, 1);
            }
            assert_eq!(posts.load(Ordering::SeqCst), 1);
        },
        SCHEDULES,
    );
}

#[test]
fn many_whose_token_is_refused_post_once_more() {
    shuttle::check_random(
        || {
            let (gate, posts) = gate();
            let (first, serial) = future::block_on(token(&gate, &posts, false)).unwrap();
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move {
                        gate.with(|machine| machine.token_refused(serial, NOW));
                        token(&gate, &posts, false).await
                    })
                })
                .collect();
            for task in tasks {
                let (token, _) = future::block_on(task).unwrap().unwrap();
                assert_ne!(token, first, "the refused one is not given out again");
            }
            assert_eq!(
                posts.load(Ordering::SeqCst),
                2,
                "and a fresh one is not thrown away"
            );
        },
        SCHEDULES,
    );
}

#[test]
fn a_leader_that_is_cancelled_hands_over() {
    shuttle::check_random(
        || {
            let (gate, posts) = gate();
            let cancelled = {
                let gate = gate.clone();
                future::spawn(async move {
                    if let Grant::LogIn(leader) = gate.enter(|| NOW).await {
                        future::yield_now().await;
                        drop(leader);
                    }
                })
            };
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move { token(&gate, &posts, false).await })
                })
                .collect();
            future::block_on(cancelled).unwrap();
            for task in tasks {
                assert!(future::block_on(task).unwrap().is_ok());
            }
            assert_eq!(posts.load(Ordering::SeqCst), 1);
        },
        SCHEDULES,
    );
}

#[test]
fn an_error_is_shared_and_nobody_hangs() {
    shuttle::check_random(
        || {
            let (gate, posts) = gate();
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move { token(&gate, &posts, true).await })
                })
                .collect();
            for task in tasks {
                assert_eq!(future::block_on(task).unwrap(), Err("down"));
            }
            assert!(posts.load(Ordering::SeqCst) <= 4);
        },
        SCHEDULES,
    );
}

#[test]
fn a_waiter_that_is_cancelled_leaves_nothing_behind() {
    shuttle::check_random(
        || {
            let (gate, posts) = gate();
            let impatient: Vec<_> = (0..2)
                .map(|_| {
                    let gate = gate.clone();
                    future::spawn(async move {
                        drop(gate.enter(|| NOW));
                        future::yield_now().await;
                    })
                })
                .collect();
            let task = {
                let (gate, posts) = (gate.clone(), posts.clone());
                future::spawn(async move { token(&gate, &posts, false).await })
            };
            for impatient in impatient {
                impatient.abort();
            }
            assert!(future::block_on(task).unwrap().is_ok());
            assert_eq!(gate.inner.with(|inner| inner.waiting.len()), 0);
        },
        SCHEDULES,
    );
}
