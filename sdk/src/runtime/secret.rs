//! Text that nobody should see.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

/// A secret: shown nowhere, overwritten when it is dropped.
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

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RECORDED.with_borrow_mut(|recorded| {
            if let Some(recorded) = recorded {
                recorded.push(self.clone());
            }
        });
        match REDACTED.get() {
            true => serializer.serialize_str("[secret]"),
            false => serializer.serialize_str(self.expose()),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

thread_local! {
    /// The secrets serialized so far, while somebody asks.
    static RECORDED: RefCell<Option<Vec<Secret>>> = const { RefCell::new(None) };

    /// Whether a person is going to read what is serialized.
    static REDACTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `serialize` and returns the secrets that it serialized, wherever in the value they were: the
/// server may repeat them in an error, where they must not be shown.
pub(crate) fn recording<T>(serialize: impl FnOnce() -> T) -> (T, Vec<Secret>) {
    let outer = RECORDED.replace(Some(Vec::new()));
    let result = serialize();
    let recorded = RECORDED.replace(outer).unwrap_or_default();
    (result, recorded)
}

/// A value as JSON, of which no copy is left in memory: not while it grows, and not when the last clone
/// of the bytes is dropped.
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Bytes> {
    let mut json = Growing(Zeroizing::new(Vec::with_capacity(1 << 10)));
    serde_json::to_writer(&mut json, value)?;
    Ok(Bytes::from_owner(json.0))
}

/// Bytes that leave nothing behind when they move to where there is more room.
struct Growing(Zeroizing<Vec<u8>>);

impl io::Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(self.0.capacity() * 2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `serialize`, in which every secret is serialized as `[secret]`: for a person to read.
#[cfg(feature = "client")]
fn redacting<T>(serialize: impl FnOnce() -> T) -> T {
    let outer = REDACTED.replace(true);
    let result = serialize();
    REDACTED.set(outer);
    result
}

/// A value as JSON for a person or a name: each secret in it is `[secret]`.
///
/// # Errors
///
/// The value can't be written as JSON.
#[cfg(feature = "client")]
pub(crate) fn redacted_json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Value> {
    redacting(|| serde_json::to_value(value))
}

/// The secrets in a value, in the order in which they are sent.
#[cfg(feature = "client")]
pub(crate) fn secrets_of(value: &(impl Serialize + ?Sized)) -> Vec<Secret> {
    recording(|| to_json(value)).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_grows_as_large_as_it_is() {
        for size in [0, 1, 1 << 10, 1 << 20] {
            let value = vec!["a\n"; size];
            let json = to_json(&value).unwrap();
            assert_eq!(json, serde_json::to_vec(&value).unwrap());
        }
        let no_key = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(to_json(&no_key).is_err());
    }
}
