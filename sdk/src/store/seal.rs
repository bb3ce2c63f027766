//! Sealing: whoever can read a store can't use what is in it.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{StoreError, StoreKey};
use crate::identity::v3::auth::{AuthMethod, Credentials};
use crate::runtime::{Keyed, Secret, secrets_of};

/// Whether tokens are sealed before they are put into a store: encrypted, so that who can read the store
/// can't use them, and with proof of who wrote them, so that who can write to it can't bring in another.
/// Entries that were sealed with another key, and those that aren't sealed where they should be, are as if
/// they weren't there.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Sealing {
    /// Sealed where others may read the store and the credentials hold a random secret: the secret of an
    /// application credential of at least 32 characters, or a token. Else plain; where others may read or
    /// write it, a warning in the log says so once, and nothing but the token's id is believed (see
    /// [`store`](crate::store#who-can-use-it)).
    #[default]
    Auto,
    /// Never sealed.
    Never,
    /// Sealed with a key from the credentials' random secret, as for `Auto`, whatever the store. Without
    /// such a secret nothing is kept. No key is made from a password: an entry would let whoever reads the
    /// store guess it.
    Always,
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

    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
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
pub(super) enum Source<'a> {
    Random(Secret),
    Given(&'a SealingKey),
}

/// What sealing comes to for a login, before a key is made.
pub(super) enum Choice<'a> {
    With(Source<'a>),
    /// Plain, for this reason, to follow "as plain text: ".
    Plain(&'static str),
    /// It should be sealed, and there is no key.
    NoKey,
}

impl Choice<'_> {
    pub(super) fn of<'a>(
        sealing: &'a Sealing,
        is_private: bool,
        credentials: &Credentials,
    ) -> Choice<'a> {
        let random = || random_secret(credentials).map(Source::Random);
        let source = match sealing {
            Sealing::Never => return Choice::Plain("as `Sealing::Never` asks for"),
            Sealing::Auto if is_private => {
                return Choice::Plain("nobody else can read what is kept there");
            }
            Sealing::Auto => match random() {
                None => return Choice::Plain(NO_RANDOM_SECRET),
                random => random,
            },
            Sealing::Always => random(),
            Sealing::WithKey(key) => Some(Source::Given(key)),
        };
        source.map_or(Choice::NoKey, Choice::With)
    }
}

const NO_RANDOM_SECRET: &str = "the credentials hold no random secret to make a key from";

impl Source<'_> {
    /// What it comes to, to follow "sealed with".
    pub(super) fn name(&self) -> &'static str {
        match self {
            Source::Random(_) => "a key from the secret of the credentials",
            Source::Given(_) => "the key that was given",
        }
    }

    /// Seals what is kept under `key`.
    pub(super) fn seal(&self, key: &StoreKey) -> Seal {
        match self {
            Source::Random(secret) => Seal::new(secret.expose().as_bytes(), b"random secret", key),
            Source::Given(given) => Seal::new(given.bytes(), b"given key", key),
        }
    }
}

/// Shorter secrets may be words that somebody chose.
const RANDOM: usize = 32;

/// A secret that nobody can guess, if the credentials hold one.
fn random_secret(credentials: &Credentials) -> Option<Secret> {
    let random = |member: &AuthMethod| {
        matches!(
            member,
            AuthMethod::ApplicationCredential(_) | AuthMethod::Token(_)
        )
    };
    let mut secrets = secrets(credentials, random);
    secrets.find(|secret| secret.expose().chars().count() >= RANDOM)
}

/// The secrets of these methods, in the same order whatever that of the methods is, as for the key under
/// which an entry is.
fn secrets(
    credentials: &Credentials,
    wanted: impl Fn(&AuthMethod) -> bool,
) -> impl Iterator<Item = Secret> {
    let members = credentials.members().iter();
    let mut members: Vec<_> = members.filter(|member| wanted(member)).collect();
    members.sort_unstable_by_key(|member| member.key());
    let secrets = |member: &AuthMethod| {
        let alone = Credentials::new(member.clone());
        secrets_of(&alone)
    };
    members
        .into_iter()
        .flat_map(secrets)
        .collect::<Vec<_>>()
        .into_iter()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::v3::auth::{ApplicationCredential, Password};
    use crate::identity::v3::common::TokenId;

    const LONG: &str = "iA6xvGRVbvt9fkRMqE4BzkPxWZ2b0yQ7";

    fn exposed(secret: Option<Secret>) -> Option<String> {
        secret.map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn what_is_taken_for_random_does_not_depend_on_the_order_of_the_proofs() {
        let application = |secret| AuthMethod::from(ApplicationCredential::by_id("a1b2", secret));
        let token = || AuthMethod::from(TokenId::new(format!("{LONG}-token")));
        let both = |one: AuthMethod, other: AuthMethod| Credentials::new(one).and(other).unwrap();
        for (secret, random) in [
            (LONG, Some(LONG.to_owned())),
            // Too short to be random for sure, so it is the token.
            ("tr0ub4dor", Some(format!("{LONG}-token"))),
        ] {
            let (one, other) = (
                both(application(secret), token()),
                both(token(), application(secret)),
            );
            assert_eq!(exposed(random_secret(&one)), random);
            assert_eq!(exposed(random_secret(&other)), random);
        }
        let with_password = both(application(LONG), Password::by_id("u", "secret").into());
        assert_eq!(
            exposed(random_secret(&with_password)).as_deref(),
            Some(LONG)
        );
    }

    #[test]
    fn passwords_and_short_secrets_are_not_random() {
        for chosen in [
            Credentials::from(Password::by_id("u", LONG)),
            ApplicationCredential::by_id("a1b2", &LONG[1..]).into(),
        ] {
            assert_eq!(exposed(random_secret(&chosen)), None);
        }
    }

    #[test]
    fn the_same_bytes_as_another_kind_of_secret_are_another_key() {
        let key = |id| {
            let credentials = Password::by_id(id, "secret").into();
            StoreKey::new("https://keystone.example/v3", &credentials, None).unwrap()
        };
        let secret = [7; 32];
        let seal = Seal::new(&secret, b"given key", &key("a"));
        let sealed = seal.close(b"header", b"text").unwrap();
        assert_ne!(
            seal.close(b"header", b"text").unwrap(),
            sealed,
            "a new nonce"
        );
        assert_eq!(
            seal.open(b"header", &sealed).as_deref().map(Vec::as_slice),
            Some(&b"text"[..])
        );
        assert!(seal.open(b"Header", &sealed).is_none());
        for other in [
            Seal::new(&secret, b"random secret", &key("a")),
            Seal::new(&secret, b"given key", &key("b")),
            Seal::new(&[8; 32], b"given key", &key("a")),
        ] {
            assert!(other.open(b"header", &sealed).is_none());
        }
        for length in 0..sealed.len() {
            assert!(
                seal.open(b"header", &sealed[..length]).is_none(),
                "{length}"
            );
        }
    }
}
