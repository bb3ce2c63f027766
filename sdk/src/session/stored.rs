//! A session and the store that it shares with others.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::machine::{Machine, NEVER, margin};
use super::{Session, confirmed, life};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::exchange::clock::{Millis, SECOND};
use crate::exchange::event::Event;
use crate::exchange::lifetime::UNKNOWN;
use crate::identity::v3::auth::Credentials;
use crate::identity::v3::common::TokenId;
use crate::store::{Judge, Slot, Verdict};
use crate::token::AuthToken;
use crate::token::owner::is_anothers;

/// What a session knows about its tokens in the store.
#[derive(Default)]
pub(super) struct Stored {
    /// Where the session's token is kept.
    slot: Mutex<Option<Slot>>,
    /// Hashes of the tokens that a service has refused, the latest last.
    refused: Mutex<Vec<u64>>,
    hashes: RandomState,
}

/// The longest that a token is kept, however long its server says that it lives.
const LONGEST: Millis = 30 * 86_400 * SECOND;

/// More are not remembered: an old token isn't in the store any more.
const MOST_REFUSED: usize = 16;

impl Stored {
    pub(super) fn refused(&self, id: &TokenId) {
        let hash = self.hashes.hash_one(id.expose());
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // Each of the calls that were under way with a token tells that it was refused.
        if refused.contains(&hash) {
            return;
        }
        if refused.len() == MOST_REFUSED {
            refused.remove(0);
        }
        refused.push(hash);
    }

    fn was_refused(&self, id: &TokenId) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(&self.hashes.hash_one(id.expose()))
    }

    /// Takes the token out of the store, if it is the one that is kept.
    pub(super) async fn remove(&self, id: &TokenId) {
        let slot = || self.slot().clone();
        if let Some(slot) = slot() {
            slot.remove_id(id).await;
        }
    }

    fn is_kept_at(&self, slot: &Slot) {
        *self.slot() = Some(slot.clone());
    }

    fn slot(&self) -> MutexGuard<'_, Option<Slot>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Where the token for these credentials is kept, if there is a store.
    pub(super) fn slot(&self, client: &Client, credentials: &Credentials) -> Option<Slot> {
        let cache = self.login.cache.as_ref()?;
        let auth_url = client.url.given().to_string();
        let scope = self.login.scope.as_ref();
        cache.slot(&auth_url, credentials, scope)
    }

    pub(crate) fn keeps_tokens(&self) -> bool {
        self.login.cache.is_some()
    }

    /// Where the token for these credentials is kept and how, for a person; none without a store.
    pub(crate) fn explain_store(
        &self,
        client: &Client,
        credentials: Option<&Credentials>,
    ) -> Option<String> {
        let cache = self.login.cache.as_ref()?;
        let auth_url = client.url.given().to_string();
        Some(cache.explain(&auth_url, credentials, self.login.scope.as_ref()))
    }

    /// The token that is kept, or that of a login by one of all who share the store.
    pub(super) async fn obtain_by(
        &self,
        client: &Client,
        (slot, credentials): (&Slot, &Credentials),
        login: impl Future<Output = Result<AuthToken, Error>>,
    ) -> Result<(AuthToken, Event), Error> {
        let bench = Bench {
            session: self,
            client,
            credentials,
        };
        let obtained = slot.obtain(&bench, login).await?;
        if let (token, Event::Login) = &obtained
            && !slot.is_trusted()
        {
            confirmed::learn(client, token);
        }
        // Not before: the token at hand may be of other credentials, and so of another place.
        self.stored.is_kept_at(slot);
        Ok(obtained)
    }

    fn judge(&self, token: &AuthToken) -> Verdict {
        let now = self.now();
        let life = life(token, now);
        // The one at hand is due. One that doesn't live longer is of no more use, or is the same.
        let is_no_newer = self.gate.with(|machine| {
            let held = machine.held();
            let is_no_newer = held.is_some_and(|held| held.life().expires >= life.expires);
            is_no_newer || machine.doubts(life.issued, now)
        });
        if self.stored.was_refused(token.id()) {
            Verdict::Dead
        } else if is_no_newer || self.time_left(token).is_zero() {
            Verdict::Old
        } else {
            Verdict::Good
        }
    }

    /// How long a token is good for those who find it: until it is time to renew it.
    fn time_left(&self, token: &AuthToken) -> Duration {
        let now = self.now();
        let life = life(token, now);
        let left = match life.expires {
            NEVER => UNKNOWN,
            expires => expires
                .saturating_sub(margin(life))
                .saturating_sub(now.server),
        };
        Duration::from_millis(u64::try_from(left.min(LONGEST)).unwrap_or(0))
    }
}

/// Judges what is found in a store.
struct Bench<'a> {
    session: &'a Session,
    client: &'a Client,
    credentials: &'a Credentials,
}

impl Judge for Bench<'_> {
    fn judge(&self, token: &AuthToken) -> Verdict {
        self.session.judge(token)
    }

    async fn hold_back(&self) -> bool {
        self.session.hold_back().await
    }

    fn time_to_live(&self, token: &AuthToken) -> Duration {
        self.session.time_left(token)
    }

    async fn confirm(&self, token: &AuthToken) -> Result<AuthToken, Verdict> {
        let known = confirmed::known(self.client, token).await;
        let scope = self.session.login.scope.as_ref();
        if let Ok(known) = &known
            && is_anothers(known, self.credentials, scope)
        {
            tracing::warn!("a token in the store is somebody else's, and is replaced");
            return Err(Verdict::Unsure);
        }
        known.map_err(|error| {
            let text = error.to_string();
            tracing::debug!(error = text, "a token from the store is not confirmed");
            match error.kind() {
                ErrorKind::Unauthorized | ErrorKind::NotFound => {
                    let now = self.session.now();
                    let refused = |machine: &mut Machine<_, _>| machine.another_refused(now);
                    self.session.gate.with(refused);
                    Verdict::Dead
                }
                _ => Verdict::Unsure,
            }
        })
    }
}
