use serde_json::{Value, json};

use super::{EndpointFilter, MissingPart, Verdict};
use crate::identity::v3::catalog::CatalogService;

fn catalog(services: Value) -> Vec<CatalogService> {
    serde_json::from_value(services).unwrap()
}

fn service(service_type: &str, name: &str, endpoints: &[(&str, &str, &str)]) -> Value {
    let endpoints: Vec<_> = endpoints
        .iter()
        .map(|(interface, region, url)| {
            json!({"id": "e", "interface": interface, "region_id": region, "region": region, "url": url})
        })
        .collect();
    json!({"id": "s", "type": service_type, "name": name, "endpoints": endpoints})
}

/// One of each oddity that catalogs have.
fn clouds() -> Vec<CatalogService> {
    catalog(json!([
        service(
            "compute",
            "nova",
            &[
                ("public", "R1", "https://nova.r1"),
                ("internal", "R1", "http://nova.r1.internal"),
                ("public", "R2", "https://nova.r2"),
                ("public", "R2", "https://nova.r2.second"),
            ]
        ),
        service("compute", "nova-cells", &[("public", "R1", "https://cells.r1")]),
        service("volumev2", "cinderv2", &[("public", "R1", "https://v2"), ("public", "R3", "https://v2.r3")]),
        service("volumev3", "cinderv3", &[("public", "R1", "https://v3")]),
        service("shared-file-system", "manila", &[("publicURL", "R1", "https://manila")]),
        service("sharev2", "manilav2", &[("adminURL", "R1", "https://manila.admin")]),
        {"id": "s", "type": "object-store", "endpoints": [
            {"id": "e", "interface": "public", "region_id": null, "region": null, "url": "https://swift"}]},
        {"id": "s", "type": "image", "name": "", "endpoints": [
            {"id": "e", "interface": "public", "region": "R1", "url": "https://glance.region"},
            {"id": "e", "interface": "public", "region_id": "", "url": "https://glance.none"},
            {"id": "e", "interface": "internal", "region_id": "R2", "url": "https://glance.region-id"}]},
        service("network", "neutron", &[]),
        service("dns", "designate", &[("public", "R1", "not an address"), ("internal", "R1", "ftp://dns")]),
    ]))
}

#[test]
fn the_endpoint_that_is_meant_is_found() {
    let wanted = EndpointFilter::new;
    let cases = [
        (wanted("compute"), "https://nova.r1"),
        (wanted("Compute"), "https://nova.r1"),
        (wanted("compute").region("R2"), "https://nova.r2"),
        (
            wanted("compute").region("R2").any_region(),
            "https://nova.r1",
        ),
        (wanted("compute").name("nova-cells"), "https://cells.r1"),
        (
            wanted("compute").interface("internal"),
            "http://nova.r1.internal",
        ),
        (
            wanted("compute").interface("internalURL"),
            "http://nova.r1.internal",
        ),
        (
            wanted("compute").interface(["admin", "internal", "public"]),
            "http://nova.r1.internal",
        ),
        (
            wanted("compute")
                .interface(["internal", "public"])
                .region("R2"),
            "https://nova.r2",
        ),
        // The type that was asked for, then the official one, then the authority's order.
        (wanted("volumev2"), "https://v2"),
        (wanted("volumev3"), "https://v3"),
        (wanted("volume"), "https://v3"),
        (wanted("block-storage"), "https://v3"),
        (wanted("block_storage"), "https://v3"),
        (wanted("block-storage").region("R3"), "https://v2.r3"),
        (wanted("block-storage").name("cinderv2"), "https://v2"),
        (wanted("share"), "https://manila"),
        (wanted("sharev2").interface("admin"), "https://manila.admin"),
        // Regions in either member, empty, or none.
        (wanted("object-store"), "https://swift"),
        (wanted("object-store").region("R9"), "https://swift"),
        (wanted("image"), "https://glance.region"),
        (wanted("image").region("R1"), "https://glance.region"),
        (wanted("image").region("R7"), "https://glance.none"),
        (wanted("image").region("R2"), "https://glance.none"),
        (
            wanted("image")
                .region("R2")
                .interface(["public", "internal"]),
            "https://glance.region-id",
        ),
    ];
    for (filter, url) in cases {
        let clouds = clouds();
        let endpoint = filter.find(&clouds).unwrap();
        assert_eq!(endpoint.url, url, "{filter}");
        let choice = filter.explain(&clouds);
        assert_eq!(choice.chosen().unwrap().url.as_deref(), Some(url));
    }
}

