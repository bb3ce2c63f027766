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
    /// A login in the background has replaced a token before it expired. It counts as a login too.
    Renewal,
    /// A call has waited for a login that another had begun.
    Wait,
    /// The session has started from a token of an earlier login, which was still good.
    CacheHit,
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
