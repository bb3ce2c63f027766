//! Unions in answers: which of several was received.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A received value of a union, and the word that tells which one it is.
#[derive(Debug)]
pub struct Tagged {
    tag: Option<String>,
    /// The part that the variant reads, where it is not the whole.
    part: Option<Value>,
    whole: Value,
}

impl Tagged {
    /// A union of the form `{"circle": {...}}`, or a bare word.
    ///
    /// # Errors
    ///
    /// The deserializer's own.
    pub fn by_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = Value::deserialize(deserializer)?;
        let (tag, part) = match &whole {
            Value::String(word) => (Some(word.clone()), Some(Value::Null)),
            Value::Object(object) => match object.iter().next() {
                Some((key, value)) if object.len() == 1 => (Some(key.clone()), Some(value.clone())),
                _ => (None, None),
            },
            _ => (None, None),
        };
        Ok(Tagged { tag, part, whole })
    }

    /// A union of the form `{"type": "circle", ...}`.
    ///
    /// # Errors
    ///
    /// The deserializer's own.
    pub fn by_field<'de, D: Deserializer<'de>>(
        deserializer: D,
        field: &str,
    ) -> Result<Self, D::Error> {
        let whole = Value::deserialize(deserializer)?;
        let tag = whole.get(field).and_then(Value::as_str).map(str::to_owned);
        Ok(Tagged {
            tag,
            part: None,
            whole,
        })
    }

    /// The word.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The value of the variant.
    ///
    /// # Errors
    ///
    /// It doesn't have the variant's shape.
    pub fn read<T: DeserializeOwned, E: Error>(self) -> Result<T, E> {
        serde_json::from_value(self.part.unwrap_or(self.whole)).map_err(E::custom)
    }

    /// The whole as it was received.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.whole
    }
}
