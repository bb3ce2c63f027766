//! CA certificates, client certificates and private keys in PEM: checked before they are used, so that none is
//! skipped in silence, and named in errors by their setting and file.

use zeroize::Zeroizing;

/// PEM text that a program or a file gave. [`ca_certificates`] and [`identity`] check it.
#[derive(Clone)]
pub(crate) struct Pem {
    /// The subject of errors: `the CA certificate`, or `OS_CACERT names /etc/ca.pem, which`.
    #[cfg_attr(
        not(any(feature = "rustls", feature = "rustls-no-provider")),
        allow(dead_code)
    )]
    name: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// The same text, whatever its name.
#[cfg(feature = "reqwest")]
impl PartialEq for Pem {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

#[cfg(feature = "reqwest")]
impl Eq for Pem {}

impl Pem {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Pem {
            name: name.into(),
            bytes: Zeroizing::new(bytes.into()),
        }
    }

    /// As it was given.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is a secret in it.
    #[cfg(feature = "reqwest")]
    pub(crate) fn has_key(&self) -> bool {
        const MARK: &[u8] = b"PRIVATE KEY";
        let mut parts = self.bytes.windows(MARK.len());
        parts.any(|part| part == MARK)
    }
}

/// The certificate with which the client proves who it is, and its key.
#[derive(Clone)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: Pem,
    /// Where the key is, unless it is in the same PEM.
    pub(crate) key: Option<Pem>,
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
pub(crate) use checked::{ca_certificates, identity};

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
mod checked {
    use rustls::RootCertStore;
    use rustls::crypto::CryptoProvider;
    use rustls::pki_types::pem::{PemObject, SectionKind};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::sign::CertifiedKey;
    use zeroize::Zeroizing;

    use super::{ClientCertificate, Pem};

    /// A part of PEM text, in DER.
    type Section = (SectionKind, Zeroizing<Vec<u8>>);

    /// The certificates, in DER. The error says which PEM is wrong, and why.
    ///
    /// A damaged one is an error. One of a kind that rustls can't verify with is left out with a warning, as
    /// bundles of old systems have such, unless nothing remains.
    pub(crate) fn ca_certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, String> {
        let certificates = pem.certificates()?;
        let given = certificates.len();
        let usable: Vec<_> = certificates
            .into_iter()
            .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
            .collect();
        match given - usable.len() {
            0 => {}
            unusable if unusable == given => {
                return Err(pem.wrong("has nothing in it that is an X.509 certificate of a CA"));
            }
            unusable => tracing::warn!(
                "{} has {unusable} certificates of {given} that can't be used, and are left out",
                pem.name
            ),
        }
        Ok(usable)
    }

