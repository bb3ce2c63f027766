//! What is sent, what comes back, and how the session's token is kept good.

use openstack_identity::{ErrorKind, Event};
use openstack_identity_testing::{Endpoint, Fault, Service};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stub::{Answer, STUB, Stub, builder, identity_with, logins, openstack};

#[tokio::test]
async fn a_request_arrives_as_it_was_made_and_so_does_the_answer() {
    let stub = Stub::start(|_, _| {
        Answer::json(202, &json!({"node": {"uuid": "n1"}}))
            .header("X-Openstack-Request-Id", "req-1")
            .header("X-Other", "other")
    })
    .await;
    let server = identity_with(&stub).await;
    let openstack = openstack(&server)
        .with_global_request_id("req-global")
        .unwrap();
    let answer = openstack
        .service(STUB)
        .patch("/nodes/n1?fields=uuid")
        .query("since", "a b&c")
        .query("limit", 10)
        .header("X-OpenStack-Ironic-API-Version", "1.82")
        .json(&json!([{"op": "add", "path": "/name", "value": "n"}]))
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.request_id(), Some("req-1"));
    assert_eq!(answer.header("x-other"), Some("other"));
    assert_eq!(answer.bytes(), answer.text().as_bytes());
    assert_eq!(
        answer.json::<Value>().unwrap(),
        json!({"node": {"uuid": "n1"}})
    );

    let [seen] = &*stub.seen() else {
        panic!("{:?}", stub.lines())
    };
    assert_eq!(
        seen.line,
        "PATCH /bm/v1/nodes/n1?fields=uuid&since=a%20b%26c&limit=10"
    );
    assert_eq!(seen.header("X-OpenStack-Ironic-API-Version"), Some("1.82"));
    assert_eq!(seen.header("Content-Type"), Some("application/json"));
    assert_eq!(seen.header("Accept"), Some("application/json"));
    assert_eq!(seen.header("X-Openstack-Request-Id"), Some("req-global"));
    assert_eq!(seen.body, br#"[{"op":"add","path":"/name","value":"n"}]"#);
    let token = openstack.token().await.unwrap();
    assert_eq!(seen.token(), Some(token.id().expose()));
    assert!(!format!("{answer:?}").contains("node"));
}

#[tokio::test]
async fn each_method_and_other_bodies_are_sent() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    for request in [
        service.get("a"),
        service.head("a"),
        service.post("a"),
        service.put("a"),
        service.delete("a"),
    ] {
        request.await.unwrap();
    }
    let copy = http::Method::from_bytes(b"COPY").unwrap();
    let request = service
        .request(copy, "a")
        .body("x")
        .header("Content-Type", "text/plain");
    request.header("Accept", "*/*").await.unwrap();
    let expected =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "COPY"].map(|method| format!("{method} /bm/v1/a"));
    assert_eq!(stub.lines(), expected);
    let lengths = stub
        .seen()
        .into_iter()
        .map(|seen| seen.header("Content-Length").map(str::to_owned));
    let none = Some("0".to_owned());
    assert_eq!(
        lengths.collect::<Vec<_>>(),
        [None, None, none.clone(), none, None, Some("1".to_owned())]
    );
    let last = &stub.seen()[5];
    assert_eq!(
        (last.header("Content-Type"), last.header("Accept")),
        (Some("text/plain"), Some("*/*"))
    );
    assert_eq!(last.body, b"x");
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn many_tasks_share_one_login() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let tasks: Vec<_> = (0..50)
        .map(|n| tokio::spawn(service.get(n.to_string()).into_future()))
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!((stub.seen().len(), logins(&server)), (50, 1));
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_request_replayed() {
    let stub = Stub::start(|before, _| match before {
        0 => Answer::status(401),
        _ => Answer::json(200, &json!({})),
    })
    .await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    service
        .post("nodes")
        .json(&json!({"name": "n"}))
        .await
        .unwrap();
    let seen = stub.seen();
    assert_eq!((seen.len(), logins(&server)), (2, 2));
    assert_eq!(
        (&seen[0].line, &seen[0].body),
        (&seen[1].line, &seen[1].body)
    );
    assert_ne!(seen[0].token(), seen[1].token());

    let never = Stub::start(|_, _| Answer::json(401, &json!({"error": {"message": "No."}}))).await;
    let server = identity_with(&never).await;
    let error = openstack(&server)
        .service(STUB)
        .delete("nodes/n")
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    // Twice at most.
    assert_eq!((never.seen().len(), logins(&server)), (3, 3));
}

