//! Refusals, each with its kind.

use openstack_identity::{Error, ErrorKind};
use openstack_identity_testing::Fault;
use serde_json::json;

use crate::assert_error;
use crate::support::{failed_call, failed_login};

/// An error as Keystone writes it.
fn refusal(status: u16, message: &str) -> Fault {
    let body = json!({"error": {"code": status, "title": "Title", "message": message}});
    Fault::status(status)
        .json(&body)
        .header("X-Openstack-Request-Id", "req-5a7d")
}

fn check_facts(error: &Error, status: u16, method: &str) {
    assert_eq!(error.status(), Some(status));
    assert_eq!(error.request_id(), Some("req-5a7d"));
    assert_eq!(error.method().unwrap(), method);
    let text = error.to_string();
    assert!(text.contains("(request id req-5a7d)"), "{text}");
    assert!(text.contains(&status.to_string()), "{text}");
}

#[tokio::test]
async fn of_a_login() {
    type IsKind = fn(&ErrorKind) -> bool;
    let cases: [(u16, &str, IsKind); 9] = [
        (400, "Expecting to find auth.", |kind| {
            matches!(kind, ErrorKind::BadRequest)
        }),
        (
            401,
            "The request you have made requires authentication.",
            |kind| matches!(kind, ErrorKind::CredentialsRejected),
        ),
        (
            401,
            "The password is expired and needs to be changed for user: a1.",
            |kind| matches!(kind, ErrorKind::PasswordExpired),
        ),
        (403, "You are not authorized.", |kind| {
            matches!(kind, ErrorKind::ScopeRejected)
        }),
        (404, "Could not find Application Credential: a1.", |kind| {
            matches!(kind, ErrorKind::CredentialsRejected)
        }),
        (409, "Conflict.", |kind| matches!(kind, ErrorKind::Conflict)),
        (413, "Too large.", |kind| {
            matches!(kind, ErrorKind::BadRequest)
        }),
        (500, "An unexpected error.", |kind| {
            matches!(kind, ErrorKind::ServerError)
        }),
        (503, "Overloaded.", |kind| {
            matches!(kind, ErrorKind::ServerError)
        }),
    ];
    for (status, message, is_kind) in cases {
        let error = failed_login(refusal(status, message)).await;
        assert!(is_kind(error.kind()), "{status}: {:?}", error.kind());
        check_facts(&error, status, "POST");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn of_a_call_with_a_token() {
    type IsKind = fn(&ErrorKind) -> bool;
    let cases: [(u16, IsKind); 7] = [
        (400, |kind| matches!(kind, ErrorKind::BadRequest)),
        (401, |kind| matches!(kind, ErrorKind::Unauthorized)),
        (403, |kind| matches!(kind, ErrorKind::Forbidden)),
        (404, |kind| matches!(kind, ErrorKind::NotFound)),
        (409, |kind| matches!(kind, ErrorKind::Conflict)),
        (410, |kind| matches!(kind, ErrorKind::BadRequest)),
        (503, |kind| matches!(kind, ErrorKind::ServerError)),
    ];
    for (status, is_kind) in cases {
        let error = failed_call(refusal(status, "No.")).await;
        assert!(is_kind(error.kind()), "{status}: {:?}", error.kind());
        check_facts(&error, status, "GET");
    }
}

#[tokio::test]
async fn a_413_that_is_plain_text() {
    let fault = Fault::status(413)
        .header("Content-Type", "text/plain; charset=UTF-8")
        .body("Request is too large.");
    let error = failed_login(fault).await;
    assert_error!(
        error,
        ErrorKind::BadRequest,
        "413 Payload Too Large, as text/plain"
    );
}

#[tokio::test]
async fn throttled_with_seconds_or_a_date() {
    for value in ["120", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let error = failed_login(refusal(429, "Slow down.").header("Retry-After", value)).await;
        let ErrorKind::RateLimited { retry_after } = error.kind() else {
            panic!("{error:?}");
        };
        assert_eq!(retry_after.as_deref(), Some(value));
        assert_eq!(error.retry_after(), Some(value));
        check_facts(&error, 429, "POST");
    }
    let error = failed_login(Fault::status(429)).await;
    assert_error!(error, ErrorKind::RateLimited { retry_after: None }, "429");
}

#[tokio::test]
async fn a_503_may_say_when_to_come_back() {
    let error = failed_login(refusal(503, "Maintenance.").header("Retry-After", "30")).await;
    assert_error!(error, ErrorKind::ServerError, "Maintenance.");
    assert_eq!(error.retry_after(), Some("30"));
}

#[tokio::test]
async fn methods_that_are_not_enabled() {
    let body = json!({"error": {
        "code": 401, "title": "Unauthorized", "message": "Attempted to authenticate with an unsupported method.",
        "identity": {"methods": ["password", "demo-password", "walk-in", 7]}
    }});
    let error = failed_login(Fault::status(401).json(&body)).await;
    let ErrorKind::MethodNotEnabled(methods) = error.kind() else {
        panic!("{error:?}");
    };
    let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    assert_eq!(methods, ["password", "[secret]", "walk-in"]);
}

#[tokio::test]
async fn a_scope_beside_an_application_credential() {
    let body = json!({"error": {
        "code": 401, "title": "Unauthorized", "identity": {},
        "message": "Error authenticating with application credential: no scope.",
    }});
    let error = failed_login(Fault::status(401).json(&body)).await;
    assert_error!(error, ErrorKind::ScopeRejected, "application credential");
}

#[tokio::test]
async fn the_other_shapes_of_errors() {
    let error =
        failed_login(Fault::status(405).json(&json!({"message": "The method is not allowed."})))
            .await;
    assert_error!(
        error,
        ErrorKind::BadRequest,
        "405 Method Not Allowed: The method is not allowed."
    );
    let body =
        json!({"error": "invalid_client", "error_description": "Client authentication failed."});
    let error = failed_login(Fault::status(401).json(&body)).await;
    assert_error!(
        error,
        ErrorKind::CredentialsRejected,
        "Client authentication failed."
    );
}

#[tokio::test]
async fn a_number_that_is_no_status_of_http() {
    for status in ["799", "999"] {
        let head = format!("HTTP/1.1 {status} Whatever");
        let error = failed_login(crate::support::raw(head.as_bytes(), b"")).await;
        assert_error!(error, ErrorKind::UnexpectedResponse, status);
    }
}
