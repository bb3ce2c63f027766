//! TLS: certificates that nobody knows, and the wrong protocol on a port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use openstack_identity::testing::IdentityServer;
use openstack_identity::{Error, ErrorKind, OpenStack};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::assert_error;
use crate::support::{check_text, demo, soon, start};

/// An authority, and a server with a certificate of it.
struct Tls {
    address: SocketAddr,
    authority: String,
    identity: IdentityServer,
}

impl Tls {
    /// A server whose certificate is for `name`, and valid since long ago until the year `until`.
    async fn start(name: &str, until: i32) -> Tls {
        let identity = start().await;
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let pem = authority.self_signed(&authority_key).unwrap().pem();
        let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        leaf.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = leaf
            .signed_by(&key, &Issuer::new(authority, authority_key))
            .unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = identity.base_url().trim_start_matches("http://").to_owned();
        tokio::spawn(forward(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            behind,
        ));
        Tls {
            address,
            authority: pem,
            identity,
        }
    }

    fn url(&self) -> String {
        format!("https://{}/v3", self.address)
    }

    async fn login(&self, authority: Option<&str>) -> Result<openstack_identity::AuthToken, Error> {
        let builder = OpenStack::builder(self.url()).timeout(Duration::from_secs(10));
        let builder = match authority {
            Some(pem) => builder.ca_certificate_pem(pem),
            None => builder,
        };
        let identity = builder.build()?.identity_v3();
        soon(identity.generate_token(demo(&self.identity))).await
    }
}

/// Takes TLS off each connection, and hands it on.
async fn forward(listener: TcpListener, acceptor: TlsAcceptor, behind: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, behind) = (acceptor.clone(), behind.clone());
        tokio::spawn(async move {
            let mut outside = acceptor.accept(stream).await?;
            let mut inside = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut outside, &mut inside).await
        });
    }
}

#[tokio::test]
async fn an_unknown_certificate() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let error = server.login(None).await.unwrap_err();
    check_text(&error, "generate_token", &server.address.to_string());
    assert_error!(
        error,
        ErrorKind::Untrusted,
        "certificate",
        "`ca_certificate_pem`"
    );
    assert_eq!(server.identity.requests(), []);
}

#[tokio::test]
async fn the_same_certificate_with_its_authority() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let token = server.login(Some(&server.authority)).await.unwrap();
    assert_eq!(token.user.name, "demo");
    assert_eq!(token.auth_url(), server.url());
}

#[tokio::test]
async fn a_certificate_of_another_authority() {
    let (server, other) = (
        Tls::start("127.0.0.1", 4000).await,
        Tls::start("127.0.0.1", 4000).await,
    );
    let error = server.login(Some(&other.authority)).await.unwrap_err();
    assert_error!(error, ErrorKind::Untrusted, "certificate");
}

#[tokio::test]
async fn a_certificate_for_another_name_or_another_time() {
    let server = Tls::start("keystone.example", 4000).await;
    let error = server.login(Some(&server.authority)).await.unwrap_err();
    assert_error!(
        error,
        ErrorKind::Untrusted,
        "not valid for name",
        "names and dates"
    );
    let server = Tls::start("127.0.0.1", 2020).await;
    let error = server.login(Some(&server.authority)).await.unwrap_err();
    assert_error!(error, ErrorKind::Untrusted, "expired", "names and dates");
}

#[tokio::test]
async fn plain_http_to_a_tls_port() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let url = server.url().replace("https", "http");
    let identity = OpenStack::builder(url).build().unwrap().identity_v3();
    let error = soon(identity.generate_token(demo(&server.identity)))
        .await
        .unwrap_err();
    check_text(&error, "generate_token", &server.address.to_string());
    assert_error!(error, ErrorKind::UnexpectedAnswer, "broke");
    assert_eq!(server.identity.requests(), []);
}

#[tokio::test]
async fn tls_to_a_port_of_plain_http() {
    let server = start().await;
    let url = server.auth_url().replace("http", "https");
    let identity = OpenStack::builder(url).build().unwrap().identity_v3();
    let error = soon(identity.generate_token(demo(&server)))
        .await
        .unwrap_err();
    check_text(
        &error,
        "generate_token",
        server.base_url().trim_start_matches("http://"),
    );
    assert_error!(error, ErrorKind::UnexpectedAnswer, "TLS");
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn an_authority_that_is_none() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let end = "-----END CERTIFICATE-----\n";
    let key = KeyPair::generate().unwrap().serialize_pem();
    for pem in [
        "",
        "s3cret",
        &format!("{begin}s3cret!{end}"),
        &format!("{begin}czNjcmV0{end}"),
        &key,
    ] {
        let built = OpenStack::builder("https://host")
            .ca_certificate_pem(pem)
            .build();
        let error = built.unwrap_err();
        assert_error!(error, ErrorKind::Setup, "CA certificate", "check the TLS");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
