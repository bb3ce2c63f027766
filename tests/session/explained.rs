//! What a client says of itself.

use openstack_identity::{OpenStack, ProjectScope};
use openstack_identity_testing::Fault;

use crate::{TOKENS, builder, call, logins, start};

#[tokio::test]
async fn the_login_and_the_endpoints_without_secrets() {
    let server = start().await;
    let scope = ProjectScope::by_id(&server.demo().project_id);
    let openstack = builder(&server)
        .scope(scope)
        .region("RegionOne")
        .interface(["internal", "public"])
        .endpoint_override("object-store", "https://objects.example")
        .build()
        .unwrap();
    let before = openstack.explain().await;
    assert!(server.requests().is_empty(), "it sends nothing");
    assert!(before.contains("\nCA certificates: "), "{before}");
    assert!(
        before.contains("endpoints are known after the login"),
        "{before}"
    );

    call(&openstack).await.unwrap();
    let after = openstack.explain().await;
    for part in [
        &format!("POST {}{TOKENS}", server.base_url()) as &str,
        "\"password\": \"[secret]\"",
        &server.demo().project_id,
        "compute",
        "RegionOne",
        "chosen",
        "https://objects.example",
    ] {
        assert!(after.contains(part), "{part}: {after}");
    }
    assert!(!after.contains(&server.demo().password), "{after}");
    let token = openstack.token().await.unwrap();
    assert!(!after.contains(token.id().expose()), "{after}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let server = start().await;
    let openstack = OpenStack::builder(server.auth_url()).build().unwrap();
    assert!(
        openstack
            .explain()
            .await
            .contains("no credentials were given")
    );

    let unscoped = builder(&server).build().unwrap();
    call(&unscoped).await.unwrap();
    server.inject(Fault::status(500).always());
    assert!(
        unscoped
            .explain()
            .await
            .contains("the token has no catalog")
    );
    assert_eq!(logins(&server), 1);
}
