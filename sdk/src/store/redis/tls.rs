//! TLS to Redis.

use redis::{ClientTlsConfig, RedisResult, TlsCertificates};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::super::StoreError;

/// Which certificates are shown and believed.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    authorities: Vec<u8>,
    /// The client's certificate and its key, in one PEM.
    client: Option<Vec<u8>>,
}

impl Certificates {
    pub(super) fn add_authority(&mut self, pem: &[u8]) -> Result<(), StoreError> {
        if !has_certificates(pem) {
            return Err(StoreError::new("the CA certificate for Redis is not PEM"));
        }
        self.authorities.extend_from_slice(pem);
        self.authorities.push(b'\n');
        Ok(())
    }

    pub(super) fn set_client(&mut self, pem: Vec<u8>) -> Result<(), StoreError> {
        if !has_certificates(&pem) || PrivateKeyDer::from_pem_slice(&pem).is_err() {
            return Err(StoreError::new(
                "the client certificate for Redis and its key are not PEM",
            ));
        }
        self.client = Some(pem);
        Ok(())
    }

    pub(super) fn get(&self) -> Option<TlsCertificates> {
        let authorities = Some(&self.authorities).filter(|pem| !pem.is_empty());
        if authorities.is_none() && self.client.is_none() {
            return None;
        }
        Some(TlsCertificates {
            client_tls: self.client.as_ref().map(|pem| ClientTlsConfig {
                client_cert: pem.clone(),
                client_key: pem.clone(),
            }),
            root_cert: authorities.cloned(),
        })
    }
}

fn has_certificates(pem: &[u8]) -> bool {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.is_ok_and(|certificates| !certificates.is_empty())
}

/// Sees to it that there is cryptography, since rustls panics where it can't choose it.
#[cfg(feature = "rustls")]
pub(super) fn provide() -> RedisResult<()> {
    if CryptoProvider::get_default().is_none() {
        // If another thread was faster, its choice stands.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    Ok(())
}

/// Sees to it that there is cryptography, since rustls panics without.
#[cfg(not(feature = "rustls"))]
pub(super) fn provide() -> RedisResult<()> {
    match CryptoProvider::get_default() {
        Some(_) => Ok(()),
        None => Err(redis::RedisError::from((
            redis::ErrorKind::InvalidClientConfig,
            "there is no cryptography for TLS: install a rustls `CryptoProvider`",
        ))),
    }
}
