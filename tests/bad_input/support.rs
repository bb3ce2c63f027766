//! What tests of the client have in common.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::Duration;

use openstack_identity::{AuthToken, Error, OpenStack, OpenStackBuilder, Password};
use openstack_identity_testing::{Fault, IdentityServer};

/// Long beside what anything here takes, and short beside a client that hangs.
const BOUND: Duration = Duration::from_secs(20);

/// The path of logins, and of all that is done with tokens.
pub const TOKENS: &str = "/v3/auth/tokens";

/// The name in the header of the answer to a login.
pub const SUBJECT: &str = "X-Subject-Token";

pub async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

/// A server with one fault for everything.
pub async fn start_with(fault: Fault) -> IdentityServer {
    let server = start().await;
    server.inject(fault.always());
    server
}

/// The outcome, which must come in time.
pub async fn soon<F: IntoFuture>(future: F) -> F::Output {
    tokio::time::timeout(BOUND, future.into_future())
        .await
        .expect("no outcome in time")
}

pub fn demo(server: &IdentityServer) -> Password {
    Password::by_id(&server.demo().user_id, &*server.demo().password)
}

pub fn admin(server: &IdentityServer) -> Password {
    Password::by_id(&server.demo().admin_id, &*server.demo().admin_password)
}

/// The server's user `demo`.
pub fn builder(server: &IdentityServer) -> OpenStackBuilder {
    OpenStack::builder(server.auth_url())
        .credentials(demo(server))
        .retries(0)
}

pub fn openstack(server: &IdentityServer) -> OpenStack {
    builder(server).build().unwrap()
}

/// Somebody who asks about others' tokens.
pub fn administrator(server: &IdentityServer) -> OpenStack {
    OpenStack::builder(server.auth_url())
        .retries(0)
        .credentials(admin(server))
        .scope(openstack_identity::ProjectScope::by_id(
            &server.demo().admin_project_id,
        ))
        .build()
        .unwrap()
}

/// A token of the user `demo`, which no session has.
pub async fn token(server: &IdentityServer) -> AuthToken {
    let token = login(server).await.unwrap();
    server.clear_requests();
    token
}

/// One login.
pub async fn login(server: &IdentityServer) -> Result<AuthToken, Error> {
    soon(openstack(server).identity_v3().generate_token(demo(server))).await
}

/// The error of a login under a fault.
pub async fn failed_login(fault: Fault) -> Error {
    let server = start_with(fault).await;
    let error = login(&server).await.unwrap_err();
    check(&error, "generate_token", &server);
    error
}

/// The error of a call under a fault that hits all but logins.
pub async fn failed_call(fault: Fault) -> Error {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    soon(identity.list_auth_domains()).await.unwrap();
    server.inject(fault.on("GET", "/v3/auth/projects").always());
    let error = soon(identity.list_auth_projects()).await.unwrap_err();
    check(&error, "list_auth_projects", &server);
    error
}

/// What holds for each error: it names the operation and the server, says what to do, is one line of
/// bearable length, and has no secret in it.
pub fn check(error: &Error, operation: &str, server: &IdentityServer) {
    check_text(
        error,
        operation,
        server.base_url().trim_start_matches("http://"),
    );
    let demo = server.demo();
    for text in [error.to_string(), format!("{error:?}")] {
        for secret in [
            &demo.password,
            &demo.admin_password,
            &demo.application_credential_secret,
        ] {
            assert!(!text.contains(secret), "{text}");
        }
        for request in server.requests() {
            for name in ["X-Auth-Token", SUBJECT, "Openstack-Auth-Receipt"] {
                let secret = request.header(name).filter(|secret| secret.len() > 20);
                assert!(secret.is_none_or(|secret| !text.contains(secret)), "{text}");
            }
        }
    }
}

/// What holds for each error, whoever the server is.
pub fn check_text(error: &Error, operation: &str, host: &str) {
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{operation} at {host}: ")),
        "{text}"
    );
    assert!(text.ends_with(&format!("; {}", error.help())), "{text}");
    assert_eq!((error.operation(), error.host()), (operation, host));
    assert!(
        text.chars().count() < 1_000,
        "{} characters: {text:.200}",
        text.len()
    );
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// The kind, and parts of the text.
#[macro_export]
macro_rules! assert_error {
    ($error:expr, $kind:pat $(, $part:expr)* $(,)?) => {{
        let error = &$error;
        assert!(matches!(error.kind(), $kind), "{:?}: {error}", error.kind());
        $(assert!(error.to_string().contains(&*$part.to_string()), "{error}");)*
    }};
}

/// An HTTP answer, byte by byte as given, with the right length of its body.
pub fn raw(head: &[u8], body: &[u8]) -> Fault {
    let length = format!("\r\nContent-Length: {}\r\n\r\n", body.len());
    Fault::raw([head, length.as_bytes(), body].concat())
}

/// A full and honest answer to a login, to be spoiled.
pub async fn issued() -> (String, serde_json::Value) {
    let server = start().await;
    let export = login(&server).await.unwrap().export();
    let id = export["id"].as_str().unwrap().to_owned();
    (id, serde_json::json!({"token": export["token"]}))
}
