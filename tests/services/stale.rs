//! Services that are added or moved after the login: the catalog is looked up again, and not too often.

use std::time::Duration;

use openstack_identity::identity::v3::auth::{DomainScope, SystemScope};
use openstack_identity::store::MemoryStore;
use openstack_identity::transport::Body;
use openstack_identity::{Error, ErrorKind, OpenStack, Scope};
use openstack_identity_testing::{Endpoint, Fault, IdentityServer, Service, Target};
use serde_json::json;

use crate::streams::Pieces;
use crate::stub::{Stub, builder, logins, openstack};

const CATALOG: &str = "/v3/auth/catalog";

const TYPE: &str = "load-balancer";

/// How often the catalog was asked for, in either way.
fn looks(server: &IdentityServer) -> usize {
    server.count("GET", CATALOG) + server.count("GET", "/v3/auth/tokens")
}

async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

/// Adds the stub to the catalog; the id of the service.
fn add(server: &IdentityServer, stub: &Stub) -> String {
    let endpoint = Endpoint::new("public", &*stub.url).region("RegionOne");
    server.add_service(Service::new(TYPE, "octavia").endpoint(endpoint))
}

async fn get(openstack: &OpenStack) -> Result<(), Error> {
    openstack.service(TYPE).get("x").await.map(|_| ())
}

#[tokio::test]
async fn a_service_that_is_added_is_found_after_one_look() {
    let (server, stub) = (start().await, Stub::well().await);
    let store = MemoryStore::new();
    let stored = builder(&server).token_store(store.clone()).build().unwrap();
    let token = stored.token().await.unwrap();
    let clients = [
        // One that has lived for long, one out of a store, one with a cached token.
        stored,
        builder(&server).token_store(store.clone()).build().unwrap(),
        OpenStack::builder(server.auth_url())
            .cached_token(token)
            .build()
            .unwrap(),
    ];
    add(&server, &stub);
    for openstack in &clients {
        server.clear_requests();
        for _ in 0..3 {
            get(openstack).await.unwrap();
        }
        let choice = openstack.service(TYPE).explain().await.unwrap();
        assert!(!choice.candidates.is_empty());
        let endpoint = openstack.service(TYPE).endpoint().await.unwrap();
        assert_eq!(endpoint.trim_end_matches('/'), stub.url);
        let explained = openstack.explain().await;
        assert!(explained.contains(TYPE), "{explained}");
        assert_eq!((logins(&server), looks(&server)), (0, 1));
    }
    assert_eq!(stub.lines(), ["GET /x"; 9]);
    // What is kept stays as it came.
    let other = builder(&server).token_store(store).build().unwrap();
    let catalog = other.token().await.unwrap().catalog.clone().unwrap();
    assert!(
        !catalog
            .iter()
            .any(|service| service.service_type.as_str() == TYPE)
    );
}

