//! YAML text to a tree. The only module of the crate that knows the YAML library.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Error as YamlError;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::Origin;
use super::tree::{Node, Value};

/// Reads a file's text; JSON is YAML too.
pub(super) fn parse(path: &Arc<Path>, text: &str) -> Result<Node, ConfigError> {
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Merge,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        // A snippet of such a file is a password.
        with_snippet: false,
    };
    match serde_yaml::from_str_with_options::<serde_yaml::Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(place(path, text, raw)),
        Err(error) => Err(mistake(path, &error)),
    }
}

/// Says what is wrong in our own words: those of the library may quote the file.
fn mistake(path: &Arc<Path>, error: &YamlError) -> ConfigError {
    let (line, column) = error
        .location()
        .map_or((1, 1), |location| (location.line(), location.column()));
    let origin = Origin::File {
        path: path.clone(),
        line,
        column,
    };
    let (what, help) = match error.without_snippet() {
        YamlError::DuplicateMappingKey { .. } => ("a key is there twice", "take one of them out"),
        YamlError::UnknownAnchor { .. } | YamlError::AliasError { .. } => (
            "an alias has no anchor",
            "put quotes around a value that starts with *",
        ),
        YamlError::MultipleDocuments { .. } => (
            "there is more than one document",
            "take out the line `---` between them",
        ),
        YamlError::TaggedScalarCannotDeserializeIntoString { .. } => (
            "a value has a tag",
            "put quotes around a value that starts with !",
        ),
        _ => (
            "not YAML",
            "look at the indentation and for a quote or a bracket that is not closed before it; put \
             quotes around a value that starts with one of @ ` % & * ! | > [ { or has `: ` or ` #` \
             in it",
        ),
    };
    ConfigError::new(
        ConfigErrorKind::Syntax,
        format!("{origin}: {what}"),
        help.to_owned(),
        [origin],
    )
}

fn place(path: &Arc<Path>, text: &str, raw: serde_yaml::Spanned<Raw>) -> Node {
    let location = raw.defined;
    let origin = Origin::File {
        path: path.clone(),
        line: location.line(),
        column: location.column(),
    };
    match raw.value {
        Raw::Null => Node::new(Value::Null, origin),
        Raw::Text(value) => Node::text(value, origin),
        Raw::Plain => Node::text(slice(text, &location), origin),
        Raw::List(items) => {
            let items = items.into_iter().map(|item| place(path, text, item));
            Node::new(Value::List(items.collect()), origin)
        }
        Raw::Table(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let key = match key.value {
                    Raw::Text(key) => key,
                    _ => slice(text, &key.defined).to_owned(),
                };
                (key, place(path, text, value))
            });
            Node::new(Value::Table(entries.collect()), origin)
        }
    }
}

/// What stands at a place.
fn slice<'a>(text: &'a str, location: &serde_yaml::Location) -> &'a str {
    let span = location.span();
    let offset = |offset: Option<u64>| offset.and_then(|offset| usize::try_from(offset).ok());
    let start = offset(span.byte_offset()).unwrap_or_default();
    let length = offset(span.byte_len()).unwrap_or_default();
    text.get(start..start + length).unwrap_or_default()
}

type Entry = (serde_yaml::Spanned<Raw>, serde_yaml::Spanned<Raw>);

/// What the library hands over, before places are attached. Numbers and truth values are read again
/// from the text: an id `0123` stays `0123`, and a password `True` stays `True`.
enum Raw {
    Null,
    Plain,
    Text(String),
    List(Vec<serde_yaml::Spanned<Raw>>),
    Table(Vec<Entry>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Table(entries))
    }
}
