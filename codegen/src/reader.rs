//! Takes tables of the YAML tree apart, key by key, and reports every key that is missing, misspelt,
//! repeated or of the wrong kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, similar};
use crate::span::{Span, Spanned};
use crate::type_expr::TypeExpr;
use crate::yaml::Node;

/// A table being read. Dropping it without [`Table::finish`] would leave unknown keys unseen.
pub(crate) struct Table<'d> {
    what: &'static str,
    /// Where the table is named, for keys that it lacks.
    owner: Span,
    entries: Vec<(Spanned<String>, Spanned<Node>)>,
    asked: Vec<&'static str>,
    /// Asked for in vain; one of them may be there under a misspelt name.
    lacking: Vec<&'static str>,
    diagnostics: &'d mut Diagnostics,
    /// How many mistakes there were before this table.
    before: usize,
    /// Whether it is a table at all; if not, nothing is missing from it.
    readable: bool,
}

/// Reads `node` as a table called `what` in messages; `owner` is the key it belongs to.
pub(crate) fn table<'d>(
    what: &'static str,
    owner: Span,
    node: Spanned<Node>,
    diagnostics: &'d mut Diagnostics,
) -> Table<'d> {
    let before = diagnostics.len();
    let readable = matches!(node.value, Node::Table(_) | Node::Null);
    let entries = match node.value {
        Node::Table(entries) => distinct(entries, diagnostics),
        Node::Null => Vec::new(),
        other => {
            let node = Spanned::new(other, node.span);
            diagnostics.add(
                node.place(owner),
                format!("{what} must be a table, not {}", node.kind()),
                "",
                "write keys with values, one a line",
            );
            Vec::new()
        }
    };
    Table {
        what,
        owner,
        entries,
        asked: Vec::new(),
        lacking: Vec::new(),
        diagnostics,
        before,
        readable,
    }
}

/// The entries without those whose key came before; each of these is reported.
fn distinct(
    entries: Vec<(Spanned<String>, Spanned<Node>)>,
    diagnostics: &mut Diagnostics,
) -> Vec<(Spanned<String>, Spanned<Node>)> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for (index, (key, _)) in entries.iter().enumerate() {
        let Some(first) = seen.get(key.value.as_str()) else {
            seen.insert(&key.value, key.span);
            continue;
        };
        diagnostics
            .add(
                key.span,
                format!("`{}` is written twice", key.value),
                "the second one",
                "keep one of the two",
            )
            .also(*first, "the first one");
        repeated.insert(index);
    }
    let kept = entries.into_iter().enumerate();
    kept.filter(|(index, _)| !repeated.contains(index))
        .map(|(_, entry)| entry)
        .collect()
}

