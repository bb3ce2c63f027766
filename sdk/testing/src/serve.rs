//! The HTTP server around an [`Identity`]: its thread, its log, its faults.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE};
use http::{Method, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::{Clock, http_date};
use crate::connection::{Hijack, HijackListener, Script};
use crate::faults::{Effect, Faults, to_bytes};
use crate::identity::Identity;
use crate::log::RecordedRequest;
use crate::wire::{self, Reply, Request};

/// Bodies are read up to here, far beyond what Keystone accepts, so that a client whose body is too large gets to read
/// the answer.
const READ_LIMIT: usize = 64 * 1024 * 1024;

/// What the server's thread and its owner share.
pub(crate) struct Shared {
    identity: Mutex<Identity>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<RecordedRequest>>,
    clock: Clock,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn identity(&self) -> MutexGuard<'_, Identity> {
        lock(&self.identity)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        lock(&self.requests)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// A running server; it ends when this is dropped.
pub(crate) struct Running {
    pub(crate) shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a server on a port of the loopback interface (0 is a free one); `identity` is told its URL.
pub(crate) fn start(
    port: u16,
    clock: Clock,
    identity: impl FnOnce(String) -> Identity,
) -> io::Result<Running> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = std::net::TcpListener::bind(address).map_err(|error| {
        let message = format!(
            "the Identity server can't listen on {address}: {error}; choose another port, or leave it out to get a free one"
        );
        io::Error::new(error.kind(), message)
    })?;
    listener.set_nonblocking(true)?;
    let identity = identity(format!("http://{}", listener.local_addr()?));
    let shared = Arc::new(Shared {
        identity: Mutex::new(identity),
        faults: Mutex::default(),
        requests: Mutex::default(),
        clock,
    });
    let (stop, stopped) = oneshot::channel();
    // A thread and a runtime of its own: whatever a test does to its runtime, the server goes on answering.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let app = Router::new()
        .fallback(handle)
        .with_state(Arc::clone(&shared));
    let thread = std::thread::Builder::new()
        .name("identity-server".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else {
                    return;
                };
                let service = app.into_make_service_with_connect_info::<Hijack>();
                tokio::spawn(async move { axum::serve(HijackListener(listener), service).await });
                // Either a word from the owner, or the owner is gone.
                let _ = stopped.await;
            });
        })?;
    Ok(Running {
        shared,
        stop: Some(stop),
        thread: Some(thread),
    })
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // When this returns, the port is closed and all connections with it.
            let _ = thread.join();
        }
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(hijack): ConnectInfo<Hijack>,
    request: http::Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, READ_LIMIT).await else {
        return finish(
            wire::html(400, "Bad Request", ""),
            &Method::GET,
            SystemTime::now(),
        );
    };
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
    };
    shared
        .requests()
        .push(RecordedRequest::of(&request, parts.version));
    let fault = shared.faults().take(&request);
    let delay = fault.as_ref().map_or(Duration::ZERO, |fault| fault.delay);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let effect = fault.map_or(Effect::Nothing, |fault| fault.effect);
    let reply = answer(&shared, &request, &hijack, effect);
    finish(reply, &request.method, shared.clock.now())
}

/// The answer to a request under a fault. If the connection is hijacked, the answer is never sent.
fn answer(shared: &Shared, request: &Request, hijack: &Hijack, effect: Effect) -> Reply {
    let honest = || shared.identity().answer(request);
    let script = match effect {
        Effect::Nothing => return honest(),
        Effect::Answer(reply) => return reply,
        Effect::Headers { removed, set } => {
            let mut reply = honest();
            for name in removed {
                reply.headers_mut().remove(name);
            }
            reply.headers_mut().extend(set);
            return reply;
        }
        Effect::Date(skew) => {
            let mut reply = honest();
            let now = shared.clock.now();
            let distance = Duration::from_secs(skew.unsigned_abs());
            let date = if skew < 0 {
                now.checked_sub(distance)
            } else {
                now.checked_add(distance)
            };
            wire::set(reply.headers_mut(), DATE, &http_date(date.unwrap_or(now)));
            return reply;
        }
        Effect::Raw(bytes) => Script { bytes, pause: None },
        Effect::Truncate => Script {
            bytes: to_bytes(&honest()).0,
            pause: None,
        },
        Effect::Trickle(pause) => {
            let (first, second) = to_bytes(&honest());
            Script {
                bytes: [first, second].concat().into(),
                pause: Some(pause),
            }
        }
    };
    hijack.play(script);
    Response::new(Bytes::new())
}

/// Adds what every HTTP answer has.
fn finish(reply: Reply, method: &Method, now: SystemTime) -> Response<Body> {
    let (mut parts, body) = reply.into_parts();
    if !parts.headers.contains_key(DATE) {
        wire::set(&mut parts.headers, DATE, &http_date(now));
    }
    if parts.status != http::StatusCode::NO_CONTENT && !parts.headers.contains_key(CONTENT_LENGTH) {
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let body = if *method == Method::HEAD {
        Bytes::new()
    } else {
        body
    };
    Response::from_parts(parts, Body::from(body))
}
