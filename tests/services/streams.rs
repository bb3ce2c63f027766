//! Bodies that are streams: sent while they are made, and sent again only if they can be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use openstack_identity::transport::Body;
use openstack_identity::{ErrorKind, Event, ServiceClient};
use serde_json::json;

use crate::stub::{Answer, STUB, Stub, builder, identity_with, logins, openstack};

/// Pieces of equal size that are made when they are wanted, and counted.
pub struct Pieces {
    left: u64,
    size: usize,
    made: Arc<AtomicU64>,
    /// The pause before each.
    pause: Option<(Duration, Pin<Box<tokio::time::Sleep>>)>,
    /// Whether an error takes the place of the end.
    fails: bool,
}

impl Pieces {
    pub fn new(count: u64, size: usize) -> Self {
        Pieces {
            left: count,
            size,
            made: Arc::default(),
            pause: None,
            fails: false,
        }
    }

    fn every(mut self, pause: Duration) -> Self {
        self.pause = Some((pause, Box::pin(tokio::time::sleep(pause))));
        self
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some((pause, sleep)) = &mut self.pause {
            std::task::ready!(sleep.as_mut().poll(cx));
            let next = tokio::time::Instant::now() + *pause;
            sleep.as_mut().reset(next);
        }
        if self.left == 0 {
            let failed = std::mem::take(&mut self.fails);
            let error = || Err(std::io::Error::other("the tape is torn"));
            return Poll::Ready(failed.then(error));
        }
        self.left -= 1;
        let size = self.size;
        self.made.fetch_add(size as u64, Ordering::SeqCst);
        Poll::Ready(Some(Ok(vec![b'x'; size].into())))
    }
}

/// Refuses the first token.
async fn refusing() -> Stub {
    Stub::start(|before, _| match before {
        0 => Answer::status(401),
        _ => Answer::json(200, &json!({})),
    })
    .await
}

#[tokio::test]
async fn a_stream_whose_token_is_refused_is_not_sent_again() {
    let stub = refusing().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let send = || {
        service
            .put("file")
            .body(Body::stream(Pieces::new(10, 1000)))
    };
    let error = send().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized), "{error}");
    let text = error.to_string();
    for part in [
        "401 Unauthorized",
        "a stream that can't be sent again",
        "the session has a new token",
        "call again",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!((stub.seen().len(), logins(&server)), (1, 2));
    assert_eq!(stub.seen()[0].body.len(), 10_000);

    send().await.unwrap();
    let seen = stub.seen();
    assert_eq!((seen.len(), logins(&server)), (2, 2));
    assert_ne!(seen[0].token(), seen[1].token());
}

#[tokio::test]
async fn a_stream_that_can_be_made_anew_is_replayed_whole() {
    let stub = refusing().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let body = Body::stream_from(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Pieces::new(10, 1000)
    });
    service.post("file").body(body).await.unwrap();
    let seen = stub.seen();
    assert_eq!((seen.len(), logins(&server)), (2, 2));
    assert_eq!(opened.load(Ordering::SeqCst), 2);
    for seen in &seen {
        assert_eq!(seen.body, vec![b'x'; 10_000]);
        assert_eq!(seen.header("Transfer-Encoding"), Some("chunked"));
        assert_eq!(seen.header("Content-Length"), None);
    }
}

