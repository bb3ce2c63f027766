//! The versions of services.

use openstack_identity::ErrorKind;
use openstack_identity::identity::v3::service::VersionStatus;
use serde_json::json;

use crate::stub::{Answer, STUB, Stub, identity_with, openstack};

fn list() -> Answer {
    Answer::json(
        300,
        &json!({"name": "Bare Metal", "versions": [
        {"id": "v1", "status": "CURRENT", "version": "1.82", "min_version": "1.1",
            "links": [{"rel": "self", "href": "https://internal.example:6385/v1/"}]},
        {"id": "v2", "status": "EXPERIMENTAL", "links": []}]}),
    )
}

#[tokio::test]
async fn the_list_is_asked_for_once_and_without_a_token() {
    let stub = Stub::start(|_, _| list()).await;
    let server = identity_with(&stub).await;
    let openstack = openstack(&server);
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let service = openstack.service(STUB);
            tokio::spawn(async move { service.versions().await })
        })
        .collect();
    for versions in asked {
        let versions = versions.await.unwrap().unwrap();
        assert_eq!(versions.len(), 2);
        assert_eq!(
            (&*versions[0].id, versions[0].number()),
            ("v1", Some((1, 0)))
        );
        assert_eq!(versions[0].status, Some(VersionStatus::Current));
        assert_eq!(versions[0].max_version.as_deref(), Some("1.82"));
        assert_eq!(
            versions[0].url.as_deref(),
            Some(&*format!("{}/bm/v1/", stub.url))
        );
        assert_eq!(versions[1].url, None);
    }
    assert_eq!(stub.lines(), ["GET /bm/"]);
    assert_eq!(stub.seen()[0].token(), None);
    // Another address is another service.
    let other = openstack
        .service(STUB)
        .endpoint_override(format!("{}/other/v2.1/abc", stub.url));
    other.versions().await.unwrap();
    assert_eq!(stub.lines()[1..], ["GET /other/"]);
}

#[tokio::test]
async fn a_service_that_lists_only_its_own_version_will_do() {
    let stub = Stub::start(|_, seen| match &*seen.line {
        "GET /bm/v1/" => Answer::json(200, &json!({"version": {"id": "v1.0"}})),
        _ => Answer::status(404),
    })
    .await;
    let server = identity_with(&stub).await;
    let versions = openstack(&server).service(STUB).versions().await.unwrap();
    assert_eq!((versions.len(), versions[0].number()), (1, Some((1, 0))));
    assert_eq!(stub.lines(), ["GET /bm/", "GET /bm/v1/"]);
}

#[tokio::test]
async fn a_service_without_a_list_says_so_and_is_asked_again() {
    let stub = Stub::start(|before, _| match before {
        0 | 1 => Answer::status(404),
        2 | 3 => Answer::json(200, &json!({"hello": "world"})),
        _ => list(),
    })
    .await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let error = service.versions().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    assert_eq!(
        (error.operation(), error.host()),
        ("baremetal versions", stub.host())
    );
    let error = service.versions().await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnexpectedResponse),
        "{error}"
    );
    assert_eq!(service.versions().await.unwrap().len(), 2);
}