#[tokio::test]
async fn odd_entries_of_a_catalog_that_is_looked_up_are_left_out() {
    let (server, stub) = (start().await, Stub::well().await);
    let endpoint =
        |url| json!({"id": "e", "interface": "public", "region": "RegionOne", "url": url});
    let catalog = json!({"catalog": [
        {"id": "s", "type": TYPE, "endpoints": [endpoint(json!(null)), 7, endpoint(json!(stub.url))]},
        {"id": "t", "type": null, "endpoints": []},
    ]});
    server.inject(Fault::status(200).json(&catalog).on("GET", CATALOG));
    get(&openstack(&server)).await.unwrap();
    assert_eq!((stub.lines().len(), looks(&server)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_looked_for_once() {
    let server = start().await;
    let openstack = openstack(&server);
    for _ in 0..100 {
        let error = get(&openstack).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoEndpoint(_)), "{error}");
        assert!(
            error.to_string().contains("the catalog was looked up "),
            "{error}"
        );
    }
    assert_eq!((logins(&server), looks(&server)), (1, 1));

    let openstack = crate::stub::openstack(&server);
    let stub = Stub::well().await;
    openstack.token().await.unwrap();
    add(&server, &stub);
    server.clear_requests();
    server.inject(Fault::delay(Duration::from_millis(100)).on("GET", CATALOG));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { get(&openstack).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((logins(&server), looks(&server)), (0, 1));
}

#[tokio::test]
async fn an_endpoint_that_has_moved_is_found_again() {
    let server = start().await;
    for kind in ["get", "post", "versions", "stream"] {
        let stub = Stub::well().await;
        let id = add(&server, &stub);
        let openstack = builder(&server).retries(0).build().unwrap();
        // No connection, which would be kept.
        openstack.token().await.unwrap();
        drop(stub);
        server.delete_service(&id).unwrap();
        let stub = Stub::well().await;
        let id = add(&server, &stub);
        server.clear_requests();
        let service = openstack.service(TYPE);
        match kind {
            "get" => get(&openstack).await.unwrap(),
            "post" => _ = service.post("x").await.unwrap(),
            // It says nothing of versions, but it is asked.
            "versions" => {
                let error = service.versions().await.unwrap_err();
                assert!(
                    matches!(error.kind(), ErrorKind::UnexpectedResponse),
                    "{error}"
                );
            }
            // Nothing of it was sent.
            _ => {
                let stream = Body::stream(Pieces::new(1, 10));
                service.put("x").body(stream).await.unwrap();
                assert_eq!(stub.seen()[0].body.len(), 10);
            }
        }
        assert!(!stub.lines().is_empty(), "{kind}");
        assert_eq!((logins(&server), looks(&server)), (0, 1), "{kind}");
        server.delete_service(&id).unwrap();
    }
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_looked_for_once_and_its_catalogs_age_is_told() {
    let (server, stub) = (start().await, Stub::well().await);
    add(&server, &stub);
    drop(stub);
    let openstack = builder(&server).retries(0).build().unwrap();
    for _ in 0..3 {
        let error = get(&openstack).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unreachable), "{error}");
        assert!(
            error
                .to_string()
                .contains("the catalog was looked up 0 s ago"),
            "{error}"
        );
    }
    assert_eq!(looks(&server), 1);
    // An address that was given is nobody's to look up.
    let service = openstack
        .service("other")
        .endpoint_override("http://127.0.0.1:1");
    let error = service.get("x").await.unwrap_err().to_string();
    assert!(
        !error.contains("catalog was") && looks(&server) == 1,
        "{error}"
    );
}

#[tokio::test]
async fn when_it_can_not_be_looked_up_the_error_tells_where_the_catalog_is_from() {
    let server = start().await;
    let store = MemoryStore::new();
    let client = || builder(&server).retries(0).token_store(store.clone());
    let first = client().build().unwrap();
    let token = first.token().await.unwrap();
    server.clock().advance(Duration::from_secs(300));
    server.inject(Fault::status(503).on("GET", CATALOG).always());
    let cached = OpenStack::builder(server.auth_url())
        .retries(0)
        .cached_token(token);
    for (openstack, from) in [
        (first, "the catalog came with the token, "),
        (
            client().build().unwrap(),
            "the catalog came from the token store, and is ",
        ),
        (
            cached.build().unwrap(),
            "the catalog came with the cached token, and is ",
        ),
    ] {
        // Which tells what time it is there.
        openstack.identity_v3().list_auth_projects().await.unwrap();
        for _ in 0..3 {
            let error = get(&openstack).await.unwrap_err();
            let text = error.to_string();
            assert!(matches!(error.kind(), ErrorKind::NoEndpoint(_)), "{text}");
            assert!(text.contains(from) && text.contains("5 min"), "{text}");
            assert!(text.contains("to look it up has failed: 503"), "{text}");
        }
    }
    assert_eq!(looks(&server), 3);
}

#[tokio::test]
async fn a_token_that_was_revoked_meanwhile_is_replaced_with_its_catalog() {
    let (server, stub) = (start().await, Stub::well().await);
    let openstack = openstack(&server);
    openstack.token().await.unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    add(&server, &stub);
    get(&openstack).await.unwrap();
    assert_eq!((logins(&server), looks(&server)), (2, 1));
}

#[tokio::test]
async fn tokens_of_each_scope_find_what_is_added() {
    let (server, stub) = (start().await, Stub::well().await);
    let demo = server.demo();
    server.assign("member", &demo.user_id, Target::domain("default"));
    server.assign("reader", &demo.user_id, Target::System);
    for scope in [
        Scope::from(DomainScope::by_id("default")),
        Scope::from(SystemScope::new()),
    ] {
        let openstack = openstack(&server).rescope(scope);
        openstack.token().await.unwrap();
        let id = add(&server, &stub);
        server.clear_requests();
        get(&openstack).await.unwrap();
        assert_eq!((logins(&server), looks(&server)), (0, 1));
        server.delete_service(&id).unwrap();
    }
    // There is no catalog for these.
    let openstack = openstack(&server).rescope(Scope::Unscoped);
    server.clear_requests();
    let error = get(&openstack).await.unwrap_err();
    assert!(error.to_string().contains("unscoped"), "{error}");
    assert_eq!(looks(&server), 0);
}

#[tokio::test]
async fn a_token_without_its_catalog_gets_it() {
    let (server, stub) = (start().await, Stub::well().await);
    add(&server, &stub);
    let demo = server.demo();
    let identity = openstack(&server).identity_v3();
    let password = openstack_identity::Password::by_id(&demo.user_id, &*demo.password);
    let call = identity.generate_token(password);
    let scope = openstack_identity::ProjectScope::by_id(&demo.project_id);
    let token = call.scope(scope).without_catalog().await.unwrap();
    let openstack = OpenStack::builder(server.auth_url()).cached_token(token);
    let openstack = openstack.build().unwrap();
    get(&openstack).await.unwrap();
    get(&openstack).await.unwrap();
    assert_eq!(looks(&server), 1);
}
