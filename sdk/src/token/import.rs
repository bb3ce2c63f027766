//! Tokens from JSON: what this crate exported, and what other clients keep.

use std::sync::Arc;

use serde_json::Value;

use crate::client::Client;
use crate::discovery::auth_url::AuthUrl;
use crate::error::{Context, Error};
use crate::exchange::lifetime::Lifetime;
use crate::identity::v3::common::TokenId;
use crate::identity::v3::tokens::{GetToken, Token};
use crate::runtime::Timestamp;
use crate::runtime::{Operation, Secret, lenient, scrub};
use crate::token::{AuthToken, FORMAT};

impl AuthToken {
    /// The token from what [`export`](AuthToken::export) made, in this version of the crate or an earlier
    /// one. Odd parts of the token are left out, as in the login that it came from.
    ///
    /// # Errors
    ///
    /// It is of another form, or something is missing in it.
    pub fn from_export(mut export: Value) -> Result<Self, ImportError> {
        let no_export = |what: String| Err(ImportError::no_export(&what));
        match export.get("format").and_then(Value::as_u64) {
            Some(1..=FORMAT) => {}
            Some(newer) if newer > FORMAT => {
                let help = "read it with the version that wrote it, or export the token again";
                let what = format!("the export's `format` is newer than {FORMAT}");
                return Err(ImportError { what, help });
            }
            _ => return no_export(format!("its `format` is no number from 1 to {FORMAT}")),
        }
        let (id, auth_url) = (text(&export, "id")?, text(&export, "auth_url")?);
        if AuthUrl::parse(&auth_url).is_err() {
            return no_export("its `auth_url` is no URL of an Identity service".to_owned());
        }
        let fingerprint = match export.get("fingerprint") {
            None => None,
            Some(_) => Some(text(&export, "fingerprint")?),
        };
        let lifetime = export.get("lifetime").map(lifetime).transpose()?;
        let body = object(&mut export, "token")?;
        let token = read(TokenId::new(id), body, "token", Arc::from(auth_url))?;
        let token = token.with_fingerprint(fingerprint.map(Arc::from));
        Ok(match lifetime {
            Some(lifetime) => token.with_lifetime(lifetime),
            None => token,
        })
    }

    /// The token from what another client, or this one, wrote as JSON:
    ///
    /// * php-opencloud's array of `Token::export()`,
    /// * keystoneauth's authentication state, of `get_auth_state()`,
    /// * what [`export`](AuthToken::export) made.
    ///
    /// The others don't say whose token it is, so `auth_url` does: the address of the Identity service
    /// that issued it, with `/v3` if it is known. Nothing is sent; a token that was revoked shows when it
    /// is used. Odd parts of the token are left out, as in a login.
    ///
    /// ```
    /// use openstack_identity::AuthToken;
    ///
    /// # fn example(state: &str) -> Result<AuthToken, Box<dyn std::error::Error>> {
    /// let token = AuthToken::import(serde_json::from_str(state)?, "https://keystone.example:5000/v3")?;
    /// # Ok(token) }
    /// ```
    ///
    /// # Errors
    ///
    /// It is of none of these forms, something is missing in it, or it says that it comes from a server
    /// other than `auth_url`. The message shows nothing that is secret.
    pub fn import(mut value: Value, auth_url: &str) -> Result<Self, ImportError> {
        let url = AuthUrl::parse(auth_url).map_err(|_| ImportError {
            what: "the auth URL is no URL of an Identity service".to_owned(),
            help: "write it as https://keystone.example:5000/v3",
        })?;
        let has = |key: &str| value.get(key).is_some();
        if has("format") {
            let token = AuthToken::from_export(value)?;
            return match AuthUrl::parse(token.auth_url()) {
                Ok(issuer) if url.may_be(&issuer) => Ok(token),
                _ => Err(ImportError {
                    what: format!("the token is of {}, not of {url}", issuer(&token)),
                    help: "give the auth URL that it came from, or log in",
                }),
            };
        }
        let url = Arc::from(url.to_string());
        if has("auth_token") && has("body") {
            let id = TokenId::new(text(&value, "auth_token")?);
            let mut body = object(&mut value, "body")?;
            if body.get("access").is_some() {
                let what = "its `body` is a token of Identity v2, which is gone";
                return Err(ImportError::no_export(what));
            }
            let body = object(&mut body, "token")?;
            return read(id, body, "body.token", url);
        }
        if has("id") && has("expires_at") {
            let id = TokenId::new(text(&value, "id")?);
            return read(id, of_php(value), "", url);
        }
        Err(ImportError::no_export(match value {
            Value::String(_) => "it is a text, which may hold JSON that is to be parsed first",
            _ => {
                "it is neither an export of this crate or of php-opencloud, nor keystoneauth's \
                 authentication state"
            }
        }))
    }
}