#[tokio::test]
async fn a_file_is_sent_from_its_beginning_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.raw");
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let content = &content[..1_000_000];
    std::fs::write(&path, content).unwrap();
    let stub = refusing().await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let body = Body::file(&path).await.unwrap();
    assert_eq!(format!("{body:?}"), "[repeatable stream of 1000000 bytes]");
    service.put("file").body(body.clone()).await.unwrap();
    let seen = stub.seen();
    assert_eq!(seen.len(), 2);
    for seen in &seen {
        assert!(seen.body == content);
        assert_eq!(seen.header("Content-Length"), Some("1000000"));
    }

    // It has changed since.
    for size in [999_999, 1_000_001] {
        std::fs::write(&path, vec![0; size]).unwrap();
        let error = service.put("file").body(body.clone()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BodyFailed), "{error}");
        assert!(error.to_string().contains("than was said"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = service.put("file").body(body).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BodyFailed), "{error}");
    assert!(error.to_string().contains("disk.raw"), "{error}");
    let error = Body::file(&path).await.unwrap_err();
    assert!(error.to_string().contains("disk.raw"), "{error}");
    let error = Body::file(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("directory"), "{error}");
    assert_eq!(stub.seen().len(), 2);

    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let body = Body::file(&empty).await.unwrap();
    service.put("file").body(body).await.unwrap();
    assert_eq!(stub.seen()[2].header("Content-Length"), Some("0"));
}

/// A server that reads a little of each request and hangs up, and how many requests came.
async fn hangs_up() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut some = [0; 1000];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut some).await;
        }
    });
    (url, requests)
}

#[tokio::test]
async fn after_a_dropped_connection_only_what_can_be_is_sent_again() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let (url, requests) = hangs_up().await;
    let service = openstack(&server).service(STUB).endpoint_override(url);
    let pieces = || Pieces::new(100, 1000);
    for (body, sent) in [
        (Body::stream(pieces()), 1),
        (Body::stream_from(pieces), 3),
        (Body::from(vec![b'x'; 100_000]), 3),
    ] {
        requests.store(0, Ordering::SeqCst);
        let shown = format!("{body:?}");
        let error = service.put("file").body(body).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnexpectedResponse),
            "{error}"
        );
        assert_eq!(requests.load(Ordering::SeqCst), sent, "{shown}");
    }
    requests.store(0, Ordering::SeqCst);
    let body = Body::stream_from(pieces);
    service.post("file").body(body).await.unwrap_err();
    assert_eq!(requests.load(Ordering::SeqCst), 1, "it may have acted");
}

#[tokio::test]
async fn a_stream_that_nobody_has_begun_to_read_can_still_be_sent() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    // Nobody listens there until the request is about to be sent again.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (tell, told) = std::sync::mpsc::channel();
    let openstack = builder(&server).on_event(move |event| {
        if event == Event::Retry {
            tell.send(std::net::TcpListener::bind(address).unwrap())
                .unwrap();
        }
    });
    let openstack = openstack.build().unwrap();
    let url = format!("http://{address}");
    let service = openstack.service(STUB).endpoint_override(url);
    let request = service.put("file").body(Body::stream(Pieces::new(10, 10)));
    let call = tokio::spawn(request.into_future());
    let listener = tokio::task::spawn_blocking(move || told.recv().unwrap());
    let listener = listener.await.unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let router = axum::Router::new().fallback(|body: Bytes| async move { body.len().to_string() });
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    assert_eq!(call.await.unwrap().unwrap().text(), "100");
    server.abort();
}

#[tokio::test]
async fn a_stream_that_fails_is_told_of_and_not_sent_again() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let retries = Arc::new(AtomicUsize::new(0));
    let count = retries.clone();
    let openstack = builder(&server).on_event(move |event| {
        count.fetch_add(usize::from(event == Event::Retry), Ordering::SeqCst);
    });
    let service = openstack.build().unwrap().service(STUB);
    let torn = || {
        let mut pieces = Pieces::new(10, 1000);
        pieces.fails = true;
        pieces
    };
    for body in [
        Body::stream(torn()),
        Body::stream_from(torn),
        Body::stream_from(torn).with_length(20_000),
    ] {
        let error = service.put("file").body(body).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BodyFailed), "{error}");
        assert!(error.to_string().contains("the tape is torn"), "{error}");
    }
    assert_eq!(stub.lines(), [""; 0], "no whole request came");
    assert_eq!(retries.load(Ordering::SeqCst), 0);

    let length = |body: Body, length| service.put("file").body(body.with_length(length));
    for wrong in [9_999, 10_001, 0] {
        let body = Body::stream(Pieces::new(10, 1000));
        let error = length(body, wrong).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BodyFailed), "{error}");
        assert!(error.to_string().contains("than was said"), "{error}");
    }
    let body = Body::stream(Pieces::new(10, 1000));
    length(body, 10_000).await.unwrap();
    assert_eq!(stub.seen()[0].header("Content-Length"), Some("10000"));

    // Clones of a stream are one stream.
    let request = service.put("file").body(Body::stream(Pieces::new(1, 1)));
    request.clone().await.unwrap();
    let error = request.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BodyFailed), "{error}");
    assert!(error.to_string().contains("sent before"), "{error}");
}

