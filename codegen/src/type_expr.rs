//! The types of a spec, as they are written: `list<Role>`, `map<string>`, `timestamp?`.

use crate::diagnostic::Diagnostics;
use crate::span::{Span, Spanned};

/// A type and where its name stands.
#[derive(Clone, Debug)]
pub(crate) enum TypeExpr {
    /// A key without a value, in a query: its presence is its meaning.
    Flag(Span),
    Named(Spanned<String>),
    List(Box<TypeExpr>),
    Map(Box<TypeExpr>),
    Nullable(Box<TypeExpr>),
}

impl TypeExpr {
    /// Reads a type; what can't be read is reported, with a caret inside the text.
    pub(crate) fn parse(text: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<TypeExpr> {
        let mut parser = Parser {
            text: &text.value,
            at: 0,
        };
        let parsed = parser.ty(text.span);
        parser.spaces();
        match parsed {
            Some(_) if parser.at < text.value.len() => {
                report(
                    text,
                    parser.at,
                    "what follows the type makes no sense here",
                    diagnostics,
                );
                None
            }
            Some(TypeExpr::Named(name)) if name.value == "flag" => Some(TypeExpr::Flag(name.span)),
            Some(parsed) => Some(parsed),
            None => {
                report(text, parser.at, "here a type is expected", diagnostics);
                None
            }
        }
    }

    /// The place of the innermost name.
    pub(crate) fn span(&self) -> Span {
        match self {
            TypeExpr::Flag(span) => *span,
            TypeExpr::Named(name) => name.span,
            TypeExpr::List(inner) | TypeExpr::Map(inner) | TypeExpr::Nullable(inner) => {
                inner.span()
            }
        }
    }
}

fn report(text: &Spanned<String>, at: usize, label: &str, diagnostics: &mut Diagnostics) {
    let len = usize::from(at < text.value.len());
    diagnostics.add(
        text.span.part(at, len),
        format!("`{}` is not a type", text.value),
        label,
        "types are written `string`, `Role`, `list<Role>`, `map<string>`, `timestamp?`",
    );
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    /// One level of nesting a call; types are short, so a depth of eight is far beyond need.
    fn ty(&mut self, span: Span) -> Option<TypeExpr> {
        self.nested(span, 8)
    }

    fn nested(&mut self, span: Span, depth: usize) -> Option<TypeExpr> {
        let depth = depth.checked_sub(1)?;
        self.spaces();
        let start = self.at;
        let word = self.word();
        if word.is_empty() {
            return None;
        }
        let mut ty = if self.eat('<') {
            let inner = Box::new(self.nested(span, depth)?);
            self.spaces();
            match (word.as_str(), self.eat('>')) {
                ("list", true) => TypeExpr::List(inner),
                ("map", true) => TypeExpr::Map(inner),
                (_, true) => {
                    self.at = start;
                    return None;
                }
                (_, false) => return None,
            }
        } else {
            TypeExpr::Named(Spanned::new(word.clone(), span.part(start, word.len())))
        };
        if self.eat('?') {
            ty = TypeExpr::Nullable(Box::new(ty));
        }
        Some(ty)
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
        let found = self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(wanted));
        self.at += usize::from(found);
        found
    }
}
