//! How far the stream of a body has come, while a transport has it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::transport::BoxError;

/// Clones see the same.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<Seen>>);

struct Seen {
    last: Instant,
    failure: Option<String>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress(Arc::new(Mutex::new(Seen {
            last: Instant::now(),
            failure: None,
        })))
    }

    pub(super) fn went_on(&self) {
        self.with(|seen| seen.last = Instant::now());
    }

    pub(super) fn failed(&self, error: &BoxError) {
        self.with(|seen| seen.failure = Some(error.to_string()));
    }

    /// When a piece was taken for the last time; at first, when the body was made.
    pub(crate) fn last(&self) -> Instant {
        self.with(|seen| seen.last)
    }

    /// Why the stream failed, if it did.
    pub(crate) fn failure(&self) -> Option<String> {
        self.with(|seen| seen.failure.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