/// A service that counts what it is sent, once it is told to read.
async fn counting(read: Arc<tokio::sync::Notify>) -> String {
    let handler = move |request: axum::extract::Request| {
        let read = read.clone();
        async move {
            read.notified().await;
            let mut chunks = request.into_body().into_data_stream();
            let mut count = 0;
            while let Some(chunk) =
                std::future::poll_fn(|cx| Pin::new(&mut chunks).poll_next(cx)).await
            {
                count += chunk.unwrap().len();
            }
            count.to_string()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

const LARGE: u64 = 64 << 20;

async fn large_stream(service: ServiceClient, read: &tokio::sync::Notify) {
    let pieces = Pieces::new(LARGE >> 16, 1 << 16);
    let made = pieces.made.clone();
    let call = tokio::spawn(service.put("file").body(Body::stream(pieces)).into_future());
    // Until nothing more is made, as nobody reads.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = made.load(Ordering::SeqCst);
        if now > 0 && now == before {
            break;
        }
        before = now;
    }
    assert!(before < LARGE / 2, "{before} bytes are somewhere in memory");
    read.notify_one();
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.text(), LARGE.to_string());
    assert_eq!(made.load(Ordering::SeqCst), LARGE);
}

#[tokio::test]
async fn a_large_stream_is_made_as_the_server_reads_it() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let read = Arc::new(tokio::sync::Notify::new());
    let url = counting(read.clone()).await;
    for version in [
        openstack_identity::HttpVersion::Http1,
        openstack_identity::HttpVersion::Http2,
    ] {
        let openstack = builder(&server).http_version(version).build().unwrap();
        let service = openstack.service(STUB).endpoint_override(&*url);
        large_stream(service, &read).await;
    }
}

#[tokio::test]
async fn a_stream_may_take_longer_than_a_call_as_long_as_it_goes_on() {
    let stub = Stub::well().await;
    let server = identity_with(&stub).await;
    let openstack = builder(&server)
        .timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let service = openstack.service(STUB);
    let begun = std::time::Instant::now();
    let slow = Pieces::new(30, 1).every(Duration::from_millis(100));
    service.put("file").body(Body::stream(slow)).await.unwrap();
    assert!(begun.elapsed() > Duration::from_millis(2_500));

    let stuck = Pieces::new(2, 1).every(Duration::from_secs(600));
    let request = service.put("file").body(Body::stream(stuck));
    let error = request.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut), "{error}");

    // Nobody reads it.
    let url = counting(Arc::default()).await;
    let service = service.endpoint_override(url);
    let endless = Body::stream(Pieces::new(u64::MAX, 1 << 16));
    let error = service.put("file").body(endless).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_a_stream() {
    let stub = Stub::start(|before, _| match before {
        0 => Answer::status(307).header("Location", "/elsewhere"),
        _ => Answer::json(200, &json!({})),
    })
    .await;
    let server = identity_with(&stub).await;
    let service = openstack(&server).service(STUB);
    let request = service.put("file").body(Body::stream(Pieces::new(1, 1)));
    let error = request.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Redirected), "{error}");
    assert_eq!(stub.seen().len(), 1);
}
