//! Sealing: whoever can read a store can't use what is in it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{StoreError, StoreKey};
use crate::identity::v3::auth::{AuthMethod, Credentials};
use crate::runtime::{Secret, recording};

/// Whether tokens are sealed before they are put into a store: encrypted, so that who can read the store
/// can't use them, and with proof of who wrote them, so that who can write to it can't bring in another.
/// Entries that were sealed with another key, and those that aren't sealed where they should be, are as if
/// they weren't there.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Sealing {
    /// Sealed where others may read the store and the credentials hold a random secret: the secret of an
    /// application credential of at least 32 characters, or a token. Else plain; where others may read
    /// it, a warning in the log says so once.
    #[default]
    Auto,
    /// Never sealed.
    Never,
    /// Sealed with a key from the credentials' random secret, as for `Auto`, whatever the store. Without
    /// such a secret nothing is kept.
    Always,
    /// As `Always`, and from a password too, by Argon2id (19 MiB of memory, two passes): that takes about
    /// 25 ms of a present-day processor, once in the life of a process, and makes guessing the password
    /// from an entry as slow. If it is a weak one, give a key instead.
    FromPassword,
    /// Sealed with this key. Programs that share tokens need the same one.
    WithKey(SealingKey),
}

/// A key that seals tokens: 32 random bytes.
///
/// ```
/// use openstack_identity::store::SealingKey;
///
/// # fn main() -> Result<(), openstack_identity::store::InvalidSealingKey> {
/// // As `openssl rand -base64 32` prints it.
/// let key = SealingKey::from_base64("pHW4oDtBzsmQ51vTnAm2vhZGZ7TWDCurfhMiUvCrwYE=")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// Takes 32 bytes, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        SealingKey(Zeroizing::new(bytes))
    }

    /// Takes 32 bytes in base64. Spaces and line breaks around it don't matter.
    ///
    /// # Errors
    ///
    /// It is no base64, or another number of bytes.
    pub fn from_base64(text: &str) -> Result<Self, InvalidSealingKey> {
        let bytes = data_encoding::BASE64.decode(text.trim().as_bytes());
        let bytes = Zeroizing::new(bytes.map_err(|_| InvalidSealingKey)?);
        let bytes = <[u8; 32]>::try_from(&**bytes).map_err(|_| InvalidSealingKey)?;
        Ok(SealingKey::new(bytes))
    }
}

/// Shows nothing of the key.
impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey([secret])")
    }
}

/// A text is no key to seal with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "not a sealing key: write 32 random bytes in base64, as `openssl rand -base64 32` prints them"
)]
pub struct InvalidSealingKey;

/// What a key is made from.
enum Source<'a> {
    Random(Zeroizing<Vec<u8>>),
    Password(Secret),
    Given(&'a SealingKey),
}

/// What sealing comes to for a login.
pub(super) enum Sealed {
    With(Seal),
    Plain,
    /// It should be sealed, and there is no key.
    NoKey,
}

/// Makes keys, and keeps those that are slow to make.
#[derive(Default)]
pub(super) struct Keys(Mutex<HashMap<[u8; 32], SealingKey>>);

impl Keys {
    /// How an entry under `key` is sealed. `owner` is the key of the same user without a scope, so that
    /// all scopes of a user cost one slow derivation.
    pub(super) async fn seal(
        &self,
        sealing: &Sealing,
        is_private: bool,
        credentials: &Credentials,
        (key, owner): (&StoreKey, &StoreKey),
    ) -> Result<Sealed, StoreError> {
        let random = || random_secret(credentials).map(Source::Random);
        let source = match sealing {
            Sealing::Never => return Ok(Sealed::Plain),
            Sealing::Auto if is_private => return Ok(Sealed::Plain),
            Sealing::Auto => match random() {
                None => return Ok(Sealed::Plain),
                random => random,
            },
            Sealing::Always => random(),
            Sealing::FromPassword => {
                random().or_else(|| password(credentials).map(Source::Password))
            }
            Sealing::WithKey(key) => Some(Source::Given(key)),
        };
        Ok(match source {
            None => Sealed::NoKey,
            Some(Source::Random(secret)) => Sealed::With(Seal::new(&secret, b"random secret", key)),
            Some(Source::Given(given)) => Sealed::With(Seal::new(&*given.0, b"given key", key)),
            Some(Source::Password(password)) => {
                let slow = self.slow(password, owner).await?;
                Sealed::With(Seal::new(&*slow.0, b"password", key))
            }
        })
    }