#[tokio::test]
async fn without_credentials_nothing_is_replayed() {
    let stub = Stub::start(|_, _| Answer::status(401)).await;
    let server = identity_with(&stub).await;
    let token = openstack(&server).token().await.unwrap();
    let openstack = openstack_identity::OpenStack::builder(server.auth_url());
    let openstack = openstack.cached_token(token).build().unwrap();
    let error = openstack.service(STUB).get("a").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    assert_eq!(stub.seen().len(), 1);
    let error = openstack
        .service(STUB)
        .get("b?secret=s3cret")
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    assert_eq!(error.operation(), "baremetal GET /b");
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn the_endpoint_follows_a_renewal() {
    let (old, new) = (
        Stub::start(|_, _| Answer::status(401)).await,
        Stub::well().await,
    );
    let server = identity_with(&old).await;
    let service = openstack(&server).service("compute").region("Moved");
    let add = |stub: &Stub| {
        let endpoint = Endpoint::new("public", &*stub.url).region("Moved");
        server.add_service(Service::new("compute", "nova").endpoint(endpoint))
    };
    let id = add(&old);
    assert_eq!(service.endpoint().await.unwrap(), format!("{}/", old.url));
    server.delete_service(&id).unwrap();
    add(&new);
    service.get("servers").await.unwrap();
    assert_eq!(
        (old.lines(), new.lines()),
        (vec!["GET /servers".into()], vec!["GET /servers".into()])
    );
    assert_ne!(old.seen()[0].token(), new.seen()[0].token());
}

#[tokio::test]
async fn an_identity_server_that_knows_the_token_no_more_says_404() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let identity = openstack(&server).service("identity");
    identity.get("auth/projects").await.unwrap();
    // A 404 for want of the thing costs a question, and no login.
    let error = identity.get("auth/nothing").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    assert_eq!(logins(&server), 1);
    let gone =
        json!({"error": {"code": 404, "title": "Not Found", "message": "Could not find user: x."}});
    for (method, path) in [("GET", "/v3/auth/projects"), ("HEAD", "/v3/auth/tokens")] {
        server.inject(Fault::status(404).json(&gone).on(method, path));
    }
    identity.get("auth/projects").await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn an_error_says_what_happened_and_keeps_secrets() {
    let stub = Stub::start(|_, seen| {
        let token = seen.token().unwrap_or_default();
        let body = String::from_utf8_lossy(&seen.body);
        let key = seen.header("X-Key").unwrap_or_default();
        let message = format!("Instance x could not be found: {token} {key} {body}");
        Answer::json(
            404,
            &json!({"itemNotFound": {"code": 404, "message": message}}),
        )
        .header("X-Compute-Request-Id", "req-7")
    })
    .await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let request = service
        .post("servers/x/action?token=s3cret")
        .header("X-Key", "the-key")
        .json(&json!({"changePassword": {"adminPass": "hunter22"}}));
    let shown = format!("{request:?}");
    let error = request.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    assert_eq!(error.operation(), "baremetal POST /servers/x/action");
    assert_eq!((error.host(), error.status()), (stub.host(), Some(404)));
    assert_eq!(error.method(), Some(&http::Method::POST));
    assert_eq!(error.request_id(), Some("req-7"));
    let text = error.to_string();
    let start = format!(
        "baremetal POST /servers/x/action at {}: 404 Not Found: Instance x could not be found",
        stub.host()
    );
    assert!(text.starts_with(&start), "{text}");
    let token = stub.seen()[0].token().unwrap().to_owned();
    for secret in ["s3cret", "the-key", "hunter22", &token] {
        assert!(
            !format!("{text} {error:?} {shown}").contains(secret),
            "{secret}: {text} {shown}"
        );
    }

    // One that doesn't look like a token.
    let mut export = openstack(&server).token().await.unwrap().export();
    export["id"] = json!("tiny-t0ken");
    let tiny = openstack_identity::AuthToken::from_export(export).unwrap();
    let tiny = openstack_identity::OpenStack::builder(server.auth_url()).cached_token(tiny);
    let error = tiny
        .build()
        .unwrap()
        .service(STUB)
        .get("servers/x")
        .await
        .unwrap_err();
    assert_eq!(stub.seen()[1].token(), Some("tiny-t0ken"));
    assert!(
        !format!("{error} {error:?}").contains("tiny-t0ken"),
        "{error}"
    );

    let not_json = openstack(&server)
        .service(STUB)
        .endpoint_override(server.auth_url());
    let answer = not_json.get("").await.unwrap();
    let error = answer.json::<Vec<u8>>().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnexpectedResponse),
        "{error}"
    );
    assert_eq!(error.operation(), "baremetal GET /");
}

