//! A table of members beside the list of their keys.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A member, which knows its key.
pub trait Keyed {
    /// The key under which it is sent.
    fn key(&self) -> &'static str;

    /// Writes the value after its key.
    ///
    /// # Errors
    ///
    /// The serializer's own.
    fn serialize_value<O: SerializeMap>(&self, object: &mut O) -> Result<(), O::Error>;
}

/// One or more members with different keys. The list is made from the members, so the two can't
/// disagree.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedSet<M>(Vec<M>);

/// A member of this kind is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is a `{0}` already; each kind can be given once")]
pub struct Repeated(pub &'static str);

impl<M: Keyed> KeyedSet<M> {
    /// Starts with one member.
    pub fn new(first: M) -> Self {
        KeyedSet(vec![first])
    }

    /// Adds a member.
    ///
    /// # Errors
    ///
    /// There is one with its key.
    pub fn and(mut self, another: M) -> Result<Self, Repeated> {
        if self.0.iter().any(|member| member.key() == another.key()) {
            return Err(Repeated(another.key()));
        }
        self.0.push(another);
        Ok(self)
    }

    /// The members, in the order in which they are sent.
    pub fn members(&self) -> &[M] {
        &self.0
    }

    /// Writes the list of keys under `list`, then each member under its own key.
    ///
    /// # Errors
    ///
    /// The serializer's own.
    pub fn serialize<S: Serializer>(&self, list: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let keys: Vec<&str> = self.0.iter().map(Keyed::key).collect();
        let mut object = serializer.serialize_map(Some(self.0.len() + 1))?;
        object.serialize_entry(list, &keys)?;
        for member in &self.0 {
            object.serialize_key(member.key())?;
            member.serialize_value(&mut object)?;
        }
        object.end()
    }
}

/// `{}`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Empty {}

/// `{"key": value}`.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped<'a, T>(pub &'static str, pub &'a T);

impl<T: Serialize> Serialize for Wrapped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_entry(self.0, self.1)?;
        object.end()
    }
}
