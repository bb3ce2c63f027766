//! TLS: certificates that nobody knows, and the wrong protocol on a port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openstack_identity::config::ConfigLoader;
use openstack_identity::{AuthToken, Error, ErrorKind, OpenStack, OpenStackBuilder};
use openstack_identity_testing::IdentityServer;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::assert_error;
use crate::support::{check_text, demo, soon, start};

/// An authority, and a server with a certificate of it.
struct Tls {
    address: SocketAddr,
    authority: String,
    identity: IdentityServer,
    issuer: Issuer<'static, KeyPair>,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Tls {
    /// A server whose certificate is for `name`, and valid since long ago until the year `until`.
    async fn start(name: &str, until: i32) -> Tls {
        Tls::start_for(name, until, false).await
    }

    /// The same, which wants a certificate of its clients too, if `mutual`.
    async fn start_for(name: &str, until: i32, mutual: bool) -> Tls {
        let identity = start().await;
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let certificate = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let clients = mutual.then(|| certificate.der().clone());
        let acceptor = Arc::new(Mutex::new(acceptor(&issuer, name, until, clients)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = identity.base_url().trim_start_matches("http://").to_owned();
        let connections = Arc::default();
        let open = Arc::clone(&connections);
        tokio::spawn(forward(listener, acceptor.clone(), behind, open));
        let authority = certificate.pem();
        Tls {
            address,
            authority,
            identity,
            issuer,
            acceptor,
            connections,
        }
    }

    fn url(&self) -> String {
        format!("https://{}/v3", self.address)
    }

    /// Another certificate of the same authority; connections end, as when a server takes it up.
    fn rotate(&self, name: &str) {
        *self.acceptor.lock().unwrap() = acceptor(&self.issuer, name, 4000, None);
        self.connections
            .lock()
            .unwrap()
            .drain(..)
            .for_each(|open| open.abort());
    }

    async fn login(&self, authority: Option<&str>) -> Result<AuthToken, Error> {
        let builder = OpenStack::builder(self.url());
        self.login_with(match authority {
            Some(pem) => builder.ca_certificate_pem(pem),
            None => builder,
        })
        .await
    }

    async fn login_with(&self, builder: OpenStackBuilder) -> Result<AuthToken, Error> {
        let identity = builder
            .timeout(Duration::from_secs(10))
            .build()?
            .identity_v3();
        soon(identity.generate_token(demo(&self.identity))).await
    }
}

/// A certificate for `name` and its key.
fn leaf(issuer: &Issuer<'_, KeyPair>, name: &str, until: i32) -> (Certificate, KeyPair) {
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    (leaf.signed_by(&key, issuer).unwrap(), key)
}

/// Shows a certificate for `name`; wants one of the authority `clients`, if there is one.
fn acceptor(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    until: i32,
    clients: Option<CertificateDer<'static>>,
) -> TlsAcceptor {
    let (leaf, key) = leaf(issuer, name, until);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    let config = config
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Takes TLS off each connection, and hands it on.
async fn forward(
    listener: TcpListener,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    behind: String,
    open: Arc<Mutex<Vec<AbortHandle>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, behind) = (acceptor.lock().unwrap().clone(), behind.clone());
        let connection = tokio::spawn(async move {
            let mut outside = acceptor.accept(stream).await?;
            let mut inside = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut outside, &mut inside).await
        });
        open.lock().unwrap().push(connection.abort_handle());
    }
}

#[tokio::test]
async fn a_certificate_that_is_rotated() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let openstack = OpenStack::builder(server.url())
        .credentials(demo(&server.identity))
        .ca_certificate_pem(&*server.authority)
        .build()
        .unwrap();
    let identity = openstack.identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    server.rotate("127.0.0.1");
    soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(
        server.identity.count("POST", "/v3/auth/tokens"),
        1,
        "the session goes on"
    );

    server.rotate("another.example");
    let error = soon(identity.list_auth_projects()).await.unwrap_err();
    assert_error!(error, ErrorKind::Untrusted, "not valid for name");
}

