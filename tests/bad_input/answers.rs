//! Answers that are HTTP, and not what they should be.

use openstack_identity::ErrorKind;
use openstack_identity_testing::Fault;
use serde_json::json;

use crate::assert_error;
use crate::support::{SUBJECT, check, failed_call, failed_login, issued, openstack, soon, start};

const ID: &str = "gAAAAABsubject";

#[tokio::test]
async fn a_wrong_type_deep_inside_is_named_by_its_path() {
    let (_, mut body) = issued().await;
    body["token"]["user"]["domain"]["id"] = json!(["default"]);
    let error = failed_login(Fault::status(201).header(SUBJECT, ID).json(&body)).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "`token.user.domain.id`",
        "expected a string",
        "the 201 answer"
    );
    assert_eq!(error.status(), Some(201));
}

#[tokio::test]
async fn a_wrong_type_in_a_list_is_named_by_its_place() {
    let project = |name| json!({"id": "p", "name": name, "enabled": true});
    let body = json!({"projects": [project(json!("a")), project(json!(7))]});
    let error = failed_call(Fault::status(200).json(&body)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "projects[1]", "7");
}

#[tokio::test]
async fn a_missing_member_is_named() {
    let (_, mut body) = issued().await;
    body["token"]["user"]
        .as_object_mut()
        .unwrap()
        .remove("name");
    let error = failed_login(Fault::status(201).header(SUBJECT, ID).json(&body)).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "missing field `name`",
        "`token.user`"
    );
}

#[tokio::test]
async fn a_time_that_is_none_is_not_repeated() {
    let (_, mut body) = issued().await;
    body["token"]["expires_at"] = json!("tomorrow at nine");
    let error = failed_login(Fault::status(201).header(SUBJECT, ID).json(&body)).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "token.expires_at",
        "2026-11-23T13:48:26Z"
    );
    assert!(!error.to_string().contains("tomorrow"));
}

#[tokio::test]
async fn json_that_is_something_else() {
    for (body, part) in [
        (json!({}), "has no `token`"),
        (json!([]), "has no `token`"),
        (json!(null), "has no `token`"),
        (json!("token"), "has no `token`"),
        (json!({"token": null}), "`token`"),
        (json!({"token": [1, 2]}), "`token`"),
    ] {
        let error = failed_login(Fault::status(201).header(SUBJECT, ID).json(&body)).await;
        assert_error!(error, ErrorKind::UnexpectedResponse, part);
    }
}

#[tokio::test]
async fn html_in_place_of_json() {
    let page = "<html><title>Sign in</title></html>";
    // A captive portal, an unknown path, a proxy whose server is gone.
    let error = failed_login(Fault::status(200).html(page)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "200 OK, as text/html");
    let error = failed_login(Fault::status(404).html(page)).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "404 Not Found, as text/html"
    );
    let error = failed_login(Fault::status(502).html(page)).await;
    assert_error!(
        error,
        ErrorKind::ServerError,
        "502 Bad Gateway, as text/html"
    );
    let error = failed_login(Fault::status(201).header(SUBJECT, ID).html(page)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "text/html, not JSON");
    let error = failed_call(Fault::status(200).html(page)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "text/html, not JSON");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_not_the_service() {
    for status in [401, 403, 404] {
        for fault in [
            Fault::status(status).html("<h1>no</h1>"),
            Fault::status(status),
            Fault::status(status)
                .header("Content-Type", "text/plain")
                .body("no"),
        ] {
            let error = failed_login(fault.clone()).await;
            assert_error!(error, ErrorKind::UnexpectedResponse, status);
            let server = start().await;
            let openstack = openstack(&server);
            let identity = openstack.identity_v3();
            soon(identity.list_auth_projects()).await.unwrap();
            server.inject(fault.always());
            // An answer to HEAD has no body by which to tell, and "not found" would mean "invalid".
            let error = soon(identity.validate_token("some-token"))
                .await
                .unwrap_err();
            check(&error, "validate_token", &server);
            assert_error!(error, ErrorKind::UnexpectedResponse, status);
        }
    }
}

#[tokio::test]
async fn an_empty_500() {
    let error = failed_login(Fault::status(500)).await;
    assert_error!(error, ErrorKind::ServerError, "500 Internal Server Error");
    assert_eq!(error.request_id(), None);
}

