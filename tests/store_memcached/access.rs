//! Ways to a server: IPv6, names, a Unix socket, and a user name and a password.

use std::io::Write;

use openstack_identity::store::{MemcachedStore, TokenStore};
use tests::memcached_server::MemcachedServer;

use crate::{MINUTE, builder, key, open, typed, works};

const PASSWORD: &str = "correct-horse:battery";

#[tokio::test]
async fn by_ipv6() {
    let server = MemcachedServer::start_ipv6();
    assert!(server.address().starts_with("[::1]:"));
    works(&open(&server)).await;
}

#[tokio::test]
async fn by_name() {
    let server = MemcachedServer::start();
    let port = server.socket_address().port();
    works(&builder(format!("localhost:{port}")).build().unwrap()).await;
    let nobody = MemcachedStore::open(["no-such-host.invalid"]).unwrap();
    let error = nobody.get(&key("a")).await.unwrap_err().to_string();
    assert!(error.contains("no-such-host.invalid:11211"), "{error}");
}

#[tokio::test]
async fn by_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memcached.sock");
    let mut server = MemcachedServer::start_unix(&path);
    let store = open(&server);
    works(&store).await;
    works(&builder(path.to_str().unwrap()).build().unwrap()).await;
    server.kill();
    let error = store.get(&key("works")).await.unwrap_err().to_string();
    assert!(error.contains("memcached.sock"), "{error}");
    server.restart();
    works(&store).await;
}

/// A server that knows one user, and the file that says so.
fn with_password() -> (MemcachedServer, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "demo:{PASSWORD}").unwrap();
    let path = file.path().to_str().unwrap();
    (MemcachedServer::start_with(&["-Y", path]), file)
}

#[tokio::test]
async fn by_a_password() {
    let (mut server, _file) = with_password();
    let store = builder(server.address())
        .login("demo", PASSWORD)
        .build()
        .unwrap();
    works(&store).await;
    let lease = store.lease(&key("a"), MINUTE).await.unwrap().unwrap();
    lease.release().await.unwrap();
    // Each connection says it anew.
    server.restart();
    works(&store.clone()).await;
    assert!(!format!("{store:?}").contains(PASSWORD));
}

#[tokio::test]
async fn not_by_a_wrong_password_or_none() {
    let (server, _file) = with_password();
    for (user, password) in [("demo", "Wrong-Secret"), ("nobody", PASSWORD)] {
        let store = builder(server.address())
            .login(user, password)
            .build()
            .unwrap();
        for _ in 0..2 {
            let error = store.get(&key("a")).await.unwrap_err().to_string();
            assert!(error.contains("user name and password"), "{error}");
            assert!(error.contains(&server.address()), "{error}");
            assert!(
                !error.contains(password) && !error.contains(user),
                "{error}"
            );
        }
    }
    let store = builder(server.address()).build().unwrap();
    let error = store.get(&key("a")).await.unwrap_err().to_string();
    assert!(error.contains("login"), "{error}");
    assert!(store.put(&key("a"), b"entry", MINUTE).await.is_err());
}

/// A server without a list of users takes the login for a value. Nobody may read it there.
#[tokio::test]
async fn a_server_that_wants_no_password_does_not_keep_it() {
    let server = MemcachedServer::start();
    let store = builder(server.address())
        .login("demo", PASSWORD)
        .build()
        .unwrap();
    works(&store).await;
    assert_eq!(typed(&server, "get auth\r\n"), "END\r\n");
}

#[test]
fn what_can_not_be_is_refused_when_it_is_put_together() {
    let none: [&str; 0] = [];
    assert!(MemcachedStore::open(none).is_err());
    let error = MemcachedStore::open(["localhost", "memcached://demo:hunter2@host"]);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("server 2") && !error.contains("hunter2"),
        "{error}"
    );
    for (user, password) in [
        ("", "secret"),
        ("demo", ""),
        ("de mo", "secret"),
        ("demo", "hunter2 hunter2"),
        ("demo", "hunter2\r\nflush_all"),
        ("demo", &"hunter2".repeat(100)),
    ] {
        let builder = MemcachedStore::builder(["localhost"]);
        let error = builder.login(user, password).build().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn it_shows_servers_and_prefix_alone() {
    let store = MemcachedStore::builder(["cache1.example", "/run/m.sock"])
        .login("somebody", PASSWORD)
        .build()
        .unwrap();
    assert_eq!(
        format!("{store:?}"),
        r#"MemcachedStore { servers: ["cache1.example:11211", "unix:/run/m.sock"], prefix: "openstack-identity:", .. }"#
    );
    assert_eq!(store.name(), "memcached");
    assert!(!store.is_private());
}
