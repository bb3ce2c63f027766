//! A session and the store that it shares with others.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::machine::margin;
use super::{Session, life};
use crate::TokenId;
use crate::client::Client;
use crate::error::Error;
use crate::event::Event;
use crate::identity::v3::auth::Credentials;
use crate::store::{Slot, Verdict};
use crate::token::AuthToken;

/// What a session knows about its tokens in the store.
#[derive(Default)]
pub(super) struct Stored {
    /// Where the session's token is kept.
    slot: Mutex<Option<Arc<Slot>>>,
    /// Hashes of the tokens that a service has refused, the latest last.
    refused: Mutex<Vec<u64>>,
    hashes: RandomState,
}

/// More are not remembered: an old token isn't in the store any more.
const MOST_REFUSED: usize = 16;

impl Stored {
    pub(super) fn refused(&self, id: &TokenId) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() == MOST_REFUSED {
            refused.remove(0);
        }
        refused.push(self.hashes.hash_one(id.expose()));
    }

    fn was_refused(&self, id: &TokenId) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(&self.hashes.hash_one(id.expose()))
    }

    /// Takes the token out of the store, if it is the one that is kept.
    pub(super) async fn remove(&self, id: &TokenId) {
        let slot = || {
            self.slot
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        };
        if let Some(slot) = slot() {
            slot.remove_id(id).await;
        }
    }
}

impl Session {
    /// Where the token for these credentials is kept, if there is a store.
    pub(super) async fn slot(
        &self,
        client: &Client,
        credentials: &Credentials,
    ) -> Option<Arc<Slot>> {
        let cache = self.login.cache.as_ref()?;
        let auth_url = client.url.given().to_string();
        let scope = self.login.scope.as_ref();
        let slot = cache.slot(&auth_url, credentials, scope).await;
        let slot = slot.map(Arc::new);
        let mut kept = self
            .stored
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.clone_from(&slot);
        slot
    }

    /// The token that is kept, or that of a login by one of all who share the store.
    pub(super) async fn obtain_by(
        &self,
        slot: &Slot,
        login: impl Future<Output = Result<AuthToken, Error>>,
    ) -> Result<(AuthToken, Event), Error> {
        let time_to_live = |token: &AuthToken| self.time_left(token);
        slot.obtain(|token| self.judge(token), time_to_live, login)
            .await
    }

    fn judge(&self, token: &AuthToken) -> Verdict {
        let is_held = self.gate.with(|machine| {
            let held = machine.held();
            held.is_some_and(|held| held.token.id().expose() == token.id().expose())
        });
        if self.stored.was_refused(token.id()) {
            Verdict::Dead
        } else if is_held || self.time_left(token).is_zero() {
            Verdict::Old
        } else {
            Verdict::Good
        }
    }

    /// How long a token is good for those who find it: until it is time to renew it.
    fn time_left(&self, token: &AuthToken) -> Duration {
        let life = life(token);
        let left = life.expires - margin(life) - self.now().server;
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }
}
