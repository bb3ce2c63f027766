//! TLS that costs nothing before a server speaks it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::{HttpVersion, Key, setup};
use crate::transport::TransportError;
use crate::transport::pem::{self, ClientCertificate, Pem};

/// How connections are made secret.
pub(super) struct Tls(ClientConfig);

impl Tls {
    pub(super) fn new(
        key: &Key,
        client: Option<&ClientCertificate>,
    ) -> Result<Self, TransportError> {
        let provider = provider()?;
        let verifier = LazyVerifier {
            verify: key.verify,
            certificates: certificates(&key.ca_certificates)?,
            provider: provider.clone(),
            loaded: OnceLock::new(),
            loading: Mutex::new(()),
        };
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match client {
            None => config.with_no_client_auth(),
            Some(client) => {
                let certified = pem::identity(client, &provider).map_err(|why| setup(&why))?;
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
        };
        config.alpn_protocols = protocols(key.http_version);
        Ok(Tls(config))
    }

    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder.tls_backend_preconfigured(self.0.clone())
    }
}

/// The cryptography that the program installed, or else our own.
fn provider() -> Result<Arc<CryptoProvider>, TransportError> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed =
        installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
        .ok_or_else(|| setup("there is no cryptography for TLS: install a rustls `CryptoProvider`"))
}

fn protocols(version: HttpVersion) -> Vec<Vec<u8>> {
    match version {
        #[cfg(feature = "http2")]
        HttpVersion::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        #[cfg(feature = "http2")]
        HttpVersion::Http2 => vec![b"h2".to_vec()],
        _ => vec![b"http/1.1".to_vec()],
    }
}

fn certificates(pems: &[Pem]) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let mut all = Vec::new();
    for pem in pems {
        all.extend(pem::ca_certificates(pem).map_err(|why| setup(&why))?);
    }
    Ok(all)
}

/// Checks certificates by the system's authorities, which are loaded when a server first shows its
/// certificate: to load them takes far longer than a request, and one over plain http needs none.
#[derive(Debug)]
struct LazyVerifier {
    verify: bool,
    /// Authorities besides the system's.
    certificates: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    loaded: OnceLock<Verifier>,
    loading: Mutex<()>,
}

impl LazyVerifier {
    /// A failure is not kept: the system's certificates may be there the next time.
    fn loaded(&self) -> Result<&Verifier, Error> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let _one = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        match self.loaded.get() {
            Some(loaded) => Ok(loaded),
            None => {
                let loaded = self.load()?;
                Ok(self.loaded.get_or_init(|| loaded))
            }
        }
    }

    fn load(&self) -> Result<Verifier, Error> {
        let provider = self.provider.clone();
        if self.certificates.is_empty() {
            return Verifier::new(provider);
        }
        #[cfg(any(all(unix, not(target_os = "android")), windows))]
        return Verifier::new_with_extra_roots(self.certificates.clone(), provider);
        #[cfg(not(any(all(unix, not(target_os = "android")), windows)))]
        return Err(Error::General(
            "CA certificates of a program don't work on this system".to_owned(),
        ));
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.verify {
            return Ok(ServerCertVerified::assertion());
        }
        let verifier = self.loaded()?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.verify {
            true => self
                .loaded()?
                .verify_tls12_signature(message, certificate, signature),
            false => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.verify {
            true => self
                .loaded()?
                .verify_tls13_signature(message, certificate, signature),
            false => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
