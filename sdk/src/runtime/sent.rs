//! Values with secrets as JSON. Only the serializer of this module writes a [`Secret`]: with any other
//! the serialization fails.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use serde::ser::{self, Error as _, SerializeTupleStruct as _};
use serde::{Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{HIDDEN, Secret};

/// The name by which the serializer recognizes a [`Secret`].
const SECRET: &str = "openstack_identity::runtime::Secret";

/// A value as the JSON of a request, and the secrets in it, which the server may repeat.
///
/// No copy is left in memory: not while the JSON grows, and not when the last clone of the bytes is
/// dropped.
pub(crate) fn sent_json(
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<(Bytes, Vec<Secret>)> {
    let mut json = Growing(Zeroizing::new(Vec::with_capacity(1 << 10)));
    let mode = Mode::Sent(RefCell::default());
    let inner = &mut serde_json::Serializer::new(&mut json);
    value.serialize(Knowing { inner, mode: &mode })?;
    let secrets = match mode {
        Mode::Sent(secrets) => secrets.into_inner(),
        Mode::Redacted => Vec::new(),
    };
    Ok((Bytes::from_owner(json.0), secrets))
}

/// A value with its secrets as JSON, of which no copy is left in memory either.
#[cfg(feature = "client")]
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Bytes> {
    sent_json(value).map(|(json, _)| json)
}

/// A value as JSON for a person or a name: each secret in it is `[secret]`.
#[cfg(feature = "client")]
pub(crate) fn redacted_json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Value> {
    value.serialize(Knowing {
        inner: serde_json::value::Serializer,
        mode: &Mode::Redacted,
    })
}

/// Serializes as a tuple of two, of which the first can't be serialized: only `Knowing` passes over it
/// and comes to the text.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut both = serializer.serialize_tuple_struct(SECRET, 2)?;
        both.serialize_field(&Refusing)?;
        both.serialize_field(self.expose())?;
        both.end()
    }
}

struct Refusing;

impl Serialize for Refusing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(
            "a secret is serialized only into a request; to write it elsewhere, call `expose`",
        ))
    }
}

/// What becomes of secrets.
enum Mode {
    /// They are written, and noted.
    Sent(RefCell<Vec<Secret>>),
    /// A mark is written in their place.
    #[cfg_attr(
        not(feature = "client"),
        expect(dead_code, reason = "only the client shows requests to people")
    )]
    Redacted,
}

/// A serializer that knows secrets, around one that writes.
struct Knowing<'m, S> {
    inner: S,
    mode: &'m Mode,
}

/// A value inside another.
struct Inside<'m, T: ?Sized>(&'m T, &'m Mode);

impl<T: Serialize + ?Sized> Serialize for Inside<'_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let mode = self.1;
        self.0.serialize(Knowing { inner, mode })
    }
}

macro_rules! passed_on {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($name),*)
        })*
    };
}

macro_rules! compound {
    ($($method:ident($($name:ident: $type:ty),*) -> $Compound:ident;)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<Self::$Compound, S::Error> {
            let inner = self.inner.$method($($name),*)?;
            Ok(Compound { inner, mode: self.mode })
        })*
    };
}

impl<'m, S: Serializer> Serializer for Knowing<'m, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'m, S::SerializeSeq>;
    type SerializeTuple = Compound<'m, S::SerializeTuple>;
    type SerializeTupleStruct = TupleStruct<'m, S>;
    type SerializeTupleVariant = Compound<'m, S::SerializeTupleVariant>;
    type SerializeMap = Compound<'m, S::SerializeMap>;
    type SerializeStruct = Compound<'m, S::SerializeStruct>;
    type SerializeStructVariant = Compound<'m, S::SerializeStructVariant>;

    passed_on! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    compound! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Inside(value, self.mode))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Inside(value, self.mode);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Inside(value, self.mode);
        self.inner
            .serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        match name {
            SECRET => Ok(TupleStruct::Secret(self, None)),
            _ => {
                let inner = self.inner.serialize_tuple_struct(name, length)?;
                let mode = self.mode;
                Ok(TupleStruct::Plain(Compound { inner, mode }))
            }
        }
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A sequence, a map or a struct being written.
struct Compound<'m, C> {
    inner: C,
    mode: &'m Mode,
}

