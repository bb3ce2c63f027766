//! One login for all who want the same token: the rest wait for it in the store.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::Lease;
use super::cache::{Entry, Kept, Slot, Trouble};
use crate::error::Error;
use crate::exchange::event::Event;
use crate::exchange::jitter::jitter;
use crate::token::AuthToken;

/// How long a lease lasts that nobody keeps: if the one who has it dies, another takes over then.
const LEASE: Duration = Duration::from_secs(2);

/// How often it is kept: it bears two failures in a row.
const KEEP: Duration = Duration::from_millis(600);

/// How long to wait for another's login; beyond it, something hangs, and we log in ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before looking again, at first and at most.
const FIRST_LOOK: Duration = Duration::from_millis(25);
const LAST_LOOK: Duration = Duration::from_millis(200);

/// How many logins of others may fail before nobody waits any more. One may fail for a reason of its own,
/// such as a wrong password; if all fail, each had better know soon.
const FAILURES: usize = 2;

/// How long a failure is noted: longer than anybody waits before looking again.
const NOTE: Duration = Duration::from_secs(2);

/// What a kept token is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Good,
    /// It is to be replaced, and may be used by others until then.
    Old,
    /// A service has refused it.
    Dead,
    /// The server can't be asked about it.
    Unsure,
}

/// What a session makes of tokens from a store.
pub(crate) trait Judge: Sync {
    fn judge(&self, token: &AuthToken) -> Verdict;

    /// Waits until a login can bring a token that is accepted. Returns whether it had to wait.
    fn hold_back(&self) -> impl Future<Output = bool> + Send;

    /// How long a token may be kept.
    fn time_to_live(&self, token: &AuthToken) -> Duration;

    /// The token with this one's id, as the server knows it; the verdict if it can't be used. Asked for where
    /// others could have written the entry.
    fn confirm(&self, token: &AuthToken)
    -> impl Future<Output = Result<AuthToken, Verdict>> + Send;
}

/// What was found in the store.
#[derive(Default)]
struct Search {
    /// The entry that was there last, to be replaced if it still is.
    seen: Option<Entry>,
    /// The entry about whose token the server couldn't be asked. It isn't asked again.
    doubted: Option<Entry>,
}

impl Slot {
    /// The token that is kept, if `judge` finds it good, or else one of `login`: made by one of all who share
    /// the store. When the store fails, everybody logs in. With it comes what it was: a hit or a login.
    pub(crate) async fn obtain(
        &self,
        judge: &impl Judge,
        login: impl Future<Output = Result<AuthToken, Error>>,
    ) -> Result<(AuthToken, Event), Error> {
        let mut search = Search::default();
        let (lease, mut keeps) = match self.wait(judge, &mut search).await {
            Turn::Found(token) => return Ok((token, Event::CacheHit)),
            Turn::Ours(lease) => (Some(lease), true),
            Turn::Alone => (None, true),
            Turn::Silent => (None, false),
        };
        let (has_waited, lease) = self.holding(judge.hold_back(), lease).await;
        if has_waited && keeps {
            // What was doubted before may be accepted now: another client may have logged in meanwhile.
            match self.look(judge, &mut search).await {
                Ok(Some(token)) => {
                    if let Some(lease) = lease {
                        self.release(lease).await;
                    }
                    return Ok((token, Event::CacheHit));
                }
                Err(Trouble::Silence) => keeps = false,
                Ok(None) | Err(Trouble::Error) => {}
            }
        }
        self.tell(Event::CacheMiss);
        let (outcome, lease) = self.holding(login, lease).await;
        let time_to_live = |token| judge.time_to_live(token);
        let time_to_live = outcome.as_ref().map_or(Duration::ZERO, time_to_live);
        let put = match &outcome {
            // The token is good without the store.
            Ok(token) if keeps && !time_to_live.is_zero() => {
                self.put(token, time_to_live, search.seen).await
            }
            Err(_) if lease.is_some() => self.note_failure(NOTE).await,
            _ => Ok(()),
        };
        if let Some(lease) = lease
            && put != Err(Trouble::Silence)
        {
            self.release(lease).await;
        }
        Ok((outcome?, Event::Login))
    }

