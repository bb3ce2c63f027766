//! No answer, half an answer, too much of one, or one that never ends.

use std::time::{Duration, Instant};

use openstack_identity::{Error, ErrorKind, OpenStack, Password};
use openstack_identity_testing::{Fault, IdentityServer};

use crate::assert_error;
use crate::support::{
    SUBJECT, TOKENS, builder, check, check_text, demo, failed_call, failed_login, login, soon,
    start, start_with,
};

/// Far more than an answer on one machine takes, and short for who waits.
const PATIENCE: Duration = Duration::from_millis(300);

/// A login by somebody who is impatient.
async fn impatient_login(server: &IdentityServer) -> Error {
    let openstack = builder(server).timeout(PATIENCE).build().unwrap();
    let call = openstack.identity_v3().generate_token(demo(server));
    let begun = Instant::now();
    let error = soon(call).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10));
    check(&error, "generate_token", server);
    error
}

async fn login_at(auth_url: &str) -> Error {
    let openstack = OpenStack::builder(auth_url)
        .connect_timeout(Duration::from_secs(3))
        .build()
        .unwrap();
    let call = openstack
        .identity_v3()
        .generate_token(Password::by_id("a1", "demo-password"));
    let error = soon(call).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("demo-password"));
    error
}

#[tokio::test]
async fn a_truncated_body() {
    let error = failed_login(Fault::truncate_body()).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
    let error = failed_call(Fault::truncate_body()).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
}

#[tokio::test]
async fn a_body_shorter_than_it_says_it_is_and_whole_json() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    let error = failed_call(Fault::raw(format!("{head}{{\"projects\":[]}}"))).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
}

#[tokio::test]
async fn chunks_that_are_none() {
    let head = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["zz\r\n{}\r\n0\r\n\r\n", "5\r\n{}", "ffffffffffffffffff\r\n"] {
        let error = failed_login(Fault::raw(format!("{head}{body}"))).await;
        assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
    }
}

#[tokio::test]
async fn a_body_of_10_megabytes() {
    let body = vec![b' '; 10 << 20];
    let error = failed_login(Fault::status(201).header(SUBJECT, "id").body(body.clone())).await;
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "larger than 8388608 bytes"
    );
    // Of an error only the beginning is read.
    let error = failed_login(Fault::status(400).body(body)).await;
    assert_error!(error, ErrorKind::BadRequest, "400 Bad Request");
}

#[tokio::test]
async fn a_body_larger_than_the_caller_wants() {
    let server = start().await;
    let openstack = builder(&server).max_response_size(100).build().unwrap();
    let error = soon(openstack.identity_v3().generate_token(demo(&server)))
        .await
        .unwrap_err();
    check(&error, "generate_token", &server);
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "larger than 100 bytes"
    );
}

#[tokio::test]
async fn a_body_said_to_be_larger_than_any_memory() {
    let head = "HTTP/1.1 201 Created\r\nContent-Length: 18446744073709551615\r\n\r\n{}";
    assert_error!(
        failed_login(Fault::raw(head)).await,
        ErrorKind::UnexpectedResponse
    );
}

#[tokio::test]
async fn a_header_of_10_megabytes() {
    let header = format!(
        "HTTP/1.1 201 Created\r\n{SUBJECT}: {}\r\n\r\n",
        "t".repeat(10 << 20)
    );
    assert_error!(
        failed_login(Fault::raw(header)).await,
        ErrorKind::UnexpectedResponse,
        "broke"
    );
}

#[tokio::test]
async fn ten_thousand_headers() {
    let headers = (0..10_000)
        .map(|n| format!("X-{n}: {n}\r\n"))
        .collect::<String>();
    let answer = format!("HTTP/1.1 201 Created\r\n{headers}\r\n");
    assert_error!(
        failed_login(Fault::raw(answer)).await,
        ErrorKind::UnexpectedResponse,
        "broke"
    );
}

#[tokio::test]
async fn what_is_not_http() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.9\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"\0\0\0\0",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc Created\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nno colon\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: two\r\n\r\n",
        b"<html></html>",
        b"220 smtp.example ESMTP\r\n",
    ] {
        assert_error!(
            failed_login(Fault::raw(answer)).await,
            ErrorKind::UnexpectedResponse,
            "broke"
        );
    }
}