macro_rules! compounds {
    ($($Compound:ident: $($method:ident($($key:ident: $type:ty)?)),*;)*) => {
        $(impl<C: ser::$Compound> ser::$Compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            $(fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: $type,)?
                value: &T,
            ) -> Result<(), C::Error> {
                self.inner.$method($($key,)? &Inside(value, self.mode))
            })*

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

compounds! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}

/// A tuple, which is a secret if it has that name.
enum TupleStruct<'m, S: Serializer> {
    Plain(Compound<'m, S::SerializeTupleStruct>),
    Secret(Knowing<'m, S>, Option<Secret>),
}

impl<S: Serializer> ser::SerializeTupleStruct for TupleStruct<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            TupleStruct::Plain(compound) => compound.serialize_field(value)?,
            TupleStruct::Secret(_, text) => {
                if let Ok(Value::String(value)) = serde_json::to_value(value) {
                    *text = Some(Secret::new(value));
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            TupleStruct::Plain(compound) => compound.end(),
            TupleStruct::Secret(_, None) => Err(S::Error::custom("a secret without a text")),
            TupleStruct::Secret(Knowing { inner, mode }, Some(secret)) => match mode {
                Mode::Redacted => inner.serialize_str(HIDDEN),
                Mode::Sent(secrets) => {
                    let written = inner.serialize_str(secret.expose());
                    secrets.borrow_mut().push(secret);
                    written
                }
            },
        }
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    /// Each kind of value that serde knows, with a secret inside.
    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Any {
        Unit,
        Newtype(Secret),
        Tuple(u8, Secret),
        Struct { secret: Option<Secret> },
    }

    #[derive(Serialize)]
    struct Pair(Secret, i64);

    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, Pair>,
        any: Vec<Any>,
    }

    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Tagged {
        A { secret: Secret },
    }

    fn values() -> (Flat, Tagged) {
        let secret = |text: &str| Secret::new(text);
        let flat = Flat {
            rest: BTreeMap::from([("pair".to_owned(), Pair(secret("s1"), -7))]),
            any: vec![
                Any::Unit,
                Any::Newtype(secret("s2")),
                Any::Tuple(1, secret("s3\"")),
                Any::Struct {
                    secret: Some(secret("s4")),
                },
                Any::Struct { secret: None },
            ],
        };
        (
            flat,
            Tagged::A {
                secret: secret("s5"),
            },
        )
    }

    fn expected(secrets: [&str; 5]) -> Value {
        let [s1, s2, s3, s4, s5] = secrets;
        json!([
            {
                "pair": [s1, -7],
                "any": ["unit", {"newtype": s2}, {"tuple": [1, s3]}, {"struct": {"secret": s4}}, {"struct": {"secret": null}}],
            },
            {"type": "A", "secret": s5},
        ])
    }

    #[test]
    fn a_request_has_the_secrets_and_notes_them_wherever_they_are() {
        let (json, secrets) = sent_json(&values()).unwrap();
        let all = ["s1", "s2", "s3\"", "s4", "s5"];
        assert_eq!(
            serde_json::from_slice::<Value>(&json).unwrap(),
            expected(all)
        );
        let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, all);
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_redacted_value_has_a_mark_in_place_of_each() {
        assert_eq!(redacted_json(&values()).unwrap(), expected([HIDDEN; 5]));
    }

    #[test]
    fn any_other_serializer_fails() {
        let (flat, tagged) = values();
        let told =
            "a secret is serialized only into a request; to write it elsewhere, call `expose`";
        for error in [
            serde_json::to_string(&flat).unwrap_err(),
            serde_json::to_string(&tagged).unwrap_err(),
            serde_json::to_value(&flat.any).unwrap_err(),
            serde_json::to_vec(&Secret::new("s")).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), told);
        }
        let mut written = Vec::new();
        serde_json::to_writer(&mut written, &[Secret::new("s1")]).unwrap_err();
        assert!(!String::from_utf8(written).unwrap().contains("s1"));
    }

    #[test]
    fn json_grows_as_large_as_it_is() {
        for size in [0, 1, 1 << 10, 1 << 20] {
            let value = vec!["a\n"; size];
            let (json, _) = sent_json(&value).unwrap();
            assert_eq!(json, serde_json::to_vec(&value).unwrap());
        }
        let no_key = BTreeMap::from([((1, 2), 3)]);
        assert!(sent_json(&no_key).is_err());
    }
}
