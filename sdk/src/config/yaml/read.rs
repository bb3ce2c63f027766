//! Events of the YAML parser to values that know where they stand.

use std::collections::HashMap;

use granit_parser::{BorrowedInput, Event, Marker, Options, Parser, ScalarStyle, Span, Tag};

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Spanned {
    pub(super) value: Raw,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// From 1 on.
    pub(super) line: u64,
    pub(super) column: u64,
    /// In bytes.
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) type Entry = (Spanned, Spanned);

/// Numbers and truth values stay as they are written: an id `0123` is `0123`, a password `True` is `True`.
#[derive(Clone)]
pub(super) enum Raw {
    Null,
    Text(String),
    List(Vec<Spanned>),
    Table(Vec<Entry>),
}

/// Why a text can't be read, and where.
pub(super) struct Mistake {
    pub(super) what: What,
    pub(super) place: Place,
}

#[derive(Clone, Copy)]
pub(super) enum What {
    NotYaml,
    UnknownAnchor,
    SeveralDocuments,
}

/// How deep values may be in each other.
const DEEPEST: usize = 100;

/// How many values aliases may stand for, lest a short text fills the memory.
const MOST_COPIES: usize = 100_000;

/// The one document of a text.
pub(super) fn read(text: &str) -> Result<Spanned, Mistake> {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.set_emit_comments(false);
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        copies: 0,
    };
    reader.document()
}

struct Reader<'a, T: BorrowedInput<'a>> {
    parser: Parser<'a, T>,
    anchors: HashMap<usize, Spanned>,
    copies: usize,
}

