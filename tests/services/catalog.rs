//! Catalogs as clouds have them, and what is said of those that lead nowhere.

use std::collections::BTreeMap;
use std::path::PathBuf;

use openstack_identity::config::ConfigLoader;
use openstack_identity::{
    AuthToken, Error, ErrorKind, MissingPart, OpenStack, OpenStackBuilder, Password, ServiceClient,
    Verdict,
};
use openstack_identity_testing::{Endpoint, Fault, IdentityServer, Service};
use serde_json::{Value, json};

use crate::stub::{STUB, Stub, builder, identity_with, openstack};

/// A session that starts with a token of the server, whose catalog is this, also when it is looked up.
async fn with_catalog(server: &IdentityServer, catalog: Value) -> OpenStackBuilder {
    let mut export = openstack(server).token().await.unwrap().export();
    let looked_up = Fault::status(200).json(&json!({"catalog": catalog}));
    server.inject(looked_up.on("GET", "/v3/auth/catalog").always());
    export["token"]["catalog"] = catalog;
    OpenStack::builder(server.auth_url()).cached_token(AuthToken::from_export(export).unwrap())
}

fn missing(error: &Error) -> MissingPart {
    match error.kind() {
        ErrorKind::NoEndpoint(none) => none.missing(),
        _ => panic!("{error}"),
    }
}

#[tokio::test]
async fn every_oddity_of_a_catalog_is_borne() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let catalog = json!([
        {"id": "1", "type": "volumev2", "name": "cinder", "endpoints": [
            {"id": "1", "interface": "publicURL", "region": "R1", "url": format!("{}/v2", stub.url)}]},
        {"id": "2", "type": "volumev3", "endpoints": [
            {"id": "2", "interface": "public", "region_id": null, "region": null, "url": format!("{}/v3/", stub.url)}]},
        {"id": "3", "type": "compute", "name": "", "endpoints": []},
        {"id": "4", "type": "network", "name": null, "unknown": [], "endpoints": [
            {"id": "4", "interface": "internalURL", "region_id": "R2", "url": stub.url, "legacy_endpoint_id": null}]},
    ]);
    let openstack = with_catalog(&server, catalog)
        .await
        .region("R1")
        .build()
        .unwrap();
    for (service_type, path) in [
        ("volumev2", "GET /v2/x"),
        ("volumev3", "GET /v3/x"),
        // No endpoint of the first type that fits is in the region, and one is in none.
        ("block-storage", "GET /v3/x"),
        ("volume", "GET /v3/x"),
    ] {
        openstack.service(service_type).get("/x").await.unwrap();
        assert_eq!(stub.lines().last().unwrap(), path, "{service_type}");
    }
    let network = openstack.service("network");
    assert_eq!(
        missing(&network.get("x").await.unwrap_err()),
        MissingPart::Region
    );
    let network = network.any_region();
    let error = network.get("x").await.unwrap_err();
    assert_eq!(missing(&error), MissingPart::Interface);
    assert!(
        error
            .to_string()
            .contains("no endpoint for `public`; the catalog has internal;"),
        "{error}"
    );
    network
        .clone()
        .interface(["admin", "internal"])
        .get("x")
        .await
        .unwrap();
    assert_eq!(
        missing(&openstack.service("compute").endpoint().await.unwrap_err()),
        MissingPart::Endpoints
    );
    assert_eq!(
        server.requests().len(),
        2,
        "the login that the token came from, and one look for what is missing"
    );
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_there_is() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let openstack = openstack(&server);
    let error = openstack
        .service("bare-metall")
        .get("nodes")
        .await
        .unwrap_err();
    let expected = "bare-metall GET /nodes: no service of type `bare-metall`; the catalog has baremetal, compute, \
        identity, object-store; did you mean `baremetal`?; the catalog was looked up 0 s ago; ask for what is there, or \
        give an address with `endpoint_override`";
    assert_eq!(error.to_string(), expected);
    let error = openstack.service("ironic").versions().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`ironic` is the name of the service of type `baremetal`"),
        "{error}"
    );
    let error = openstack
        .service(STUB)
        .region("RegionTwo")
        .endpoint()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no endpoint in region `RegionTwo`; the catalog has RegionOne;"),
        "{error}"
    );
    assert!(stub.seen().is_empty());
}

