//! Limits to what the program's own code may take.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;

/// It took too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooLong;

/// Waits so long at most. Without a runtime there is no clock to wait by, and no limit.
pub(crate) async fn within<T>(
    limit: Duration,
    future: impl Future<Output = T>,
) -> Result<T, TooLong> {
    match Handle::try_current() {
        Ok(_) => tokio::time::timeout(limit, future)
            .await
            .map_err(|_| TooLong),
        Err(_) => Ok(future.await),
    }
}

/// Runs what waits for a disk where nobody else waits for it. Without a runtime there is no such place.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, super::provider::BoxError> + Send + 'static,
) -> Result<T, super::provider::BoxError> {
    match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(read).await?,
        Err(_) => read(),
    }
}
