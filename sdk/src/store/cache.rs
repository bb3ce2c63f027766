//! A store as a session uses it: bounded in time, and never in the way.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use super::entry::Form;
use super::seal::Choice;
use super::{Lease, Sealing, StoreError, StoreKey, TokenStore};
use crate::exchange::event::{Event, Observer};
use crate::exchange::timer::{self, within};
use crate::identity::v3::auth::{Credentials, Scope};
use crate::identity::v3::common::TokenId;
use crate::token::AuthToken;
use crate::transport::BoxFuture;

/// A store, and how it is to be used.
pub(crate) struct CacheSettings {
    pub(crate) store: Option<Arc<dyn TokenStore>>,
    pub(crate) sealing: Sealing,
    pub(crate) timeout: Duration,
}

impl Default for CacheSettings {
    fn default() -> Self {
        CacheSettings {
            store: None,
            sealing: Sealing::default(),
            timeout: Duration::from_millis(500),
        }
    }
}

impl CacheSettings {
    /// The store in use, if there is one.
    pub(crate) fn cache(&self, observer: &Observer) -> Option<Arc<TokenCache>> {
        Some(Arc::new(TokenCache {
            store: self.store.clone()?,
            sealing: self.sealing.clone(),
            timeout: self.timeout,
            observer: observer.clone(),
            warned: AtomicBool::new(false),
        }))
    }
}

/// A store, and how it is used. Shared by the sessions of a client.
pub(crate) struct TokenCache {
    pub(super) store: Arc<dyn TokenStore>,
    sealing: Sealing,
    timeout: Duration,
    observer: Observer,
    warned: AtomicBool,
}

/// How a store has failed. It was told, and whoever asked goes on without the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    /// It said that it can't. That it doesn't do this at all is not told as a failure.
    Error,
    /// It has not answered in time, and would rather not the next time either.
    Silence,
}

impl TokenCache {
    /// The place for the token of a login; none if there can't be one.
    pub(crate) fn slot(
        self: &Arc<Self>,
        auth_url: &str,
        credentials: &Credentials,
        scope: Option<&Scope>,
    ) -> Option<Slot> {
        if !timer::is_there() {
            self.warn_once("a store can be used in a Tokio runtime only");
            return None;
        }
        let Some(key) = StoreKey::new(auth_url, credentials, scope) else {
            self.warn_once(UNTOLD);
            return None;
        };
        let is_private = self.store.is_private();
        let seal = match Choice::of(&self.sealing, is_private, credentials) {
            Choice::With(source) => Some(source.seal(&key)),
            Choice::Plain(_) => {
                if matches!(self.sealing, Sealing::Auto) && !is_private {
                    self.warn_once(PLAIN);
                }
                None
            }
            Choice::NoKey => {
                self.warn_once(NO_KEY);
                return None;
            }
        };
        Some(Slot {
            cache: self.clone(),
            form: Arc::new(Form { key, seal }),
            told: Arc::default(),
        })
    }

    /// Where the token of a login is kept, and how, as a sentence. The store is not asked, and no key made.
    pub(crate) fn explain(
        &self,
        auth_url: &str,
        credentials: Option<&Credentials>,
        scope: Option<&Scope>,
    ) -> String {
        let store = self.store.name();
        let Some(credentials) = credentials else {
            return format!("the store {store} is not used: there are no credentials");
        };
        let Some(key) = StoreKey::new(auth_url, credentials, scope) else {
            return format!("the store {store} is not used: {UNTOLD}");
        };
        match Choice::of(&self.sealing, self.store.is_private(), credentials) {
            Choice::With(source) => {
                let key_of = source.name();
                format!("the token is kept in the store {store} under {key}, sealed with {key_of}")
            }
            Choice::Plain(why) => {
                format!("the token is kept in the store {store} under {key}, as plain text: {why}")
            }
            Choice::NoKey => format!("the store {store} is not used: {NO_KEY}"),
        }
    }

    fn warn_once(&self, what: &'static str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(store = self.store.name(), "{what}");
        }
    }

    fn failed(&self, doing: &'static str, error: &str) {
        tracing::warn!(
            store = self.store.name(),
            doing,
            error,
            "the token store failed"
        );
        self.observer.tell(Event::StoreFailed);
    }
}

const PLAIN: &str = "tokens are kept there as plain text: whoever can read or write the store can use them, \
                     or put others in their place; give a key by `token_sealing(Sealing::WithKey(..))`, log \
                     in with an application credential, or say `Sealing::Never` if that is meant";

const UNTOLD: &str = "the login doesn't say who asks, so its token is not kept";

const NO_KEY: &str = "tokens are to be sealed, and the credentials hold no secret to make a key from, so \
                      they are not kept: give a key by `token_sealing(Sealing::WithKey(..))`";

/// The place for the token of a login. It is used for one login, and once more if the token is revoked.
#[derive(Clone)]
pub(crate) struct Slot {
    cache: Arc<TokenCache>,
    form: Arc<Form>,
    /// Whether it was told that the store fails: once a login is enough, also for who waits and looks
    /// often.
    told: Arc<AtomicBool>,
}

/// The bytes of an entry.
pub(super) type Entry = Zeroizing<Vec<u8>>;

/// An entry of a store, and the token in it; none if that can't be read.
pub(super) struct Kept {
    pub(super) token: Option<AuthToken>,
    pub(super) entry: Entry,
}

