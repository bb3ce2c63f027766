//! Text that nobody should see.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{Keyed, KeyedSet, Patch};

/// A secret: shown nowhere, overwritten when it is dropped.
///
/// It is serialized only into the body of a request that this crate sends. Any other serializer fails
/// with an error that says so; write [`expose`](Secret::expose) where the text is meant to go.
///
/// ```
/// use openstack_identity::runtime::Secret;
///
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "[secret]");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself. Mind where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// A shape of a request with secrets in it.
pub trait Secrets {
    /// Shows each secret to the visitor, in the order in which they are sent.
    fn visit_secrets(&self, visitor: &mut SecretVisitor);
}

/// Collects the secrets of a request's shape, without serializing it.
#[derive(Debug, Default)]
pub struct SecretVisitor(Vec<Secret>);

impl SecretVisitor {
    /// Visits a field that is a secret or has some in it.
    pub fn visit(&mut self, field: &(impl Secrets + ?Sized)) {
        field.visit_secrets(self);
    }
}

/// Returns the secrets in a shape of a request, in the order in which they are sent.
///
/// ```
/// use openstack_identity::identity::v3::auth::Password;
/// use openstack_identity::runtime::secrets_of;
///
/// let secrets = secrets_of(&Password::by_id("a1b2", "hunter2"));
/// assert_eq!(secrets[0].expose(), "hunter2");
/// ```
#[must_use]
pub fn secrets_of(value: &(impl Secrets + ?Sized)) -> Vec<Secret> {
    let mut visitor = SecretVisitor::default();
    visitor.visit(value);
    visitor.0
}

impl Secrets for Secret {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        visitor.0.push(self.clone());
    }
}

impl<T: Secrets> Secrets for Box<T> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        visitor.visit(&**self);
    }
}

impl<T: Secrets> Secrets for Option<T> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        self.iter().for_each(|value| visitor.visit(value));
    }
}

impl<T: Secrets> Secrets for Vec<T> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        self.iter().for_each(|value| visitor.visit(value));
    }
}

impl<T: Secrets> Secrets for BTreeMap<String, T> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        self.values().for_each(|value| visitor.visit(value));
    }
}

impl<T: Secrets> Secrets for Patch<T> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        self.as_ref()
            .into_iter()
            .for_each(|value| visitor.visit(value));
    }
}

impl<M: Keyed + Secrets> Secrets for KeyedSet<M> {
    fn visit_secrets(&self, visitor: &mut SecretVisitor) {
        self.members()
            .iter()
            .for_each(|member| visitor.visit(member));
    }
}
