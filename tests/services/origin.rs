//! The token goes to the endpoint's origin, and nowhere else.

use openstack_identity::ErrorKind;
use serde_json::json;

use crate::stub::{Answer, STUB, Stub, identity_with, logins, openstack};

#[tokio::test]
async fn a_redirect_to_another_origin_carries_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let third = Stub::well().await;
        let location = format!("{}/bm/v1/nodes?secret=s3cret", third.url);
        let stub =
            Stub::start(move |_, _| Answer::status(status).header("Location", &*location)).await;
        let server = identity_with(&stub).await;
        let service = openstack(&server).service(STUB);
        for request in [service.get("nodes"), service.post("nodes").json(&json!({}))] {
            let error = request.await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Redirected), "{error}");
            let text = error.to_string();
            assert!(
                text.contains(&format!("to {}/bm/v1/nodes", third.url)),
                "{text}"
            );
            assert!(!text.contains("s3cret"), "{text}");
        }
        assert_eq!((stub.seen().len(), third.seen().len()), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_where_it_repeats_the_request() {
    let stub = Stub::start(|_, seen| match &*seen.line {
        "POST /bm/v1/nodes" => Answer::status(308).header("Location", "/bm/v1/nodes/"),
        _ => Answer::json(201, &json!({})),
    })
    .await;
    let server = identity_with(&stub).await;
    let request = openstack(&server)
        .service(STUB)
        .post("nodes")
        .json(&json!({"a": 1}));
    assert_eq!(request.await.unwrap().status(), 201);
    let seen = stub.seen();
    assert_eq!(stub.lines(), ["POST /bm/v1/nodes", "POST /bm/v1/nodes/"]);
    assert_eq!(
        (&seen[0].body, seen[0].token()),
        (&seen[1].body, seen[1].token())
    );
}

#[tokio::test]
async fn an_absolute_address_must_be_at_the_endpoint() {
    let (stub, third) = (Stub::well().await, Stub::well().await);
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let next = format!("{}/bm/v1/nodes?marker=7", stub.url);
    service.get(next).await.unwrap();
    assert_eq!(stub.lines(), ["GET /bm/v1/nodes?marker=7"]);
    let port = stub.host().rsplit(':').next().unwrap();
    for address in [
        format!("{}/bm/v1/nodes?token=s3cret", third.url),
        format!("https://{}/bm/v1/nodes", stub.host()),
        format!("http://localhost:{port}/bm/v1/nodes"),
        format!("http://demo:s3cret@{}/bm/v1/nodes", stub.host()),
        format!("{}/bm/v1/../../x", stub.url),
    ] {
        let error = service.get(&*address).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidInput),
            "{address}: {error}"
        );
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    assert_eq!(
        (stub.seen().len(), third.seen().len(), logins(&server)),
        (1, 0, 1)
    );
}
