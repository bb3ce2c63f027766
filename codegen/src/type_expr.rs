//! The types of a spec, as they are written: `list<Role>`, `map<string>`, `timestamp?`.

use crate::diagnostic::Diagnostics;
use crate::span::{Span, Spanned};

/// A type and where its name stands.
#[derive(Clone, Debug)]
pub(crate) enum TypeExpr {
    /// A key without a value, in a query: its presence is its meaning.
    Flag(Span),
    Named(Spanned<String>),
    List(Box<TypeExpr>, Span),
    Map(Box<TypeExpr>, Span),
    Nullable(Box<TypeExpr>, Span),
    /// What could not be read, and was reported.
    Unreadable(Span),
}

impl TypeExpr {
    /// Reads a type; what can't be read is reported, with a caret inside the text.
    pub(crate) fn parse(text: &Spanned<String>, diagnostics: &mut Diagnostics) -> TypeExpr {
        let mut parser = Parser {
            text: &text.value,
            span: text.span,
            at: 0,
        };
        let parsed = parser
            .nested(DEPTH)
            .and_then(|ty| parser.end().map(|()| ty));
        match parsed {
            Ok(TypeExpr::Named(name)) if name.value == "flag" => TypeExpr::Flag(name.span),
            Ok(parsed) => parsed,
            Err(problem) => {
                diagnostics.add(
                    problem.span,
                    format!("`{}` is not a type", text.value),
                    problem.label,
                    "types are written `string`, `Role`, `list<Role>`, `map<string>`, `timestamp?`",
                );
                TypeExpr::Unreadable(text.span)
            }
        }
    }

    /// The place of the whole.
    pub(crate) fn span(&self) -> Span {
        match self {
            TypeExpr::Named(name) => name.span,
            TypeExpr::Flag(span)
            | TypeExpr::Unreadable(span)
            | TypeExpr::List(_, span)
            | TypeExpr::Map(_, span)
            | TypeExpr::Nullable(_, span) => *span,
        }
    }
}

/// Types are short: this is far beyond need, and near enough to spare the stack.
const DEPTH: usize = 8;

struct Problem {
    span: Span,
    label: &'static str,
}

struct Parser<'a> {
    text: &'a str,
    span: Span,
    at: usize,
}

impl Parser<'_> {
    fn nested(&mut self, depth: usize) -> Result<TypeExpr, Problem> {
        self.spaces();
        let start = self.at;
        let word = self.word();
        if word.is_empty() {
            return Err(self.here("a type is missing here"));
        }
        let mut ty = if self.eat('<') {
            let Some(depth) = depth.checked_sub(1) else {
                return Err(self.here("nested too deeply"));
            };
            let wrap = match word.as_str() {
                "list" => TypeExpr::List,
                "map" => TypeExpr::Map,
                _ => {
                    let span = self.span.part(start, word.len());
                    let label = "only `list` and `map` hold another type";
                    return Err(Problem { span, label });
                }
            };
            let inner = Box::new(self.nested(depth)?);
            self.spaces();
            if !self.eat('>') {
                return Err(self.here("`>` is missing here"));
            }
            wrap(inner, self.since(start))
        } else {
            TypeExpr::Named(Spanned::new(
                word.clone(),
                self.span.part(start, word.len()),
            ))
        };
        self.spaces();
        if self.eat('?') {
            ty = TypeExpr::Nullable(Box::new(ty), self.since(start));
        }
        self.spaces();
        if self.next('?') {
            return Err(self.here("one `?` is enough"));
        }
        Ok(ty)
    }

    fn since(&self, start: usize) -> Span {
        self.span.part(start, self.at - start)
    }

    fn end(&mut self) -> Result<(), Problem> {
        self.spaces();
        match self.at < self.text.len() {
            true => Err(self.here("nothing can follow here")),
            false => Ok(()),
        }
    }

    fn here(&self, label: &'static str) -> Problem {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = rest.chars().next().map_or(0, char::len_utf8);
        Problem {
            span: self.span.part(self.at, len),
            label,
        }
    }

    fn word(&mut self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        self.at += word.len();
        word
    }

    fn spaces(&mut self) {
        while self.eat(' ') {}
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.next(wanted);
        self.at += usize::from(found);
        found
    }

    fn next(&self, wanted: char) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.starts_with(wanted)
    }
}
