//! Waiting by the timer of the Tokio runtime in which the caller runs. Outside of one there is nothing to
//! wait by: then nothing has a limit, nothing is tried again, and nobody is kept waiting.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

/// It took too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooLong;

/// Whether there is a timer.
pub(crate) fn is_there() -> bool {
    Handle::try_current().is_ok()
}

/// What comes of `work` in this time.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, TooLong> {
    match is_there() {
        true => tokio::time::timeout(limit, work).await.map_err(|_| TooLong),
        false => Ok(work.await),
    }
}

/// What comes of `work` by this moment.
pub(crate) async fn until<T>(moment: Instant, work: impl Future<Output = T>) -> Result<T, TooLong> {
    match is_there() {
        true => tokio::time::timeout_at(moment, work)
            .await
            .map_err(|_| TooLong),
        false => Ok(work.await),
    }
}

/// Waits so long, if that can be.
pub(crate) async fn pause(time: Duration) {
    if is_there() {
        tokio::time::sleep(time).await;
    }
}

/// Runs what waits for a disk where nobody else waits for it. Without a runtime there is no such place.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, crate::transport::BoxError> + Send + 'static,
) -> Result<T, crate::transport::BoxError> {
    match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(read).await?,
        Err(_) => read(),
    }
}
