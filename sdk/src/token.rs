//! A token, with everything that the server said of it, to keep and to start from.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::TokenId;
use crate::identity::v3::tokens::{IssuedToken, Token};
use crate::runtime::{Secret, scrub};

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
}

/// The version of the export's form.
const FORMAT: u64 = 1;

impl AuthToken {
    pub(crate) fn new(issued: IssuedToken, body: Value, auth_url: Arc<str>) -> Self {
        let (token, body) = (Arc::new(issued.token), Arc::new(body));
        AuthToken {
            id: issued.id,
            auth_url,
            token,
            body,
        }
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

    /// The token as JSON: `format`, `auth_url`, `id`, and `token` as the server sent it. Whoever has
    /// it has the token, so keep it where nobody else reads.
    #[must_use]
    pub fn export(&self) -> Value {
        json!({
            "format": FORMAT,
            "auth_url": &*self.auth_url,
            "id": self.id.expose(),
            "token": &*self.body,
        })
    }

    /// The token from what [`export`](AuthToken::export) made.
    ///
    /// # Errors
    ///
    /// It is of another form, or something is missing in it.
    pub fn from_export(mut export: Value) -> Result<Self, InvalidExport> {
        if export.get("format").and_then(Value::as_u64) != Some(FORMAT) {
            return Err(InvalidExport(format!("its `format` is not {FORMAT}")));
        }
        let text = |key: &str| match export.get(key).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(InvalidExport(format!("it has no `{key}`"))),
        };
        let (id, auth_url) = (TokenId::new(text("id")?), Arc::from(text("auth_url")?));
        let body = export
            .get_mut("token")
            .map(Value::take)
            .filter(Value::is_object)
            .ok_or_else(|| InvalidExport("it has no `token`".to_owned()))?;
        let token: Token = serde_path_to_error::deserialize(&body).map_err(|error| {
            let path = scrub(&error.path().to_string(), &[Secret::new(id.expose())]);
            let what = match &*path {
                "." => "`token` lacks something".to_owned(),
                path => format!("`token.{path}` is wrong"),
            };
            InvalidExport(what)
        })?;
        Ok(AuthToken {
            id,
            auth_url,
            token: Arc::new(token),
            body: Arc::new(body),
        })
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

/// A value is no exported token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an exported token: {0}; export the token again")]
pub struct InvalidExport(String);

impl InvalidExport {
    #[cfg(feature = "file")]
    pub(crate) fn new(why: &str) -> Self {
        InvalidExport(why.to_owned())
    }
}