/// The token with this id, from what the server says of it to itself.
pub(crate) async fn import_token(client: &Client, id: TokenId) -> Result<AuthToken, Error> {
    let context = |method| Context {
        operation: "import_token".into(),
        ..client.context::<GetToken>(method)
    };
    if id.expose().trim().is_empty() {
        let what = "the token's id is empty".to_owned();
        return Err(Error::input_of(context(None), what));
    }
    // Who has the token may know of its access rules, which the services enforce.
    let get = GetToken::new(&id).access_rules_version("1.0");
    let answer = client
        .send_leniently(&get, Some(&id))
        .await
        .map_err(Error::from);
    let (token, response) = answer.map_err(|error| error.within(GetToken::NAME, "import_token"))?;
    let body = response
        .json_in("token")
        .map_err(|error| Error::decode(&error, context(Some(http::Method::GET))))?;
    let url = Arc::from(client.url.to_string());
    let lifetime = client.lifetime(&token, false);
    Ok(AuthToken::new(id, token, body, url).with_lifetime(lifetime))
}

/// The server of a token, for messages.
pub(crate) fn issuer(token: &AuthToken) -> String {
    scrub(token.auth_url(), &[Secret::new(token.id().expose())])
}

/// What the server sent, from php-opencloud's array, which has the token's id in it. An empty table has
/// become a list: PHP doesn't tell them apart.
fn of_php(mut array: Value) -> Value {
    if let Some(members) = array.as_object_mut() {
        members.remove("id");
    }
    let roles = array.get_mut("roles").and_then(Value::as_array_mut);
    for role in roles.into_iter().flatten() {
        if let Some(options) = role.get_mut("options")
            && options.as_array().is_some_and(Vec::is_empty)
        {
            *options = Value::Object(serde_json::Map::new());
        }
    }
    array
}

fn text(value: &Value, key: &str) -> Result<String, ImportError> {
    match value.get(key).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(ImportError::no_export(&format!("it has no `{key}`"))),
    }
}

/// What [`AuthToken::export`] says where the token's own times are wrong.
fn lifetime(value: &Value) -> Result<Lifetime, ImportError> {
    let moment = |key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        let moment = text.and_then(|text| text.parse::<Timestamp>().ok());
        let moment = moment.map(Timestamp::as_millisecond);
        moment.ok_or_else(|| ImportError::no_export("its `lifetime` is wrong"))
    };
    Ok(Lifetime {
        from: moment("from")?,
        until: match value.get("until") {
            Some(Value::Null) => None,
            _ => Some(moment("until")?),
        },
    })
}

fn object(value: &mut Value, key: &str) -> Result<Value, ImportError> {
    value
        .get_mut(key)
        .map(Value::take)
        .filter(Value::is_object)
        .ok_or_else(|| ImportError::no_export(&format!("it has no `{key}`")))
}

/// `place` is where the body stands in the whole, for messages.
fn read(
    id: TokenId,
    body: Value,
    place: &str,
    auth_url: Arc<str>,
) -> Result<AuthToken, ImportError> {
    let secrets = [Secret::new(id.expose())];
    let read = lenient::<Token>(&body).map_err(|fault| {
        let path = fault.path(&secrets);
        let what = match (place, &*path) {
            ("", "") => "it lacks something of a token".to_owned(),
            ("", path) => format!("`{path}` is wrong"),
            (place, "") => format!("`{place}` lacks something"),
            (place, path) => format!("`{place}.{path}` is wrong"),
        };
        ImportError::no_export(&what)
    });
    let (token, odd) = read?;
    if let Some(odd) = odd {
        // The login that the token came from has warned of it.
        let odd = odd.text(&secrets);
        tracing::debug!(odd, "odd parts of a token are left out");
    }
    Ok(AuthToken::new(id, token, body, auth_url))
}

/// A value is no token that was exported, or not one of the server that it should be of.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}; {help}")]
pub struct ImportError {
    what: String,
    help: &'static str,
}

impl ImportError {
    pub(crate) fn no_export(why: &str) -> Self {
        ImportError {
            what: format!("not an exported token: {why}"),
            help: "export the token again",
        }
    }
}