#[tokio::test]
async fn another_protocol_than_was_asked_for() {
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert_error!(
        failed_login(Fault::raw(answer)).await,
        ErrorKind::UnexpectedResponse
    );
}

#[tokio::test]
async fn a_dropped_connection() {
    let error = failed_login(Fault::drop_connection()).await;
    assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
    assert_eq!(error.status(), None);
    assert_eq!(error.method().unwrap(), "POST");
    assert_error!(
        failed_call(Fault::drop_connection()).await,
        ErrorKind::UnexpectedResponse
    );
}

#[tokio::test]
async fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = login_at(&format!("http://{host}/v3")).await;
    check_text(&error, "generate_token", &host);
    assert_error!(
        error,
        ErrorKind::Unreachable,
        "refused",
        "check the auth URL"
    );
    let error = login_at(&format!("https://{host}/v3")).await;
    assert_error!(error, ErrorKind::Unreachable, "refused");
}

#[tokio::test]
async fn a_host_that_is_not_there() {
    let error = login_at("http://keystone.invalid:5000/v3").await;
    check_text(&error, "generate_token", "keystone.invalid:5000");
    // A resolver that nobody answers leaves it at a time-out.
    assert_error!(error, ErrorKind::Unreachable | ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let server = start_with(Fault::delay(Duration::from_secs(60))).await;
    assert_error!(
        impatient_login(&server).await,
        ErrorKind::TimedOut,
        "in time",
        "`timeout`"
    );
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let openstack = OpenStack::builder(url).timeout(PATIENCE).build().unwrap();
        let error = soon(openstack.identity_v3().list_versions())
            .await
            .unwrap_err();
        assert_error!(error, ErrorKind::TimedOut, "list_versions");
    }
}

#[tokio::test]
async fn a_server_that_answers_byte_by_byte() {
    let server = start_with(Fault::trickle(Duration::from_millis(20))).await;
    assert_error!(
        impatient_login(&server).await,
        ErrorKind::TimedOut,
        "in time"
    );
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle() {
    let body = "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        // The connection stays open for as long as anybody waits.
        std::future::pending::<()>().await;
    });
    let openstack = OpenStack::builder(format!("http://{host}"))
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let call = openstack
        .identity_v3()
        .generate_token(Password::by_id("a1", "pw"));
    assert_error!(soon(call).await.unwrap_err(), ErrorKind::TimedOut);
    server.abort();
}

#[tokio::test]
async fn all_who_wait_for_a_login_that_hangs_hear_of_it_at_once() {
    let server = start_with(Fault::delay(Duration::from_secs(60))).await;
    let openstack = builder(&server)
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let identity = openstack.identity_v3();
    let mut calls: Vec<_> = (0..50)
        .map(|_| Box::pin(identity.list_auth_projects()))
        .collect();
    // All have their first turn before the login can end, however slow this machine is: it goes on only
    // when it is awaited.
    let waiting = std::future::poll_fn(|context| {
        let mut turns = calls.iter_mut().map(|call| call.as_mut().poll(context));
        std::task::Poll::Ready(turns.all(|turn| turn.is_pending()))
    });
    assert!(waiting.await);
    for call in calls {
        let error = soon(call).await.unwrap_err();
        assert_error!(error, ErrorKind::TimedOut, "generate_token");
    }
    assert_eq!(server.count("POST", TOKENS), 1);
}

#[tokio::test]
async fn after_a_broken_answer_the_next_one_is_fine() {
    let server = start().await;
    for fault in [
        Fault::drop_connection(),
        Fault::truncate_body(),
        Fault::raw("nonsense"),
        Fault::status(500),
    ] {
        server.inject(fault);
        login(&server).await.unwrap_err();
        login(&server).await.unwrap();
    }
}

/// A host that takes no notice of who knocks, as behind a firewall. Its queue is full, so the next one is
/// left outside.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_lets_nobody_in() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut inside = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(address)).await
    {
        inside.push(connected.unwrap());
    }
    let openstack = OpenStack::builder(format!("http://{address}/v3"))
        .connect_timeout(PATIENCE)
        .retries(0)
        .build()
        .unwrap();
    let begun = Instant::now();
    let call = openstack
        .identity_v3()
        .generate_token(Password::by_id("a1", "demo-password"));
    let error = soon(call).await.unwrap_err();
    // Far less than the 30 s that an answer may take.
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_error!(error, ErrorKind::TimedOut, "in time");
}
