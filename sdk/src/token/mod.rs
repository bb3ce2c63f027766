//! A token, with everything that the server said of it, to keep and to start from.

#[cfg(feature = "file")]
mod file;
pub(crate) mod import;
pub(crate) mod owner;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::exchange::lifetime::Lifetime;
use crate::identity::v3::common::TokenId;
use crate::identity::v3::tokens::Token;
use crate::runtime::Timestamp;

/// A token that was issued: its id, and what is known of it.
///
/// The fields of [`Token`] are at hand: `token.expires_at`, `token.user.name`, `token.catalog`.
/// [`export`](AuthToken::export) turns it into JSON that comes back equal, as often as wanted.
#[derive(Clone)]
pub struct AuthToken {
    id: TokenId,
    auth_url: Arc<str>,
    token: Arc<Token>,
    /// As the server sent it, with members that no type knows.
    body: Arc<Value>,
    /// Tells apart what was asked for with different logins; none if that is not known.
    fingerprint: Option<Arc<str>>,
    lifetime: Lifetime,
}

/// The version of the export's form. Version 1 had no fingerprint.
pub(crate) const FORMAT: u64 = 2;

impl AuthToken {
    /// `body` is the JSON that `token` was read from.
    pub(crate) fn new(id: TokenId, token: Token, body: Value, auth_url: Arc<str>) -> Self {
        let lifetime = Lifetime::told(token.issued_at, token.expires_at);
        let (token, body) = (Arc::new(token), Arc::new(body));
        AuthToken {
            id,
            auth_url,
            token,
            body,
            fingerprint: None,
            lifetime,
        }
    }

    /// The same token, which lives so long, whatever its server says.
    pub(crate) fn with_lifetime(self, lifetime: Lifetime) -> Self {
        AuthToken { lifetime, ..self }
    }

    /// From when until when it is good.
    pub(crate) fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// The same token, known to come from the login with this fingerprint, if it has one.
    pub(crate) fn with_fingerprint(self, fingerprint: Option<Arc<str>>) -> Self {
        AuthToken {
            fingerprint,
            ..self
        }
    }

    /// What is known of the token, under another id.
    #[cfg(feature = "store")]
    pub(crate) fn with_id(self, id: TokenId) -> Self {
        AuthToken { id, ..self }
    }

    /// The fingerprint of the login that it came from, if that is known.
    pub(crate) fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// The token's id, which is a secret.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The server that issued it, with `/v3`.
    #[must_use]
    pub fn auth_url(&self) -> &str {
        &self.auth_url
    }

    /// Whether it has expired, by this machine's clock. A token that has not can still have been
    /// revoked. One of a server whose times made no sense when it came has not until it is refused.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.expires_in().is_zero()
    }

    /// How long it lives from now on, by this machine's clock; nothing if it has expired. This may differ
    /// from `expires_at` where the server's `issued_at` or `Date` speak against it, and is an hour where all
    /// of them contradict each other.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        let left = self.lifetime.left(Timestamp::now().as_millisecond());
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// The token as JSON: `format`, `auth_url`, `id`, `token` as the server sent it, `fingerprint`
    /// if it is known from which login it came, and `lifetime` if that is other than the token says. Whoever has it has the token, so keep it where nobody
    /// else reads.
    #[must_use]
    pub fn export(&self) -> Value {
        let mut export = json!({
            "format": FORMAT,
            "auth_url": &*self.auth_url,
            "id": self.id.expose(),
            "token": &*self.body,
        });
        if let Some(fingerprint) = &self.fingerprint {
            export["fingerprint"] = Value::from(&**fingerprint);
        }
        if self.lifetime != Lifetime::told(self.token.issued_at, self.token.expires_at) {
            let text = |millis| Timestamp::from_millisecond(millis).to_string();
            export["lifetime"] = json!({
                "from": text(self.lifetime.from),
                "until": self.lifetime.until.map(text),
            });
        }
        export
    }
}

impl Deref for AuthToken {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.token
    }
}

/// Two tokens are equal if their exports are.
impl PartialEq for AuthToken {
    fn eq(&self, other: &Self) -> bool {
        self.id.expose() == other.id.expose()
            && self.auth_url == other.auth_url
            && self.body == other.body
            && self.fingerprint == other.fingerprint
            && self.lifetime == other.lifetime
    }
}

/// Shows neither the id nor the body.
impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthToken")
            .field("id", &self.id)
            .field("auth_url", &self.auth_url)
            .field("user", &self.token.user.name)
            .field("expires_at", &self.token.expires_at)
            .finish_non_exhaustive()
    }
}
