//! What the environment of a program says of the way to servers: its proxies.

use std::process::Stdio;
use std::time::Duration;

use openstack_identity_testing::IdentityServer;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::{logins, start};

/// A program of its own, as these variables can't be set for this one, that logs in at the address.
async fn program(server: &IdentityServer, auth_url: &str, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet_member"));
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command
            .env_remove(name)
            .env_remove(name.to_ascii_uppercase());
    }
    let mut child = command
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let task = json!({
        "auth_url": auth_url,
        "user_id": server.demo().user_id,
        "password": server.demo().password,
        "store": "memory",
        "place": "",
    });
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(task.to_string().as_bytes()).await.unwrap();
    child
}

async fn works(child: Child) -> bool {
    child.wait_with_output().await.unwrap().status.success()
}

/// There is no such host: who gets there went by the proxy.
const NOWHERE: &str = "http://keystone.invalid/v3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_goes_by_its_proxy() {
    let server = start().await;
    // The server takes what a proxy is sent, with the whole address in its first line, as its own.
    let proxy = server.base_url().to_owned();
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        server.clear_requests();
        assert!(works(program(&server, NOWHERE, &[(name, &proxy)]).await).await);
        assert_eq!(logins(&server), 1, "{name}");
    }
    server.clear_requests();
    assert!(!works(program(&server, NOWHERE, &[]).await).await);
    let spared = [("http_proxy", proxy.as_str()), ("no_proxy", ".invalid")];
    assert!(!works(program(&server, NOWHERE, &spared).await).await);
    assert_eq!(logins(&server), 0);
}

/// The proxy is asked for a way through, and sees nothing of what goes by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_goes_through_its_proxy() {
    let server = start().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let variables = [("https_proxy", address.as_str())];
    let child = program(&server, "https://keystone.invalid:5000/v3", &variables).await;
    let asked = tokio::time::timeout(Duration::from_secs(30), proxy.accept());
    let (mut connection, _) = asked.await.expect("the proxy is passed by").unwrap();
    let mut asked = String::new();
    let mut lines = BufReader::new(&mut connection);
    lines.read_line(&mut asked).await.unwrap();
    assert_eq!(asked, "CONNECT keystone.invalid:5000 HTTP/1.1\r\n");
    connection
        .write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    drop((connection, proxy));
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!error.contains(&server.demo().password), "{error}");
}

/// Plain http needs no certificates; a program that has none says so when it needs them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_looked_for_when_a_server_speaks_tls() {
    let server = start().await;
    let none = [
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ];
    assert!(works(program(&server, &server.auth_url(), &none).await).await);
}

/// What the program says when it fails.
async fn failure(server: &IdentityServer, auth_url: &str, variables: &[(&str, &str)]) -> String {
    let child = program(server, auth_url, variables).await;
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success(), "{variables:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_proxy_is_told_and_not_the_auth_url() {
    let server = start().await;
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let gone = format!("http://user:S3CRET@{}", gone.unwrap());
    let https = "https://keystone.invalid:5000/v3";
    for (name, auth_url) in [
        ("http_proxy", NOWHERE),
        ("HTTPS_PROXY", https),
        ("all_proxy", https),
    ] {
        let error = failure(&server, auth_url, &[(name, &gone)]).await;
        assert!(
            error.contains(&format!("by the proxy of {name}")),
            "{error}"
        );
        assert!(error.contains("check the proxy"), "{error}");
        assert!(
            !error.contains("auth URL") && !error.contains("S3CRET"),
            "{error}"
        );
    }
    let error = failure(&server, NOWHERE, &[]).await;
    assert!(
        error.contains("check the auth URL") && !error.contains("proxy"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_wants_a_password_says_so() {
    let server = start().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        while let Ok((mut connection, _)) = proxy.accept().await {
            let mut line = String::new();
            _ = BufReader::new(&mut connection).read_line(&mut line).await;
            let refused =
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            _ = connection.write_all(refused).await;
        }
    });
    for (name, auth_url) in [
        ("http_proxy", NOWHERE),
        ("https_proxy", "https://keystone.invalid:5000/v3"),
    ] {
        let error = failure(&server, auth_url, &[(name, &address)]).await;
        assert!(
            error.contains(&format!("by the proxy of {name}")),
            "{error}"
        );
        assert!(error.to_lowercase().contains("proxy auth"), "{error}");
        assert!(!error.contains("auth URL"), "{error}");
    }
    answering.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_that_is_no_proxy_is_told() {
    let server = start().await;
    let auth_url = server.auth_url();
    for (name, value) in [
        ("http_proxy", "http://"),
        ("HTTP_PROXY", "ftp://proxy.example:21"),
        ("all_proxy", "http://S3CRET@pro xy:3128"),
        ("ALL_PROXY", "http://proxy.example:port"),
    ] {
        server.clear_requests();
        let error = failure(&server, &auth_url, &[(name, value)]).await;
        assert!(
            error.contains(&format!("the variable {name} is not")),
            "{error}"
        );
        assert!(!error.contains("S3CRET"), "{error}");
        assert_eq!(logins(&server), 0, "{name}");
        // It doesn't matter where no proxy is used.
        let spared = [(name, value), ("no_proxy", "127.0.0.1")];
        assert!(
            works(program(&server, &auth_url, &spared).await).await,
            "{name}"
        );
    }
    let other = [("https_proxy", "ftp://proxy.example"), ("http_proxy", "")];
    assert!(works(program(&server, &auth_url, &other).await).await);
}
