//! An Identity service whose times make no sense, as those of some clouds do.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use openstack_identity::{OpenStack, OpenStackBuilder, Password, Timestamp};
use serde_json::{Value, json};

/// What it says of its tokens, in seconds from the real time of issue on, and how long they are good.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub issued: i64,
    pub expires: i64,
    pub lives: Duration,
    /// How far its `Date` is ahead.
    pub date: i64,
}

impl Times {
    pub fn new(issued: i64, expires: i64, lives: u64) -> Self {
        Times {
            issued,
            expires,
            lives: Duration::from_secs(lives),
            date: 0,
        }
    }
}

/// A moment that is so many seconds ahead.
pub fn ahead(seconds: i64) -> Timestamp {
    let now = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(now.saturating_add(seconds.saturating_mul(1_000)))
}

/// A service that is one for Identity, and a service of its catalog at `/files`. Its users have to give a passcode
/// too if `mfa` is set.
pub struct OddServer {
    pub url: String,
    seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    issued: Mutex<Vec<Instant>>,
    refused: AtomicUsize,
    receipts: AtomicI64,
}

impl OddServer {
    pub async fn start(times: Times) -> Self {
        OddServer::start_with(times, false).await
    }

    pub async fn start_with(times: Times, mfa: bool) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Seen>::default();
        let (log, base) = (seen.clone(), url.clone());
        let router = Router::new().fallback(move |request: Request| {
            let answer = log.answer(&request, times, mfa, &base);
            async move {
                // Whoever sends a stream wants it to be read.
                _ = axum::body::to_bytes(request.into_body(), 1 << 20).await;
                answer
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        OddServer { url, seen, task }
    }

    pub fn builder(&self) -> OpenStackBuilder {
        OpenStack::builder(format!("{}/v3", self.url)).credentials(Password::by_id("u", "p"))
    }

    pub fn logins(&self) -> usize {
        self.seen.issued.lock().unwrap().len()
    }

    /// How many requests had a token that was not good any more.
    pub fn refused(&self) -> usize {
        self.seen.refused.load(Ordering::SeqCst)
    }
}

impl Drop for OddServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    fn answer(&self, request: &Request, times: Times, mfa: bool, url: &str) -> Response {
        let header = |name: &str| {
            let value = request.headers().get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or("")
        };
        let is_login = request.method() == "POST" && request.uri().path() == "/v3/auth/tokens";
        if is_login && mfa && header("Openstack-Auth-Receipt").is_empty() {
            self.receipts.fetch_add(1, Ordering::SeqCst);
            let receipt = json!({
                "methods": ["password"], "user": user(),
                "issued_at": ahead(times.issued), "expires_at": ahead(times.expires),
            });
            let body = json!({"receipt": receipt, "required_auth_methods": [["password", "totp"]]});
            let answer = respond(401, times, &body);
            return with(answer, "Openstack-Auth-Receipt", "r-1");
        }
        if is_login {
            let mut issued = self.issued.lock().unwrap();
            issued.push(Instant::now());
            let id = format!("token-{}", issued.len() - 1);
            return with(
                respond(201, times, &token(times, url)),
                "X-Subject-Token",
                &id,
            );
        }
        if !self.is_good(header("X-Auth-Token"), times) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let error = json!({"code": 401, "title": "Unauthorized", "message": "No."});
            return respond(401, times, &json!({"error": error}));
        }
        match request.uri().path() {
            "/v3/auth/tokens" => {
                let id = header("X-Subject-Token").to_owned();
                with(
                    respond(200, times, &token(times, url)),
                    "X-Subject-Token",
                    &id,
                )
            }
            _ => respond(200, times, &json!({"projects": [], "links": {}})),
        }
    }

    fn is_good(&self, id: &str, times: Times) -> bool {
        let number = id
            .strip_prefix("token-")
            .and_then(|number| number.parse::<usize>().ok());
        let issued = self.issued.lock().unwrap();
        let issued = number.and_then(|number| issued.get(number));
        issued.is_some_and(|issued| issued.elapsed() < times.lives)
    }
}

fn user() -> Value {
    json!({"id": "u", "name": "pia", "domain": {"id": "default", "name": "Default"}})
}

fn token(times: Times, url: &str) -> Value {
    let endpoint = json!({"id": "e", "interface": "public", "region": "R", "region_id": "R",
        "url": format!("{url}/files")});
    json!({"token": {
        "methods": ["password"],
        "user": user(),
        "audit_ids": ["z1"],
        "issued_at": ahead(times.issued),
        "expires_at": ahead(times.expires),
        "project": {"id": "p-9", "name": "kiln", "domain": {"id": "default", "name": "Default"}},
        "roles": [],
        "catalog": [{"id": "s", "type": "object-store", "name": "swift", "endpoints": [endpoint]}],
    }})
}

fn respond(status: u16, times: Times, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    let date = http_date(ahead(times.date));
    with(
        with(response, "Content-Type", "application/json"),
        "Date",
        &date,
    )
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// As `Date` has it; the embedded server's clock writes it.
fn http_date(moment: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let day = usize::try_from(moment.as_second().div_euclid(86_400).rem_euclid(7)).unwrap();
    // 2026-11-23T13:48:26Z
    let text = moment.to_string();
    let month = MONTHS[text[5..7].parse::<usize>().unwrap() - 1];
    format!(
        "{}, {} {month} {} {} GMT",
        DAYS[day],
        &text[8..10],
        &text[..4],
        &text[11..19]
    )
}
