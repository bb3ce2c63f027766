//! [`ast`](crate::ast) to [`ir`]: looks every name up, holds every rule, and gathers all mistakes.

mod http;
mod members;
mod names;
mod operations;
mod pages;
mod reach;
mod references;
mod reserved;
mod responses;
mod service;
mod shapes;
mod tables;
mod types;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use crate::ast;
use crate::diagnostic::Diagnostics;
use crate::ir;
use crate::source::Source;
use crate::span::Span;

/// Checks the files of a spec, folder by folder: a folder is a service.
pub(crate) fn check(
    files: Vec<ast::File>,
    sources: &[Source],
    diagnostics: &mut Diagnostics,
) -> ir::Api {
    let mut folders: BTreeMap<Vec<String>, Vec<ast::File>> = BTreeMap::new();
    for file in files {
        folders.entry(file.folder.clone()).or_default().push(file);
    }
    names::folders(&folders, diagnostics);
    let mut api = ir::Api::default();
    for (folder, files) in folders {
        api.services
            .extend(service::check(folder, &files, sources, diagnostics));
    }
    api
}

/// What the rules of one service look things up in.
struct Context<'a> {
    files: &'a [ast::File],
    facts: &'a ast::Service,
    /// Shapes by name, with the index each will have.
    ids: BTreeMap<&'a str, ir::ShapeId>,
    shapes: Vec<(&'a ast::Name, &'a ast::Shape)>,
    /// Shapes that exist but could not be read.
    broken: BTreeSet<&'a str>,
    /// Whether something could not be read that may have named a shape.
    lost: bool,
    diagnostics: &'a mut Diagnostics,
}

impl Context<'_> {
    fn report(&mut self, span: Span, message: String, label: &str, help: impl Into<String>) {
        self.diagnostics.add(span, message, label, help);
    }

    fn report_pair(
        &mut self,
        (span, label): (Span, &str),
        (first, first_label): (Span, &str),
        message: String,
        help: &str,
    ) {
        self.diagnostics
            .add(span, message, label, help)
            .also(first, first_label);
    }
}
