//! One exchange: a request, its answer, and another attempt where that is safe.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};
use tracing::Instrument;
use tracing::field::Empty;

use crate::Timestamp;
use crate::error::{Context, Error};
use crate::event::{Event, Observer};
use crate::runtime::{Secret, scrub};
use crate::session::chance;
use crate::session::clock::date;
use crate::transport::{Transport, TransportError, TransportErrorKind};

/// The way out, as all clients of a cloud share it.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) retries: u32,
    pub(crate) observer: Observer,
    /// Names everything that is done for one purpose, in the logs of all services.
    pub(crate) global_request_id: Option<HeaderValue>,
}

/// The header of a request's own name, and of the global one.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The longest that a server can make us wait; beyond it, the caller is told.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

type Answer = Result<http::Response<Vec<u8>>, TransportError>;

impl Wire {
    /// Sends a request, and sends it again after a pause where nothing was done or the server asks for
    /// it. `secrets` are those of the request, which nothing may show.
    pub(crate) async fn exchange(
        &self,
        mut request: http::Request<Vec<u8>>,
        secrets: &[Secret],
        context: &Context,
    ) -> Result<http::Response<Vec<u8>>, Error> {
        if let Some(id) = &self.global_request_id {
            request.headers_mut().insert(REQUEST_ID, id.clone());
        }
        for attempt in 1..=self.retries {
            let answer = self
                .attempt(request.clone(), attempt, secrets, context)
                .await;
            let Some(pause) = pause(
                request.method(),
                &answer,
                attempt,
                Timestamp::now(),
                chance(),
            ) else {
                return finish(answer, secrets, context);
            };
            self.observer.tell(Event::Retry);
            tokio::time::sleep(pause).await;
        }
        let answer = self
            .attempt(request, self.retries + 1, secrets, context)
            .await;
        finish(answer, secrets, context)
    }

    async fn attempt(
        &self,
        request: http::Request<Vec<u8>>,
        attempt: u32,
        secrets: &[Secret],
        context: &Context,
    ) -> Answer {
        let (method, path) = (
            request.method().to_string(),
            scrub(request.uri().path(), secrets),
        );
        let span = tracing::debug_span!(
            "request",
            operation = &*context.operation,
            method,
            path,
            attempt,
            status = Empty,
            request_id = Empty,
            elapsed_ms = Empty,
        );
        let started = Instant::now();
        let answer = self.transport.send(request).instrument(span.clone()).await;
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        span.record("elapsed_ms", elapsed_ms);
        let _entered = span.enter();
        match &answer {
            Ok(answer) => {
                let status = answer.status().as_u16();
                span.record("status", status);
                let id = answer
                    .headers()
                    .get(REQUEST_ID)
                    .and_then(|id| id.to_str().ok());
                if let Some(id) = id {
                    span.record("request_id", scrub(id, secrets));
                }
                tracing::debug!(method, path, status, "answered");
            }
            Err(error) => {
                let error = scrub(&error.to_string(), secrets);
                tracing::debug!(method, path, error, "not answered");
            }
        }
        answer
    }
}

fn finish(
    answer: Answer,
    secrets: &[Secret],
    context: &Context,
) -> Result<http::Response<Vec<u8>>, Error> {
    answer.map_err(|error| Error::transport(&error, secrets, context.clone()))
}

/// How long to wait before the request is sent again; none if it is not.
///
/// After a connection has failed, only what can be repeated without harm is: the first one may have got
/// through. A server that is busy did nothing, and says so best with `Retry-After`.
fn pause(
    method: &Method,
    answer: &Answer,
    attempt: u32,
    now: Timestamp,
    chance: f64,
) -> Option<Duration> {
    let repeatable = method.is_idempotent();
    let wanted = match answer {
        Err(error) => {
            let failed = matches!(
                error.kind(),
                TransportErrorKind::Unreachable | TransportErrorKind::Broken
            );
            return (failed && repeatable).then(|| backoff(attempt, chance));
        }
        Ok(answer) => match answer.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                answer.headers().get(RETRY_AFTER)
            }
            _ => return None,
        },
    };
    // By the clock of whoever wrote it.
    let dated = answer.as_ref().ok().and_then(|it| date(it.headers()));
    let now = dated.unwrap_or(now);
    match wanted.and_then(|wanted| retry_after(wanted.to_str().ok()?, now)) {
        // A little later than it says, so that not all come back at once.
        Some(wait) if wait <= LONGEST_WAIT => {
            Some(wait + Duration::from_millis(250).mul_f64(chance.clamp(0.0, 1.0)))
        }
        Some(_) => None,
        None => repeatable.then(|| backoff(attempt, chance)),
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

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut answer = http::Response::builder().status(status);
        if let Some(text) = retry_after {
            answer = answer.header(RETRY_AFTER, text);
        }
        Ok(answer.body(Vec::new()).unwrap())
    }

    fn now() -> Timestamp {
        "2026-11-23T13:48:26Z".parse().unwrap()
    }

    fn pause_of(method: &Method, answer: &Answer, attempt: u32) -> Option<u128> {
        pause(method, answer, attempt, now(), 1.0).map(|pause| pause.as_millis())
    }

    #[test]
    fn what_the_server_asks_for_is_done() {
        for status in [429, 503] {
            for method in [Method::GET, Method::POST] {
                assert_eq!(
                    pause_of(&method, &answer(status, Some("2")), 1),
                    Some(2_250)
                );
                let date = "Mon, 23 Nov 2026 13:48:29 GMT";
                assert_eq!(
                    pause_of(&method, &answer(status, Some(date)), 1),
                    Some(3_250)
                );
                assert_eq!(
                    pause_of(&method, &answer(status, Some("3600")), 1),
                    None,
                    "too long"
                );
            }
            let past = "Mon, 23 Nov 2020 13:48:29 GMT";
            assert_eq!(
                pause_of(&Method::GET, &answer(status, Some(past)), 1),
                Some(250)
            );
        }
    }

    #[test]
    fn a_date_is_judged_by_the_clock_that_wrote_it() {
        let mut answer = answer(503, Some("Tue, 24 Nov 2026 13:48:29 GMT")).unwrap();
        let date = "Tue, 24 Nov 2026 13:48:27 GMT".parse().unwrap();
        answer.headers_mut().insert(http::header::DATE, date);
        // A day ahead of ours.
        assert_eq!(pause_of(&Method::GET, &Ok(answer), 1), Some(2_250));
    }

    #[test]
    fn only_what_is_safe_is_repeated_unasked() {
        let broken = Err(TransportError::new(TransportErrorKind::Broken, "reset"));
        let slow = Err(TransportError::new(TransportErrorKind::TimedOut, "slow"));
        for (method, repeated) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::DELETE, true),
            (Method::PUT, true),
            (Method::POST, false),
            (Method::PATCH, false),
        ] {
            assert_eq!(
                pause_of(&method, &broken, 1).is_some(),
                repeated,
                "{method}"
            );
            assert_eq!(
                pause_of(&method, &answer(503, None), 1).is_some(),
                repeated,
                "{method}"
            );
            assert_eq!(
                pause_of(&method, &answer(503, Some("soon")), 1).is_some(),
                repeated
            );
            assert_eq!(pause_of(&method, &slow, 1), None);
            for status in [200, 401, 404, 500, 502] {
                assert_eq!(pause_of(&method, &answer(status, None), 1), None);
            }
        }
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        let pauses: Vec<_> = (1..8).map(|n| backoff(n, 1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert_eq!(backoff(1, 0.0).as_millis(), 250);
    }
}
