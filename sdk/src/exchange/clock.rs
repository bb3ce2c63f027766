//! What the time is: by the server's clock for what the server dates, and by one that nobody can set for
//! how long something lasts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderMap;
use http::header::DATE;

use crate::runtime::Timestamp;

/// Milliseconds: since 1970, or since this program started.
pub(crate) type Millis = i64;

pub(crate) const SECOND: Millis = 1_000;

/// A moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Now {
    /// Since 1970, by the server's clock as far as it is known: for what the server dates.
    pub(crate) server: Millis,
    /// Since this program started, by a clock that nobody can set: for durations.
    pub(crate) ticks: Millis,
}

/// What is known of the Identity server's clock. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerClock(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    offset: Mutex<Offset>,
    /// Whether it was told that the server's times contradict each other.
    doubted: AtomicBool,
}

impl ServerClock {
    /// The present.
    pub(crate) fn now(&self) -> Now {
        Now {
            server: wall().saturating_add(self.offset().ahead()),
            ticks: ticks(),
        }
    }

    /// What the server's clock shows, if one of its answers has told.
    pub(crate) fn told(&self) -> Option<Millis> {
        let Offset(told) = self.offset();
        told.map(|ahead| wall().saturating_add(ahead))
    }

    fn offset(&self) -> Offset {
        *self.0.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from the `Date` of an answer that has just come, to a request that was sent when our clock
    /// showed `sent`. An answer without one teaches nothing, and neither does what is said of a token.
    pub(crate) fn learn(&self, headers: &HeaderMap, sent: Millis) {
        if let Some(date) = date(headers) {
            let mut offset = self.0.offset.lock().unwrap_or_else(PoisonError::into_inner);
            offset.dated(date.as_millisecond(), sent, wall());
        }
    }

    /// Tells, once, that the times of something that has just come contradict each other, or this clock.
    pub(crate) fn doubt(&self, host: &str, issued: Timestamp, expires: Timestamp) {
        if self.0.doubted.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            host,
            issued_at = %issued,
            expires_at = %expires,
            now = %Timestamp::from_millisecond(self.now().server),
            "the server's times contradict each other, so lifetimes are estimated: check its clock and \
             its time zone"
        );
    }
}

/// The `Date` of an answer.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Timestamp::from_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// What this machine's clock shows. It may be wrong, and may be set while we look.
pub(crate) fn wall() -> Millis {
    Timestamp::now().as_millisecond()
}

fn ticks() -> Millis {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Millis::try_from(START.elapsed().as_millis()).unwrap_or(Millis::MAX)
}

/// How far the server's clock is ahead of ours, if it has told.
#[derive(Clone, Copy, Debug, Default)]
struct Offset(Option<Millis>);

impl Offset {
    fn ahead(self) -> Millis {
        self.0.unwrap_or(0)
    }

    /// The `Date` of an answer lies between our `sent` and `received`, as whole seconds. What agrees with
    /// what is known, give or take a second, changes nothing. What doesn't means that a clock was set.
    /// The clock is rather taken to be late than early: a token that is used too long is refused, which
    /// does no harm.
    fn dated(&mut self, date: Millis, sent: Millis, received: Millis) {
        let (earliest, latest) = (date.saturating_sub(received), date.saturating_sub(sent));
        let least = earliest.saturating_sub(SECOND);
        let most = latest.saturating_add(2 * SECOND);
        let agrees = (least..=most).contains(&self.ahead());
        self.0 = Some(if agrees { self.ahead() } else { earliest });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Millis = 1_700_000_000_000;
    const DAY: Millis = 86_400 * SECOND;

    #[test]
    fn a_right_clock_is_left_alone_by_whole_seconds() {
        let mut offset = Offset::default();
        for fraction in [0, 1, 500, 999] {
            offset.dated(T0, T0 + fraction - 20, T0 + fraction);
            // An answer that took its time, dated when it began.
            offset.dated(T0, T0 + fraction, T0 + fraction + 30 * SECOND);
            assert_eq!(offset.ahead(), 0, "{fraction}");
        }
    }

    #[test]
    fn a_wrong_clock_is_noticed_by_the_first_date() {
        for wrong in [DAY, -DAY, 3 * SECOND, -3 * SECOND] {
            let mut offset = Offset::default();
            offset.dated(T0, T0 - wrong - 20, T0 - wrong);
            assert!(
                (offset.ahead() - wrong).abs() <= SECOND,
                "{wrong} {offset:?}"
            );
            let learned = offset.ahead();
            offset.dated(
                T0 + 60 * SECOND,
                T0 - wrong + 60 * SECOND,
                T0 - wrong + 60 * SECOND,
            );
            assert_eq!(offset.ahead(), learned, "the next one agrees");
        }
    }

    #[test]
    fn a_clock_that_is_set_is_followed() {
        let mut offset = Offset::default();
        offset.dated(T0, T0, T0);
        // Ours is set back by an hour, and later right again.
        let hour = 3600 * SECOND;
        offset.dated(
            T0 + 60 * SECOND,
            T0 + 60 * SECOND - hour,
            T0 + 60 * SECOND - hour,
        );
        assert!((offset.ahead() - hour).abs() <= SECOND, "{offset:?}");
        offset.dated(T0 + 90 * SECOND, T0 + 90 * SECOND, T0 + 90 * SECOND);
        assert!(offset.ahead().abs() <= SECOND, "{offset:?}");
    }

    #[test]
    fn odd_dates_do_no_harm() {
        for odd in [
            Millis::MIN,
            0,
            Timestamp::NEVER.as_millisecond(),
            Millis::MAX / 2,
        ] {
            let mut offset = Offset::default();
            offset.dated(odd, T0, T0);
            offset.dated(T0, T0, T0);
            assert!(offset.ahead().abs() <= SECOND, "{odd} {offset:?}");
        }
    }
}
