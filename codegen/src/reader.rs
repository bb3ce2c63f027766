//! Takes tables of the YAML tree apart, key by key, and reports every key that is missing, misspelt,
//! repeated or of the wrong kind.

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
    diagnostics: &'d mut Diagnostics,
}

/// Reads `node` as a table called `what` in messages; `owner` is the key it belongs to.
pub(crate) fn table<'d>(
    what: &'static str,
    owner: Span,
    node: Spanned<Node>,
    diagnostics: &'d mut Diagnostics,
) -> Table<'d> {
    let entries = match node.value {
        Node::Table(entries) => distinct(entries, diagnostics),
        Node::Null => Vec::new(),
        other => {
            let span = if matches!(other, Node::List(_)) {
                owner
            } else {
                node.span
            };
            diagnostics.add(
                span,
                format!("{what} must be a table, not {}", other.kind()),
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
        diagnostics,
    }
}

/// The entries without those whose key came before; each of these is reported.
fn distinct(
    entries: Vec<(Spanned<String>, Spanned<Node>)>,
    diagnostics: &mut Diagnostics,
) -> Vec<(Spanned<String>, Spanned<Node>)> {
    let mut kept: Vec<(Spanned<String>, Spanned<Node>)> = Vec::new();
    for (key, value) in entries {
        if let Some((first, _)) = kept.iter().find(|(other, _)| other.value == key.value) {
            let first = first.span;
            diagnostics
                .add(
                    key.span,
                    format!("`{}` is written twice", key.value),
                    "the second one",
                    "keep one of the two",
                )
                .also(first, "the first one");
        } else {
            kept.push((key, value));
        }
    }
    kept
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
            Node::Text(text) if !text.trim().is_empty() => {
                Some(Spanned::new(text.trim_end().to_owned(), node.span))
            }
            Node::Bool(value) => Some(Spanned::new(value.to_string(), node.span)),
            Node::Text(_) | Node::Null => {
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
        let parsed = if text.is_empty() {
            None
        } else {
            TypeExpr::parse(text, self.diagnostics)
        };
        parsed.unwrap_or(TypeExpr::Flag(text.span))
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
                let span = if matches!(node.value, Node::Text(_)) {
                    node.span
                } else {
                    owner
                };
                self.wrong(
                    span,
                    format!("`{key}` must be true or false"),
                    "write `true` or `false`, without quotes",
                );
                default
            }
        }
    }

    /// One of a few words; the first of them if the key isn't there.
    pub(crate) fn choice(&mut self, key: &'static str, words: &[&'static str]) -> &'static str {
        let first = words.first().copied().unwrap_or_default();
        let Some(text) = self.text(key) else {
            return first;
        };
        words
            .iter()
            .copied()
            .find(|word| *word == text.value)
            .unwrap_or_else(|| {
                let help = match similar(&text.value, words.iter().copied()) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("write one of: {}", quoted(words)),
                };
                self.wrong(
                    text.span,
                    format!("`{key}` can't be `{}`", text.value),
                    help,
                );
                first
            })
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

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name.value == key)
    }

    /// The list of mistakes, to read something inside this table.
    pub(crate) fn reports(&mut self) -> &mut Diagnostics {
        self.diagnostics
    }

    /// Reports that a key is missing.
    pub(crate) fn missing(&mut self, key: &'static str) {
        let help = if key == "doc" {
            "add `doc:`: one sentence that a user of the generated code will read".to_owned()
        } else {
            format!("add `{key}:`")
        };
        self.diagnostics.add(
            self.owner,
            format!("{} has no `{key}`", self.what),
            "",
            help,
        );
    }

    fn wrong(&mut self, span: Span, message: String, help: impl Into<String>) {
        self.diagnostics.add(span, message, "", help);
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        for (key, _) in &self.entries {
            let help = match similar(&key.value, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys here are: {}", quoted(&self.asked)),
            };
            let message = format!("{} has no key `{}`", self.what, key.value);
            self.diagnostics.add(key.span, message, "", help);
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
