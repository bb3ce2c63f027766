//! Under what a token is kept: everything that decides whose it is.

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::auth_url::AuthUrl;
use crate::identity::v3::auth::{AuthMethod, Credentials, Scope};
use crate::runtime::{Secret, recording, redacting};

/// Under what a token is kept: a hash of the server's address and of all that a login says but its
/// secrets. Two logins have the same key only if they would bring a token of the same user with the same
/// scope.
///
/// It is 77 characters long, of letters, digits and hyphens, begins with `openstack-v1-`, and holds no
/// password, hashed or not: nothing can be guessed from it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StoreKey(String);

/// Raised whenever the same login gets another key, or the same key another entry.
const VERSION: u8 = 1;

impl StoreKey {
    /// The key for a login at this auth URL, with or without `/v3`; none if that is no URL, or if the
    /// login doesn't say who asks, as where the web server knows the user by a certificate.
    #[must_use]
    pub fn new(auth_url: &str, credentials: &Credentials, scope: Option<&Scope>) -> Option<Self> {
        let mut hash = Hash(Sha256::new());
        hash.text("openstack-identity token");
        hash.0.update([VERSION]);
        hash.text(&AuthUrl::parse(auth_url).ok()?.base());
        let (who, what) = redacting(|| {
            let who = serde_json::to_value(credentials);
            (who, serde_json::to_value(scope))
        });
        hash.value(&who.ok()?);
        hash.value(&what.ok()?);
        for member in credentials.members() {
            // A token says whose it is by itself alone. It is long and random, so its hash tells nothing.
            for token in identifying_secrets(member)? {
                hash.text(token.expose());
            }
        }
        let hash = HEXLOWER.encode(&hash.0.finalize());
        Some(StoreKey(format!("openstack-v{VERSION}-{hash}")))
    }

    /// The text, which every store takes for a name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secrets without which it can't be told who asks; none at all if not even they tell.
fn identifying_secrets(member: &AuthMethod) -> Option<Vec<Secret>> {
    match member {
        AuthMethod::Password(_) | AuthMethod::Totp(_) | AuthMethod::ApplicationCredential(_) => {
            Some(Vec::new())
        }
        AuthMethod::Token(_)
        | AuthMethod::Mapped(_)
        | AuthMethod::Openid(_)
        | AuthMethod::Saml2(_)
        | AuthMethod::X509(_) => {
            let alone = Credentials::new(member.clone());
            let (written, secrets) = recording(|| serde_json::to_value(alone));
            written.ok()?;
            Some(secrets).filter(|secrets| !secrets.is_empty())
        }
        AuthMethod::External | AuthMethod::Oauth1 | AuthMethod::Kerberos => None,
    }
}

/// Every part goes in with its kind and its length, so that no two different inputs look alike.
struct Hash(Sha256);

impl Hash {
    fn text(&mut self, text: &str) {
        self.start(b's', text.len());
        self.0.update(text);
    }

    fn start(&mut self, kind: u8, length: usize) {
        self.0.update([kind]);
        self.0.update((length as u64).to_be_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.start(b'a', items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Value::Object(members) => {
                // Sorted, as another crate of the program may make serde_json keep the order.
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                self.start(b'o', members.len());
                for (key, value) in members {
                    self.text(key);
                    self.value(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let text = value.to_string();
                self.start(b'v', text.len());
                self.0.update(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationCredential, Password, ProjectScope, TokenId};

    const URL: &str = "https://keystone.example:5000/v3";

    fn key(credentials: impl Into<Credentials>) -> Option<StoreKey> {
        StoreKey::new(URL, &credentials.into(), None)
    }

    #[test]
    fn a_key_is_a_name_for_every_store_and_stays_the_same() {
        let key = key(Password::by_id("a1b2", "secret")).unwrap();
        assert_eq!(
            key.as_str(),
            "openstack-v1-3ac688ffe84227092f38bb5e0bdb84baa047df8c79d882592ce6645826cef1a8"
        );
        assert_eq!(key.as_str().len(), 77);
    }

    #[test]
    fn secrets_are_not_in_it_but_for_a_token_that_alone_says_whose_it_is() {
        let password = |text: &str| key(Password::by_id("a1b2", text));
        assert_eq!(password("one"), password("two"));
        let application = |text: &str| key(ApplicationCredential::by_id("a1b2", text));
        assert_eq!(application("one"), application("two"));
        assert_ne!(key(TokenId::new("one")), key(TokenId::new("two")));
    }

    #[test]
    fn every_spelling_of_the_server_is_the_same_and_every_scope_another() {
        let credentials = Password::by_id("a1b2", "secret").into();
        let at = |url, scope: Option<&Scope>| StoreKey::new(url, &credentials, scope);
        assert_eq!(at(URL, None), at("https://KEYSTONE.example:5000/", None));
        assert_ne!(at(URL, None), at("https://keystone.example/v3", None));
        let scope = ProjectScope::by_id("a1b2").into();
        assert_ne!(at(URL, None), at(URL, Some(&scope)));
        assert_eq!(at("nowhere", None), None);
    }

    #[test]
    fn who_is_not_named_has_no_key() {
        for method in [
            AuthMethod::External,
            AuthMethod::Kerberos,
            AuthMethod::Oauth1,
        ] {
            assert_eq!(key(Credentials::new(method)), None);
        }
    }
}
