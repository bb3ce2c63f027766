//! Other ways out than reqwest, and how all of it fits into programs.

use std::sync::{Arc, Mutex};

use openstack_identity::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use openstack_identity::{
    AuthToken, Credentials, Error, ErrorKind, GenerateTokenCall, IdentityV3, OpenStack,
    OpenStackBuilder, SendError, ServiceRequest, TokenId, Validity,
};
use openstack_identity_testing::Fault;

use crate::assert_error;
use crate::support::{builder, check_text, soon, start};

/// One client of reqwest, for many of ours: it takes long to make.
#[derive(Clone, Default)]
pub struct Shared(reqwest::Client);

impl Transport for Shared {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let broken = |error: reqwest::Error| {
                TransportError::new(TransportErrorKind::Broken, error.without_url().to_string())
            };
            let request =
                reqwest::Request::try_from(request.map(|body| body.as_bytes().cloned().unwrap()))
                    .map_err(broken)?;
            let answer = self.0.execute(request).await.map_err(broken)?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response =
                http::Response::new(Body::from(answer.bytes().await.map_err(broken)?));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Adds a header to every request.
pub struct WithHeader(pub &'static str, pub &'static str);

impl Transport for WithHeader {
    fn send(
        &self,
        mut request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let value = http::HeaderValue::from_static(self.1);
        request.headers_mut().insert(self.0, value);
        Box::pin(async move { Shared::default().send(request).await })
    }
}

/// Keeps what it should send, and sends nothing.
#[derive(Clone, Default)]
struct Keeping(Arc<Mutex<Vec<http::Request<Body>>>>);

impl Transport for Keeping {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.0.lock().unwrap().push(request);
        let error = TransportError::new(TransportErrorKind::Unreachable, "the cable is cut");
        Box::pin(async { Err(error) })
    }
}

#[tokio::test]
async fn another_transport_gets_whole_requests() {
    let server = start().await;
    let transport: Arc<dyn Transport> = Arc::new(WithHeader("X-Through", "a-tunnel"));
    let identity = builder(&server)
        .transport(transport)
        .build()
        .unwrap()
        .identity_v3();
    assert_eq!(
        soon(identity.validate_token("no-such-token"))
            .await
            .unwrap(),
        Validity::Invalid
    );
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("X-Through") == Some("a-tunnel"))
    );
    // A login, the check, and the check of the session's own token after the 404.
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_another_transport_says_is_told() {
    let transport = Keeping::default();
    let openstack = OpenStack::builder("https://Cloud.example/identity/v3/")
        .credentials(TokenId::new("gAAAA"))
        .transport(transport.clone())
        .build()
        .unwrap();
    assert_eq!(openstack.auth_url(), "https://cloud.example/identity/v3");
    let error = soon(openstack.identity_v3().get_catalog())
        .await
        .unwrap_err();
    check_text(&error, "generate_token", "cloud.example");
    assert_error!(error, ErrorKind::Unreachable, "the cable is cut");
    let sent = transport.0.lock().unwrap();
    assert_eq!(
        sent[0].uri(),
        "https://cloud.example/identity/v3/auth/tokens"
    );
}

#[tokio::test]
async fn requests_say_who_sends_them() {
    let server = start().await;
    soon(
        builder(&server)
            .build()
            .unwrap()
            .identity_v3()
            .list_versions(),
    )
    .await
    .unwrap();
    let request = server.requests().pop().unwrap();
    assert!(
        request
            .header("User-Agent")
            .unwrap()
            .starts_with("openstack-identity/")
    );
    assert_eq!(request.header("Accept"), Some("application/json"));
    assert_eq!(request.header("Referer"), None);
}

/// What programs need in order to keep these in their own types, and to spawn calls.
#[test]
fn all_of_it_goes_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    fn cloned<T: Clone + std::fmt::Debug>() {}
    shared::<OpenStack>();
    shared::<OpenStackBuilder>();
    shared::<IdentityV3>();
    shared::<GenerateTokenCall>();
    shared::<AuthToken>();
    shared::<Credentials>();
    shared::<Error>();
    shared::<SendError>();
    shared::<TransportError>();
    shared::<Body>();
    shared::<ServiceRequest>();
    cloned::<OpenStack>();
    cloned::<IdentityV3>();
    cloned::<GenerateTokenCall>();
    cloned::<AuthToken>();
    cloned::<Error>();

    fn sendable(_: impl Future<Output: Send> + Send) {}
    let transport = Keeping::default();
    let openstack = OpenStack::builder("https://host")
        .transport(transport)
        .build()
        .unwrap();
    let identity = openstack.identity_v3();
    sendable(openstack.service("image").get("file").into_future());
    sendable(openstack.service("image").get("file").download());
    sendable(async {
        let mut download = openstack.service("image").get("file").download().await?;
        download.chunk().await
    });
    sendable(identity.generate_token(TokenId::new("t")).into_future());
    sendable(identity.get_token("t"));
    sendable(identity.validate_token("t"));
    sendable(identity.revoke_token("t"));
    sendable(identity.get_catalog());
    sendable(identity.list_auth_projects());
    sendable(identity.list_versions());
    sendable(identity.send(openstack_identity::identity::v3::tokens::GetToken::new("t")));
}

/// Is busy, and keeps where the bodies are that it was given.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<Vec<usize>>>);

impl Transport for Busy {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = request.body().as_bytes().unwrap();
        self.0.lock().unwrap().push(body.as_ptr().addr());
        let mut busy = http::Response::new(Body::empty());
        *busy.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        Box::pin(async { Ok(busy) })
    }
}

#[tokio::test]
async fn all_attempts_share_one_body() {
    let transport = Busy::default();
    let openstack = OpenStack::builder("https://cloud.example/v3")
        .credentials(TokenId::new("gAAAA"))
        .transport(transport.clone())
        .build()
        .unwrap();
    let error = soon(openstack.token()).await.unwrap_err();
    assert_error!(error, ErrorKind::ServerError);
    let bodies = transport.0.lock().unwrap();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

/// Sends by a runtime of its own, so that the client needs none.
struct Elsewhere(tokio::runtime::Runtime, Shared);

impl Transport for Elsewhere {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let shared = self.1.clone();
        let task = self.0.spawn(async move { shared.send(request).await });
        Box::pin(async { task.await.unwrap() })
    }
}

/// Waits for a future as a program without Tokio does.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(done) => return done,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn outside_of_a_runtime_everything_works_but_limits_and_stores() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(start());
    let elsewhere = Elsewhere(tokio::runtime::Runtime::new().unwrap(), Shared::default());
    let openstack = builder(&server)
        .transport(elsewhere)
        .token_store(openstack_identity::store::MemoryStore::new())
        .build()
        .unwrap();
    let identity = openstack.identity_v3();
    block_on(identity.list_auth_projects()).unwrap();
    // Not tried again, as there is no timer to wait by.
    server.inject(Fault::status(503).on("GET", "/v3/auth/projects"));
    let error = block_on(identity.list_auth_projects()).unwrap_err();
    assert_error!(error, ErrorKind::ServerError, "");
    let token = block_on(openstack.token()).unwrap();
    block_on(identity.revoke_token(token.id())).unwrap();
    block_on(identity.list_auth_projects()).unwrap();
    block_on(openstack.explain());
    block_on(openstack.close()).unwrap();
    drop(runtime);
}
