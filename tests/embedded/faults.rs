//! Scripted faults, as a client meets them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use openstack_identity_testing::{Fault, IdentityServer};
use serde_json::{Value, json};

use crate::{client, demo, header, status};

async fn server() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

/// All that comes for a `GET /v3`, to the end of the connection.
fn raw(server: &IdentityServer) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
        .write_all(b"GET /v3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_status_with_headers_hits_as_often_as_it_is_told() {
    let server = server().await;
    server.inject(
        Fault::status(429)
            .header("Retry-After", "7")
            .on("POST", "/v3/auth/tokens")
            .times(2),
    );
    assert_eq!(status(client().get(server.auth_url())).await, 200);
    for _ in 0..2 {
        let response = demo(&server).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "retry-after").as_deref()
            ),
            (429, Some("7"))
        );
    }
    assert_eq!(status(demo(&server)).await, 201);
}

#[tokio::test]
async fn bodies_of_every_kind() {
    let server = server().await;
    server.inject(Fault::status(502).html("<h1>Bad Gateway</h1>"));
    server.inject(Fault::status(500));
    server.inject(
        Fault::status(200)
            .json(&json!({"servers": []}))
            .on("GET", "/compute/*"),
    );
    let html = client().get(server.auth_url()).send().await.unwrap();
    assert_eq!(header(&html, "content-type").as_deref(), Some("text/html"));
    assert_eq!(html.text().await.unwrap(), "<h1>Bad Gateway</h1>");
    let empty = client().get(server.auth_url()).send().await.unwrap();
    assert_eq!(
        (
            empty.status().as_u16(),
            empty.text().await.unwrap().as_str()
        ),
        (500, "")
    );
    let url = format!("{}/compute/v2.1/servers", server.base_url());
    let other: Value = client()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(other, json!({"servers": []}));
}

#[tokio::test]
async fn faults_wait_their_turn_and_can_be_cleared() {
    let server = server().await;
    server.inject(Fault::status(503).skip(1).always());
    assert_eq!(status(demo(&server)).await, 201);
    assert_eq!(status(demo(&server)).await, 503);
    assert_eq!(status(demo(&server)).await, 503);
    server.clear_faults();
    assert_eq!(status(demo(&server)).await, 201);
}

#[tokio::test]
async fn a_dropped_connection_ends_without_a_byte() {
    let server = server().await;
    server.inject(Fault::drop_connection());
    assert_eq!(raw(&server), b"");
    server.inject(Fault::drop_connection());
    assert!(demo(&server).send().await.is_err());
    assert_eq!(status(demo(&server)).await, 201);
}

#[tokio::test]
async fn raw_bytes_come_as_they_are() {
    let server = server().await;
    server.inject(Fault::raw("SSH-2.0-OpenSSH_9.9\r\n"));
    assert_eq!(raw(&server), b"SSH-2.0-OpenSSH_9.9\r\n");
    server.inject(Fault::raw("SSH-2.0-OpenSSH_9.9\r\n"));
    assert!(demo(&server).send().await.is_err());
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_it_says() {
    let server = server().await;
    server.inject(Fault::truncate_body());
    let response = demo(&server).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.content_length().unwrap() > 100);
    assert!(response.bytes().await.is_err());
    server.inject(Fault::truncate_body());
    let whole = raw(&server);
    let text = String::from_utf8(whole).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn a_trickled_answer_is_whole_but_slow() {
    let server = server().await;
    server.inject(Fault::trickle(Duration::from_micros(100)));
    let start = Instant::now();
    let response = client().get(server.auth_url()).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["version"]["id"], "v3.14");
    assert!(
        start.elapsed() > Duration::from_millis(40),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_delay_delays_and_any_fault_can_be_delayed() {
    let server = server().await;
    for (fault, expected) in [
        (Fault::delay(Duration::from_millis(200)), 201),
        (Fault::status(503).after(Duration::from_millis(200)), 503),
    ] {
        server.inject(fault);
        let start = Instant::now();
        assert_eq!(status(demo(&server)).await, expected);
        assert!(start.elapsed() >= Duration::from_millis(200));
    }
    server.inject(Fault::delay(Duration::from_secs(60)));
    assert!(
        demo(&server)
            .timeout(Duration::from_millis(100))
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
}

#[tokio::test]
async fn headers_can_go_and_come() {
    let server = server().await;
    server.inject(Fault::without_header("X-Subject-Token"));
    let response = demo(&server).send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            header(&response, "x-subject-token")
        ),
        (201, None)
    );
    server.inject(Fault::with_header("X-Subject-Token", "other"));
    let response = demo(&server).send().await.unwrap();
    assert_eq!(
        header(&response, "x-subject-token").as_deref(),
        Some("other")
    );
    server.inject(Fault::with_header("Location", "http://elsewhere.example/"));
    let response = client().get(server.auth_url()).send().await.unwrap();
    assert_eq!(
        header(&response, "location").as_deref(),
        Some("http://elsewhere.example/")
    );
}

#[tokio::test]
async fn the_date_can_be_wrong() {
    let server = server().await;
    server
        .clock()
        .set(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    for (skew, expected) in [(86_400, "Mon, 10 Sep"), (-86_400, "Sat, 08 Sep")] {
        server.inject(Fault::date_skew(skew));
        let response = client().get(server.auth_url()).send().await.unwrap();
        assert!(
            header(&response, "date").unwrap().starts_with(expected),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn huge_headers_and_bodies_are_sent_in_full() {
    let server = server().await;
    let size = 10 * 1024 * 1024;
    server.inject(Fault::status(200).body(vec![b'x'; size]));
    let body = client()
        .get(server.auth_url())
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(body.len(), size);
    server.inject(Fault::with_header("X-Huge", &"x".repeat(size)));
    // In full on the wire; whether a client takes it is another question.
    assert!(raw(&server).len() > size);
}
