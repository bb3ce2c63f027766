//! How long a token or a receipt lives, whatever its server writes about it. No I/O and no clock.

use crate::exchange::clock::{Millis, SECOND};
use crate::runtime::Timestamp;

/// From when until when a token is good, by the server's clock: worked out once, where the token arrives,
/// and handed on with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lifetime {
    pub(crate) from: Millis,
    /// None if the server's times make no sense: the token is used until it is refused.
    pub(crate) until: Option<Millis>,
}

/// How long a token whose end is unknown is kept in a store, and is said to live: as Keystone's do.
pub(crate) const UNKNOWN: Millis = 3_600 * SECOND;

/// Times that differ by less are the same: they are of whole seconds, and an answer takes its time.
const SAME: Millis = 2 * SECOND;

/// How far a time of issue is from the server's clock before one of the two is told to be wrong.
const PLAUSIBLE: Millis = 300 * SECOND;

impl Lifetime {
    /// Of a token that has just come from the server, whose clock shows `now`.
    ///
    /// A server that is right about one of the two lengths is believed: some write local times as UTC.
    pub(crate) fn of_new(issued: Timestamp, expires: Timestamp, now: Millis) -> Self {
        let told = Lifetime::told(issued, expires);
        let same = |told: Millis, seen: Millis| match seen.saturating_sub(told).abs() <= SAME {
            true => told,
            false => seen,
        };
        let until = length(issued, expires, now).map(|length| now.saturating_add(length));
        Lifetime {
            from: same(told.from, now),
            until: until.map(|until| same(expires.as_millisecond(), until)),
        }
    }

    /// Of a token that comes from elsewhere than its server: all there is are the server's words.
    pub(crate) fn told(issued: Timestamp, expires: Timestamp) -> Self {
        Lifetime {
            from: issued.as_millisecond(),
            until: Some(expires.as_millisecond()),
        }
    }

    /// How long it lives from `now` on; nothing if it is over.
    pub(crate) fn left(self, now: Millis) -> Millis {
        let left = self
            .until
            .map_or(UNKNOWN, |until| until.saturating_sub(now));
        left.max(0)
    }
}

/// How long something lives that has just come: the smaller of what is positive of its whole life and of what
/// is left of it by the server's clock.
pub(crate) fn length(issued: Timestamp, expires: Timestamp, now: Millis) -> Option<Millis> {
    let expires = expires.as_millisecond();
    let lengths = [issued.as_millisecond(), now].map(|from| expires.saturating_sub(from));
    lengths.into_iter().filter(|length| *length > 0).min()
}

/// Whether the times of something that has just come can all be true. `now` is the server's clock, if it is
/// known; `is_new` if it was issued just now.
pub(crate) fn is_plausible(
    issued: Timestamp,
    expires: Timestamp,
    now: Option<Millis>,
    is_new: bool,
) -> bool {
    let (issued, expires) = (issued.as_millisecond(), expires.as_millisecond());
    let fits = |now: Millis| {
        let age = now.saturating_sub(issued);
        expires > now && age >= -PLAUSIBLE && (age <= PLAUSIBLE || !is_new)
    };
    issued < expires && now.is_none_or(fits)
}

#[cfg(test)]
#[path = "lifetime_tests.rs"]
mod tests;
