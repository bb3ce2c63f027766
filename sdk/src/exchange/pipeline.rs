//! One exchange: a request, its answer, and another attempt where that is safe.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use crate::catalog::address::is_exposed;
use crate::error::{Context, Error};
use crate::exchange::event::{Event, Observer};
use crate::exchange::jitter::jitter;
use crate::exchange::retry::{Repeat, pause};
use crate::exchange::timeouts::{Timeouts, timed_out};
use crate::exchange::timer;
use crate::runtime::Timestamp;
use crate::runtime::{LARGEST_ERROR, Secret, scrub};
use crate::transport::{Body, BodyChunks, Transport, TransportError, TransportErrorKind};

/// The way out, as all clients of a cloud share it.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) retries: u32,
    pub(crate) observer: Observer,
    /// Names everything that is done for one purpose, in the logs of all services.
    pub(crate) global_request_id: Option<HeaderValue>,
    pub(crate) timeouts: Timeouts,
    /// Whether nothing goes over plain http, except on this machine.
    pub(crate) require_https: bool,
    /// When the call that it is used for must be over; each exchange has its own time otherwise.
    pub(crate) deadline: Option<Instant>,
}

/// The header of a request's own name, and of the global one.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The target of the span and the event of each request, for filters; it stays when modules move.
const TARGET: &str = "openstack_identity::request";

/// How much later than the exchange that is under way a call gives up: the exchange knows what it was
/// about.
const GRACE: Duration = Duration::from_millis(100);

/// Why nothing is sent there, and what to do.
fn not_https(uri: &http::Uri) -> String {
    let host = uri.authority().map_or("", |authority| authority.as_str());
    format!(
        "http://{host} is not https, which `require_https` asks for: give the service's https address with \
         `endpoint_override`, or have it put into the catalog"
    )
}

/// The body of an answer.
pub(crate) enum Received {
    Whole(Vec<u8>),
    /// To be read piece by piece.
    Open(BodyChunks),
}

impl Received {
    /// The body; nothing of one that is to be read.
    pub(crate) fn whole(self) -> Vec<u8> {
        match self {
            Received::Whole(body) => body,
            Received::Open(_) => Vec::new(),
        }
    }
}

type Answer = Result<http::Response<Received>, TransportError>;

/// On what terms a request is sent.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// Secrets of the request, which nothing may show.
    pub(crate) secrets: &'a [Secret],
    pub(crate) context: &'a Context,
    pub(crate) repeat: Repeat,
    /// Whether the caller reads a good answer piece by piece.
    pub(crate) keep_open: bool,
}

impl Pipeline {
    /// The same way out, for a call that begins now: all that is done for it must be over in time.
    pub(crate) fn begin(&self) -> Self {
        Pipeline {
            deadline: Some(self.timeouts.deadline()),
            ..self.clone()
        }
    }

    /// What comes of `work`, which waits for others or for code of the program, if it comes in time. It is
    /// put in a box, as callers' futures would be large otherwise.
    pub(crate) fn within<T, W: Future<Output = Result<T, Error>>>(
        &self,
        context: &Context,
        work: W,
    ) -> impl Future<Output = Result<T, Error>> {
        let work = Box::pin(work);
        let deadline = self.deadline.unwrap_or_else(|| self.timeouts.deadline());
        async move {
            match timer::until(deadline + GRACE, work).await {
                Ok(done) => done,
                Err(_) => Err(Error::transport(&timed_out(), &[], context.clone())),
            }
        }
    }

    /// Sends a request, and sends it again after a pause where nothing was done or the server asks for
    /// it.
    pub(crate) async fn exchange(
        &self,
        request: http::Request<Body>,
        terms: Terms<'_>,
    ) -> Result<http::Response<Vec<u8>>, Error> {
        Ok(self.open(request, terms).await?.map(Received::whole))
    }