impl<'a, T: BorrowedInput<'a>> Reader<'a, T> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Mistake> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, Place::of(&span))),
            Some(Err(error)) => Err(What::NotYaml.at(Place::from(error.marker()))),
            None => Err(What::NotYaml.at(Place::default())),
        }
    }

    fn document(&mut self) -> Result<Spanned, Mistake> {
        let mut document = None;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::StreamEnd, place) => {
                    let nothing = Spanned {
                        value: Raw::Null,
                        place,
                    };
                    return Ok(document.unwrap_or(nothing));
                }
                (Event::DocumentStart(..), _) => {
                    let (event, place) = self.next()?;
                    if document.is_some() {
                        return Err(What::SeveralDocuments.at(place));
                    }
                    document = Some(self.node(event, place, 0)?);
                }
                (_, place) => return Err(What::NotYaml.at(place)),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Spanned, Mistake> {
        if depth > DEEPEST {
            return Err(What::NotYaml.at(place));
        }
        let (value, anchor) = match event {
            Event::Alias(id) => return self.alias(id, place),
            Event::UnresolvedAlias(_) => return Err(What::UnknownAnchor.at(place)),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                (value.ok_or(What::NotYaml.at(place))?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) if fits(tag.as_deref(), "seq") => {
                (self.list(depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) if fits(tag.as_deref(), "map") => {
                (self.table(depth)?, anchor)
            }
            _ => return Err(What::NotYaml.at(place)),
        };
        let node = Spanned { value, place };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// What an alias stands for; one inside of its own value stands for nothing.
    fn alias(&mut self, id: usize, place: Place) -> Result<Spanned, Mistake> {
        let target = self.anchors.get(&id).cloned();
        let target = target.ok_or(What::UnknownAnchor.at(place))?;
        self.copies = self.copies.saturating_add(target.size());
        match self.copies {
            ..=MOST_COPIES => Ok(target),
            _ => Err(What::NotYaml.at(place)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Raw, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Raw::List(items)),
                (event, place) => items.push(self.node(event, place, depth + 1)?),
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Raw, Mistake> {
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, place, depth + 1)?;
            let (event, place) = self.next()?;
            let value = self.node(event, place, depth + 1)?;
            match merges {
                true => merged.push(value),
                false => entries.push((key, value)),
            }
        }
        for value in merged {
            merge(&mut entries, value)?;
        }
        Ok(Raw::Table(entries))
    }
}

/// What `<<` stands for: entries of a table or of several, after those that are there.
fn merge(entries: &mut Vec<Entry>, value: Spanned) -> Result<(), Mistake> {
    match value.value {
        Raw::Null => {}
        Raw::Table(more) => {
            let names: Vec<Option<String>> = entries.iter().map(|(key, _)| key.name()).collect();
            let is_new = |(key, _): &Entry| !names.contains(&key.name());
            entries.extend(more.into_iter().filter(is_new));
        }
        Raw::List(tables) => {
            for table in tables {
                match table.value {
                    Raw::Table(_) => merge(entries, table)?,
                    _ => return Err(What::NotYaml.at(table.place)),
                }
            }
        }
        Raw::Text(_) => return Err(What::NotYaml.at(value.place)),
    }
    Ok(())
}

impl Spanned {
    /// How many values it consists of.
    fn size(&self) -> usize {
        1 + match &self.value {
            Raw::Null | Raw::Text(_) => 0,
            Raw::List(items) => items.iter().map(Spanned::size).sum(),
            Raw::Table(entries) => entries
                .iter()
                .map(|(key, value)| key.size() + value.size())
                .sum(),
        }
    }

    fn name(&self) -> Option<String> {
        match &self.value {
            Raw::Text(name) => Some(name.clone()),
            _ => None,
        }
    }
}

/// A scalar of the core schema; none if its tag is another's.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Raw> {
    let is_null = matches!(text, "" | "~" | "null" | "Null" | "NULL");
    match tag {
        None if is_null && style == ScalarStyle::Plain => Some(Raw::Null),
        None => Some(Raw::Text(text.to_owned())),
        Some(tag) => match tag.core_suffix() {
            Some("null") => is_null.then_some(Raw::Null),
            Some("str" | "bool" | "int" | "float") => Some(Raw::Text(text.to_owned())),
            Some(_) => None,
            None => is_plain_mark(tag).then(|| Raw::Text(text.to_owned())),
        },
    }
}

fn fits(tag: Option<&Tag>, kind: &str) -> bool {
    tag.is_none_or(|tag| tag.core_suffix() == Some(kind) || is_plain_mark(tag))
}

/// `!` alone, which says that nothing is to be read out of the text.
fn is_plain_mark(tag: &Tag) -> bool {
    tag.original() == "!"
}

impl What {
    fn at(self, place: Place) -> Mistake {
        Mistake { what: self, place }
    }
}

impl Place {
    fn of(span: &Span) -> Self {
        Place {
            end: span.end.byte_offset().unwrap_or_default(),
            ..Place::from(&span.start)
        }
    }
}

impl From<&Marker> for Place {
    fn from(marker: &Marker) -> Self {
        let start = marker.byte_offset().unwrap_or_default();
        Place {
            line: u64::try_from(marker.line()).unwrap_or(u64::MAX),
            column: u64::try_from(marker.col().saturating_add(1)).unwrap_or(u64::MAX),
            start,
            end: start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, Raw, Spanned, read};

    /// As JSON would write it, texts without quotes.
    fn shown(node: &Spanned) -> String {
        let joined = |parts: Vec<String>| parts.join(", ");
        match &node.value {
            Raw::Null => "null".to_owned(),
            Raw::Text(text) => text.clone(),
            Raw::List(items) => format!("[{}]", joined(items.iter().map(shown).collect())),
            Raw::Table(entries) => {
                let entries = entries.iter();
                let entries =
                    entries.map(|(key, value)| format!("{}: {}", shown(key), shown(value)));
                format!("{{{}}}", joined(entries.collect()))
            }
        }
    }

    #[test]
    fn values_are_what_is_written() {
        for (text, value) in [
            ("", "null"),
            ("# nothing", "null"),
            (
                "a: 0123\nb: True\nc: ~\nd: ''\ne:",
                "{a: 0123, b: True, c: null, d: , e: null}",
            ),
            ("{\"a\": [1, null, \"x\\ty\"]}", "{a: [1, null, x\ty]}"),
            ("a: !!str null\nb: ! 5\nc: !!int 5", "{a: null, b: 5, c: 5}"),
            (
                "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}",
                "{x: {a: 1, b: 2}, y: {b: 3, a: 1}}",
            ),
            ("<<: [{a: 1}, {a: 2, b: 2}]\nc: 3", "{c: 3, a: 1, b: 2}"),
            (
                "a: &a [1]\nb: *a\nc: &a 2\nd: *a",
                "{a: [1], b: [1], c: 2, d: 2}",
            ),
            ("a: |\n  x\n  y\n", "{a: x\ny\n}"),
        ] {
            let read = read(text).ok().map(|node| shown(&node));
            assert_eq!(read.as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let deep = "[".repeat(DEEPEST + 2) + &"]".repeat(DEEPEST + 2);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for at in 1..10 {
            let aliases = vec![format!("*a{}", at - 1); 10].join(", ");
            bomb.push_str(&format!("a{at}: &a{at} [{aliases}]\n"));
        }
        for text in [
            "a: !secret x",
            "a: !!binary eA==",
            "a: *b",
            "a: &a [*a]",
            "<<: x",
            "a: 1\n---\nb: 2",
            "a: [1",
            "a: \"x",
            "a: b: c",
            &deep,
            &bomb,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
