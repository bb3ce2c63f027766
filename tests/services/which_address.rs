//! An error shows the address that was asked, as it was asked.

use openstack_identity::{ErrorKind, OpenStack};
use openstack_identity_testing::{Endpoint, IdentityServer, Service};

use crate::stub::{Answer, Stub, builder};

/// A cloud whose services are at these paths of the stub.
async fn cloud(stub: &Stub, services: &[(&str, &str)]) -> (IdentityServer, OpenStack) {
    let mut world = IdentityServer::builder();
    for (service_type, path) in services {
        let endpoint = Endpoint::new("public", format!("{}{path}", stub.url)).region("RegionOne");
        world.add_service(Service::new(*service_type, *service_type).endpoint(endpoint));
    }
    let server = world.start().await.unwrap();
    let openstack = builder(&server).retries(0).build().unwrap();
    (server, openstack)
}

#[tokio::test]
async fn it_shows_the_path_of_the_endpoint_and_a_version_too_many() {
    let stub = Stub::start(|_, _| Answer::status(404)).await;
    let services = [
        ("network", "/v2.0"),
        ("dns", "/identity/v2.0/"),
        ("image", "/image/"),
    ];
    let (_server, openstack) = cloud(&stub, &services).await;
    for (service, path, address, hint) in [
        (
            "network",
            "v2.0/networks",
            "/v2.0/v2.0/networks",
            Some("the version v2.0 twice"),
        ),
        ("network", "networks", "/v2.0/networks", None),
        (
            "dns",
            "/v3/users",
            "/identity/v2.0/v3/users",
            Some("two versions, v2.0 and v3"),
        ),
        ("image", "v2/images", "/image/v2/images", None),
    ] {
        let error = openstack.service(service).get(path).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error.kind(), ErrorKind::NotFound), "{text}");
        let address = format!("{}{address}", stub.url);
        assert!(
            text.contains(&format!("404 Not Found (asked {address}")),
            "{text}"
        );
        assert_eq!(error.address(), Some(&*address));
        assert_eq!(error.host(), stub.host());
        match hint {
            Some(hint) => assert!(text.contains(hint), "{text}"),
            None => assert!(!text.contains("version"), "{text}"),
        }
    }
}

#[tokio::test]
async fn versions_show_where_they_were_asked_for() {
    let stub = Stub::start(|_, _| Answer::status(404)).await;
    let services = [("network", "/network/v2.0"), ("image", "/v2/v2")];
    let (_server, openstack) = cloud(&stub, &services).await;
    for (service, address) in [("network", "/network/"), ("image", "/")] {
        let error = openstack.service(service).versions().await.unwrap_err();
        let address = format!("{}{address}", stub.url);
        assert_eq!(error.address(), Some(&*address), "{error}");
        assert!(error.to_string().contains(&address), "{error}");
    }
}

#[tokio::test]
async fn it_shows_no_value_of_a_query_and_no_secret() {
    let stub = Stub::start(|_, _| Answer::json(200, &serde_json::json!([]))).await;
    let (_server, openstack) = cloud(&stub, &[("image", "/v2")]).await;
    let request = openstack
        .service("image")
        .get("images/S3CRET")
        .query("key", "S3CRET");
    let answer = request.header("X-Secret", "S3CRET").await.unwrap();
    let error = answer.json::<bool>().unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("S3CRET"), "{text}");
    let address = format!("{}/v2/images/[secret]?key=[secret]", stub.url);
    assert!(text.contains(&address), "{text}");
    let flagged = openstack
        .service("image")
        .get("images?limit=7&with_data")
        .await
        .unwrap();
    let error = flagged.json::<bool>().unwrap_err();
    assert!(
        error.to_string().contains("?limit=[secret]&with_data)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_named_by_its_address() {
    let (address, _server, openstack) = {
        let stub = Stub::well().await;
        let (server, openstack) = cloud(&stub, &[("image", "/v2")]).await;
        openstack.token().await.unwrap();
        (format!("{}/v2/images", stub.url), server, openstack)
    };
    // The stub's listener may take a moment to go.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let error = openstack.service("image").get("images").await.unwrap_err();
    assert_eq!(error.address(), Some(&*address), "{error}");
}
