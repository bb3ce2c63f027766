//! When a request is sent again, and after what pause.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{Method, StatusCode};

use crate::exchange::clock::date;
use crate::runtime::Timestamp;
use crate::transport::{TransportError, TransportErrorKind};

/// The longest that a server can make us wait; beyond it, the caller is told.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// After what a request may be sent again. Each includes those above it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
pub(crate) enum Repeat {
    /// After nothing: it holds what works only once.
    Never,
    /// After 429: the server says that it did nothing.
    RateLimited,
    /// After 503 too. It may come from a proxy, after the server has acted.
    Busy,
    /// After a failed connection too.
    Always,
}

impl Repeat {
    /// What holds for all requests of this method.
    pub(crate) fn of(method: &Method) -> Self {
        match method.is_idempotent() {
            true => Repeat::Always,
            false => Repeat::RateLimited,
        }
    }
}

/// How long to wait before the request is sent again; none if it is not.
pub(crate) fn pause<B>(
    repeat: Repeat,
    answer: &Result<http::Response<B>, TransportError>,
    attempt: u32,
    now: Timestamp,
    chance: f64,
) -> Option<Duration> {
    let (needed, wanted) = match answer {
        Err(error) => match error.kind() {
            TransportErrorKind::Unreachable | TransportErrorKind::Broken => (Repeat::Always, None),
            _ => return None,
        },
        Ok(answer) => {
            let wanted = answer.headers().get(RETRY_AFTER);
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => (Repeat::RateLimited, wanted),
                StatusCode::SERVICE_UNAVAILABLE => (Repeat::Busy, wanted),
                _ => return None,
            }
        }
    };
    if repeat < needed {
        return None;
    }
    // By the clock of whoever wrote it.
    let dated = answer.as_ref().ok().and_then(|it| date(it.headers()));
    let now = dated.unwrap_or(now);
    match wanted.and_then(|wanted| retry_after(wanted.to_str().ok()?, now)) {
        // A little later than it says, so that not all come back at once.
        Some(wait) if wait <= LONGEST_WAIT => {
            Some(wait + Duration::from_millis(250).mul_f64(chance.clamp(0.0, 1.0)))
        }
        Some(_) => None,
        None => Some(backoff(attempt, chance)),
    }
}

/// Half a second, doubled for each attempt, at most eight, and by chance down to half of that.
fn backoff(attempt: u32, chance: f64) -> Duration {
    let longest = Duration::from_millis(500) * (1 << attempt.saturating_sub(1).min(4));
    longest.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// What `Retry-After` says: seconds, or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(Timestamp::from_http_date(text)?.since(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = Result<http::Response<()>, TransportError>;

    const ALL: [Repeat; 4] = [
        Repeat::Never,
        Repeat::RateLimited,
        Repeat::Busy,
        Repeat::Always,
    ];

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut answer = http::Response::builder().status(status);
        if let Some(text) = retry_after {
            answer = answer.header(RETRY_AFTER, text);
        }
        Ok(answer.body(()).unwrap())
    }

    fn pause_of(repeat: Repeat, answer: &Answer, attempt: u32) -> Option<u128> {
        let now = "2026-11-23T13:48:26Z".parse().unwrap();
        pause(repeat, answer, attempt, now, 1.0).map(|pause| pause.as_millis())
    }

    #[test]
    fn a_date_is_judged_by_the_clock_that_wrote_it() {
        let mut answer = answer(503, Some("Tue, 24 Nov 2026 13:48:29 GMT")).unwrap();
        let date = "Tue, 24 Nov 2026 13:48:27 GMT".parse().unwrap();
        answer.headers_mut().insert(http::header::DATE, date);
        // A day ahead of ours.
        assert_eq!(pause_of(Repeat::Busy, &Ok(answer), 1), Some(2_250));
    }

    #[test]
    fn the_pause_is_what_the_server_asks_for() {
        for status in [429, 503] {
            let pause_of = |text| pause_of(Repeat::Busy, &answer(status, Some(text)), 1);
            assert_eq!(pause_of("2"), Some(2_250));
            assert_eq!(pause_of("Mon, 23 Nov 2026 13:48:29 GMT"), Some(3_250));
            assert_eq!(pause_of("Mon, 23 Nov 2020 13:48:29 GMT"), Some(250));
            assert_eq!(pause_of("3600"), None, "too long");
            assert_eq!(pause_of("soon"), Some(500), "our own");
        }
    }

    #[test]
    fn only_what_is_safe_is_repeated() {
        for (method, repeat) in [
            (Method::GET, Repeat::Always),
            (Method::HEAD, Repeat::Always),
            (Method::DELETE, Repeat::Always),
            (Method::PUT, Repeat::Always),
            (Method::POST, Repeat::RateLimited),
            (Method::PATCH, Repeat::RateLimited),
        ] {
            assert_eq!(Repeat::of(&method), repeat, "{method}");
        }
        let failed = |kind| Err(TransportError::new(kind, "no"));
        for (answer, least) in [
            (answer(429, None), Repeat::RateLimited),
            (answer(429, Some("1")), Repeat::RateLimited),
            (answer(503, None), Repeat::Busy),
            (answer(503, Some("1")), Repeat::Busy),
            (failed(TransportErrorKind::Broken), Repeat::Always),
            (failed(TransportErrorKind::Unreachable), Repeat::Always),
        ] {
            for repeat in ALL {
                let repeated = pause_of(repeat, &answer, 1).is_some();
                assert_eq!(repeated, repeat >= least, "{answer:?} {repeat:?}");
            }
        }
        for kind in [
            TransportErrorKind::TimedOut,
            TransportErrorKind::Body,
            TransportErrorKind::TooLarge,
            TransportErrorKind::Untrusted,
        ] {
            assert_eq!(pause_of(Repeat::Always, &failed(kind), 1), None);
        }
        for status in [200, 401, 404, 500, 502] {
            assert_eq!(pause_of(Repeat::Always, &answer(status, None), 1), None);
        }
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        let pauses: Vec<_> = (1..8).map(|n| backoff(n, 1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert_eq!(backoff(1, 0.0).as_millis(), 250);
    }
}
