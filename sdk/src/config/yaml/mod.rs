//! YAML text to a tree. The only module of the crate that knows the YAML library.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

mod read;

use self::read::{Entry, Mistake, Place, Raw, Spanned, What};

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::Origin;
use super::tree::{Node, Table, Value};

/// Reads a file's text; JSON is YAML too.
pub(super) fn parse(path: &Arc<Path>, text: &str) -> Result<Node, ConfigError> {
    match read::read(text) {
        Ok(raw) => Ok(place(path, text, raw)),
        Err(error) => Err(mistake(path, text, &error)),
    }
}

/// Says what is wrong in our own words: those of the library may quote the file.
fn mistake(path: &Arc<Path>, text: &str, error: &Mistake) -> ConfigError {
    let (what, help) = match error.what {
        What::UnknownAnchor => (
            "an alias has no anchor",
            "put quotes around a value that starts with *",
        ),
        What::SeveralDocuments => (
            "there is more than one document",
            "take out the line `---` between them",
        ),
        What::NotYaml => {
            let line = usize::try_from(error.place.line).unwrap_or(1);
            let line = text.lines().nth(line.saturating_sub(1));
            ("not YAML", meaning(line.unwrap_or_default()))
        }
    };
    wrong(origin_of(path, error.place), what, help)
}

fn origin_of(path: &Arc<Path>, place: Place) -> Origin {
    Origin::File {
        path: path.clone(),
        line: place.line.max(1),
        column: place.column.max(1),
    }
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

fn place(path: &Arc<Path>, text: &str, raw: Spanned) -> Node {
    let origin = origin_of(path, raw.place);
    match raw.value {
        Raw::Null => Node::new(Value::Null, origin),
        Raw::Text(value) => Node::text(value, origin),
        Raw::List(items) => {
            let items = items.into_iter().map(|item| place(path, text, item));
            Node::new(Value::List(items.collect()), origin)
        }
        Raw::Table(entries) => Node::new(Value::Table(table(path, text, entries)), origin),
    }
}

fn table(path: &Arc<Path>, text: &str, entries: Vec<Entry>) -> Table {
    let mut table = Table::default();
    let mut places: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    for (key, value) in entries {
        let anchor = matches!(value.value, Raw::Null) && is_anchor(after(text, key.place));
        let origin = origin_of(path, key.place);
        let name = match key.value {
            Raw::Text(name) => name,
            _ => slice(text, key.place).to_owned(),
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
                let origin = origin_of(path, key.place);
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
fn after(text: &str, key: Place) -> &str {
    let line = text.get(key.end..).and_then(|rest| rest.lines().next());
    line.unwrap_or_default()
}

/// Whether a value is nothing but the name of an anchor.
fn is_anchor(after_key: &str) -> bool {
    let value = after_key.trim_start_matches(['"', '\'']).trim_start();
    let value = value.strip_prefix(':').unwrap_or(value);
    value.trim_start().starts_with('&')
}

/// What stands at a place.
fn slice(text: &str, place: Place) -> &str {
    text.get(place.start..place.end).unwrap_or_default()
}
