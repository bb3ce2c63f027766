//! Where Identity v3 is when the auth URL doesn't say.

use openstack_identity::{ErrorKind, OpenStack, Password};
use openstack_identity_testing::{Fault, IdentityServer};
use serde_json::{Value, json};

use crate::stub::{Answer, Stub, openstack};

fn paths(server: &IdentityServer) -> Vec<String> {
    let requests = server.requests();
    requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

#[tokio::test]
async fn the_server_is_asked_once_and_only_if_need_be() {
    let server = IdentityServer::start().await.unwrap();
    let demo = server.demo();
    let at = |url: &str| {
        let password = Password::by_id(&demo.user_id, &*demo.password);
        OpenStack::builder(url)
            .credentials(password)
            .build()
            .unwrap()
    };
    for url in [
        server.base_url().to_owned(),
        format!("{}/", server.base_url()),
    ] {
        server.clear_requests();
        let openstack = at(&url);
        assert_eq!(openstack.auth_url(), server.auth_url());
        let copies: Vec<_> = (0..20)
            .map(|_| {
                let copy = openstack.clone();
                tokio::spawn(async move { copy.identity_v3().list_auth_domains().await })
            })
            .collect();
        for copy in copies {
            copy.await.unwrap().unwrap();
        }
        let rescoped = openstack.rescope(openstack_identity::ProjectScope::by_id(&demo.project_id));
        rescoped.token().await.unwrap();
        assert_eq!(paths(&server)[..2], ["GET /", "POST /v3/auth/tokens"]);
        assert_eq!(server.count("GET", "/"), 1);
        let root = &server.requests()[0];
        assert_eq!(root.header("X-Auth-Token"), None);
        assert_eq!(openstack.auth_url(), server.auth_url());
    }
    for url in [server.auth_url(), format!("{}/", server.auth_url())] {
        server.clear_requests();
        at(&url).token().await.unwrap();
        assert_eq!(paths(&server), ["POST /v3/auth/tokens"]);
    }
}

fn document(versions: &[(&str, &str)]) -> Value {
    let version = |(id, href): &(&str, &str)| json!({"id": id, "status": "stable", "links": [{"rel": "self", "href": href}]});
    let values: Vec<_> = versions.iter().map(version).collect();
    json!({"versions": {"values": values}})
}

/// Where the login goes, and its outcome, if the server lists its versions like this at these paths.
async fn login(
    given: &str,
    at: &'static str,
    status: u16,
    list: Value,
) -> (Vec<String>, Result<String, String>) {
    let real = IdentityServer::start().await.unwrap();
    let export = openstack(&real).token().await.unwrap().export();
    let issued = json!({"token": export["token"]});
    let stub = Stub::start(move |_, seen| match seen.line.split_once(' ').unwrap() {
        ("GET", path) if path == at => Answer::json(status, &list),
        ("POST", _) => Answer::json(201, &issued).header("X-Subject-Token", "a-token"),
        _ => Answer(404, Vec::new(), "<html>Not Found</html>".into())
            .header("Content-Type", "text/html"),
    })
    .await;
    let openstack = OpenStack::builder(format!("{}{given}", stub.url))
        .credentials(Password::by_id("u", "p"))
        .build()
        .unwrap();
    let token = openstack.token().await;
    assert!(stub.seen().iter().all(|seen| seen.token().is_none()));
    let outcome = token.map_err(|error| error.to_string()).map(|token| {
        assert_eq!(token.auth_url(), openstack.auth_url());
        token.auth_url().replace(&stub.url, "")
    });
    (stub.lines(), outcome)
}

#[tokio::test]
async fn only_the_path_of_a_link_is_used() {
    let internal = "https://internal.example:35357/v3/";
    for (given, at, link, v3) in [
        ("", "/", internal, "/v3"),
        ("/", "/", internal, "/v3"),
        ("", "/", "http://127.0.0.1/identity/v3", "/identity/v3"),
        (
            "/identity",
            "/identity/",
            "https://internal.example/identity/v3/",
            "/identity/v3",
        ),
        (
            "/identity/",
            "/identity/",
            "https://internal.example/identity/v3/",
            "/identity/v3",
        ),
        // A proxy that takes the prefix away.
        ("/a/identity", "/a/identity/", internal, "/a/identity/v3"),
        // Links that lead nowhere.
        ("/identity", "/identity/", "", "/identity/v3"),
        (
            "/identity",
            "/identity/",
            "https://internal.example/../v3",
            "/identity/v3",
        ),
        ("", "/", "https://internal.example/identity", "/v3"),
        // An address of the old API.
        ("/v2.0", "/", internal, "/v3"),
        ("/identity/v2.0/", "/identity/", internal, "/identity/v3"),
    ] {
        for status in [200, 300] {
            let list = document(&[("v2.0", "https://internal.example/v2.0/"), ("v3.14", link)]);
            let (lines, outcome) = login(given, at, status, list).await;
            assert_eq!(outcome.as_deref(), Ok(v3), "{given} {link}");
            assert_eq!(lines.last().unwrap(), &format!("POST {v3}/auth/tokens"));
            assert_eq!(lines[lines.len() - 2], format!("GET {at}"));
        }
    }
}

#[tokio::test]
async fn other_documents_and_none_are_borne() {
    let one =
        json!({"version": {"id": "v3.14", "links": [{"rel": "self", "href": "http://x/v3"}]}});
    let (_, outcome) = login("/identity", "/identity/", 200, one).await;
    assert_eq!(outcome.unwrap(), "/identity/v3");
    for (status, list) in [
        (200, json!({})),
        (200, json!({"versions": []})),
        (200, json!("hello")),
        (401, json!({"error": {"message": "no"}})),
        (403, json!({})),
        (404, json!({"error": {"message": "no"}})),
    ] {
        let (lines, outcome) = login("/identity", "/identity/", status, list).await;
        assert_eq!(outcome.unwrap(), "/identity/v3", "{status}");
        assert_eq!(lines, ["GET /identity/", "POST /identity/v3/auth/tokens"]);
    }
    // Nothing is found at all.
    let (lines, outcome) = login("", "/elsewhere", 200, json!({})).await;
    assert_eq!(outcome.unwrap(), "/v3");
    assert_eq!(lines, ["GET /", "POST /v3/auth/tokens"]);
}

#[tokio::test]
async fn a_server_without_v3_says_what_it_has() {
    let list = document(&[("v2.0", "http://x/v2.0/"), ("v4.0", "http://x/v4/")]);
    let (lines, outcome) = login("", "/", 300, list).await;
    let error = outcome.unwrap_err();
    assert!(
        error.contains("the server has no Identity v3, but v2.0, v4.0"),
        "{error}"
    );
    assert!(error.starts_with("list_versions at 127.0.0.1:"), "{error}");
    assert_eq!(lines, ["GET /"]);
}

#[tokio::test]
async fn a_server_that_cannot_tell_now_is_asked_again() {
    let server = IdentityServer::start().await.unwrap();
    let demo = server.demo();
    let openstack = OpenStack::builder(server.base_url())
        .credentials(Password::by_id(&demo.user_id, &*demo.password))
        .retries(0)
        .build()
        .unwrap();
    server.inject(Fault::status(503).on("GET", "/"));
    server.inject(Fault::status(503).on("GET", "/v3"));
    let error = openstack.token().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
    assert!(
        error
            .to_string()
            .contains("an auth URL with /v3 spares the question"),
        "{error}"
    );
    openstack.token().await.unwrap();
    assert_eq!(
        paths(&server),
        ["GET /", "GET /v3", "GET /", "POST /v3/auth/tokens"]
    );

    // A root that never answers, before a server that does.
    server.clear_requests();
    server.inject(Fault::status(503).on("GET", "/").always());
    let openstack = OpenStack::builder(server.base_url())
        .credentials(Password::by_id(&demo.user_id, &*demo.password))
        .retries(0)
        .build()
        .unwrap();
    openstack.identity_v3().list_auth_projects().await.unwrap();
    assert_eq!(
        paths(&server),
        [
            "GET /",
            "GET /v3",
            "POST /v3/auth/tokens",
            "GET /v3/auth/projects"
        ]
    );
    drop(server);
}

#[tokio::test]
async fn a_cached_token_is_known_again_however_the_address_was_given() {
    let server = IdentityServer::start().await.unwrap();
    let token = openstack(&server).token().await.unwrap();
    server.clear_requests();
    for url in [server.base_url().to_owned(), server.auth_url()] {
        let openstack = OpenStack::builder(url)
            .cached_token(token.clone())
            .build()
            .unwrap();
        openstack.identity_v3().list_auth_projects().await.unwrap();
        openstack.close().await.unwrap();
    }
    assert_eq!(
        paths(&server),
        ["GET /", "GET /v3/auth/projects", "GET /v3/auth/projects"]
    );
    for other in [
        format!("{}/identity", server.base_url()),
        "http://127.0.0.1:1/v3".to_owned(),
    ] {
        let openstack = OpenStack::builder(other)
            .cached_token(token.clone())
            .build()
            .unwrap();
        let error = openstack
            .identity_v3()
            .list_auth_projects()
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    }
}
