//! One call has one limit, whatever it waits for.

use std::time::{Duration, Instant};

use openstack_identity::transport::{Body, BoxFuture, Transport, TransportError};
use openstack_identity::{
    BoxError, Credentials, CredentialsProvider, Error, ErrorKind, OpenStack, OpenStackBuilder,
};
use openstack_identity_testing::Fault;

use crate::assert_error;
use crate::support::{TOKENS, builder, demo, soon, start, start_with};

const LIMIT: Duration = Duration::from_secs(2);

/// The error of a call with a limit, which must come about then.
async fn limited(builder: OpenStackBuilder) -> Error {
    let openstack = builder.timeout(LIMIT).build().unwrap();
    let begun = Instant::now();
    let error = soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(15), "{error}");
    error
}

#[tokio::test]
async fn attempts_and_pauses_are_within_it() {
    for fault in [
        Fault::status(503).header("Retry-After", "1"),
        Fault::status(429),
    ] {
        let server = start_with(fault).await;
        let begun = Instant::now();
        let error = limited(builder(&server).retries(1000)).await;
        assert_error!(
            error,
            ErrorKind::ServerError | ErrorKind::RateLimited { .. },
            "generate_token"
        );
        assert!(begun.elapsed() > Duration::from_millis(500));
        assert!((2..10).contains(&server.count("POST", TOKENS)), "{error}");
    }
    let server = start().await;
    server.inject(
        Fault::delay(Duration::from_secs(60))
            .on("POST", TOKENS)
            .skip(1),
    );
    server.inject(Fault::status(503).on("POST", TOKENS));
    let error = limited(builder(&server).retries(1000)).await;
    assert_error!(error, ErrorKind::TimedOut, "generate_token", "`timeout`");
    assert_eq!(server.count("POST", TOKENS), 2);
}

#[tokio::test]
async fn a_login_and_what_follows_share_it() {
    // Each takes less than the limit, all together more.
    let server = start_with(Fault::delay(Duration::from_millis(1_500))).await;
    let error = limited(builder(&server)).await;
    assert_error!(error, ErrorKind::TimedOut, "list_auth_projects");
}

/// Credentials that never come.
struct Never;

impl CredentialsProvider for Never {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn code_of_the_program_is_within_it() {
    let server = start().await;
    let error = limited(builder(&server).credentials_from(Never)).await;
    assert_error!(error, ErrorKind::TimedOut, "list_auth_projects");
    assert_eq!(server.requests(), []);
    let openstack = builder(&server).credentials_from(Never).timeout(LIMIT);
    let explained = soon(openstack.build().unwrap().explain()).await;
    assert!(
        explained.contains("no credentials: no whole answer in time"),
        "{explained}"
    );
}

/// Answers with a body that never ends, or never.
enum Bad {
    Silent,
    Stuck,
    Endless,
    Large,
}

impl Transport for Bad {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = match self {
            Bad::Silent => return Box::pin(std::future::pending()),
            Bad::Stuck => Body::stream(Repeated(None)),
            Bad::Endless => Body::stream(Repeated(Some(0))),
            Bad::Large => Body::from(vec![b' '; 9 << 20]),
        };
        Box::pin(async { Ok(http::Response::new(body)) })
    }
}

/// So much, again and again; or nothing ever.
struct Repeated(Option<usize>);

impl futures_core::Stream for Repeated {
    type Item = Result<Vec<u8>, BoxError>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let Some(size) = self.0 else {
            return std::task::Poll::Pending;
        };
        // Others get their turn in between.
        std::task::Poll::Ready(Some(Ok(vec![0; size])))
    }
}

#[tokio::test]
async fn other_transports_are_within_it() {
    let server = start().await;
    for bad in [Bad::Silent, Bad::Stuck, Bad::Endless] {
        let error = limited(builder(&server).transport(bad)).await;
        assert_error!(error, ErrorKind::TimedOut, "in time");
    }
    let error = limited(builder(&server).transport(Bad::Large)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "larger than");
}

#[tokio::test]
async fn a_silent_server_is_given_up_before() {
    let server = start_with(Fault::delay(Duration::from_secs(60))).await;
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(demo(&server))
        .read_timeout(Duration::from_secs(1));
    let call = openstack.build().unwrap();
    let error = soon(call.token()).await.unwrap_err();
    assert_error!(error, ErrorKind::TimedOut, "generate_token");
}

#[tokio::test]
async fn no_limit_is_too_large() {
    let server = start().await;
    let openstack = builder(&server).timeout(Duration::MAX);
    let openstack = openstack.read_timeout(Duration::MAX).build().unwrap();
    soon(openstack.token()).await.unwrap();
}

/// Answers everything by this error.
struct Refusal(u16, Vec<u8>);

impl Transport for Refusal {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let answer = http::Response::builder()
            .status(self.0)
            .header("Content-Type", "application/json")
            .header("Openstack-Auth-Receipt", "gAAAA-receipt")
            .body(Body::from(self.1.clone()));
        Box::pin(async { Ok(answer.unwrap()) })
    }
}

#[tokio::test]
async fn an_error_with_a_million_texts_is_no_more_work_than_another() {
    let many = vec!["ab"; 1_000_000];
    let mut objects = serde_json::Map::new();
    (0..300_000).for_each(|at| _ = objects.insert(at.to_string(), "ab".into()));
    let escaped = vec!["%5c%5cu0061\\u0061&amp;".repeat(100); 3_000];
    for (status, body) in [
        (
            400,
            serde_json::json!({"error": {"message": "No.", "identity": many}}),
        ),
        (
            401,
            serde_json::json!({"error": {"message": "No.", "identity": {"methods": many}}}),
        ),
        (
            401,
            serde_json::json!({"receipt": {}, "required_auth_methods": [many]}),
        ),
        (
            403,
            serde_json::json!({"error": {"message": "No.", "identity": objects}}),
        ),
        (
            409,
            serde_json::json!({"error": {"message": "No.", "identity": escaped}}),
        ),
        (
            409,
            serde_json::json!({"error": {"identity": escaped, "message": many}}),
        ),
        (500, serde_json::json!(many)),
        (503, serde_json::json!({"computeFault": objects})),
    ] {
        let openstack = OpenStack::builder("https://keystone.example/v3")
            .transport(Refusal(status, body.to_string().into_bytes()))
            .retries(0)
            .build()
            .unwrap();
        let begun = Instant::now();
        let password = openstack_identity::Password::by_id("u", "a password");
        let login = openstack.identity_v3().generate_token(password);
        let error = login.await.unwrap_err();
        // Without optimization, and while other tests run: it was half a minute.
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        let text = format!("{error} {error:?}");
        assert!(text.len() < 20_000, "{status}: {}", text.len());
    }
}
