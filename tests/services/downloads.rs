//! Answers that are read piece by piece.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use openstack_identity::{Error, ErrorKind, ServiceDownload};

use crate::streams::Pieces;
use crate::stub::{Answer, STUB, Stub, builder, identity_with, logins, openstack};

async fn serve(body: impl Fn() -> Body + Clone + Send + Sync + 'static) -> String {
    let router = axum::Router::new().fallback(move || async move {
        let mut response = Response::new(body());
        let id = "req-1".parse().unwrap();
        response.headers_mut().insert("X-Trans-Id", id);
        response
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn size(mut download: ServiceDownload) -> Result<u64, Error> {
    let mut size = 0;
    while let Some(chunk) = download.chunk().await? {
        size += chunk.len() as u64;
    }
    Ok(size)
}

#[tokio::test]
async fn an_answer_of_any_size_is_read() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let url = serve(|| Body::from_stream(Pieces::new(1 << 10, 1 << 16))).await;
    let service = openstack(&server).service(STUB).endpoint_override(url);
    let download = service.get("file").download().await.unwrap();
    assert_eq!(
        (download.status(), download.request_id()),
        (200, Some("req-1"))
    );
    assert_eq!(size(download).await.unwrap(), 64 << 20);
    let error = service.get("file").await.unwrap_err();
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[tokio::test]
async fn errors_and_refused_tokens_are_as_ever() {
    let stub = Stub::start(|before, _| match before {
        0 => Answer::status(401),
        1 => Answer(200, Vec::new(), "content".to_owned()),
        _ => Answer(
            404,
            vec![("Content-Type", "text/plain".into())],
            "Gone.".into(),
        ),
    })
    .await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let mut download = service.get("file").download().await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "content");
    assert_eq!(download.chunk().await.unwrap(), None);
    assert_eq!(download.chunk().await.unwrap(), None);
    assert_eq!((stub.seen().len(), logins(&server)), (2, 2));
    assert_eq!(stub.seen()[1].header("Accept"), Some("*/*"));

    let request = service.get("file").header("Accept", "text/plain");
    let error = request.download().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
    assert!(error.to_string().contains("Gone."), "{error}");
    assert_eq!(stub.seen()[2].header("Accept"), Some("text/plain"));
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stops_is_an_error() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let openstack = builder(&server)
        .read_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    for (rest, broken) in [(false, true), (true, false)] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf";
            stream.write_all(head.as_bytes()).await.unwrap();
            if rest {
                std::future::pending::<()>().await;
            }
        });
        let service = openstack.service(STUB).endpoint_override(url);
        let mut download = service.get("file").download().await.unwrap();
        assert_eq!(download.chunk().await.unwrap().unwrap(), "half");
        let error = download.chunk().await.unwrap_err();
        match error.kind() {
            ErrorKind::UnexpectedResponse => assert!(broken, "{error}"),
            ErrorKind::TimedOut => assert!(!broken, "{error}"),
            _ => panic!("{error}"),
        }
        assert_eq!(error.operation(), "baremetal GET /file");
    }
}
