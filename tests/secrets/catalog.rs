//! Texts of the catalog, which anybody who can change a service writes.

use openstack_identity::{AuthToken, EndpointFilter, Error, OpenStack, Password};
use serde_json::{Value, json};

use crate::planted::{PASSWORD, SESSION, check, session_token};

/// A token whose catalog has this service.
fn token(service: &Value) -> AuthToken {
    let mut export = session_token().export();
    export["token"]["catalog"] = json!([service]);
    AuthToken::from_export(export).unwrap()
}

fn openstack(service: &Value) -> OpenStack {
    OpenStack::builder("https://keystone.example/v3")
        .credentials(Password::by_id("u", PASSWORD))
        .cached_token(token(service))
        .build()
        .unwrap()
}

fn service(service_type: &str, name: &str, region: &str, interface: &str, url: &str) -> Value {
    json!({"id": "1", "type": service_type, "name": name, "endpoints": [
        {"id": "2", "interface": interface, "region": region, "region_id": region, "url": url}]})
}

async fn shown(openstack: &OpenStack, asked: &[&str]) -> String {
    let mut shown = openstack.explain().await;
    for asked in asked {
        let service = openstack.service(*asked).region("RegionTwo");
        let error: Error = service.get("x").await.unwrap_err();
        shown.push_str(&format!("{error} {error:?} {:?}", error.kind()));
        let choice = service.explain().await.unwrap();
        shown.push_str(&format!("{choice} {choice:?}"));
        let any = openstack.service(*asked);
        let error = any.get("x").await.unwrap_err();
        shown.push_str(&format!("{error} {error:?}"));
        let choice = any.explain().await.unwrap();
        shown.push_str(&format!("{choice} {choice:?}"));
    }
    shown
}

#[tokio::test]
async fn a_secret_in_any_text_of_it_is_hidden() {
    let url = "https://compute.example/v2.1";
    for secret in [PASSWORD, SESSION] {
        for (case, service) in [
            service(secret, "nova", "RegionOne", "public", url),
            service("compute", secret, "RegionOne", "public", url),
            service("compute", "nova", secret, "public", url),
            service("compute", "nova", "RegionOne", secret, url),
            service("compute", "nova", "RegionOne", "public", secret),
            service(
                "compute",
                "compute",
                &format!("{secret}\u{1b}"),
                "public",
                "none",
            ),
        ]
        .iter()
        .enumerate()
        {
            let openstack = openstack(service);
            check(&shown(&openstack, &["compute", "compte", "nova"]).await);
            let named = openstack.service("compute").name("novas").get("x").await;
            let error = named.unwrap_err();
            check(&format!("{error} {error:?}"));
            let explained = shown(&openstack, &["compute"]).await;
            assert!(explained.contains("[secret]"), "{case}: {explained}");
        }
    }
}

#[tokio::test]
async fn a_password_in_an_address_is_hidden() {
    for url in [
        "https://admin:S3NT1NEL@compute.example/v2.1",
        "https://S3NT1NEL@compute.example/v2.1",
        "https://admin:S3NT/1NEL-S3NT1NEL@compute.example",
        "admin:S3NT1NEL@compute.example/v2.1",
        "https://compute.example/v2.1?token=S3NT1NEL",
        "https://compute.example/v2.1?S3NT1NEL#S3NT1NEL",
    ] {
        let service = service("compute", "nova", "RegionOne", "public", url);
        let openstack = openstack(&service);
        let shown = shown(&openstack, &["compute"]).await;
        check(&shown);
        assert!(shown.contains("compute.example"), "{shown}");
        let catalog = token(&service).catalog.clone().unwrap_or_default();
        let filter = EndpointFilter::new("compute");
        let (choice, none) = (filter.explain(&catalog), filter.find(&catalog).unwrap_err());
        check(&format!(
            "{choice} {choice:?} {none} {none:?} {:?}",
            none.exists()
        ));
    }
}

#[tokio::test]
async fn an_override_is_shown_without_its_password() {
    let service = service(
        "compute",
        "nova",
        "RegionOne",
        "public",
        "https://compute.example",
    );
    let openstack = OpenStack::builder("https://keystone.example/v3")
        .cached_token(token(&service))
        .endpoint_override("compute", "https://admin:S3NT1NEL@other.example/v2.1")
        .build()
        .unwrap();
    let error = openstack.service("compute").get("x").await.unwrap_err();
    let choice = openstack.service("compute").explain().await.unwrap();
    check(&format!("{error} {error:?} {choice} {choice:?}"));
    let explained = openstack.explain().await;
    check(&explained);
    assert!(explained.contains("other.example"), "{explained}");
}

#[tokio::test]
async fn nothing_of_it_reaches_a_terminal() {
    let evil = "x\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J\r\0y";
    for service in [
        service(
            evil,
            "nova",
            "RegionOne",
            "public",
            "https://compute.example",
        ),
        service("compute", evil, evil, "public", "https://compute.example"),
        service("compute", "nova", evil, evil, evil),
    ] {
        let openstack = openstack(&service);
        let mut shown = openstack.explain().await;
        for asked in ["compute", "comput", evil] {
            let service = openstack.service(asked).region(evil).interface(evil);
            let error = service.get("x").await.unwrap_err();
            shown.push_str(&error.to_string());
            shown.push_str(&service.explain().await.unwrap().to_string());
        }
        let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!shown.contains(odd), "{shown:?}");
    }
}

#[tokio::test]
async fn a_huge_one_makes_no_huge_error() {
    let endpoints: Vec<Value> = (0..50_000)
        .map(|at| json!({"id": at.to_string(), "interface": "public", "region": format!("r{at}"), "url": "https://h"}))
        .collect();
    let service = json!({"id": "1", "type": "compute", "name": "nova", "endpoints": endpoints});
    let openstack = openstack(&service);
    let compute = openstack.service("compute").region("RegionOne");
    let error = compute.get("x").await.unwrap_err().to_string();
    assert!(error.len() < 1_000 && error.contains("r1"), "{error}");
    let choice = compute.explain().await.unwrap().to_string();
    assert!(choice.len() < 20_000, "{}", choice.len());
}
