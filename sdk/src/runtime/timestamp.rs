//! Moments, in each of the ways that OpenStack writes them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, to the nanosecond, always in UTC.
///
/// Reads `2026-11-23T13:48:26.000000Z`, the same without a fraction, and the same without the `Z`.
/// Shows and sends RFC 3339. A moment beyond the year 9999 is read as [`Timestamp::NEVER`].
///
/// ```
/// use openstack_identity::Timestamp;
///
/// let with_zone: Timestamp = "2026-11-23T13:48:26.000000Z".parse()?;
/// let naive: Timestamp = "2026-11-23T13:48:26".parse()?;
/// assert_eq!(with_zone, naive);
/// assert_eq!(naive.to_string(), "2026-11-23T13:48:26Z");
/// # Ok::<(), openstack_identity::TimestampError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Later than anything that happens.
    pub const NEVER: Timestamp = Timestamp(jiff::Timestamp::MAX);

    /// The present, by this machine's clock.
    #[must_use]
    pub fn now() -> Self {
        Timestamp(jiff::Timestamp::now())
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    /// The moment so many whole seconds after 1970-01-01T00:00:00Z, as near to it as can be told.
    #[must_use]
    pub fn from_second(second: i64) -> Self {
        let range = jiff::Timestamp::MIN.as_second()..=jiff::Timestamp::MAX.as_second();
        let second = second.clamp(*range.start(), *range.end());
        Timestamp(jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Whole milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_millisecond(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The moment so many whole milliseconds after 1970-01-01T00:00:00Z, as near to it as can be told.
    #[must_use]
    pub fn from_millisecond(millisecond: i64) -> Self {
        let range = jiff::Timestamp::MIN.as_millisecond()..=jiff::Timestamp::MAX.as_millisecond();
        let millisecond = millisecond.clamp(*range.start(), *range.end());
        Timestamp(jiff::Timestamp::from_millisecond(millisecond).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The moment of an HTTP header, such as `Mon, 23 Nov 2026 13:48:26 GMT`.
    #[cfg(feature = "client")]
    pub(crate) fn from_http_date(text: &str) -> Option<Self> {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text)
            .ok()
            .map(Timestamp)
    }

    /// How long it is from `earlier` to this moment; nothing if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Timestamp(jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX))
    }
}

/// The text is not a date and a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a date and a time such as 2026-11-23T13:48:26Z")]
pub struct TimestampError;

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Ok(timestamp) = text.parse() {
            return Ok(Timestamp(timestamp));
        }
        let naive: DateTime = text
            .strip_suffix('Z')
            .unwrap_or(text)
            .parse()
            .map_err(|_| TimestampError)?;
        match TimeZone::UTC.to_timestamp(naive) {
            Ok(timestamp) => Ok(Timestamp(timestamp)),
            Err(_) if naive.year() >= 9999 => Ok(Timestamp::NEVER),
            Err(_) => Err(TimestampError),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn each_spelling_is_read() {
        let spellings = [
            ("2026-11-23T13:48:26.000000Z", "2026-11-23T13:48:26Z"),
            ("2026-11-23T13:48:26Z", "2026-11-23T13:48:26Z"),
            ("2026-11-23T13:48:26.123456", "2026-11-23T13:48:26.123456Z"),
            ("2026-11-23T13:48:26", "2026-11-23T13:48:26Z"),
            ("2026-11-23T14:48:26+01:00", "2026-11-23T13:48:26Z"),
        ];
        for (text, shown) in spellings {
            assert_eq!(
                text.parse::<Timestamp>().unwrap().to_string(),
                shown,
                "{text}"
            );
        }
        assert_eq!("9999-12-31T23:59:59.000000Z".parse(), Ok(Timestamp::NEVER));
        assert_eq!("9999-12-31T23:59:59".parse(), Ok(Timestamp::NEVER));
        for text in [
            "",
            "now",
            "2026-13-01T00:00:00Z",
            "26",
            "2026-11-23T13:48:26ZZ",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_sent_with_microseconds() {
        let moment: Timestamp = "2026-11-23T13:48:26Z".parse().unwrap();
        assert_eq!(
            serde_json::to_string(&moment).unwrap(),
            "\"2026-11-23T13:48:26.000000Z\""
        );
    }

    #[test]
    fn no_number_of_seconds_is_refused() {
        assert_eq!(
            Timestamp::from_second(i64::MAX).as_second(),
            Timestamp::NEVER.as_second()
        );
        assert!(Timestamp::from_second(i64::MIN) < Timestamp::now());
    }
}
