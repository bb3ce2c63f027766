//! What the time is: by the server's clock for what the server dates, and by one that nobody can set for
//! how long something lasts.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderMap;
use http::header::DATE;

use crate::Timestamp;

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
pub(crate) struct ServerClock(Arc<Mutex<Offset>>);

impl ServerClock {
    /// The present.
    pub(crate) fn now(&self) -> Now {
        let offset = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Now {
            server: wall().saturating_add(offset.ahead),
            ticks: ticks(),
        }
    }

    /// Learns from the `Date` of an answer that has just come, to a request that was sent when our clock
    /// showed `sent`. An answer without one teaches nothing.
    pub(crate) fn learn(&self, headers: &HeaderMap, sent: Millis) {
        if let Some(date) = date(headers) {
            self.with(|offset| offset.dated(date.as_millisecond(), sent, wall()));
        }
    }

    /// Learns when a token was issued that has just come.
    pub(crate) fn issued(&self, issued: Timestamp) {
        self.with(|offset| offset.issued(issued.as_millisecond(), wall()));
    }

    fn with(&self, learn: impl FnOnce(&mut Offset)) {
        learn(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
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

/// How far the server's clock is ahead of ours.
#[derive(Clone, Copy, Debug, Default)]
struct Offset {
    ahead: Millis,
    /// The same by the `Date` of answers, which may be the clock of a proxy, and is the less exact.
    by_date: Option<Millis>,
    /// Whether `ahead` comes from the moment at which a token was issued.
    exact: bool,
}

impl Offset {
    /// A token was issued just now. Tokens are what matters, so this counts more than any `Date`.
    fn issued(&mut self, issued: Millis, now: Millis) {
        self.ahead = issued.saturating_sub(now);
        self.exact = true;
    }

    /// The `Date` of an answer lies between our `sent` and `received`, as whole seconds. What agrees with
    /// what is known, give or take a second, changes nothing. What doesn't means that a clock was set,
    /// so what is known moves by as much as the `Date`s have. The clock is rather taken to be late than
    /// early: a token that is used too long is refused, which does no harm.
    fn dated(&mut self, date: Millis, sent: Millis, received: Millis) {
        let (earliest, latest) = (date.saturating_sub(received), date.saturating_sub(sent));
        let least = earliest.saturating_sub(SECOND);
        let most = latest.saturating_add(2 * SECOND);
        let known = self.by_date.or((!self.exact).then_some(0));
        let by_date = known.filter(|known| (least..=most).contains(known));
        let by_date = by_date.unwrap_or(earliest);
        if let Some(known) = known {
            self.ahead = self.ahead.saturating_add(by_date.saturating_sub(known));
        }
        self.by_date = Some(by_date);
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
            assert_eq!(offset.ahead, 0, "{fraction}");
        }
    }

    #[test]
    fn a_wrong_clock_is_noticed_by_the_first_date() {
        for wrong in [DAY, -DAY, 3 * SECOND, -3 * SECOND] {
            let mut offset = Offset::default();
            offset.dated(T0, T0 - wrong - 20, T0 - wrong);
            assert!((offset.ahead - wrong).abs() <= SECOND, "{wrong} {offset:?}");
            let learned = offset.ahead;
            offset.dated(
                T0 + 60 * SECOND,
                T0 - wrong + 60 * SECOND,
                T0 - wrong + 60 * SECOND,
            );
            assert_eq!(offset.ahead, learned, "the next one agrees");
        }
    }

    #[test]
    fn a_tokens_issue_counts_more_than_the_clock_of_a_proxy() {
        let mut offset = Offset::default();
        offset.dated(T0 + DAY, T0, T0);
        offset.issued(T0, T0);
        assert_eq!(offset.ahead, 0);
        offset.dated(T0 + DAY + SECOND, T0 + SECOND, T0 + SECOND);
        assert_eq!(offset.ahead, 0, "its date has not moved");

        // The same where the login's own answer has no date.
        let mut offset = Offset::default();
        offset.issued(T0, T0);
        offset.dated(T0 + DAY, T0, T0);
        assert_eq!(offset.ahead, 0);
    }

    #[test]
    fn a_clock_that_is_set_is_followed() {
        let mut offset = Offset::default();
        offset.dated(T0, T0, T0);
        offset.issued(T0, T0 + 300);
        // Ours is set back by an hour, and later right again.
        let hour = 3600 * SECOND;
        offset.dated(
            T0 + 60 * SECOND,
            T0 + 60 * SECOND - hour,
            T0 + 60 * SECOND - hour,
        );
        assert!((offset.ahead - hour).abs() <= SECOND, "{offset:?}");
        offset.dated(T0 + 90 * SECOND, T0 + 90 * SECOND, T0 + 90 * SECOND);
        assert!(offset.ahead.abs() <= SECOND, "{offset:?}");
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
            assert!(offset.ahead.abs() <= SECOND, "{odd} {offset:?}");
        }
    }
}