    /// Looks for a token, and takes the lease if there is none, for as long as somebody else has it. What
    /// fails at once is gone on from, as the login that follows may mend it: it replaces an entry that
    /// can't be read. What doesn't answer is not asked again.
    async fn wait(&self, judge: &impl Judge, search: &mut Search) -> Turn {
        let started = Instant::now();
        let mut pause = FIRST_LOOK;
        let mut waited = false;
        let mut failures = Vec::new();
        loop {
            // Who can't look may wait in vain.
            let longest = match self.look(judge, search).await {
                Ok(Some(token)) => return Turn::Found(token),
                Ok(None) => LONGEST_WAIT,
                Err(Trouble::Error) => LEASE,
                Err(Trouble::Silence) => return Turn::Silent,
            };
            match self.lease(LEASE).await {
                Ok(Some(lease)) => return self.look_again(judge, search, lease).await,
                Ok(None) => {}
                Err(Trouble::Error) => return Turn::Alone,
                Err(Trouble::Silence) => return Turn::Silent,
            }
            if !std::mem::replace(&mut waited, true) {
                self.tell(Event::Wait);
            }
            match self.failure().await {
                Ok(Some(failure)) if !failures.contains(&failure) => failures.push(failure),
                Ok(_) | Err(Trouble::Error) => {}
                Err(Trouble::Silence) => return Turn::Silent,
            }
            if failures.len() >= FAILURES {
                tracing::debug!("the logins of others have failed");
                return Turn::Alone;
            }
            if started.elapsed() >= longest {
                tracing::warn!("another program has been logging in for {longest:?}");
                return Turn::Alone;
            }
            tokio::time::sleep(pause.mul_f64(0.5 + jitter() / 2.0)).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// Who had the lease before us may have put a token there since we looked.
    async fn look_again(
        &self,
        judge: &impl Judge,
        search: &mut Search,
        lease: Box<dyn Lease>,
    ) -> Turn {
        match self.look(judge, search).await {
            Ok(Some(token)) => {
                self.release(lease).await;
                Turn::Found(token)
            }
            Ok(None) | Err(Trouble::Error) => Turn::Ours(lease),
            Err(Trouble::Silence) => Turn::Silent,
        }
    }

    async fn look(
        &self,
        judge: &impl Judge,
        search: &mut Search,
    ) -> Result<Option<AuthToken>, Trouble> {
        search.seen = None;
        let Some(Kept { token, entry }) = self.get().await? else {
            return Ok(None);
        };
        let verdict = match token {
            Some(token) if search.doubted.as_ref() != Some(&entry) => {
                match self.weigh(judge, token).await {
                    Ok(token) => return Ok(Some(token)),
                    Err(verdict) => verdict,
                }
            }
            _ => Verdict::Old,
        };
        match verdict {
            Verdict::Dead => return self.remove(&entry).await.map(|()| None),
            Verdict::Unsure => search.doubted = Some(entry.clone()),
            Verdict::Good | Verdict::Old => {}
        }
        search.seen = Some(entry);
        Ok(None)
    }

    /// The token, if it can be used; as the server knows it, where others could have written the entry.
    async fn weigh(&self, judge: &impl Judge, token: AuthToken) -> Result<AuthToken, Verdict> {
        match judge.judge(&token) {
            Verdict::Good if self.is_trusted() => return Ok(token),
            Verdict::Good => {}
            other => return Err(other),
        }
        // In a box, as it is rare and its future large.
        let known = Box::pin(judge.confirm(&token)).await?;
        match judge.judge(&known) {
            Verdict::Good => Ok(known),
            other => Err(other),
        }
    }

    /// Waits for `work`, and keeps the lease meanwhile. A lease that is lost is no reason to stop: at worst
    /// another logs in too.
    async fn holding<T>(
        &self,
        work: impl Future<Output = T>,
        mut lease: Option<Box<dyn Lease>>,
    ) -> (T, Option<Box<dyn Lease>>) {
        let mut work = pin!(work);
        let mut ticks = tokio::time::interval_at(Instant::now() + KEEP, KEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kept_at = Instant::now();
        while let Some(held) = &mut lease {
            let keep = async {
                ticks.tick().await;
                self.keep(&mut **held, LEASE).await
            };
            let kept = match first(work.as_mut(), keep).await {
                First::One(outcome) => return (outcome, lease),
                First::Other(kept) => kept,
            };
            match kept {
                Ok(true) => kept_at = Instant::now(),
                Err(_) if kept_at.elapsed() < LEASE => {}
                Ok(false) | Err(_) => lease = None,
            }
        }
        (work.await, None)
    }
}

/// What waiting came to.
enum Turn {
    Found(AuthToken),
    Ours(Box<dyn Lease>),
    /// Somebody else has the lease for too long, the logins of others have failed, or there are no leases.
    Alone,
    /// The store doesn't answer.
    Silent,
}

/// Which of two ended first, and with what.
enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for the first of two; `one`, if both have ended. The other one is dropped.
async fn first<O: Future, T: Future>(
    mut one: Pin<&mut O>,
    other: T,
) -> First<O::Output, T::Output> {
    let mut other = pin!(other);
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(one) => Poll::Ready(First::One(one)),
        Poll::Pending => other.as_mut().poll(context).map(First::Other),
    })
    .await
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