    /// The chain and its key. The error says which PEM is wrong, and why.
    pub(crate) fn identity(
        client: &ClientCertificate,
        provider: &CryptoProvider,
    ) -> Result<CertifiedKey, String> {
        let chain = client.certificate.certificates()?;
        let of_key = client.key.as_ref().unwrap_or(&client.certificate);
        let (kind, key) = of_key.key()?;
        let der = match kind {
            SectionKind::RsaPrivateKey => PrivateKeyDer::Pkcs1(key.as_slice().into()),
            SectionKind::EcPrivateKey => PrivateKeyDer::Sec1(key.as_slice().into()),
            _ => PrivateKeyDer::Pkcs8(key.as_slice().into()),
        };
        // The library asks for what lives for ever, and keeps nothing of it but the key in its own form.
        let certified = CertifiedKey::from_der(chain, der.clone_key(), provider);
        certified.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                of_key.wrong("has a private key of another certificate")
            }
            rustls::Error::InvalidCertificate(_) => client
                .certificate
                .wrong("has no usable X.509 certificate at its start"),
            _ => of_key.wrong("has a private key that can't be used"),
        })
    }

    impl Pem {
        fn wrong(&self, why: &str) -> String {
            format!("{} {why}", self.name)
        }

        /// All of them; none is an error, and so is one that can't be read.
        fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
            let text = self.text()?;
            let begun = text
                .lines()
                .filter(|line| begins(line, "CERTIFICATE"))
                .count();
            let sections = self.sections(&text)?;
            let found: Vec<_> = sections
                .iter()
                .filter(|(kind, _)| *kind == SectionKind::Certificate)
                .map(|(_, der)| CertificateDer::from(der.to_vec()))
                .collect();
            match (begun, found.len()) {
                (0, 0) if text.contains("PRIVATE KEY-----") => {
                    Err(self.wrong("has a private key in it, and no certificate"))
                }
                (0, 0) => Err(self.wrong(
                    "is not PEM: a certificate in PEM starts with a line -----BEGIN CERTIFICATE-----",
                )),
                (begun, found) if begun != found => Err(self.wrong(&format!(
                    "has {begun} certificates in it, of which {found} can be read: each has to stand between \
                     lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----"
                ))),
                _ => Ok(found),
            }
        }

        fn key(&self) -> Result<Section, String> {
            let text = self.text()?;
            // Both ways in which a key says that it needs a passphrase.
            if text.contains("ENCRYPTED PRIVATE KEY-----") || text.contains("4,ENCRYPTED") {
                return Err(self.wrong(
                    "has a private key that needs a passphrase, and there is no setting for one: write the key \
                     without it (openssl pkey)",
                ));
            }
            let mut keys = self.sections(&text)?.into_iter().filter(|(kind, _)| {
                matches!(
                    kind,
                    SectionKind::PrivateKey
                        | SectionKind::RsaPrivateKey
                        | SectionKind::EcPrivateKey
                )
            });
            keys.next()
                .ok_or_else(|| self.wrong("has no private key in PEM in it"))
        }

        fn sections(&self, text: &str) -> Result<Vec<Section>, String> {
            let mut sections = Vec::new();
            for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
                match section {
                    Ok((kind, der)) => sections.push((kind, Zeroizing::new(der))),
                    // What the reader says may quote the text.
                    Err(_) => {
                        return Err(self.wrong(&format!(
                            "is damaged: what follows part {} is not PEM",
                            sections.len()
                        )));
                    }
                }
            }
            Ok(sections)
        }

        /// As text without what editors and `cat` leave in files: byte order marks, UTF-16, spaces around lines,
        /// a line that begins where another ends.
        fn text(&self) -> Result<Zeroizing<String>, String> {
            let text = Zeroizing::new(match self.bytes() {
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                bytes => String::from_utf8_lossy(bytes).into_owned(),
            });
            let text = Zeroizing::new(text.replace('\u{feff}', ""));
            if text.trim().is_empty() {
                return Err(self.wrong("is empty"));
            }
            if self.bytes().starts_with(&[0x30, 0x82]) {
                return Err(self.wrong("is DER, and PEM is wanted (openssl x509 -inform der)"));
            }
            let text = Zeroizing::new(text.replace("----------BEGIN", "-----\n-----BEGIN"));
            let text = Zeroizing::new(text.replace("BEGIN X509 CERT", "BEGIN CERT"));
            let text = Zeroizing::new(text.replace("END X509 CERT", "END CERT"));
            let mut clean = Zeroizing::new(String::with_capacity(text.len() + 1));
            for line in text.split(['\n', '\r']) {
                clean.push_str(line.trim());
                clean.push('\n');
            }
            Ok(clean)
        }
    }

    /// Whether a line is meant as the beginning of such a part.
    fn begins(line: &str, what: &str) -> bool {
        line.contains("-----BEGIN ") && line.contains(what) && !line.contains("REQUEST")
    }

    /// PEM has ASCII alone in it that matters.
    fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
        let units = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok());
        units
            .map(|pair| u8::try_from(unit(pair)).map_or('?', char::from))
            .collect()
    }
}
