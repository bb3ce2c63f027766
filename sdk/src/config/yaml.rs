//! YAML text to a tree. The only module of the crate that knows the YAML library.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Error as YamlError;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::Origin;
use super::tree::{Node, Table, Value};

/// Reads a file's text; JSON is YAML too.
pub(super) fn parse(path: &Arc<Path>, text: &str) -> Result<Node, ConfigError> {
    let options = serde_yaml::options! {
        // A key that is there twice is told by `place`, where it matters to one cloud alone.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Merge,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        // A snippet of such a file is a password.
        with_snippet: false,
    };
    match serde_yaml::from_str_with_options::<serde_yaml::Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(place(path, text, raw)),
        Err(error) => Err(mistake(path, text, &error)),
    }
}

/// Says what is wrong in our own words: those of the library may quote the file.
fn mistake(path: &Arc<Path>, text: &str, error: &YamlError) -> ConfigError {
    let (line, column) = error
        .location()
        .map_or((1, 1), |location| (location.line(), location.column()));
    let origin = Origin::File {
        path: path.clone(),
        line,
        column,
    };
    let (what, help) = match error.without_snippet() {
        YamlError::UnknownAnchor { .. } | YamlError::AliasError { .. } => (
            "an alias has no anchor",
            "put quotes around a value that starts with *",
        ),
        YamlError::MultipleDocuments { .. } => (
            "there is more than one document",
            "take out the line `---` between them",
        ),
        _ => {
            let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
            (
                "not YAML",
                meaning(text.lines().nth(line).unwrap_or_default()),
            )
        }
    };
    wrong(origin, what, help)
}

fn wrong(origin: Origin, what: &str, help: &str) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Syntax,
        format!("{origin}: {what}"),
        help.to_owned(),
        [origin],
    )
}

/// What the characters of a line that is no YAML mean in it.
fn meaning(line: &str) -> &'static str {
    if line.contains('"') && line.contains('\\') {
        return "in double quotes a backslash starts an escape: use single quotes, or double it";
    }
    let values = line
        .split_inclusive([' ', '\t'])
        .scan(true, |starts, word| {
            let value =
                std::mem::replace(starts, word.trim_end().ends_with([':', '-', ',', '{', '[']));
            Some(word.chars().next().filter(|_| value))
        });
    match values.flatten().find(|first| "&!@`%|>".contains(*first)) {
        Some('&') => ANCHOR,
        Some('!') => "! starts a tag: put quotes around a value that starts with it",
        Some('|' | '>') => {
            "| and > start a block of several lines: put quotes around a value that starts with one"
        }
        Some(_) => "no value starts with @, ` or %: put quotes around it",
        None => {
            "look at the indentation and for a quote or a bracket that is not closed before it; put \
             quotes around a value that starts with one of @ ` % & * ! | > [ { or has `: ` or ` #` \
             in it"
        }
    }
}

const ANCHOR: &str = "& starts an anchor, a name for the value after it: put quotes around a value that \
                      starts with &";

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
        Raw::Table(entries) => Node::new(Value::Table(table(path, text, entries)), origin),
    }
}

fn table(path: &Arc<Path>, text: &str, entries: Vec<Entry>) -> Table {
    let place_of = |location: &serde_yaml::Location| Origin::File {
        path: path.clone(),
        line: location.line(),
        column: location.column(),
    };
    let mut table = Table::default();
    let mut places: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    for (key, value) in entries {
        let anchor = matches!(value.value, Raw::Null) && is_anchor(after(text, &key.defined));
        let origin = place_of(&key.defined);
        let name = match key.value {
            Raw::Text(name) => name,
            _ => slice(text, &key.defined).to_owned(),
        };
        let node = match anchor {
            true => {
                let error = wrong(origin.clone(), "an anchor without a value", ANCHOR);
                Node::new(Value::Wrong(error), origin)
            }
            false => place(path, text, value),
        };
        match places.get(&name) {
            Some(at) => {
                let origin = place_of(&key.defined);
                let error = wrong(
                    origin.clone(),
                    "a key is there twice",
                    "take one of them out",
                );
                table.replace(*at, Node::new(Value::Wrong(error), origin));
            }
            None => {
                places.insert(name.clone(), places.len());
                table.push(name, node);
            }
        }
    }
    table
}

/// The rest of the line after a key.
fn after<'a>(text: &'a str, key: &serde_yaml::Location) -> &'a str {
    let end = range(key).map_or(text.len(), |(_, end)| end);
    let line = text.get(end..).and_then(|rest| rest.lines().next());
    line.unwrap_or_default()
}

/// Whether a value is nothing but the name of an anchor.
fn is_anchor(after_key: &str) -> bool {
    let value = after_key.trim_start_matches(['"', '\'']).trim_start();
    let value = value.strip_prefix(':').unwrap_or(value);
    value.trim_start().starts_with('&')
}

/// What stands at a place.
fn slice<'a>(text: &'a str, location: &serde_yaml::Location) -> &'a str {
    let range = range(location).and_then(|(start, end)| text.get(start..end));
    range.unwrap_or_default()
}

fn range(location: &serde_yaml::Location) -> Option<(usize, usize)> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    Some((start, start.checked_add(length)?))
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
