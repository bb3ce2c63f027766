//! The gate under every order of events that the checker tries: threads, cancellations, refusals.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use shuttle::future;

use super::{Gate, Grant, Inner, Leader, Lock};
use crate::exchange::clock::{Millis, Now};
use crate::session::machine::Life;

const START: Millis = 1_700_000_000_000;

const NOW: Now = Now {
    server: START,
    ticks: 0,
};

/// When the first token is due, and the second isn't.
const DUE: Now = Now {
    server: START + 3_550_000,
    ticks: 3_550_000,
};

/// When the first token is dead, and the second isn't.
const LATE: Now = Now {
    server: START + 3_600_000,
    ticks: 3_600_000,
};

const SCHEDULES: usize = 2_000;

type Shared = Shuttled<Inner<u64, Failure>>;
type Model = Gate<u64, Failure, Shared>;
type Lead = Leader<u64, Failure, Shared>;

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

/// Why a login brings no token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failure {
    Down,
    Cancelled,
}

/// How a login ends.
#[derive(Clone, Copy)]
enum Outcome {
    Token,
    Error,
    /// It is given up before the end.
    Cancelled,
}

/// What the client does with the gate: `post` stands for the request, and names the token it brings.
async fn token(
    gate: &Arc<Model>,
    posts: &Arc<AtomicUsize>,
    fails: bool,
) -> Result<(u64, u64), Failure> {
    let outcome = if fails {
        Outcome::Error
    } else {
        Outcome::Token
    };
    token_at(NOW, gate, posts, outcome).await
}

/// The same at another time. A renewal goes on by itself, as in the client.
async fn token_at(
    now: Now,
    gate: &Arc<Model>,
    posts: &Arc<AtomicUsize>,
    outcome: Outcome,
) -> Result<(u64, u64), Failure> {
    let grant = gate.enter(|| now).await;
    match grant {
        Grant::Token(held) => Ok((held.token, held.serial)),
        Grant::Renew(held, leader) => {
            let posts = posts.clone();
            future::spawn(async move { log_in(now, leader, &posts, outcome).await });
            Ok((held.token, held.serial))
        }
        Grant::Failed(error) => Err(error),
        Grant::LogIn(leader) => log_in(now, leader, posts, outcome).await,
    }
}

async fn log_in(
    now: Now,
    leader: Lead,
    posts: &AtomicUsize,
    outcome: Outcome,
) -> Result<(u64, u64), Failure> {
    let token = 1 + posts.fetch_add(1, Ordering::SeqCst) as u64;
    // The request takes its time: others get a turn.
    future::yield_now().await;
    match outcome {
        Outcome::Token => {}
        Outcome::Error => {
            leader.end(|machine, flight| machine.failed(flight, Failure::Down, now, 0.0));
            return Err(Failure::Down);
        }
        Outcome::Cancelled => return Err(Failure::Cancelled),
    }
    let life = Life {
        issued: now.server - 60_000,
        expires: now.server + 3_600_000,
        came: now,
        renewable: true,
    };
    let mut serial = 0;
    leader.end(|machine, flight| {
        machine.logged_in(flight, (token, life), 0.0);
        serial = machine.held().map_or(0, |held| held.serial);
    });
    Ok((token, serial))
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
                assert_eq!(future::block_on(task).unwrap(), Err(Failure::Down));
            }
            assert!(posts.load(Ordering::SeqCst) <= 4);
        },
        SCHEDULES,
    );
}

/// Polls a future once, and no more.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        Poll::Ready(match Pin::new(&mut *future).poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

#[test]
fn a_waiter_that_is_cancelled_leaves_nothing_behind() {
    let waited = Arc::new(AtomicUsize::new(0));
    let seen = waited.clone();
    shuttle::check_random(
        move || {
            let (gate, posts) = gate();
            let impatient: Vec<_> = (0..2)
                .map(|_| {
                    let (gate, waited) = (gate.clone(), waited.clone());
                    future::spawn(async move {
                        let mut enter = gate.enter(|| NOW);
                        // A grant that nobody takes is handed over; who is in the line leaves it.
                        if poll_once(&mut enter).await.is_none() {
                            waited.fetch_add(1, Ordering::SeqCst);
                        }
                        future::yield_now().await;
                        drop(enter);
                    })
                })
                .collect();
            let tasks: Vec<_> = (0..2)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move { token(&gate, &posts, false).await })
                })
                .collect();
            for task in tasks {
                assert!(future::block_on(task).unwrap().is_ok());
            }
            for impatient in impatient {
                future::block_on(impatient).unwrap();
            }
            assert_eq!(gate.inner.with(|inner| inner.waiting.len()), 0);
            assert_eq!(posts.load(Ordering::SeqCst), 1);
        },
        SCHEDULES,
    );
    let waited = seen.load(Ordering::SeqCst);
    assert!(waited > SCHEDULES / 10, "{waited} were in the line");
}

/// A gate with the first token, and so many tasks that use it when it is due.
fn due(tasks: usize, outcome: Outcome) -> (Arc<Model>, Arc<AtomicUsize>) {
    let (gate, posts) = gate();
    assert_eq!(
        future::block_on(token(&gate, &posts, false)).unwrap(),
        (1, 1)
    );
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (gate, posts) = (gate.clone(), posts.clone());
            future::spawn(async move { token_at(DUE, &gate, &posts, outcome).await })
        })
        .collect();
    for task in tasks {
        let (token, _) = future::block_on(task).unwrap().unwrap();
        assert!(
            (1..=2).contains(&token),
            "the one that lives, or the new one"
        );
    }
    (gate, posts)
}

#[test]
fn many_whose_token_is_due_renew_once_and_wait_for_nothing() {
    shuttle::check_random(
        || {
            let (gate, posts) = due(4, Outcome::Token);
            // Who comes when the old one is dead waits for the renewal, or finds its token.
            let late = future::block_on(token_at(LATE, &gate, &posts, Outcome::Token));
            assert_eq!(late.unwrap().0, 2);
            assert_eq!(posts.load(Ordering::SeqCst), 2);
        },
        SCHEDULES,
    );
}

#[test]
fn a_renewal_that_fails_or_is_given_up_takes_no_token_away() {
    for outcome in [Outcome::Error, Outcome::Cancelled] {
        shuttle::check_random(
            move || {
                let (gate, posts) = due(3, outcome);
                // At expiry somebody logs in, after the renewal if it still goes on.
                loop {
                    match future::block_on(token_at(LATE, &gate, &posts, Outcome::Token)) {
                        Ok((token, _)) => {
                            assert!(token > 1, "the first one is dead");
                            break;
                        }
                        Err(error) => assert_eq!(error, Failure::Down, "of the renewal"),
                    }
                }
                let first = gate.with(|machine| machine.alive(LATE).is_some());
                assert!(first, "and the token is held");
            },
            SCHEDULES,
        );
    }
}

#[test]
fn a_refusal_during_a_renewal_waits_for_its_token() {
    shuttle::check_random(
        || {
            let (gate, posts) = due(1, Outcome::Token);
            let tasks: Vec<_> = (0..2)
                .map(|_| {
                    let (gate, posts) = (gate.clone(), posts.clone());
                    future::spawn(async move {
                        gate.with(|machine| machine.token_refused(1, DUE));
                        token_at(DUE, &gate, &posts, Outcome::Token).await
                    })
                })
                .collect();
            for task in tasks {
                assert_eq!(future::block_on(task).unwrap().unwrap().0, 2);
            }
            assert_eq!(posts.load(Ordering::SeqCst), 2, "one login for both");
        },
        SCHEDULES,
    );
}
