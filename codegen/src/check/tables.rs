//! Tables of words: each word stands in one place.

use std::collections::BTreeMap;

use super::Context;
use crate::ast::{File, Name, WordTable};
use crate::ir;
use crate::names::is_snake;
use crate::span::Span;

/// The tables of all files are known by different names, so that one can move to another file.
pub(super) fn names(context: &mut Context<'_>) {
    let files = context.files;
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, _) in files.iter().flat_map(|file| &file.tables) {
        if !is_snake(name) || name.value == "service" {
            let message = format!("`{}` can't be the name of a table", name.value);
            let help =
                "write it `like_this`; `service` is what the facts of the service are called";
            context.report(name.span, message, "", help);
        } else if let Some(first) = seen.get(name.value.as_str()) {
            context.report_pair(
                (name.span, "the second one"),
                (*first, "the first one"),
                format!("the table `{}` is declared twice", name.value),
                "give one of the two another name",
            );
        } else {
            seen.insert(&name.value, name.span);
        }
    }
}

pub(super) fn tables(file: &File, context: &mut Context<'_>) -> Vec<ir::Table> {
    let tables = file.tables.iter();
    tables
        .map(|(name, table)| self::table(name, table, context))
        .collect()
}

fn table(name: &Name, table: &WordTable, context: &mut Context<'_>) -> ir::Table {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (first, others) in &table.rows {
        for word in [first].into_iter().chain(others) {
            let is_word = |c: char| c.is_ascii_graphic();
            if word.is_empty() || !word.chars().all(is_word) {
                let message = format!("`{}` can't be a word of a table", word.value);
                let help = "write ASCII letters, digits and signs, without spaces";
                context.report(word.span, message, "", help);
            } else if let Some(before) = seen.get(word.value.as_str()) {
                context.report_pair(
                    (word.span, "the second one"),
                    (*before, "the first one"),
                    format!("the word `{}` is in the table twice", word.value),
                    "keep one of the two: a word leads to one row",
                );
            } else {
                seen.insert(word, word.span);
            }
        }
    }
    let text = |words: &[Name]| words.iter().map(|word| word.value.clone()).collect();
    let rows = table.rows.iter();
    ir::Table {
        name: name.value.clone(),
        doc: table.doc.value.clone(),
        rows: rows
            .map(|(first, others)| (first.value.clone(), text(others)))
            .collect(),
    }
}
