//! Headers that lack, lie, come twice, or are no text.

use openstack_identity::ErrorKind;
use openstack_identity_testing::Fault;
use serde_json::json;

use crate::assert_error;
use crate::support::{SUBJECT, failed_login, issued, login, raw, start_with};

const ID: &str = "gAAAAABsubject";

#[tokio::test]
async fn a_content_type_that_lies() {
    let error = failed_login(
        Fault::status(201)
            .header(SUBJECT, ID)
            .body("<html>")
            .header("Content-Type", "application/json"),
    )
    .await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "expected value at line 1 column 1"
    );
    // An error is not read as what it isn't.
    let error = failed_login(
        Fault::status(400)
            .body("<html>")
            .header("Content-Type", "application/json"),
    )
    .await;
    assert_error!(error, ErrorKind::BadRequest, "400 Bad Request (asked ");
    // What is JSON is taken for it, whatever it is called.
    let (_, body) = issued().await;
    let server = start_with(
        Fault::status(201)
            .header(SUBJECT, ID)
            .html(body.to_string()),
    )
    .await;
    assert_eq!(login(&server).await.unwrap().id().expose(), ID);
    // Case means nothing.
    let error = json!({"error": {"code": 400, "title": "Bad Request", "message": "No."}});
    let error = failed_login(
        Fault::status(400)
            .json(&error)
            .header("Content-Type", "Application/JSON; charset=utf-8"),
    )
    .await;
    assert_error!(error, ErrorKind::BadRequest, "400 Bad Request: No. (asked ");
}

#[tokio::test]
async fn a_content_type_that_is_absurd() {
    for media in [
        "text/demo-password",
        &"x".repeat(50_000),
        ";",
        "\u{1}/\u{7f}",
    ] {
        let error = failed_login(Fault::status(502).body("?").header("Content-Type", media)).await;
        assert_error!(error, ErrorKind::ServerError, "502");
    }
}

#[tokio::test]
async fn a_header_that_comes_twice() {
    let (_, body) = issued().await;
    let twice = |first: &str, second: &str| {
        let head = format!("HTTP/1.1 201 Created\r\n{SUBJECT}: {first}\r\n{SUBJECT}: {second}");
        raw(head.as_bytes(), body.to_string().as_bytes())
    };
    let error = failed_login(twice("one-token", "another-token")).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "X-Subject-Token",
        "different values"
    );
    assert!(!error.to_string().contains("another-token"));
    let server = start_with(twice("same", "same")).await;
    assert_eq!(login(&server).await.unwrap().id().expose(), "same");
}

#[tokio::test]
async fn header_values_that_are_no_text() {
    let (_, body) = issued().await;
    let head = [b"HTTP/1.1 201 Created\r\nX-Subject-Token: \xff\xfetoken".as_slice()].concat();
    let error = failed_login(raw(&head, body.to_string().as_bytes())).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "X-Subject-Token",
        "expected text"
    );
    // Where a header only says more, the error is told without it.
    let head = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: \xff\r\nX-Openstack-Request-Id: \xe4\r\nContent-Type: \xf6\r\nLocation: \xfc";
    let error = failed_login(raw(head, b"")).await;
    assert_error!(
        error,
        ErrorKind::RateLimited { retry_after: None },
        "429 Too Many Requests (asked "
    );
    assert_eq!((error.request_id(), error.retry_after()), (None, None));
}

#[tokio::test]
async fn no_subject_token() {
    let error = failed_login(Fault::without_header(SUBJECT)).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "it has no header X-Subject-Token"
    );
    assert_eq!(error.status(), Some(201));
    assert!(error.request_id().unwrap().starts_with("req-"), "{error}");
}

#[tokio::test]
async fn an_empty_subject_token() {
    for value in ["", "  "] {
        let error = failed_login(Fault::with_header(SUBJECT, value)).await;
        assert_error!(
            error,
            ErrorKind::UnexpectedResponse,
            "it has no header X-Subject-Token"
        );
    }
}

#[tokio::test]
async fn a_receipt_without_an_id_is_an_ordinary_refusal() {
    let body = json!({"error": {"code": 401, "title": "Unauthorized", "message": "No."}});
    let error = failed_login(
        Fault::status(401)
            .json(&body)
            .header("Openstack-Auth-Receipt", ""),
    )
    .await;
    assert_error!(
        error,
        ErrorKind::CredentialsRejected,
        "401 Unauthorized: No."
    );
}

#[tokio::test]
async fn a_receipt_that_can_not_be_read() {
    let fault = Fault::status(401)
        .header("Openstack-Auth-Receipt", "r")
        .json(&json!({"receipt": {}}));
    let error = failed_login(fault).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "the 401 answer",
        "receipt"
    );
}