#[tokio::test]
async fn any_certificate_if_that_is_asked_for() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let builder = OpenStack::builder(server.url()).danger_accept_any_certificate();
    server.login_with(builder).await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_the_clients_certificate() {
    let server = Tls::start_for("127.0.0.1", 4000, true).await;
    let builder = || OpenStack::builder(server.url()).ca_certificate_pem(&*server.authority);
    let error = server.login_with(builder()).await.unwrap_err();
    check_text(&error, "generate_token", &server.address.to_string());
    assert_eq!(server.identity.requests(), []);

    let (certificate, key) = leaf(&server.issuer, "client.example", 4000);
    let pem = certificate.pem() + &key.serialize_pem();
    server
        .login_with(builder().client_certificate_pem(pem))
        .await
        .unwrap();

    let error = builder()
        .client_certificate_pem("no PEM")
        .build()
        .unwrap_err();
    assert_error!(error, ErrorKind::Setup, "client certificate");
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
    assert_error!(error, ErrorKind::UnexpectedResponse, "broke");
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
    assert_error!(error, ErrorKind::UnexpectedResponse, "TLS");
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

/// What editors and `cat` leave in files: no certificate is skipped in silence.
#[tokio::test]
async fn certificates_as_editors_save_them() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let other = Tls::start("127.0.0.1", 4000).await;
    let (ours, theirs) = (&server.authority, &other.authority);
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let bundles = [
        format!("\u{feff}{ours}{theirs}").into_bytes(),
        format!("{theirs}\u{feff}{ours}").into_bytes(),
        format!("{}{ours}", theirs.trim_end()).into_bytes(),
        format!("{theirs}# comment\r\n{}", ours.replace('\n', "\r\n")).into_bytes(),
        format!("{theirs}{}", ours.replace("\n", "\n  ")).into_bytes(),
        ours.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes(),
        utf16(&format!("{theirs}{ours}")),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for bundle in bundles {
        let shown = String::from_utf8_lossy(&bundle).into_owned();
        let builder = OpenStack::builder(server.url()).ca_certificate_pem(&*bundle);
        let token = server.login_with(builder).await;
        assert!(token.is_ok(), "{token:?}: {shown}");
        std::fs::write(&file, &bundle).unwrap();
        for variable in ["OS_CACERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            let config = ConfigLoader::new()
                .variable("OS_AUTH_URL", server.url())
                .variable("OS_AUTH_TYPE", "token")
                .variable("OS_TOKEN", "t")
                .variable(variable, file.to_str().unwrap());
            let builder = config.load().unwrap().builder().unwrap();
            let token = server.login_with(builder).await;
            assert!(token.is_ok(), "{variable} {token:?}: {shown}");
        }
    }
}

/// A folder of certificates, as OpenSSL and openstacksdk read it.
#[tokio::test]
async fn certificates_in_a_folder() {
    let server = Tls::start("127.0.0.1", 4000).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("0123abcd.0"), &server.authority).unwrap();
    let config = ConfigLoader::new()
        .variable("OS_AUTH_URL", server.url())
        .variable("OS_AUTH_TYPE", "token")
        .variable("OS_TOKEN", "t")
        .variable("REQUESTS_CA_BUNDLE", folder.path().to_str().unwrap());
    let builder = config.load().unwrap().builder().unwrap();
    server.login_with(builder).await.unwrap();
}

/// Started by the next test with `SSL_CERT_FILE` or `SSL_CERT_DIR` set.
const SERVER: &str = "TLS_TEST_SERVER";

/// Those of the system are found as OpenSSL finds them: on Linux and the like these variables count, for this
/// process and not for a loader, as the TLS library reads them.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[tokio::test]
async fn the_systems_certificates_by_variables() {
    if let Ok(url) = std::env::var(SERVER) {
        let client = OpenStack::builder(url).timeout(Duration::from_secs(10));
        let identity = client.build().unwrap().identity_v3();
        // The server answers, whatever it says.
        let error = soon(identity.generate_token(openstack_identity::Password::by_id("u", "p")));
        let error = error.await.unwrap_err();
        assert!(error.status().is_some(), "{error}");
        return;
    }
    let server = Tls::start("127.0.0.1", 4000).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0123abcd.0");
    std::fs::write(&file, &server.authority).unwrap();
    for (variable, path) in [
        ("SSL_CERT_FILE", file.as_path()),
        ("SSL_CERT_DIR", folder.path()),
    ] {
        let status = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tls::the_systems_certificates_by_variables"])
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .env(SERVER, server.url())
            .env(variable, path)
            .status();
        assert!(status.await.unwrap().success(), "{variable}");
    }
}