    /// The same; leaves a good answer to be read if the terms say so.
    pub(crate) async fn open(
        &self,
        mut request: http::Request<Body>,
        terms: Terms<'_>,
    ) -> Result<http::Response<Received>, Error> {
        if self.require_https && is_exposed(request.uri()) {
            return Err(Error::input_of(
                terms.context.clone(),
                not_https(request.uri()),
            ));
        }
        if let Some(id) = &self.global_request_id {
            request.headers_mut().insert(REQUEST_ID, id.clone());
        }
        // A stream takes as long as it goes on.
        let deadline = request
            .body()
            .as_bytes()
            .map(|_| self.deadline.unwrap_or_else(|| self.timeouts.deadline()));
        let mut attempt = 1;
        loop {
            // In a box, as callers' futures would be large otherwise.
            let answer = Box::pin(self.attempt(&request, attempt, deadline, terms)).await;
            let answer = match answer {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                other => other,
            };
            let again =
                attempt <= self.retries && request.body().can_be_sent_again() && timer::is_there();
            let pause = again
                .then(|| pause(terms.repeat, &answer, attempt, Timestamp::now(), jitter()))
                .flatten()
                .filter(|pause| deadline.is_none_or(|end| Instant::now() + *pause < end));
            let Some(pause) = pause else {
                return answer.map_err(|error| {
                    let context = terms.context.clone().at(request.uri(), terms.secrets);
                    Error::transport(&error, terms.secrets, context)
                });
            };
            self.observer.tell(Event::Retry);
            timer::pause(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: &http::Request<Body>,
        attempt: u32,
        deadline: Option<Instant>,
        terms: Terms<'_>,
    ) -> Answer {
        let secrets = terms.secrets;
        let method = request.method().as_str();
        // Looked at only if somebody wants to see it, as all fields of logs are.
        let path = || scrub(request.uri().path(), secrets);
        let span = tracing::debug_span!(
            target: TARGET,
            "request",
            operation = &*terms.context.operation,
            method,
            path = path(),
            attempt,
            status = Empty,
            request_id = Empty,
            elapsed_ms = Empty,
        );
        let started = Instant::now();
        let answer = self.answer(request, deadline, terms);
        let answer = answer.instrument(span.clone()).await;
        if !span.is_disabled() {
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            span.record("elapsed_ms", elapsed_ms);
            if let Ok(answer) = &answer {
                span.record("status", answer.status().as_u16());
                let id = answer.headers().get(REQUEST_ID);
                if let Some(id) = id.and_then(|id| id.to_str().ok()) {
                    span.record("request_id", scrub(id, secrets));
                }
            }
        }
        let _entered = span.enter();
        match &answer {
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::debug!(target: TARGET, method, path = path(), status, "answered");
            }
            Err(error) => {
                let error = || scrub(&error.to_string(), secrets);
                tracing::debug!(target: TARGET, method, path = path(), error = error(), "not answered");
            }
        }
        answer
    }

    async fn answer(
        &self,
        request: &http::Request<Body>,
        deadline: Option<Instant>,
        terms: Terms<'_>,
    ) -> Answer {
        let mut request = request.clone();
        *request.body_mut() = request.body().for_attempt();
        let progress = request.body().progress().clone();
        let head = self.transport.send(request);
        let head = self
            .timeouts
            .watch(head, deadline, || progress.last())
            .await;
        let answer = head.map_err(|error| match progress.failure() {
            Some(why) => {
                let reason = format!("the stream of the request's body failed: {why}");
                TransportError::new(TransportErrorKind::Body, reason)
            }
            None => error,
        })?;
        let (head, body) = answer.into_parts();
        let body = match terms.keep_open && head.status.is_success() {
            true => Received::Open(body.into_chunks()),
            false => {
                // After a stream the answer has the time of a call.
                let deadline = deadline.unwrap_or_else(|| self.timeouts.deadline());
                let is_error = head.status.is_client_error() || head.status.is_server_error();
                Received::Whole(match is_error {
                    true => {
                        self.timeouts
                            .collect_some(body, deadline, LARGEST_ERROR)
                            .await?
                    }
                    false => self.timeouts.collect(body, deadline).await?,
                })
            }
        };
        Ok(http::Response::from_parts(head, body))
    }
}
