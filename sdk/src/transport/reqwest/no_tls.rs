//! What there is without a TLS feature: nothing.

use super::{Key, setup};
use crate::transport::TransportError;
use crate::transport::pem::ClientCertificate;

pub(super) struct Tls;

impl Tls {
    pub(super) fn new(
        key: &Key,
        client: Option<&ClientCertificate>,
    ) -> Result<Self, TransportError> {
        let plain = key.ca_certificates.is_empty() && client.is_none();
        match plain && key.verify {
            true => Ok(Tls),
            false => Err(setup("there is no TLS: turn on the feature rustls")),
        }
    }

    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder
    }
}