/// How often a token is put where others put theirs at the same time.
const TRIES: usize = 4;

impl Slot {
    /// Whether what is kept can only have been written by programs of the same user, or that have the same
    /// key.
    pub(crate) fn is_trusted(&self) -> bool {
        self.form.seal.is_some() || self.cache.store.is_private()
    }

    /// What is kept. A token that can't be read is none, and the next login replaces it.
    pub(super) async fn get(&self) -> Result<Option<Kept>, Trouble> {
        let store = &self.cache.store;
        let Some(entry) = self.ask("get", store.get(&self.form.key)).await? else {
            return Ok(None);
        };
        let entry = Zeroizing::new(entry);
        let token = self.form.read(&entry);
        let token = token.inspect_err(|why| self.failed("read", why)).ok();
        Ok(Some(Kept { token, entry }))
    }

    /// Keeps a token for this long, in place of what was `seen` there. What another has put there since stays
    /// if it lives longer: this program may have been stopped for long, and its token be the older one.
    pub(super) async fn put(
        &self,
        token: &AuthToken,
        time_to_live: Duration,
        mut seen: Option<Entry>,
    ) -> Result<(), Trouble> {
        let store = &self.cache.store;
        let entry = self.form.write(token, store.largest_entry());
        let entry = entry.map_err(|error| {
            self.failed("put", &error.to_string());
            Trouble::Error
        })?;
        for _ in 0..TRIES {
            let old = seen.as_deref().map(Vec::as_slice);
            let put = store.put_if(&self.form.key, old, &entry, time_to_live);
            if self.ask("put", put).await? {
                return Ok(());
            }
            let lives_longer = |kept: &AuthToken| kept.expires_at >= token.expires_at;
            match self.get().await {
                Ok(Some(kept)) if kept.token.as_ref().is_some_and(lives_longer) => return Ok(()),
                Ok(kept) => seen = kept.map(|kept| kept.entry),
                Err(Trouble::Error) => {
                    let put = store.put(&self.form.key, &entry, time_to_live);
                    return self.ask("put", put).await;
                }
                Err(Trouble::Silence) => return Err(Trouble::Silence),
            }
        }
        tracing::debug!("others put their tokens at the same time");
        Ok(())
    }

    /// Removes an entry, unless another has taken its place.
    pub(super) async fn remove(&self, entry: &Entry) -> Result<(), Trouble> {
        let remove = self.cache.store.remove_if(&self.form.key, entry);
        self.ask("remove", remove).await.map(|_| ())
    }

    /// Removes the token with this id, if it is the one that is kept.
    pub(crate) async fn remove_id(&self, id: &TokenId) {
        let again = Slot {
            told: Arc::default(),
            ..self.clone()
        };
        // That it fails was told, and the token is refused to whoever takes it.
        let is_it = |token: &AuthToken| token.id().expose() == id.expose();
        if let Ok(Some(kept)) = again.get().await
            && kept.token.as_ref().is_some_and(is_it)
        {
            _ = again.remove(&kept.entry).await;
        }
    }

    pub(super) async fn lease(
        &self,
        time_to_live: Duration,
    ) -> Result<Option<Box<dyn Lease>>, Trouble> {
        let lease = self.cache.store.lease(&self.form.key, time_to_live);
        self.ask("lease", lease).await
    }

    pub(super) async fn keep(
        &self,
        lease: &mut dyn Lease,
        time_to_live: Duration,
    ) -> Result<bool, Trouble> {
        self.ask("keep the lease", lease.keep(time_to_live)).await
    }

    pub(super) async fn release(&self, lease: Box<dyn Lease>) {
        // If it fails, the lease runs out by itself.
        _ = self.ask("release", lease.release()).await;
    }

    /// Notes that a login has failed, for those who wait for it. Another failure has another note.
    pub(super) async fn note_failure(&self, time_to_live: Duration) -> Result<(), Trouble> {
        let mut note = [0; 16];
        if getrandom::fill(&mut note).is_err() {
            return Ok(());
        }
        let key = self.form.key.of_failures();
        let put = self.cache.store.put(&key, &note, time_to_live);
        self.ask("put", put).await
    }

    /// The note of the last login that has failed, if that was not long ago.
    pub(super) async fn failure(&self) -> Result<Option<Vec<u8>>, Trouble> {
        let key = self.form.key.of_failures();
        self.ask("get", self.cache.store.get(&key)).await
    }

    pub(super) fn tell(&self, event: Event) {
        self.cache.observer.tell(event);
    }

    /// What the store answers in time.
    async fn ask<T>(
        &self,
        doing: &'static str,
        call: BoxFuture<'_, Result<T, StoreError>>,
    ) -> Result<T, Trouble> {
        match within(self.cache.timeout, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_not_supported() => {
                tracing::debug!(doing, %error, "the token store doesn't do this");
                Err(Trouble::Error)
            }
            Ok(Err(error)) => {
                self.failed(doing, &error.to_string());
                Err(Trouble::Error)
            }
            Err(_) => {
                self.failed(doing, "no answer in time");
                Err(Trouble::Silence)
            }
        }
    }

    fn failed(&self, doing: &'static str, error: &str) {
        if self.told.swap(true, Ordering::Relaxed) {
            tracing::debug!(doing, error, "the token store failed again");
        } else {
            self.cache.failed(doing, error);
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("store", &self.store.name())
            .field("sealing", &self.sealing)
            .finish_non_exhaustive()
    }
}
