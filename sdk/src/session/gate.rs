//! One machine for all who share a session: one logs in, the others wait.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::machine::{Flight, Held, Machine, Step};
use crate::exchange::clock::Now;

/// A lock; the model checker brings its own.
pub(crate) trait Lock<V>: Send + Sync {
    fn new(value: V) -> Self;
    fn with<R>(&self, use_it: impl FnOnce(&mut V) -> R) -> R;
}

impl<V: Send> Lock<V> for Mutex<V> {
    fn new(value: V) -> Self {
        Mutex::new(value)
    }

    fn with<R>(&self, use_it: impl FnOnce(&mut V) -> R) -> R {
        use_it(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The machine, and who waits for a login to end.
pub(crate) struct Inner<T, E> {
    machine: Machine<T, E>,
    waiting: BTreeMap<u64, Waker>,
    tickets: u64,
}

/// A machine that is shared.
pub(crate) struct Gate<T, E, L = Mutex<Inner<T, E>>> {
    inner: L,
    kinds: std::marker::PhantomData<fn() -> (T, E)>,
}

/// What a caller gets.
pub(crate) enum Grant<T, E, L: Lock<Inner<T, E>>>
where
    T: Clone,
    E: Clone,
{
    /// A token.
    Token(Held<T>),
    /// A token, and the duty to renew it meanwhile.
    Renew(Held<T>, Leader<T, E, L>),
    /// The duty to log in.
    LogIn(Leader<T, E, L>),
    /// The error of the login that was waited for.
    Failed(E),
}

impl<T, E, L> Gate<T, E, L>
where
    T: Clone,
    E: Clone,
    L: Lock<Inner<T, E>>,
{
    pub(crate) fn new() -> Self {
        let inner = Inner {
            machine: Machine::new(),
            waiting: BTreeMap::new(),
            tickets: 0,
        };
        Gate {
            inner: L::new(inner),
            kinds: std::marker::PhantomData,
        }
    }

    /// Asks or tells the machine something.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut Machine<T, E>) -> R) -> R {
        self.inner.with(|inner| use_it(&mut inner.machine))
    }

    /// A token, a duty, or an error; waits while somebody else logs in.
    pub(crate) fn enter<N: Fn() -> Now>(self: &Arc<Self>, now: N) -> Enter<T, E, L, N> {
        Enter {
            gate: self.clone(),
            now,
            waited: None,
            ticket: None,
        }
    }

    /// Tells the machine how a login ended, and wakes all who wait.
    fn end(&self, tell: impl FnOnce(&mut Machine<T, E>)) {
        let waiting = self.inner.with(|inner| {
            tell(&mut inner.machine);
            std::mem::take(&mut inner.waiting)
        });
        waiting.into_values().for_each(Waker::wake);
    }
}

/// The one who logs in. Dropped before the end, it hands over to the next.
pub(crate) struct Leader<T: Clone, E: Clone, L: Lock<Inner<T, E>>> {
    gate: Arc<Gate<T, E, L>>,
    flight: Flight,
    ended: bool,
}

impl<T: Clone, E: Clone, L: Lock<Inner<T, E>>> Leader<T, E, L> {
    /// Tells how it ended.
    pub(crate) fn end(mut self, tell: impl FnOnce(&mut Machine<T, E>, Flight)) {
        self.ended = true;
        self.gate.end(|machine| tell(machine, self.flight));
    }
}

impl<T: Clone, E: Clone, L: Lock<Inner<T, E>>> Drop for Leader<T, E, L> {
    fn drop(&mut self) {
        if !self.ended {
            self.gate.end(|machine| machine.abandoned(self.flight));
        }
    }
}

/// See [`Gate::enter`].
pub(crate) struct Enter<T: Clone, E: Clone, L: Lock<Inner<T, E>>, N> {
    gate: Arc<Gate<T, E, L>>,
    now: N,
    waited: Option<Flight>,
    ticket: Option<u64>,
}

impl<T, E, L, N> Enter<T, E, L, N>
where
    T: Clone,
    E: Clone,
    L: Lock<Inner<T, E>>,
{
    /// Whether it had to wait.
    pub(crate) fn has_waited(&self) -> bool {
        self.waited.is_some()
    }

    fn lead(&self, flight: Flight) -> Leader<T, E, L> {
        Leader {
            gate: self.gate.clone(),
            flight,
            ended: false,
        }
    }
}

impl<T, E, L, N> Future for Enter<T, E, L, N>
where
    T: Clone + Unpin,
    E: Clone + Unpin,
    L: Lock<Inner<T, E>>,
    N: Fn() -> Now + Unpin,
{
    type Output = Grant<T, E, L>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let (now, waited, ticket) = ((this.now)(), this.waited, this.ticket);
        let waker = context.waker().clone();
        // What wakers do when they are dropped is not ours: never under the lock.
        let (step, ticket, _dropped) = this.gate.inner.with(|inner| {
            let step = inner.machine.step(now, waited);
            let Step::Wait(_) = step else {
                let old = ticket.and_then(|ticket| inner.waiting.remove(&ticket));
                return (step, None, (old, Some(waker)));
            };
            // Under the same lock as the step, so that no end of a login is missed.
            let ticket = ticket.unwrap_or_else(|| {
                inner.tickets += 1;
                inner.tickets
            });
            let old = inner.waiting.insert(ticket, waker);
            (step, Some(ticket), (old, None))
        });
        this.ticket = ticket;
        Poll::Ready(match step {
            Step::Wait(flight) => {
                this.waited = Some(flight);
                return Poll::Pending;
            }
            Step::Use(held) => Grant::Token(held),
            Step::Renew(held, flight) => Grant::Renew(held, this.lead(flight)),
            Step::LogIn(flight) => Grant::LogIn(this.lead(flight)),
            Step::Failed(error) => Grant::Failed(error),
        })
    }
}

impl<T: Clone, E: Clone, L: Lock<Inner<T, E>>, N> Drop for Enter<T, E, L, N> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let _dropped = self.gate.inner.with(|inner| inner.waiting.remove(&ticket));
        }
    }
}

#[cfg(test)]
#[path = "gate_model.rs"]
mod model;

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
