//! Under what a token is kept: everything that decides whose it is.

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::discovery::auth_url::AuthUrl;
use crate::identity::v3::auth::{AuthMethod, Credentials, Scope};
use crate::runtime::{Keyed, redacted_json, secrets_of};

/// Under what a token is kept: a hash of the server's address and of all that a login says but its
/// secrets. Two logins have the same key only if they would bring a token of the same user with the same
/// scope.
///
/// It is 77 characters long, of letters, digits and hyphens, and begins with `openstack-v1-`. No password is
/// in it, hashed or not, so none can be guessed from it; who knows the names of a login can make its key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StoreKey(String);

/// Raised whenever the same login gets another key, or the same key another entry.
const VERSION: u8 = 1;

impl StoreKey {
    /// The key for a login at this auth URL; none if that is no URL, or if the login doesn't say who asks,
    /// as where the web server knows the user by a certificate.
    ///
    /// With `/v3` at its end the URL has another key than without, since then the server isn't asked where
    /// its `/v3` is.
    #[must_use]
    pub fn new(auth_url: &str, credentials: &Credentials, scope: Option<&Scope>) -> Option<Self> {
        let mut hash = Hash(Sha256::new());
        hash.text("openstack-identity token");
        hash.0.update([VERSION]);
        let url = AuthUrl::parse(auth_url).ok()?;
        // Without `/v3` the server is asked where it is, and may name another path.
        match url.is_versioned() {
            true => hash.text(&url.to_string()),
            false => hash.text(&url.base()),
        }
        // Sorted, as the order of the proofs doesn't matter.
        let mut members: Vec<_> = credentials.members().iter().collect();
        members.sort_unstable_by_key(|member| member.key());
        hash.start(b'm', members.len());
        for member in members {
            hash.member(member)?;
        }
        hash.value(&redacted_json(&scope).ok()?);
        let hash = HEXLOWER.encode(&hash.0.finalize());
        Some(StoreKey(format!("openstack-v{VERSION}-{hash}")))
    }

    /// Where it is noted that a login for this key has failed.
    pub(super) fn of_failures(&self) -> StoreKey {
        let mut hash = Hash(Sha256::new());
        hash.text("openstack-identity failed login");
        hash.text(&self.0);
        let hash = HEXLOWER.encode(&hash.0.finalize());
        StoreKey(format!("openstack-v{VERSION}-{hash}"))
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

/// What says who asks by a method.
enum Says {
    /// What isn't secret.
    Names,
    /// A token, which is all that there is. It is long and random, so its hash tells nothing.
    Token,
    /// Nothing that is sent, but the web server or its modules.
    Nothing,
}

fn says(member: &AuthMethod) -> Says {
    match member {
        AuthMethod::Password(_) | AuthMethod::Totp(_) | AuthMethod::ApplicationCredential(_) => {
            Says::Names
        }
        AuthMethod::Token(_)
        | AuthMethod::Mapped(_)
        | AuthMethod::Openid(_)
        | AuthMethod::Saml2(_)
        | AuthMethod::X509(_) => Says::Token,
        AuthMethod::External | AuthMethod::Oauth1 | AuthMethod::Kerberos => Says::Nothing,
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

    /// A method, with the secrets that say who asks beside the place where they were left out; none if it
    /// can't be told who asks.
    fn member(&mut self, member: &AuthMethod) -> Option<()> {
        let alone = Credentials::new(member.clone());
        let secrets = secrets_of(&alone);
        self.value(&redacted_json(&alone).ok()?);
        let secrets = match says(member) {
            Says::Names => Vec::new(),
            Says::Token if !secrets.is_empty() => secrets,
            // Federation by its provider has no token.
            Says::Token | Says::Nothing => return None,
        };
        self.start(b't', secrets.len());
        secrets.iter().for_each(|secret| self.text(secret.expose()));
        Some(())
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
    use crate::identity::v3::auth::Federated;
    use crate::identity::v3::auth::{ApplicationCredential, Password, ProjectScope};
    use crate::identity::v3::common::TokenId;

    const URL: &str = "https://keystone.example:5000/v3";

    fn key(credentials: impl Into<Credentials>) -> Option<StoreKey> {
        StoreKey::new(URL, &credentials.into(), None)
    }

    #[test]
    fn a_key_is_a_name_for_every_store_and_stays_the_same() {
        let key = key(Password::by_id("a1b2", "secret")).unwrap();
        assert_eq!(
            key.as_str(),
            "openstack-v1-de755c017c454a51a5f2f9603d554dd91217934d6d60452f7bf7140030872ecd"
        );
        assert_eq!(key.as_str().len(), 77);
        let of_failures = key.of_failures();
        assert_eq!(of_failures.as_str().len(), 77);
        assert_ne!(of_failures, key);
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
        assert_eq!(
            at(URL, None),
            at(" https://KEYSTONE.example:5000/v3/", None)
        );
        assert_ne!(at(URL, None), at("https://keystone.example/v3", None));
        let unversioned = at("https://keystone.example:5000", None);
        assert_eq!(unversioned, at("https://KEYSTONE.example:5000/", None));
        assert_ne!(at(URL, None), unversioned);
        let scope = ProjectScope::by_id("a1b2").into();
        assert_ne!(at(URL, None), at(URL, Some(&scope)));
        assert_eq!(at("nowhere", None), None);
    }

    #[test]
    fn the_order_of_the_methods_is_none_of_it_but_whose_is_which_token() {
        let mapped = |text: &str| AuthMethod::Mapped(Federated::by_token(text));
        let both = |first: AuthMethod, second: AuthMethod| {
            key(Credentials::new(first).and(second).unwrap()).unwrap()
        };
        let one = both(TokenId::new("one").into(), mapped("two"));
        assert_eq!(one, both(mapped("two"), TokenId::new("one").into()));
        assert_ne!(one, both(mapped("one"), TokenId::new("two").into()));
    }

    #[test]
    fn who_is_not_named_has_no_key() {
        for method in [
            AuthMethod::External,
            AuthMethod::Kerberos,
            AuthMethod::Oauth1,
            AuthMethod::Saml2(Federated::by_provider("idp", "saml2")),
        ] {
            assert_eq!(key(Credentials::new(method)), None);
        }
    }
}
