//! What a session does, for counters.

use std::fmt;
use std::sync::Arc;

/// Something that a session did. Count them to see how many logins were avoided.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A login has brought a token.
    Login,
    /// A login has brought none.
    LoginFailed,
    /// A token was replaced in the background before it expired. It counts as a login too, or as a hit if
    /// the store had the new one.
    Renewal,
    /// A call has waited for a login that another had begun, in this program or, by the store, in another.
    Wait,
    /// A token of an earlier login is used: the one that the session was given, or one from the store.
    CacheHit,
    /// The store brought no token: it had none that could be used, or it has failed. A login follows.
    CacheMiss,
    /// The store has failed, was too slow, or held what can't be read. The session goes on without it.
    /// Told once for each login, however many calls to the store have failed.
    StoreFailed,
    /// A request is sent again.
    Retry,
}

/// Whom to tell.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<dyn Fn(Event) + Send + Sync>>);

impl Observer {
    pub(crate) fn new(tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Observer(Some(Arc::new(tell)))
    }

    pub(crate) fn tell(&self, event: Event) {
        tracing::trace!(?event, "session");
        if let Some(tell) = &self.0 {
            tell(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