impl Table<'_> {
    /// The value of a key, if it is there.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<(Span, Spanned<Node>)> {
        self.asked.push(key);
        let index = self
            .entries
            .iter()
            .position(|(name, _)| name.value == key)?;
        let (name, node) = self.entries.remove(index);
        Some((name.span, node))
    }

    /// The text of a key, if it is there.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let (owner, node) = self.node(key)?;
        match node.value {
            Node::Text(text) | Node::Number(text) if !text.trim().is_empty() => {
                self.readable(&text, node.span);
                Some(Spanned::new(text.trim_end().to_owned(), node.span))
            }
            Node::Bool(value) => Some(Spanned::new(value.to_string(), node.span)),
            Node::Text(_) | Node::Number(_) | Node::Null => {
                self.wrong(
                    owner,
                    format!("`{key}` is empty"),
                    "write a value, or leave the key out",
                );
                None
            }
            other => {
                self.wrong(
                    owner,
                    format!("`{key}` must be text, not {}", other.kind()),
                    "write the value on the key's own line",
                );
                None
            }
        }
    }

    /// The text of a key that must be there; reported and empty if it isn't.
    pub(crate) fn required(&mut self, key: &'static str) -> Spanned<String> {
        let known = self.has(key);
        match self.text(key) {
            Some(text) => text,
            None => {
                if !known {
                    self.missing(key);
                }
                Spanned::new(String::new(), self.owner)
            }
        }
    }

    /// A type that must be there.
    pub(crate) fn required_type(&mut self, key: &'static str) -> TypeExpr {
        let text = self.required(key);
        self.parse_type(&text)
    }

    /// A type, if it is there.
    pub(crate) fn ty(&mut self, key: &'static str) -> Option<TypeExpr> {
        let text = self.text(key)?;
        Some(self.parse_type(&text))
    }

    fn parse_type(&mut self, text: &Spanned<String>) -> TypeExpr {
        match text.is_empty() {
            true => TypeExpr::Unreadable(text.span),
            false => TypeExpr::parse(text, self.diagnostics),
        }
    }

    /// Text is shown to people and put into comments, where some characters do harm.
    fn readable(&mut self, text: &str, span: Span) {
        let harmful = |c: &char| {
            c.is_control() && *c != '\n'
                || matches!(*c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        if let Some(c) = text.chars().find(harmful) {
            let message = format!(
                "the text holds the control character U+{:04X}",
                u32::from(c)
            );
            self.wrong(span, message, "remove it: it would not be seen");
        }
    }

    /// A switch; `default` if the key isn't there.
    pub(crate) fn switch(&mut self, key: &'static str, default: bool) -> bool {
        match self.node(key) {
            None => default,
            Some((
                _,
                Spanned {
                    value: Node::Bool(value),
                    ..
                },
            )) => value,
            Some((owner, node)) => {
                let span = node.place(owner);
                self.wrong(
                    span,
                    format!("`{key}` must be true or false"),
                    "write `true` or `false`, without quotes",
                );
                default
            }
        }
    }

    /// One of a few words; the first of them if the key isn't there, none if it is another word.
    pub(crate) fn choice(
        &mut self,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        if !self.has(key) {
            self.asked.push(key);
            return words.first().copied();
        }
        let text = self.text(key)?;
        let found = words.iter().copied().find(|word| *word == text.value);
        if found.is_none() {
            let help = match similar(&text.value, words.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("write one of: {}", quoted(words)),
            };
            let message = format!("`{key}` can't be `{}`", text.value);
            self.wrong(text.span, message, help);
        }
        found
    }

    /// The entries of a table under a key, in the order written.
    pub(crate) fn entries(&mut self, key: &'static str) -> Vec<(Spanned<String>, Spanned<Node>)> {
        match self.node(key) {
            None => Vec::new(),
            Some((
                _,
                Spanned {
                    value: Node::Table(entries),
                    ..
                },
            )) => distinct(entries, self.diagnostics),
            Some((owner, _)) => {
                self.wrong(
                    owner,
                    format!("`{key}` must be a table"),
                    "write `name: value` lines",
                );
                Vec::new()
            }
        }
    }

    /// The items of a list under a key.
    pub(crate) fn items(&mut self, key: &'static str) -> Vec<Spanned<Node>> {
        match self.node(key) {
            None => Vec::new(),
            Some((
                _,
                Spanned {
                    value: Node::List(items),
                    ..
                },
            )) => items,
            Some((owner, _)) => {
                self.wrong(
                    owner,
                    format!("`{key}` must be a list"),
                    "write `- item` lines or [a, b]",
                );
                Vec::new()
            }
        }
    }

    /// The place of a key, if it is there.
    pub(crate) fn key(&self, key: &str) -> Option<Span> {
        let mut entries = self.entries.iter();
        let (name, _) = entries.find(|(name, _)| name.value == key)?;
        Some(name.span)
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.value == key)
    }

    /// The list of mistakes, to read something inside this table.
    pub(crate) fn reports(&mut self) -> &mut Diagnostics {
        self.diagnostics
    }

    /// Notes that a key is missing, which is told at the end.
    pub(crate) fn missing(&mut self, key: &'static str) {
        self.lacking.push(key);
    }

    fn wrong(&mut self, span: Span, message: String, help: impl Into<String>) {
        self.diagnostics.add(span, message, "", help);
    }

    /// Reports the keys that nobody asked for, and those that are missing. Tells whether the whole
    /// table was without mistakes.
    pub(crate) fn finish(mut self) -> bool {
        let unknown = std::mem::take(&mut self.entries);
        let only = match (unknown.as_slice(), self.lacking.as_slice()) {
            ([_], [lacking]) => Some(*lacking),
            _ => None,
        };
        for (key, node) in unknown {
            let near = similar(&key.value, self.asked.iter().copied()).or(only);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if key.contains(' ') && matches!(node.value, Node::Null) => {
                    "inside `{ }` text that has a comma needs quotes".to_owned()
                }
                None => format!("the keys here are: {}", quoted(&self.asked)),
            };
            self.lacking.retain(|lacking| Some(*lacking) != near);
            let message = format!("{} has no key `{}`", self.what, key.value);
            self.diagnostics.add(key.span, message, "", help);
        }
        self.tell_missing();
        self.diagnostics.len() == self.before
    }

    /// Gives up for want of a key, without which the others make no sense.
    pub(crate) fn abandon(mut self) {
        let words = self.entries.iter().map(|(key, _)| key.value.as_str());
        let misspelt = self
            .lacking
            .last()
            .and_then(|lacking| Some((*lacking, similar(lacking, words)?.to_owned())));
        if let Some((lacking, word)) = misspelt {
            let span = self.key(&word).unwrap_or(self.owner);
            let message = format!("{} has no key `{word}`", self.what);
            let help = format!("did you mean `{lacking}`?");
            self.wrong(span, message, help);
            self.lacking.pop();
        }
        self.tell_missing();
    }

    fn tell_missing(&mut self) {
        for key in std::mem::take(&mut self.lacking) {
            if !self.readable {
                return;
            }
            let help = match key {
                "format" => "add `format: 1`, the version of this format".to_owned(),
                "doc" => "add `doc:`: one sentence for those who use the generated code".to_owned(),
                _ => format!("add `{key}:`"),
            };
            let message = format!("{} has no `{key}`", self.what);
            self.diagnostics.add(self.owner, message, "", help);
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