#[tokio::test]
async fn tokens_without_a_catalog_say_why() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let demo = server.demo();
    let password = Password::by_id(&demo.user_id, &*demo.password);
    let unscoped = OpenStack::builder(server.auth_url())
        .credentials(password.clone())
        .build()
        .unwrap();
    let error = unscoped.service(STUB).get("nodes").await.unwrap_err();
    assert_eq!(missing(&error), MissingPart::Catalog);
    assert!(error.to_string().contains("unscoped"), "{error}");
    // An address of one's own needs no catalog.
    let there = unscoped.service(STUB).endpoint_override(&*stub.url);
    there.get("nodes").await.unwrap();
    assert_eq!(
        unscoped.service(STUB).explain().await.unwrap().candidates,
        []
    );

    let call = unscoped.identity_v3().generate_token(password);
    let scope = openstack_identity::ProjectScope::by_id(&demo.project_id);
    let bare = call.scope(scope).without_catalog().await.unwrap();
    let bare = OpenStack::builder(server.auth_url())
        .cached_token(bare)
        .build()
        .unwrap();
    let refused = Fault::status(403).json(&json!({"error": {"message": "No."}}));
    server.inject(refused.on("GET", "/v3/auth/catalog"));
    let error = bare.service(STUB).get("nodes").await.unwrap_err();
    assert!(
        error.to_string().contains("came without its catalog"),
        "{error}"
    );
    let empty = with_catalog(&server, json!([])).await.build().unwrap();
    let error = empty.service(STUB).get("nodes").await.unwrap_err();
    assert!(error.to_string().contains("catalog is empty"), "{error}");
}

#[tokio::test]
async fn overrides_are_for_all_names_of_a_type_and_fill_in_ids() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let project = server.demo().project_id.clone();
    let openstack = builder(&server)
        .endpoint_override(
            "block-storage",
            format!("{}/vol/v3/%(project_id)s/", stub.url),
        )
        .endpoint_override("compute", "compute.example")
        .build()
        .unwrap();
    openstack.service("volumev3").get("volumes").await.unwrap();
    let own = openstack
        .service("volume")
        .endpoint_override(format!("{}/$(user_id)s", stub.url));
    own.get("/volumes").await.unwrap();
    let user = &server.demo().user_id;
    assert_eq!(
        stub.lines(),
        [
            format!("GET /vol/v3/{project}/volumes"),
            format!("GET /{user}/volumes")
        ]
    );
    let choice = own.explain().await.unwrap().to_string();
    assert!(choice.contains("given as an override"), "{choice}");
    let error = openstack
        .service("compute")
        .get("servers")
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidInput), "{error}");
    let unscoped = openstack.rescope(openstack_identity::Scope::Unscoped);
    let error = unscoped
        .service("volumev2")
        .get("volumes")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the endpoint override is for a project"),
        "{error}"
    );
    // Identity's own calls stay at the auth URL.
    let moved = builder(&server)
        .endpoint_override("identity", &*stub.url)
        .build()
        .unwrap();
    moved.identity_v3().list_auth_projects().await.unwrap();
    assert_eq!(stub.seen().len(), 2);
}