#[tokio::test]
async fn what_is_safe_to_repeat_is_repeated() {
    let retries = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(|before, _| match before {
        0 => Answer::status(503).header("Retry-After", "0"),
        _ => Answer::json(200, &json!({})),
    })
    .await;
    let server = identity_with(&stub).await;
    let count = retries.clone();
    let openstack = builder(&server).on_event(move |event| {
        count.fetch_add(usize::from(event == Event::Retry), Ordering::SeqCst);
    });
    openstack
        .build()
        .unwrap()
        .service(STUB)
        .get("a")
        .await
        .unwrap();
    assert_eq!((stub.seen().len(), retries.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    for (request, part) in [
        (service.get("../admin"), "the path has dots"),
        (service.get("nodes/%2e%2e/x"), "the path has dots"),
        (service.get("//evil/x"), "two slashes"),
        (service.get("nodes#x"), "fragment"),
        (
            service.get("a").header("X-Auth-Token", "s3cret"),
            "can't be set",
        ),
        (service.get("a").header("Host", "evil"), "can't be set"),
        (service.get("a").header("a b", "s3cret"), "can't be set"),
        (
            service.get("a").header("X-A", "s3cret\r\nX-B: c"),
            "can't be sent",
        ),
        (
            service
                .get("a")
                .json(&std::collections::BTreeMap::from([((1, 2), 3)])),
            "JSON",
        ),
    ] {
        let error = request.await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidInput), "{error}");
        let text = error.to_string();
        assert!(text.contains(part) && !text.contains("s3cret"), "{text}");
    }
    assert_eq!((stub.seen().len(), server.requests().len()), (0, 0));
}

#[tokio::test]
async fn what_may_have_been_done_is_not_repeated() {
    for (status, repeated) in [(503, false), (429, true)] {
        for retry_after in [None, Some("0")] {
            for method in [http::Method::POST, http::Method::PATCH, http::Method::PUT] {
                let stub = Stub::start(move |before, _| match (before, retry_after) {
                    (0, Some(text)) => Answer::status(status).header("Retry-After", text),
                    (0, None) => Answer::status(status),
                    _ => Answer::json(200, &json!({})),
                })
                .await;
                let server = identity_with(&stub).await;
                let service = openstack(&server).service(STUB);
                let repeated = repeated || method == http::Method::PUT;
                let answer = service.request(method.clone(), "servers").json("x").await;
                assert_eq!(answer.is_ok(), repeated, "{status} {method}");
                assert_eq!(stub.seen().len(), 1 + usize::from(repeated));
            }
        }
    }
}
