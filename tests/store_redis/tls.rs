//! Redis over TLS.

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::{Authority, RedisServer};
use tokio::net::{TcpListener, TcpStream};

use crate::{all_work, key, works};

fn open(server: &RedisServer) -> RedisStore {
    RedisStore::open(&server.url()).unwrap()
}

async fn refused(store: &RedisStore, why: &str) {
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[tokio::test]
async fn only_a_certificate_of_the_named_authority_is_believed() {
    let authority = Authority::new();
    let mut server = RedisServer::start_tls(&authority, &[]);
    let store = open(&server).ca_certificate_pem(authority.pem()).unwrap();
    all_work(&store, 1).await.unwrap();

    let wrong = open(&server).ca_certificate_pem(Authority::new().pem());
    refused(&wrong.unwrap(), "certificate").await;
    refused(&open(&server), "certificate").await;
    // One of several will do.
    let several = open(&server)
        .ca_certificate_pem(Authority::new().pem())
        .unwrap()
        .ca_certificate_pem(authority.pem())
        .unwrap();
    works(&several).await.unwrap();

    server.kill();
    server.restart();
    works(&store).await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let authority = Authority::new();
    let server = RedisServer::start_tls(&authority, &[]);
    // The same server under an address that is not in its certificate.
    let proxy = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let url = format!("rediss://{}", proxy.local_addr().unwrap());
    let port = server.port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = proxy.accept().await {
            let server = TcpStream::connect(("127.0.0.1", port)).await;
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server.unwrap()).await;
        }
    });
    let store = RedisStore::open(&url).unwrap();
    let store = store.ca_certificate_pem(authority.pem()).unwrap();
    refused(&store, "not valid for name").await;
    let url = server.url().replace("127.0.0.1", "localhost");
    let store = RedisStore::open(&url).unwrap();
    let store = store.ca_certificate_pem(authority.pem()).unwrap();
    works(&store).await.unwrap();
}

#[tokio::test]
async fn a_client_shows_its_certificate_where_one_is_asked_for() {
    let authority = Authority::new();
    let server = RedisServer::start_tls(&authority, &["tls-auth-clients yes"]);
    let store = open(&server).ca_certificate_pem(authority.pem()).unwrap();
    store.get(&key(1)).await.unwrap_err();
    let (certificate, private_key) = authority.certificate(&["client"]);
    let with = store
        .clone()
        .client_certificate_pem(format!("{certificate}{private_key}"))
        .unwrap();
    all_work(&with, 1).await.unwrap();
    let strange = Authority::new();
    let (certificate, private_key) = strange.certificate(&["client"]);
    let with = store
        .client_certificate_pem(format!("{certificate}{private_key}"))
        .unwrap();
    with.get(&key(1)).await.unwrap_err();
}

#[tokio::test]
async fn tls_and_no_tls_dont_meet() {
    let authority = Authority::new();
    let server = RedisServer::start_tls(&authority, &[]);
    let plain = server.url().replace("rediss", "redis");
    let error = RedisStore::open(&plain).unwrap().get(&key(1)).await;
    error.unwrap_err();
    let server = RedisServer::start();
    let tls = server.url().replace("redis", "rediss");
    let store = RedisStore::open(&tls).unwrap();
    let store = store.ca_certificate_pem(authority.pem()).unwrap();
    store.get(&key(1)).await.unwrap_err();
}
