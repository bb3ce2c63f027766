//! Unions in answers: which of several was received.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What tells the variants of a union apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tag<'a> {
    /// A bare word, which is all that was received.
    Word(&'a str),
    /// The only key of a table, or the value of the field that tells.
    Key(&'a str),
    /// Nothing does.
    Nothing,
}

/// A received value of a union, and what tells which one it is.
#[derive(Debug)]
pub struct Tagged {
    whole: Value,
    /// The field that tells, if it is not a key.
    field: Option<&'static str>,
}

impl Tagged {
    /// A union of the form `{"circle": {...}}`, or a bare word.
    ///
    /// # Errors
    ///
    /// The deserializer's own.
    pub fn by_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Tagged {
            whole: Value::deserialize(deserializer)?,
            field: None,
        })
    }

    /// A union of the form `{"type": "circle", ...}`.
    ///
    /// # Errors
    ///
    /// The deserializer's own.
    pub fn by_field<'de, D: Deserializer<'de>>(
        deserializer: D,
        field: &'static str,
    ) -> Result<Self, D::Error> {
        Ok(Tagged {
            whole: Value::deserialize(deserializer)?,
            field: Some(field),
        })
    }

    /// What tells the variant.
    #[must_use]
    pub fn tag(&self) -> Tag<'_> {
        match (&self.whole, self.field) {
            (whole, Some(field)) => match whole.get(field) {
                Some(Value::String(word)) => Tag::Key(word),
                _ => Tag::Nothing,
            },
            (Value::String(word), None) => Tag::Word(word),
            (Value::Object(object), None) => match object.keys().next() {
                Some(key) if object.len() == 1 => Tag::Key(key),
                _ => Tag::Nothing,
            },
            _ => Tag::Nothing,
        }
    }

    /// The value of the variant: what stands under the key, or the fields beside the one that tells.
    ///
    /// # Errors
    ///
    /// It doesn't have the variant's shape.
    pub fn read<T: DeserializeOwned, E: Error>(self) -> Result<T, E> {
        let value = match (self.whole, self.field) {
            (Value::Object(mut object), Some(field)) => {
                object.remove(field);
                Value::Object(object)
            }
            (Value::Object(object), None) => object
                .into_iter()
                .next()
                .map_or(Value::Null, |(_, value)| value),
            (whole, _) => whole,
        };
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            match path.as_str() {
                "." => E::custom(error.into_inner()),
                path => E::custom(format_args!("{}, at `{path}` inside", error.inner())),
            }
        })
    }

    /// The whole as it was received.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.whole
    }
}