    /// The key from a password, made once and away from other tasks.
    async fn slow(&self, password: Secret, owner: &StoreKey) -> Result<SealingKey, StoreError> {
        let name = Sha256::new()
            .chain_update(owner.as_str())
            .chain_update(password.expose())
            .finalize()
            .into();
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept().get(&name) {
            return Ok(key.clone());
        }
        let salt = owner.clone();
        let made = tokio::task::spawn_blocking(move || {
            let mut key = Zeroizing::new([0; 32]);
            let (password, salt) = (password.expose().as_bytes(), salt.as_str().as_bytes());
            argon2::Argon2::default()
                .hash_password_into(password, salt, &mut *key)
                .map(|()| SealingKey(key))
        });
        let made = made.await.ok().and_then(Result::ok);
        let key = made.ok_or_else(|| StoreError::new("no key can be made from the password"))?;
        kept().insert(name, key.clone());
        Ok(key)
    }
}

/// Shorter secrets may be words that somebody chose.
const RANDOM: usize = 32;

/// A secret that nobody can guess, if the credentials hold one.
fn random_secret(credentials: &Credentials) -> Option<Zeroizing<Vec<u8>>> {
    let members = credentials.members().iter();
    let random = members.filter(|member| {
        matches!(
            member,
            AuthMethod::ApplicationCredential(_) | AuthMethod::Token(_)
        )
    });
    let secret = random.flat_map(secrets).next()?;
    let long = secret.expose().chars().count() >= RANDOM;
    long.then(|| Zeroizing::new(secret.expose().as_bytes().to_vec()))
}

fn password(credentials: &Credentials) -> Option<Secret> {
    let members = credentials.members().iter();
    let passwords = members.filter(|member| {
        matches!(
            member,
            AuthMethod::Password(_) | AuthMethod::ApplicationCredential(_)
        )
    });
    passwords.flat_map(secrets).next()
}

fn secrets(member: &AuthMethod) -> Vec<Secret> {
    recording(|| serde_json::to_value(Credentials::new(member.clone()))).1
}

/// Seals the entries under one key.
pub(super) struct Seal {
    cipher: XChaCha20Poly1305,
    key: StoreKey,
}

/// Long enough to be taken at random each time.
const NONCE: usize = 24;

impl Seal {
    fn new(secret: &[u8], kind: &[u8], key: &StoreKey) -> Self {
        let mut sealing = Zeroizing::new([0; 32]);
        let info = [
            b"openstack-identity seal 1, ",
            kind,
            b", ",
            key.as_str().as_bytes(),
        ];
        // 32 bytes are never too many to ask for.
        let _ = Hkdf::<Sha256>::new(None, secret).expand(&info.concat(), &mut *sealing);
        Seal {
            cipher: XChaCha20Poly1305::new(&(*sealing).into()),
            key: key.clone(),
        }
    }

    /// The text, sealed; `header` stands before it in the entry and can't be exchanged either.
    pub(super) fn close(&self, header: &[u8], text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|_| StoreError::new("the system gives no random bytes"))?;
        let aad = [header, self.key.as_str().as_bytes()].concat();
        let payload = Payload {
            msg: text,
            aad: &aad,
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| StoreError::new("the token is too long to be sealed"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// The text; none if it was sealed with another key or changed.
    pub(super) fn open(&self, header: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let aad = [header, self.key.as_str().as_bytes()].concat();
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        let text = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        text.ok().map(Zeroizing::new)
    }
}