#[tokio::test]
async fn an_empty_success() {
    let error = failed_login(Fault::status(201).header(SUBJECT, ID)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "its body is empty");
    let error = failed_call(Fault::status(200)).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "its body is empty");
}

#[tokio::test]
async fn a_300_in_place_of_a_token() {
    let versions = json!({"versions": {"values": []}});
    let error = failed_login(Fault::status(300).json(&versions)).await;
    assert_error!(error, ErrorKind::Redirected, "300 Multiple Choices");
}

#[tokio::test]
async fn a_success_that_is_not_the_one_expected() {
    for (status, text) in [
        (200, "200 OK"),
        (202, "202 Accepted"),
        (204, "204 No Content"),
    ] {
        let error = failed_login(Fault::status(status)).await;
        assert_error!(error, ErrorKind::UnexpectedResponse, text);
        assert_eq!(error.status(), Some(status));
    }
}

#[tokio::test]
async fn json_nested_ten_thousand_deep() {
    let deep = format!("{{\"token\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for status in [201, 400] {
        let fault = Fault::status(status).header(SUBJECT, ID).body(deep.clone());
        let error = failed_login(fault.header("Content-Type", "application/json")).await;
        assert_eq!(error.status(), Some(status));
        match status {
            201 => assert_error!(
                error,
                ErrorKind::UnexpectedResponse,
                "recursion limit exceeded"
            ),
            _ => assert_error!(error, ErrorKind::BadRequest, "400 Bad Request"),
        }
    }
    let deep = format!("{{\"token\":{}", "{\"a\":".repeat(10_000));
    let fault = Fault::status(201).header(SUBJECT, ID).body(deep);
    assert_error!(
        failed_login(fault).await,
        ErrorKind::UnexpectedResponse,
        "token.a.a",
        "..."
    );
}

#[tokio::test]
async fn text_that_is_not_utf_8() {
    let fault = Fault::status(201)
        .header(SUBJECT, ID)
        .body(&b"{\"token\": \"\xff\xfe\"}"[..]);
    assert_error!(
        failed_login(fault).await,
        ErrorKind::UnexpectedResponse,
        "can't be read"
    );
}

#[tokio::test]
async fn a_message_of_100_kilobytes_is_cut() {
    let message = "a very long story ".repeat(6_000);
    let body = json!({"error": {"code": 400, "title": "Bad Request", "message": message}});
    let error = failed_login(Fault::status(400).json(&body)).await;
    assert_error!(error, ErrorKind::BadRequest, "a very long story", "...");
    assert!(error.to_string().len() < 600);
}

#[tokio::test]
async fn a_message_that_is_no_text() {
    for message in [json!(null), json!(7), json!(["a"]), json!({"a": "b"})] {
        let body = json!({"error": {"code": 400, "title": ["x"], "message": message}});
        let error = failed_login(Fault::status(400).json(&body)).await;
        assert_error!(error, ErrorKind::BadRequest, "400 Bad Request (asked ");
    }
}

#[tokio::test]
async fn a_message_that_would_move_the_terminal() {
    let body =
        json!({"error": {"message": "no\u{1b}[2J\u{7}\u{9b}31m\u{202e} way\r\nlog: all is well"}});
    let error = failed_login(Fault::status(400).json(&body)).await;
    assert_error!(error, ErrorKind::BadRequest, "no[2J31m way (asked ");
}

#[tokio::test]
async fn pages_that_lead_nowhere() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let page = |name: &str, next: &str| {
        let project = json!({"id": name, "name": name, "enabled": true});
        let body = json!({"projects": [project], "links": {"next": next}});
        Fault::status(200)
            .json(&body)
            .on("GET", "/v3/auth/projects")
    };
    for (link, part) in [
        ("?page=1", "in a circle"),
        ("?a b\u{e4}\r\n", "no address"),
        ("nowhere", "in a circle"),
    ] {
        server.clear_faults();
        for (name, next) in [("a", "?page=1"), ("b", "?page=2"), ("c", link)] {
            server.inject(page(name, next));
        }
        let error = soon(identity.list_auth_projects()).await.unwrap_err();
        check(&error, "list_auth_projects", &server);
        assert_error!(error, ErrorKind::UnexpectedResponse, part);
    }
}
