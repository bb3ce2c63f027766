//! TLS with memcached's own.

use openstack_identity::store::{MemcachedStore, TokenStore};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tests::memcached_server::MemcachedServer;

use crate::{builder, key, open, works};

/// An authority, and files that it has signed.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &pem).unwrap();
        Authority {
            pem,
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    /// A certificate for this name, and its key.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        // Without a name it would be called like the authority, and so pass for one.
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn path(&self, file: &str) -> String {
        let path = self.folder.path().join(file);
        path.to_str().unwrap().to_owned()
    }

    /// A server with a certificate for this name, which wants one of its clients too if `mutual`.
    fn start(&self, name: &str, mutual: bool) -> MemcachedServer {
        let (certificate, key) = self.sign(name);
        std::fs::write(self.path("server.pem"), certificate).unwrap();
        std::fs::write(self.path("key.pem"), key).unwrap();
        let mut options = format!(
            "ssl_chain_cert={},ssl_key={}",
            self.path("server.pem"),
            self.path("key.pem")
        );
        if mutual {
            let ca = self.path("ca.pem");
            options += &format!(",ssl_verify_mode=2,ssl_ca_cert={ca}");
        }
        MemcachedServer::start_with(&["-Z", "-o", &options])
    }
}

async fn refusal(store: &MemcachedStore) -> String {
    store.get(&key("a")).await.unwrap_err().to_string()
}

#[tokio::test]
async fn with_the_right_authority() {
    let authority = Authority::new();
    let mut server = authority.start("127.0.0.1", false);
    let builder = builder(server.address());
    let store = builder.ca_certificate_pem(authority.pem.clone()).build();
    let store = store.unwrap();
    works(&store).await;
    let large: Vec<u8> = (0..1_000_000).map(|i| (i % 251) as u8).collect();
    let life = std::time::Duration::from_secs(60);
    store.put(&key("large"), &large, life).await.unwrap();
    assert!(store.get(&key("large")).await.unwrap().unwrap() == large);

    server.kill();
    assert!(store.get(&key("works")).await.is_err());
    server.restart();
    works(&store).await;
}

#[tokio::test]
async fn not_with_another_authority_or_for_another_host() {
    let authority = Authority::new();
    let server = authority.start("127.0.0.1", false);
    let other = Authority::new().pem;
    for builder in [
        builder(server.address()).ca_certificate_pem(other),
        builder(server.address()).tls(),
    ] {
        let error = refusal(&builder.build().unwrap()).await;
        assert!(error.contains("certificate"), "{error}");
        assert!(error.contains(&server.address()), "{error}");
    }

    let elsewhere = authority.start("cache.example", false);
    let builder = builder(elsewhere.address());
    let store = builder.ca_certificate_pem(authority.pem.clone()).build();
    let error = refusal(&store.unwrap()).await;
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn only_one_side_speaks_it() {
    let authority = Authority::new();
    let speaks = authority.start("127.0.0.1", false);
    let error = refusal(&open(&speaks)).await;
    assert!(error.contains("TLS"), "{error}");

    let silent = MemcachedServer::start();
    let builder = builder(silent.address());
    let store = builder.ca_certificate_pem(authority.pem.clone()).build();
    let error = refusal(&store.unwrap()).await;
    assert!(error.contains("TLS"), "{error}");
}

#[tokio::test]
async fn with_a_certificate_of_the_client() {
    let authority = Authority::new();
    let server = authority.start("127.0.0.1", true);
    let builder = || {
        let builder = builder(server.address());
        builder.ca_certificate_pem(authority.pem.clone())
    };
    let (certificate, key) = authority.sign("client");
    let store = builder().client_certificate_pem(certificate.clone() + &key);
    works(&store.build().unwrap()).await;
    refusal(&builder().build().unwrap()).await;
    let (strange, key) = Authority::new().sign("client");
    let store = builder().client_certificate_pem(strange + &key);
    refusal(&store.build().unwrap()).await;

    for pem in [certificate, key, String::new()] {
        let error = builder().client_certificate_pem(pem).build().unwrap_err();
        assert!(error.to_string().contains("not PEM"), "{error}");
    }
    let error = builder().ca_certificate_pem("nothing").build().unwrap_err();
    assert!(error.to_string().contains("not PEM"), "{error}");
}
