//! The server's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// The clock of an [`IdentityServer`](crate::IdentityServer).
///
/// It runs at the speed of the system clock, from wherever you put it. Expiry of tokens, receipts, passwords, trusts and
/// application credentials, the windows of one-time passcodes, and the `Date` header all follow it. Clones are the
/// same clock.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let server = openstack_identity_testing::IdentityServer::start().await?;
/// server.clock().advance(Duration::from_secs(3600));
/// assert!(server.clock().now() > SystemTime::now() + Duration::from_secs(3000));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Nanoseconds that this clock is ahead of the system's.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The time on this clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        shift(SystemTime::now(), self.ahead.load(Ordering::SeqCst))
    }

    /// Moves the clock forward by `by`; it goes on running from there.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(nanos(by), Ordering::SeqCst);
    }

    /// Sets the clock to `to`, forwards or backwards; it goes on running from there.
    pub fn set(&self, to: SystemTime) {
        let ahead = match to.duration_since(SystemTime::now()) {
            Ok(ahead) => nanos(ahead),
            Err(behind) => nanos(behind.duration()).saturating_neg(),
        };
        self.ahead.store(ahead, Ordering::SeqCst);
    }

    /// Whole seconds since 1970 (the resolution of tokens).
    pub(crate) fn seconds(&self) -> i64 {
        timestamp(self.now()).as_second()
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn shift(time: SystemTime, by: i64) -> SystemTime {
    let distance = Duration::from_nanos(by.unsigned_abs());
    let shifted = if by < 0 {
        time.checked_sub(distance)
    } else {
        time.checked_add(distance)
    };
    shifted.unwrap_or(time)
}

/// `time` as a timestamp; times out of range become the last one there is.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}

/// `2026-11-23T13:48:26.000000Z`
pub(crate) fn iso_seconds(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string()
}

/// `2026-11-23T13:48:26.123456`: no `Z`, as Keystone writes the expiry of a password.
pub(crate) fn iso_naive(time: SystemTime) -> String {
    timestamp(time)
        .strftime("%Y-%m-%dT%H:%M:%S.%6f")
        .to_string()
}

/// `Mon, 23 Nov 2026 13:48:26 GMT`
pub(crate) fn http_date(time: SystemTime) -> String {
    timestamp(time)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_from_where_it_is_put() {
        let clock = Clock::default();
        let earlier = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        clock.set(earlier);
        assert!((1_000..1_010).contains(&clock.seconds()));
        clock.clone().advance(Duration::from_secs(500));
        assert!((1_500..1_510).contains(&clock.seconds()));
    }

    #[test]
    fn formats() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_000_000_000_123_456);
        assert_eq!(iso_naive(time), "2001-09-09T01:46:40.123456");
        assert_eq!(iso_seconds(1_000_000_000), "2001-09-09T01:46:40.000000Z");
        assert_eq!(http_date(time), "Sun, 09 Sep 2001 01:46:40 GMT");
    }
}
