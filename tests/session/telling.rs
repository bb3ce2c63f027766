//! What the client tells: spans, and a warning of plain http.

use openstack_identity::store::MemcachedStore;
use openstack_identity::{OpenStack, Password, ProjectScope};
use openstack_identity_testing::Fault;
use tests::told::listen;

use crate::{PROJECTS, builder, call, start};

#[tokio::test]
async fn each_attempt_has_a_span_and_no_secret_is_in_it() {
    let server = start().await;
    let told = listen();
    let openstack = builder(&server).build().unwrap();
    server.inject(Fault::status(503).on("GET", PROJECTS));
    call(&openstack).await.unwrap();
    let token = openstack.token().await.unwrap();

    let lines = told.lines();
    let spans: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("request"))
        .collect();
    assert_eq!(spans.len(), 3, "{lines:#?}");
    assert!(
        spans[0].contains("operation=\"generate_token\" method=\"POST\""),
        "{}",
        spans[0]
    );
    assert!(
        spans[1].contains("attempt=1") && spans[2].contains("attempt=2"),
        "{spans:?}"
    );
    let all = lines.join("\n");
    for field in [
        "status=201",
        "status=503",
        "status=200",
        "request_id=\"req-",
        "elapsed_ms=",
    ] {
        assert!(all.contains(field), "{field}: {all}");
    }
    for secret in [token.id().expose(), &server.demo().password] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[test]
fn plain_http_is_warned_of_once_a_host_and_not_on_this_machine() {
    let told = listen();
    for url in [
        "http://keystone.example/v3",
        "http://keystone.example/v3",
        "http://other.example:5000",
        "https://keystone.example",
        "http://127.0.0.1:5000",
        "http://localhost",
        "http://[::1]:5000",
    ] {
        let user = Password::by_id("a", "b");
        OpenStack::builder(url).credentials(user).build().unwrap();
    }
    let lines = told.lines();
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

/// A store that others read and that fails: one warning says how to seal, and each miss is logged.
#[tokio::test]
async fn a_store_that_fails_is_logged_and_sealing_is_told_of_once() {
    let server = start().await;
    let told = listen();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let store = MemcachedStore::open([nobody.clone()]).unwrap();
    let openstack = builder(&server).token_store(store).build().unwrap();
    let project = ProjectScope::by_id(&server.demo().project_id);
    call(&openstack).await.unwrap();
    call(&openstack.rescope(project)).await.unwrap();

    let lines = told.lines();
    let warnings = |of: &str| {
        let warnings = lines.iter().filter(|line| line.starts_with("WARN"));
        warnings.filter(|line| line.contains(of)).count()
    };
    assert_eq!(
        warnings("token_sealing(Sealing::WithKey(..))"),
        1,
        "{lines:#?}"
    );
    assert_eq!(warnings("the token store failed"), 2, "{lines:#?}");
    assert_eq!(warnings(&nobody), 2, "{lines:#?}");
    let all = lines.join("\n");
    assert!(!all.contains(&server.demo().password), "{all}");
}
