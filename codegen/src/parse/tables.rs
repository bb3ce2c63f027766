//! Tables of words.

use crate::ast::{Name, WordTable};
use crate::diagnostic::Diagnostics;
use crate::reader::table;
use crate::span::{Span, Spanned};
use crate::yaml::Node;

pub(super) fn words(
    name: Span,
    node: Spanned<Node>,
    diagnostics: &mut Diagnostics,
) -> Option<WordTable> {
    let mut keys = table("the table", name, node, diagnostics);
    let doc = keys.required("doc");
    if !keys.has("rows") {
        keys.missing("rows");
    }
    let mut rows = Vec::new();
    for (word, node) in keys.entries("rows") {
        let words = row(word.span, node, keys.reports());
        rows.push((word, words));
    }
    keys.finish();
    Some(WordTable { doc, rows })
}

fn row(owner: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> Vec<Name> {
    let place = node.place(owner);
    let mut wrong = |span| {
        let help = "write `word: [word, word]`";
        diagnostics.add(span, "a row is a word with a list of words", "", help);
    };
    let Node::List(items) = node.value else {
        wrong(place);
        return Vec::new();
    };
    let mut words = Vec::new();
    for item in items {
        match &item.value {
            Node::Text(word) | Node::Number(word) => {
                words.push(Spanned::new(word.clone(), item.span));
            }
            _ => wrong(item.place(owner)),
        }
    }
    words
}
