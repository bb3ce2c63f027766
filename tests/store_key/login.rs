//! Logins of every form that the spec allows, with any texts in their fields.

use std::fmt;

use openstack_identity::identity::v3::auth::{Auth, AuthMethod, Credentials, Scope};
use openstack_identity::identity::v3::tokens::GenerateToken;
use openstack_identity::runtime::{Keyed, Operation};
use openstack_identity::store::StoreKey;
use serde_json::Value;

pub use self::generated::{CREDENTIALS, SCOPE};

/// What `build/forms.rs` has made of the spec.
mod generated {
    use super::{Form, Leaf};

    include!(concat!(env!("OUT_DIR"), "/login_forms.rs"));
}

/// One way to build a value of the client.
#[derive(Debug)]
pub struct Form<T: 'static> {
    /// How it is built, with `_` for each text.
    pub code: &'static str,
    /// What each text is.
    pub leaves: &'static [Leaf],
    /// Builds it with these texts.
    pub build: fn(&[&str]) -> T,
}

/// A field whose text can be chosen.
#[derive(Debug)]
pub struct Leaf {
    /// Where it is: `credentials.password.user.domain.name`.
    pub path: &'static str,
    /// Whether the spec says that it is a secret.
    pub secret: bool,
}

/// A form with its texts.
pub struct Filled<T: 'static> {
    pub form: &'static Form<T>,
    pub texts: Vec<String>,
}

impl<T> Filled<T> {
    /// With the same text everywhere.
    pub fn with(form: &'static Form<T>, text: &str) -> Self {
        let texts = vec![text.to_owned(); form.leaves.len()];
        Filled { form, texts }
    }

    pub fn value(&self) -> T {
        let texts: Vec<_> = self.texts.iter().map(String::as_str).collect();
        (self.form.build)(&texts)
    }

    /// The same with another text in the fields that are wanted.
    pub fn set(&self, text: &str, mut wanted: impl FnMut(usize, &Leaf) -> bool) -> Self {
        let mut set = self.clone();
        for (index, leaf) in self.form.leaves.iter().enumerate() {
            if wanted(index, leaf) {
                text.clone_into(&mut set.texts[index]);
            }
        }
        set
    }
}

impl<T> Clone for Filled<T> {
    fn clone(&self) -> Self {
        Filled {
            form: self.form,
            texts: self.texts.clone(),
        }
    }
}

impl<T> fmt::Debug for Filled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut code = self.form.code.split('_').peekable();
        let mut texts = self.texts.iter();
        // A name such as `by_id` has `_` too, but there it is between letters.
        while let Some(part) = code.next() {
            f.write_str(part)?;
            let Some(next) = code.peek() else { break };
            match next.starts_with(char::is_alphanumeric) {
                true => f.write_str("_")?,
                false => write!(f, "{:?}", texts.next().map_or("", String::as_str))?,
            }
        }
        Ok(())
    }
}

/// Who is named by a method's fields, so that its secrets only prove it.
const BY_NAMES: [&str; 3] = ["password", "totp", "application_credential"];
/// A token is all that there is, and stands for its user.
const BY_TOKEN: [&str; 5] = ["token", "mapped", "openid", "saml2", "x509"];
/// Who asks is not in the request.
const BY_NOTHING: [&str; 3] = ["external", "oauth1", "kerberos"];

/// The key of a method, as it is sent.
pub fn kind(method: &Filled<AuthMethod>) -> &'static str {
    method.value().key()
}

/// Whether the request tells who asks by this method.
pub fn tells_who(method: &Filled<AuthMethod>) -> bool {
    let kind = kind(method);
    assert!(
        [&BY_NAMES[..], &BY_TOKEN, &BY_NOTHING]
            .concat()
            .contains(&kind),
        "`{kind}` is a new method: say here what tells who asks by it"
    );
    let token = method.form.leaves.iter().any(|leaf| leaf.secret);
    BY_NAMES.contains(&kind) || BY_TOKEN.contains(&kind) && token
}

/// Whether a field makes it another user's or another scope's token.
pub fn decides(method: &Filled<AuthMethod>, leaf: &Leaf) -> bool {
    !leaf.secret || BY_TOKEN.contains(&kind(method))
}

/// A login at a server.
#[derive(Clone, Debug)]
pub struct Login {
    pub auth_url: String,
    pub methods: Vec<Filled<AuthMethod>>,
    pub scope: Filled<Option<Scope>>,
}

impl Login {
    /// All that is sent for it. A field that the spec gives to `Auth` besides these is a mistake here:
    /// nothing says yet how it comes into the key.
    fn fields(&self) -> generated::AuthFields {
        let mut methods = self.methods.iter().map(Filled::value);
        let mut credentials = Credentials::new(methods.next().unwrap());
        for method in methods {
            credentials = credentials.and(method).unwrap();
        }
        let scope = self.scope.value();
        generated::AuthFields { credentials, scope }
    }

    pub fn key(&self) -> Option<StoreKey> {
        let generated::AuthFields { credentials, scope } = self.fields();
        StoreKey::new(&self.auth_url, &credentials, scope.as_ref())
    }

    /// What has to be the same for the same key, found without it: the body of the request without the
    /// secrets that only prove something, and without the order of the methods. None if that doesn't tell
    /// who asks.
    pub fn identity(&self) -> Option<Value> {
        if !self.methods.iter().all(tells_who) {
            return None;
        }
        let mut login = self.clone();
        for method in &mut login.methods {
            *method = method.set("", |_, leaf| !decides(method, leaf));
        }
        let generated::AuthFields { credentials, scope } = login.fields();
        let mut auth = Auth::new(credentials);
        if let Some(scope) = scope {
            auth = auth.scope(scope);
        }
        let request = GenerateToken::new(auth).request().unwrap();
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let mut body = body["auth"].clone();
        let methods = body["identity"]["methods"].as_array_mut().unwrap();
        methods.sort_by_key(Value::to_string);
        Some(body)
    }
}
