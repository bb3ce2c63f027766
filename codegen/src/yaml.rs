//! YAML text to a tree in which every key and value knows its place. The only module that knows the
//! YAML library.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Error;
use serde_yaml::budget::BudgetBreach;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy};

use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::span::{Span, Spanned};

/// A value of the tree.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    /// Any scalar that is none of the next two, without its quotes.
    Text(String),
    /// A bare number, as it was written.
    Number(String),
    /// A bare true or false.
    Bool(bool),
    List(Vec<Spanned<Node>>),
    Table(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    /// The word for it in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "nothing",
            Node::Text(_) => "text",
            Node::Number(_) => "a number",
            Node::Bool(_) => "true or false",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
        }
    }
}

impl Spanned<Node> {
    /// Where to point for this value: at itself if it is a word, else at the key that it belongs to.
    pub(crate) fn place(&self, owner: Span) -> Span {
        match self.value {
            Node::Text(_) | Node::Number(_) | Node::Bool(_) => self.span,
            Node::Null | Node::List(_) | Node::Table(_) => owner,
        }
    }
}

/// Twice as deep as a spec goes; the library's own limit would overflow the stack of a thread.
const DEPTH: usize = 16;

/// Parses one source; a mistake of syntax is added to `diagnostics`.
pub(crate) fn parse(
    file: usize,
    source: &Source,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<Node>> {
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_yaml::budget! { max_anchors: 0, max_aliases: 0, max_depth: DEPTH },
    };
    match serde_yaml::from_str_with_options::<serde_yaml::Spanned<Raw>>(&source.text, options) {
        Ok(raw) => Some(place(file, &source.text, raw)),
        Err(error) => {
            let start = error.location().map_or(0, |location| {
                let (line, column) = (to_usize(location.line()), to_usize(location.column()));
                offset_of(&source.text, line, column)
            });
            let problem = problem(error.without_snippet());
            let start = problem
                .mark
                .map_or(start, |mark| before(&source.text, start, mark));
            let span = Span {
                file,
                start,
                end: start + 1,
            };
            let message = format!("this is not the YAML of a spec: {}", problem.what);
            diagnostics.add(span, message, "", problem.help);
            None
        }
    }
}

/// A mistake of syntax, in the words of a spec.
struct Problem {
    what: String,
    help: &'static str,
    /// The character where it starts; the library stands behind it.
    mark: Option<char>,
}

fn problem(error: &Error) -> Problem {
    const PLAIN: &str = "a spec is plain YAML: say it again where it is needed";
    const SMALLER: &str = "a spec file is far smaller: split it";
    let (what, help, mark) = match error {
        Error::Budget {
            breach: BudgetBreach::Anchors { .. },
            ..
        } => ("it has an anchor", PLAIN, Some('&')),
        Error::Budget {
            breach: BudgetBreach::Aliases { .. },
            ..
        }
        | Error::UnknownAnchor { .. } => ("it has an alias", PLAIN, Some('*')),
        Error::Budget {
            breach: BudgetBreach::Depth { .. },
            ..
        } => (
            "it is nested too deeply",
            "nothing in a spec is as deep: close what is open",
            None,
        ),
        Error::Budget { .. } => ("it is too large", SMALLER, None),
        Error::UnsupportedTag { .. } => ("it has a tag", "remove the tag", Some('!')),
        Error::MultipleDocuments { .. } => (
            "it has a second document",
            "one file is one document: move the rest to a file of its own",
            None,
        ),
        other => {
            let text = other.to_string();
            let end = text.find(" at line").unwrap_or(text.len());
            return Problem {
                what: text.get(..end).unwrap_or_default().to_owned(),
                help: "indent with spaces, close what is open, and put text with `: ` or ` #` in quotes",
                mark: None,
            };
        }
    };
    Problem {
        what: what.to_owned(),
        help,
        mark,
    }
}

/// The last place of a character before another place on the same line, or that place.
fn before(text: &str, at: usize, mark: char) -> usize {
    let head = text.get(..at + 1).unwrap_or(text);
    let line = head.rfind('\n').map_or(0, |end| end + 1);
    let found = head.get(line..).and_then(|head| head.rfind(mark));
    found.map_or(at, |found| line + found)
}

/// The byte at a line and a column, both counted from 1, the column in characters.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n');
    let before: usize = lines
        .clone()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let last = lines
        .clone()
        .nth(line.saturating_sub(1))
        .unwrap_or_default();
    before
        + last
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum::<usize>()
}

fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn place(file: usize, text: &str, raw: serde_yaml::Spanned<Raw>) -> Spanned<Node> {
    let location = raw.referenced.span();
    let start = to_usize(location.byte_offset().unwrap_or(0));
    let span = Span {
        file,
        start,
        end: start + to_usize(location.byte_len().unwrap_or(0)),
    };
    // A caret inside the text is counted from its first character, which is not the quote.
    let quoted = matches!(raw.value, Raw::Text(_))
        && span.end > span.start + 1
        && text
            .get(span.start..span.end)
            .is_some_and(|text| text.starts_with(['"', '\'']));
    let span = match quoted {
        true => span.part(1, span.end - span.start - 2),
        false => span,
    };
    let node = match raw.value {
        Raw::Null => Node::Null,
        Raw::Bool(value) => Node::Bool(value),
        Raw::Text(value) => Node::Text(value),
        Raw::Number => Node::Number(
            text.get(span.start..span.end)
                .unwrap_or_default()
                .to_owned(),
        ),
        Raw::List(items) => Node::List(
            items
                .into_iter()
                .map(|item| place(file, text, item))
                .collect(),
        ),
        Raw::Table(entries) => Node::Table(
            entries
                .into_iter()
                .map(|entry| place_entry(file, text, entry))
                .collect(),
        ),
    };
    Spanned::new(node, span)
}

fn place_entry(file: usize, text: &str, (key, value): Entry) -> (Spanned<String>, Spanned<Node>) {
    let key = place(file, text, key);
    let mut value = place(file, text, value);
    if let Node::Null = value.value {
        value.span = key.span;
    }
    let name = match key.value {
        Node::Text(name) | Node::Number(name) => name,
        Node::Bool(value) => value.to_string(),
        _ => text
            .get(key.span.start..key.span.end)
            .unwrap_or_default()
            .to_owned(),
    };
    (Spanned::new(name, key.span), value)
}

type Entry = (serde_yaml::Spanned<Raw>, serde_yaml::Spanned<Raw>);

/// What the library hands over, before places are attached. A number is read again from the text, so
/// that `3.10` stays `3.10`.
enum Raw {
    Null,
    Bool(bool),
    Number,
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

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
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