#[test]
fn what_is_not_found_says_what_there_is() {
    let wanted = EndpointFilter::new;
    let all = "compute, dns, image, network, object-store, shared-file-system, sharev2, volumev2, volumev3";
    let cases = [
        (wanted("load-balancer"), MissingPart::ServiceType,
            format!("no service of type `load-balancer`; the catalog has {all}")),
        (wanted("compte"), MissingPart::ServiceType,
            format!("no service of type `compte`; the catalog has {all}; did you mean `compute`?")),
        (wanted("nova"), MissingPart::ServiceType,
            format!("no service of type `nova`; the catalog has {all}; `nova` is the name of the service of type `compute`")),
        (wanted("compute").name("nove"), MissingPart::Name,
            "no such service is named `nove`; the catalog has nova, nova-cells; did you mean `nova`?".into()),
        (wanted("image").name("glance"), MissingPart::Name,
            "no such service is named `glance`; the catalog has none".into()),
        (wanted("network"), MissingPart::Endpoints, "`network` has no endpoints with this token".into()),
        (wanted("compute").region("r1"), MissingPart::Region,
            "no endpoint in region `r1`; the catalog has R1, R2; did you mean `R1`?".into()),
        (wanted("compute").region("R2").interface("internal"), MissingPart::Interface,
            "no endpoint for `internal`; the catalog has public".into()),
        (wanted("compute").interface(["admin", "secret"]), MissingPart::Interface,
            "no endpoint for `admin` or `secret`; the catalog has internal, public".into()),
        (wanted("dns"), MissingPart::Address,
            "`dns` has no http or https address; the catalog has not an address".into()),
        // Never another version where the one that was asked for exists.
        (wanted("volumev3").region("R3"), MissingPart::Region,
            "no endpoint in region `R3`; the catalog has R1".into()),
        (wanted("sharev2"), MissingPart::Interface, "no endpoint for `public`; the catalog has admin".into()),
    ];
    for (filter, missing, message) in cases {
        let error = filter.find(&clouds()).unwrap_err();
        assert_eq!(error.to_string(), message, "{filter}");
        assert_eq!(error.missing(), missing, "{filter}");
    }
    let empty = wanted("compute").find(&[]).unwrap_err();
    assert_eq!(empty.missing(), MissingPart::Catalog);
}

#[test]
fn the_choice_is_explained() {
    let filter = EndpointFilter::new("compute")
        .region("R1")
        .interface(["internal", "public"]);
    let expected = "\
compute in R1 for internal, then public:
- compute nova, R1, public, https://nova.r1: another interface comes first
- compute nova, R1, internal, http://nova.r1.internal: chosen
- compute nova, R2, public, https://nova.r2: another region
- compute nova, R2, public, https://nova.r2.second: another region
- compute nova-cells, R1, public, https://cells.r1: another interface comes first
- 11 endpoints of other services";
    assert_eq!(filter.explain(&clouds()).to_string(), expected);

    let verdicts = |filter: EndpointFilter| -> Vec<Verdict> {
        let candidates = filter.explain(&clouds()).candidates;
        candidates.iter().map(|one| one.verdict).collect()
    };
    let volumes = verdicts(EndpointFilter::new("block-storage"));
    assert_eq!(
        volumes,
        [Verdict::WorseType, Verdict::WorseType, Verdict::Chosen]
    );
    let volumes = verdicts(EndpointFilter::new("volumev2"));
    assert_eq!(
        volumes,
        [Verdict::Chosen, Verdict::Later, Verdict::OtherType]
    );
    let network = EndpointFilter::new("network")
        .explain(&clouds())
        .to_string();
    assert!(network.contains("- network neutron: no endpoints with this token\n"));
    let images = verdicts(EndpointFilter::new("image").region("R1"));
    assert_eq!(
        images,
        [Verdict::Chosen, Verdict::NoRegion, Verdict::OtherRegion]
    );
}

#[test]
fn a_hostile_catalog_breaks_no_text() {
    let services = catalog(json!([service(
        "com\u{1b}[31mpute\n- forged",
        "",
        &[("public", "R1\u{202e}", "https://x/\u{7}")]
    )]));
    let error = EndpointFilter::new("compute").find(&services).unwrap_err();
    let choice = EndpointFilter::new("com\u{1b}[31mpute\n- forged").explain(&services);
    assert_eq!(choice.candidates.len(), 1);
    for text in [error.to_string(), choice.candidates[0].to_string()] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn an_override_is_for_all_names_of_a_type() {
    let overrides = [
        ("volumev3".to_owned(), "3".to_owned()),
        ("block-storage".to_owned(), "any".to_owned()),
        ("compute".to_owned(), "c".to_owned()),
        ("compute".to_owned(), "later".to_owned()),
    ];
    for (service_type, url) in [
        ("volumev3", Some("3")),
        ("volume", Some("any")),
        ("block_storage", Some("any")),
        ("compute", Some("later")),
        ("image", None),
    ] {
        assert_eq!(
            super::given_for(service_type, &overrides).map(String::as_str),
            url
        );
    }
}
