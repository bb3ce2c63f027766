//! Redirects: nothing goes to another origin, and the same request only goes where it is repeated.

use openstack_identity::{ErrorKind, OpenStack};
use openstack_identity_testing::{Fault, IdentityServer};

use crate::assert_error;
use crate::support::{TOKENS, builder, check, login, openstack, soon, start};

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

fn redirect(status: u16, to: &str) -> Fault {
    Fault::status(status).header("Location", to).always()
}

/// Each way to write that a request shall go to the other server.
fn elsewhere(server: &IdentityServer, other: &IdentityServer) -> Vec<String> {
    let here = server.base_url().trim_start_matches("http://");
    let there = other.base_url().trim_start_matches("http://");
    vec![
        format!("http://{there}{TOKENS}"),
        format!("//{there}{TOKENS}"),
        format!("HTTP://{there}"),
        format!("http://{here}@{there}{TOKENS}"),
        format!("\\\\{there}\\v3"),
        format!("http:\\\\{there}{TOKENS}"),
    ]
}

#[tokio::test]
async fn a_login_goes_to_no_other_origin() {
    let (server, other) = (start().await, start().await);
    for to in elsewhere(&server, &other) {
        for status in REDIRECTS {
            server.clear_faults();
            server.inject(redirect(status, &to));
            let error = login(&server).await.unwrap_err();
            check(&error, "generate_token", &server);
            assert_error!(error, ErrorKind::Redirected, status);
            assert_eq!(error.status(), Some(status));
        }
    }
    assert_eq!(other.requests(), []);
}

#[tokio::test]
async fn a_token_goes_to_no_other_origin() {
    let (server, other) = (start().await, start().await);
    let identity = openstack(&server).identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    for to in elsewhere(&server, &other) {
        for status in REDIRECTS {
            server.clear_faults();
            server.inject(redirect(status, &to));
            let error = soon(identity.validate_token("a-token-of-somebody"))
                .await
                .unwrap_err();
            check(&error, "validate_token", &server);
            assert_error!(error, ErrorKind::Redirected);
            let error = soon(identity.get_catalog()).await.unwrap_err();
            assert_error!(error, ErrorKind::Redirected);
            let error = soon(identity.revoke_token("a-token-of-somebody"))
                .await
                .unwrap_err();
            assert_error!(error, ErrorKind::Redirected);
        }
    }
    assert_eq!(other.requests(), []);
}

#[tokio::test]
async fn the_error_says_where_it_should_have_gone_and_no_query() {
    let server = start().await;
    let to = "https://cloud.example:35357/identity/v3/auth/tokens?token=s3cret";
    server.inject(redirect(302, to));
    let error = login(&server).await.unwrap_err();
    assert_error!(
        error,
        ErrorKind::Redirected,
        "302 Found to https://cloud.example:35357/identity/v3/auth/tokens (asked "
    );
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn from_one_host_name_to_another_of_the_same_machine() {
    let server = start().await;
    let here = server.base_url().replace("127.0.0.1", "localhost");
    server.inject(redirect(308, &format!("{here}{TOKENS}")));
    let error = login(&server).await.unwrap_err();
    assert_error!(error, ErrorKind::Redirected);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_same_origin_gets_the_same_request_again() {
    for status in [307, 308] {
        let server = start().await;
        let other_path = format!(
            "{}/identity/v3/auth/tokens",
            server.auth_url().trim_end_matches("/v3")
        );
        for to in [
            TOKENS.to_owned(),
            "./tokens?nocatalog".to_owned(),
            format!("{}{TOKENS}", server.base_url()),
        ] {
            server.clear_requests();
            server.inject(Fault::status(status).header("Location", &to));
            login(&server).await.unwrap();
            let requests = server.requests();
            assert_eq!(requests.len(), 2, "{to}");
            assert_eq!(requests[0].body, requests[1].body);
            assert_eq!(requests[1].method, "POST");
        }
        server.inject(Fault::status(status).header("Location", &other_path));
        let error = login(&server).await.unwrap_err();
        assert_error!(
            error,
            ErrorKind::UnexpectedResponse,
            "404 Not Found, as text/html"
        );
    }
}

#[tokio::test]
async fn a_post_never_becomes_a_get() {
    for status in [301, 302, 303] {
        let server = start().await;
        server.inject(redirect(status, TOKENS));
        let error = login(&server).await.unwrap_err();
        check(&error, "generate_token", &server);
        assert_error!(error, ErrorKind::Redirected, "to /v3/auth/tokens");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_circle_ends() {
    let server = start().await;
    server.inject(redirect(307, TOKENS));
    let error = login(&server).await.unwrap_err();
    check(&error, "generate_token", &server);
    assert_error!(error, ErrorKind::Redirected);
    assert!(server.requests().len() <= 5, "{}", server.requests().len());
}

#[tokio::test]
async fn a_detour_over_the_same_origin_leads_nowhere_else() {
    let (server, other) = (start().await, start().await);
    server.inject(Fault::status(307).header("Location", "/v3/detour"));
    server.inject(redirect(307, &format!("{}{TOKENS}", other.base_url())));
    let error = login(&server).await.unwrap_err();
    assert_error!(error, ErrorKind::Redirected, other.base_url());
    assert_eq!((server.requests().len(), other.requests().len()), (2, 0));
}

#[tokio::test]
async fn a_location_that_is_none() {
    let server = start().await;
    for to in [
        "",
        "http://",
        "http://[",
        "::::",
        "http://\u{e4}\u{f6}.example/",
    ] {
        server.clear_faults();
        server.inject(redirect(307, to));
        let error = login(&server).await.unwrap_err();
        check(&error, "generate_token", &server);
        assert_error!(error, ErrorKind::Redirected, "307");
    }
    server.clear_faults();
    server.inject(Fault::status(307).always());
    assert_error!(
        login(&server).await.unwrap_err(),
        ErrorKind::Redirected,
        "307"
    );
}

#[tokio::test]
async fn a_link_to_the_next_page_leads_nowhere_else() {
    let (server, other) = (start().await, start().await);
    let next = format!("{}/v3/auth/projects?page=2", other.base_url());
    let page = serde_json::json!({"projects": [], "links": {"next": next}});
    server.inject(
        Fault::status(200)
            .json(&page)
            .on("GET", "/v3/auth/projects"),
    );
    let openstack: OpenStack = builder(&server).build().unwrap();
    soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(
        server.requests().last().unwrap().query.as_deref(),
        Some("page=2")
    );
    assert_eq!(other.requests(), []);
}
