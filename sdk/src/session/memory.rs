//! What the sessions of one client remember together, whatever their scope: which credentials were
//! refused, which work once and were sent, and what time it is at the server.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::machine::backoff;
use crate::error::{Error, Refused};
use crate::exchange::clock::{Millis, SECOND, ServerClock};
use crate::exchange::timer::within;
use crate::identity::v3::auth::{AuthMethod, Credentials, Scope};
use crate::runtime::to_json;

/// Why credentials are not sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Denied<E> {
    /// They were refused, and it is too early to try them again; this was the refusal.
    CoolDown(E),
    /// They work once, and were sent already.
    Spent,
}

/// A login as far as the memory has to tell it from others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fingerprint {
    pub(crate) credentials: u64,
    pub(crate) scope: u64,
    /// Those of its factors that work once.
    pub(crate) one_shots: Vec<u64>,
}

/// The rules, without a lock. The time is passed in.
#[derive(Debug)]
pub(crate) struct Record<E> {
    refusals: Vec<Refusal<E>>,
    /// The credentials that were accepted last.
    proved: Option<u64>,
    /// How many scopes were refused to them since.
    doubts: u32,
    spent: VecDeque<u64>,
}

#[derive(Debug)]
struct Refusal<E> {
    credentials: u64,
    /// None if it counts for each scope.
    scope: Option<u64>,
    times: u32,
    until: Millis,
    error: E,
}

/// How many refusals are remembered, and how many passcodes.
const MOST: usize = 256;

/// The server doesn't say whether it refuses the credentials or the scope. After a login that worked, it
/// is taken to be the scope, so often: servers lock a user out after five or six wrong passwords.
const DOUBTS: u32 = 3;

impl<E: Clone> Record<E> {
    pub(crate) fn new() -> Self {
        Record {
            refusals: Vec::new(),
            proved: None,
            doubts: 0,
            spent: VecDeque::new(),
        }
    }

    /// Whether this login may be sent, by a clock that nobody sets. What works once counts as sent from
    /// here on.
    pub(crate) fn may_send(&mut self, login: &Fingerprint, ticks: Millis) -> Result<(), Denied<E>> {
        if login.one_shots.iter().any(|one| self.spent.contains(one)) {
            return Err(Denied::Spent);
        }
        let refusals = self.refusals.iter().filter(|refusal| refusal.is_of(login));
        if let Some(refusal) = refusals.max_by_key(|refusal| refusal.until)
            && ticks < refusal.until
        {
            return Err(Denied::CoolDown(refusal.error.clone()));
        }
        self.spent.extend(&login.one_shots);
        let too_many = self.spent.len().saturating_sub(MOST);
        self.spent.drain(..too_many);
        Ok(())
    }

    /// The server has refused this login: it is not sent again for a growing time, and neither is
    /// another with its credentials, unless it is about the scope.
    pub(crate) fn refused(
        &mut self,
        login: &Fingerprint,
        what: Refused,
        error: E,
        ticks: Millis,
        chance: f64,
    ) {
        let of_scope = match what {
            Refused::Scope => true,
            Refused::Credentials => false,
            Refused::Either => self.suspects_scope(login),
        };
        let scope = of_scope.then_some(login.scope);
        let same = |refusal: &Refusal<E>| {
            refusal.credentials == login.credentials && refusal.scope == scope
        };
        let before = self.refusals.iter().position(same);
        let before = before.map_or(0, |place| self.refusals.swap_remove(place).times);
        if self.refusals.len() >= MOST {
            let oldest = self.refusals.iter().enumerate();
            let oldest = oldest.min_by_key(|(_, refusal)| refusal.until);
            if let Some((place, _)) = oldest {
                self.refusals.swap_remove(place);
            }
        }
        self.refusals.push(Refusal {
            credentials: login.credentials,
            scope,
            times: before.saturating_add(1),
            until: ticks.saturating_add(backoff(before, 2 * SECOND, chance)),
            error,
        });
    }

    /// Whether a refusal is taken to be about the scope, as the credentials have worked.
    fn suspects_scope(&mut self, login: &Fingerprint) -> bool {
        if self.proved != Some(login.credentials) {
            return false;
        }
        let mut refusals = self.refusals.iter();
        if refusals.any(|refusal| refusal.is_of(login) && refusal.scope.is_some()) {
            return true;
        }
        self.doubts = self.doubts.saturating_add(1);
        self.doubts <= DOUBTS
    }

    /// The server has accepted this login.
    pub(crate) fn accepted(&mut self, login: &Fingerprint) {
        self.refusals.retain(|refusal| !refusal.is_of(login));
        self.proved = Some(login.credentials);
        self.doubts = 0;
    }
}

impl<E> Refusal<E> {
    fn is_of(&self, login: &Fingerprint) -> bool {
        self.credentials == login.credentials && self.scope.is_none_or(|scope| scope == login.scope)
    }
}

/// What sessions share. It holds hashes, and no secret.
pub(crate) struct Memory {
    /// Seeded by chance, so that a hash says nothing outside of this program.
    hashes: RandomState,
    record: Mutex<Record<Error>>,
    /// Held by a login whose credentials may be wrong.
    turns: tokio::sync::Mutex<()>,
    pub(crate) clock: ServerClock,
}

/// How long a login waits for others that may be refused as it may be.
const TURN: Duration = Duration::from_secs(5);

impl Memory {
    pub(crate) fn new(clock: ServerClock) -> Self {
        Memory {
            hashes: RandomState::new(),
            record: Mutex::new(Record::new()),
            turns: tokio::sync::Mutex::new(()),
            clock,
        }
    }

    /// While it is not known whether credentials work, the logins for several scopes go one after the
    /// other: if they don't, the first finds out for all. A slow one doesn't stop the others for good.
    pub(crate) async fn turn(
        &self,
        login: &Fingerprint,
    ) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let known = || self.with(|record| record.proved == Some(login.credentials));
        if known() {
            return None;
        }
        let turn = within(TURN, self.turns.lock()).await.ok()?;
        (!known()).then_some(turn)
    }

    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut Record<Error>) -> R) -> R {
        use_it(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn fingerprint(
        &self,
        credentials: &Credentials,
        scope: Option<&Scope>,
    ) -> Fingerprint {
        let one_shots = credentials
            .members()
            .iter()
            .filter_map(|member| match member {
                AuthMethod::Totp(totp) => Some(self.hash(totp)),
                _ => None,
            });
        Fingerprint {
            credentials: self.hash(credentials),
            scope: self.hash(&scope),
            one_shots: one_shots.collect(),
        }
    }

    fn hash(&self, value: &impl Serialize) -> u64 {
        self.hashes.hash_one(to_json(value).unwrap_or_default())
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
