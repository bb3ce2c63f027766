//! One login for all who want the same token: the rest wait for it in the store.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::Lease;
use super::cache::{Failed, Slot};
use crate::chance::chance;
use crate::error::Error;
use crate::event::Event;
use crate::token::AuthToken;

/// How long a lease lasts that nobody keeps: if the one who has it dies, another takes over then.
const LEASE: Duration = Duration::from_secs(2);

/// How often it is kept: it bears two failures.
const KEEP: Duration = Duration::from_millis(600);

/// How long to wait for another's login; beyond it, something hangs, and we log in ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before looking again, at first and at most.
const FIRST_LOOK: Duration = Duration::from_millis(25);
const LAST_LOOK: Duration = Duration::from_millis(200);

/// What a kept token is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Good,
    /// It is to be replaced, and may be used by others until then.
    Old,
    /// A service has refused it.
    Dead,
}

impl Slot {
    /// The token that is kept, if `judge` finds it good, or else one of `login`: made by one of all who share
    /// the store. `time_to_live` says how long a token may be kept. When the store fails, everybody logs in.
    /// With it comes what it was: a hit or a login.
    pub(crate) async fn obtain(
        &self,
        judge: impl Fn(&AuthToken) -> Verdict,
        time_to_live: impl Fn(&AuthToken) -> Duration,
        login: impl Future<Output = Result<AuthToken, Error>>,
    ) -> Result<(AuthToken, Event), Error> {
        let lease = match self.wait(&judge).await {
            Ok(Turn::Found(token)) => return Ok((token, Event::CacheHit)),
            Ok(Turn::Ours(lease)) => Some(lease),
            Ok(Turn::WaitedEnough) => None,
            Err(Failed) => return Ok((login.await?, Event::Login)),
        };
        self.tell(Event::CacheMiss);
        let (outcome, lease) = self.log_in(login, lease).await;
        if let Ok(token) = &outcome {
            let time_to_live = time_to_live(token);
            if !time_to_live.is_zero() {
                // A failure was told, and the token is good without the store.
                _ = self.put(token, time_to_live).await;
            }
        }
        if let Some(lease) = lease {
            self.release(lease).await;
        }
        Ok((outcome?, Event::Login))
    }

    /// Looks for a token, and takes the lease if there is none, for as long as somebody else has it.
    async fn wait(&self, judge: &impl Fn(&AuthToken) -> Verdict) -> Result<Turn, Failed> {
        let started = Instant::now();
        let mut pause = FIRST_LOOK;
        let mut waited = false;
        loop {
            if let Some(token) = self.look(judge).await? {
                return Ok(Turn::Found(token));
            }
            if let Some(lease) = self.lease(LEASE).await? {
                // Who had it before us may have put a token there since we looked.
                let found = self.look(judge).await;
                if let Ok(None) = found {
                    return Ok(Turn::Ours(lease));
                }
                self.release(lease).await;
                return found.map(|token| token.map_or(Turn::WaitedEnough, Turn::Found));
            }
            if !std::mem::replace(&mut waited, true) {
                self.tell(Event::Wait);
            }
            if started.elapsed() >= LONGEST_WAIT {
                tracing::warn!("another program has been logging in for {LONGEST_WAIT:?}");
                return Ok(Turn::WaitedEnough);
            }
            tokio::time::sleep(pause.mul_f64(0.5 + chance() / 2.0)).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    async fn look(
        &self,
        judge: &impl Fn(&AuthToken) -> Verdict,
    ) -> Result<Option<AuthToken>, Failed> {
        let Some(kept) = self.get().await? else {
            return Ok(None);
        };
        match judge(&kept.token) {
            Verdict::Good => Ok(Some(kept.token)),
            Verdict::Old => Ok(None),
            Verdict::Dead => self.remove(&kept).await.map(|()| None),
        }
    }

    /// Logs in, and keeps the lease meanwhile. A lease that is lost is no reason to stop: at worst
    /// another logs in too.
    async fn log_in(
        &self,
        login: impl Future<Output = Result<AuthToken, Error>>,
        mut lease: Option<Box<dyn Lease>>,
    ) -> (Result<AuthToken, Error>, Option<Box<dyn Lease>>) {
        let mut login = pin!(login);
        let mut ticks = tokio::time::interval_at(Instant::now() + KEEP, KEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while let Some(held) = &mut lease {
            let came = {
                let keep = pin!(async {
                    ticks.tick().await;
                    matches!(self.keep(&mut **held, LEASE).await, Ok(true))
                });
                first(login.as_mut(), keep).await
            };
            match came {
                First::Left(outcome) => return (outcome, lease),
                First::Right(true) => {}
                First::Right(false) => lease = None,
            }
        }
        (login.await, None)
    }
}

/// Which of two came first.
enum First<L, R> {
    Left(L),
    Right(R),
}

/// What comes first; `left`, if both are there.
async fn first<L: Future, R: Future>(
    mut left: Pin<&mut L>,
    mut right: Pin<&mut R>,
) -> First<L::Output, R::Output> {
    poll_fn(|context| {
        if let Poll::Ready(left) = left.as_mut().poll(context) {
            return Poll::Ready(First::Left(left));
        }
        right.as_mut().poll(context).map(First::Right)
    })
    .await
}

/// What waiting came to.
enum Turn {
    Found(AuthToken),
    Ours(Box<dyn Lease>),
    WaitedEnough,
}