#[tokio::test]
async fn the_builders_region_and_interfaces_are_the_default() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let openstack = builder(&server)
        .interface(["adminURL", "internal"])
        .region("RegionOne")
        .build()
        .unwrap();
    let choice = openstack.service("compute").explain().await.unwrap();
    let verdicts: Vec<_> = choice.candidates.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Verdict::OtherInterface, Verdict::Chosen]);
    assert!(
        choice
            .to_string()
            .starts_with("compute in RegionOne for admin, then internal:\n"),
        "{choice}"
    );
    let there = openstack
        .service("object-store")
        .interface("public")
        .endpoint()
        .await
        .unwrap();
    let project = &server.demo().project_id;
    assert_eq!(
        there,
        format!("{}/object-store/v1/AUTH_{project}", server.base_url())
    );
}

/// A server with services in two regions, and a client that is told of single services by `clouds.yaml`.
async fn configured(services: &str) -> (IdentityServer, OpenStack) {
    let mut server = IdentityServer::builder();
    for (service_type, name) in [("block-storage", "cinder"), ("image", "glance-2")] {
        let mut service = Service::new(service_type, name);
        for region in ["RegionOne", "RegionTwo"] {
            for interface in ["public", "internal"] {
                let url = format!("http://{name}.example/{region}/{interface}");
                service = service.endpoint(Endpoint::new(interface, url).region(region));
            }
        }
        server.add_service(service);
    }
    let server = server.start().await.unwrap();
    let demo = server.demo();
    let yaml = format!(
        "clouds: {{ lab: {{ region_name: RegionOne, {services}, auth: {{ auth_url: '{}', user_id: {}, \
         password: {}, project_id: {} }} }} }}",
        server.auth_url(),
        demo.user_id,
        demo.password,
        demo.project_id
    );
    let files = BTreeMap::from([(PathBuf::from("/cloud/clouds.yaml"), yaml)]);
    let loader = ConfigLoader::new().files(files).current_dir("/cloud");
    let openstack = loader.cloud("lab").load().unwrap().builder().unwrap();
    let openstack = openstack.build().unwrap();
    (server, openstack)
}

#[tokio::test]
async fn single_services_have_regions_and_interfaces_of_their_own() {
    let (_server, openstack) = configured(
        "volumev3_region_name: RegionTwo, block_storage_interface: internalURL, \
         image_interface: [admin, internal]",
    )
    .await;
    let endpoint = async |service: ServiceClient| service.endpoint().await.unwrap();
    for name in ["block-storage", "volume", "volumev3", "block_storage"] {
        assert_eq!(
            endpoint(openstack.service(name)).await,
            "http://cinder.example/RegionTwo/internal",
            "{name}"
        );
    }
    let image = || openstack.service("image").name("glance-2");
    assert_eq!(
        endpoint(image()).await,
        "http://glance-2.example/RegionOne/internal"
    );
    let explained = openstack.explain().await;
    for part in [
        "block-storage in RegionTwo for internal:",
        "image in RegionOne for admin, then internal:",
        "compute in RegionOne for public:",
        "volumev3_region_name",
    ] {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    // What is said later counts more.
    let volume = openstack.service("volume");
    assert_eq!(
        endpoint(volume.clone().region("RegionOne").interface("public")).await,
        "http://cinder.example/RegionOne/public"
    );
    assert_eq!(
        endpoint(volume.any_region()).await,
        "http://cinder.example/RegionOne/internal"
    );
}

#[tokio::test]
async fn programs_can_say_the_same() {
    let (server, _) = configured("image_interface: public").await;
    let openstack = builder(&server)
        .region("RegionOne")
        .service_region("volume", "RegionOne")
        .service_region("volume", "RegionTwo")
        .service_interface("block-storage", "internal")
        .build()
        .unwrap();
    let volume = openstack.service("block-store");
    assert_eq!(
        volume.endpoint().await.unwrap(),
        "http://cinder.example/RegionTwo/internal"
    );
    let nowhere = builder(&server).service_region("compute", "Nowhere");
    let nowhere = nowhere.build().unwrap();
    let error = nowhere.service("compute").endpoint().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoEndpoint(_)), "{error}");
    assert!(error.to_string().contains("Nowhere"), "{error}");
    nowhere.service("image").endpoint().await.unwrap();
}
