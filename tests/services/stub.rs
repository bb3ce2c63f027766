//! A small service of the tests' own, and an Identity server whose catalog leads to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use openstack_identity::{OpenStack, OpenStackBuilder, Password, ProjectScope};
use openstack_identity_testing::{Endpoint, IdentityServer, Service};
use serde_json::{Value, json};

/// A request as the service saw it.
#[derive(Clone)]
pub struct Seen {
    pub line: String,
    pub version: http::Version,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn token(&self) -> Option<&str> {
        self.header("X-Auth-Token")
    }
}

/// What the service answers.
pub struct Answer(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Answer {
    pub fn status(status: u16) -> Self {
        Answer(status, Vec::new(), String::new())
    }

    pub fn json(status: u16, body: &Value) -> Self {
        let answer = Answer(status, Vec::new(), body.to_string());
        answer.header("Content-Type", "application/json")
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.1.push((name, value.into()));
        self
    }
}

/// A service on a port of its own.
pub struct Stub {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Stub {
    /// Answers as `answer` says, which is told how many requests came before.
    pub async fn start(answer: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let Ok(body) = to_bytes(body, 1 << 20).await else {
                    return Response::new(Body::from("half a request"));
                };
                let request = Seen {
                    line: format!("{} {}", head.method, head.uri),
                    version: head.version,
                    headers: head.headers,
                    body: body.to_vec(),
                };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len() - 1
                };
                let Answer(status, headers, body) = answer(before, &request);
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                response
            }
        });
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = listener.await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Stub { url, seen, task }
    }

    /// Answers everything with an empty object.
    pub async fn well() -> Self {
        Stub::start(|_, _| Answer::json(200, &json!({}))).await
    }

    pub fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The type by which the catalog of [`identity_with`] lists the stub.
pub const STUB: &str = "baremetal";

/// An Identity server whose catalog has the stub, at `/bm/v1`.
pub async fn identity_with(stub: &Stub) -> IdentityServer {
    let mut builder = IdentityServer::builder();
    let url = format!("{}/bm/v1", stub.url);
    let endpoint = Endpoint::new("public", url).region("RegionOne");
    builder.add_service(Service::new(STUB, "ironic").endpoint(endpoint));
    builder.start().await.unwrap()
}

/// The user `demo`, with the project `demo`.
pub fn builder(server: &IdentityServer) -> OpenStackBuilder {
    let demo = server.demo();
    OpenStack::builder(server.auth_url())
        .credentials(Password::by_id(&demo.user_id, &*demo.password))
        .scope(ProjectScope::by_id(&demo.project_id))
}

pub fn openstack(server: &IdentityServer) -> OpenStack {
    builder(server).build().unwrap()
}

/// How many logins the server has seen.
pub fn logins(server: &IdentityServer) -> usize {
    server.count("POST", "/v3/auth/tokens")
}
