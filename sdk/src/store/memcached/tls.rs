//! TLS by rustls.

use std::io;
use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use zeroize::Zeroizing;

use super::connection::Trouble;

/// Makes a connection one that nobody on the way can read.
pub(super) struct Connector(TlsConnector);

impl Connector {
    /// `authorities` (PEM) are trusted besides those of the system; `own` (PEM) is a certificate and its
    /// key.
    pub(super) fn new(
        authorities: &[Vec<u8>],
        own: Option<&Zeroizing<Vec<u8>>>,
    ) -> Result<Self, Trouble> {
        let provider = provider().ok_or(
            "there is no cryptography for TLS: install a rustls `CryptoProvider`, or turn on the \
             feature rustls",
        )?;
        let mut trusted = Vec::new();
        for pem in authorities {
            let certificates = certificates(pem).ok_or("the CA certificate is not PEM")?;
            trusted.extend(certificates);
        }
        let verifier = verifier(trusted, provider.clone())?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS: {error}"))?
            // Dangerous only with a verifier that doesn't verify. This one asks the system.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match own {
            None => config.with_no_client_auth(),
            Some(pem) => {
                let parts = certificates(pem).zip(PrivateKeyDer::from_pem_slice(pem).ok());
                let (certificates, key) =
                    parts.ok_or("the client certificate and its key are not PEM")?;
                config
                    .with_client_auth_cert(certificates, key)
                    .map_err(|error| format!("the client certificate: {error}"))?
            }
        };
        Ok(Connector(TlsConnector::from(Arc::new(config))))
    }

    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::other("no certificate can be for this host name"))?;
        self.0.connect(name, stream).await
    }
}

/// What the program has installed, or the feature `rustls` brings.
fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed = installed.or_else(|| {
        use tokio_rustls::rustls::crypto::aws_lc_rs;
        Some(Arc::new(aws_lc_rs::default_provider()))
    });
    installed
}

/// None if there is none.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    certificates.ok().filter(|found| !found.is_empty())
}

#[cfg(not(target_os = "android"))]
fn verifier(
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, Trouble> {
    Verifier::new_with_extra_roots(trusted, provider)
        .map_err(|error| format!("the certificates that the system trusts: {error}").into())
}

#[cfg(target_os = "android")]
fn verifier(
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, Trouble> {
    if !trusted.is_empty() {
        return Err("on this system no CA certificate can be added".into());
    }
    Verifier::new(provider)
        .map_err(|error| format!("the certificates that the system trusts: {error}").into())
}
