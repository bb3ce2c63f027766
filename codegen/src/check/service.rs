//! One service: its facts, and its files put together.

use std::collections::{BTreeMap, BTreeSet};

use super::references::{is_address, reference};
use super::{Context, http, names, operations, reach, shapes, tables};
use crate::ast;
use crate::diagnostic::Diagnostics;
use crate::ir;
use crate::source::Source;
use crate::span::Span;

pub(super) fn check(
    folder: Vec<String>,
    files: &[ast::File],
    sources: &[Source],
    diagnostics: &mut Diagnostics,
) -> Option<ir::Service> {
    let (file, facts) = the_service(files, diagnostics)?;
    let mut context = context(files, facts, diagnostics);
    names::types(&mut context);
    tables::names(&mut context);
    http::paths(&mut context);
    let all = context.shapes.clone();
    let shapes: Vec<_> = all
        .iter()
        .map(|(name, shape)| shapes::shape(name, shape, &mut context))
        .collect();
    let mut service = facts_of(folder, facts, &mut context);
    service.shapes = shapes;
    let modules: Vec<_> = files
        .iter()
        .map(|module| self::module(module, file, sources, &mut context))
        .collect();
    service.modules = modules;
    reach::directions(&mut service);
    operations::secrets(&service, &mut context);
    reach::check(&service, &mut context);
    Some(service)
}

fn the_service<'a>(
    files: &'a [ast::File],
    diagnostics: &mut Diagnostics,
) -> Option<(&'a ast::File, &'a ast::Service)> {
    let mut found = None;
    for file in files {
        let Some(service) = &file.service else {
            continue;
        };
        match found {
            None => found = Some((file, service)),
            Some((_, first)) => {
                let first: &ast::Service = first;
                diagnostics
                    .add(
                        service.span,
                        "this folder has two services",
                        "the second one",
                        "a folder is one service: move one of the two to a folder of its own",
                    )
                    .also(first.span, "the first one");
            }
        }
    }
    if let (None, Some(file)) = (found, files.first()) {
        let message = "no file of this folder has a service";
        let help = "add `service:` to one of them: its type, title, path and reference";
        diagnostics.add(file.span, message, "", help);
    }
    found
}

fn context<'a>(
    files: &'a [ast::File],
    facts: &'a ast::Service,
    diagnostics: &'a mut Diagnostics,
) -> Context<'a> {
    let mut shapes: Vec<(&ast::Name, &ast::Shape)> = Vec::new();
    let mut ids = BTreeMap::new();
    for (name, shape) in files.iter().flat_map(|file| &file.shapes) {
        ids.entry(name.value.as_str()).or_insert(shapes.len());
        shapes.push((name, shape));
    }
    let broken: BTreeSet<&str> = files
        .iter()
        .flat_map(|file| &file.broken)
        .map(|name| name.value.as_str())
        .collect();
    Context {
        files,
        facts,
        ids,
        shapes,
        broken,
        lost: false,
        diagnostics,
    }
}

fn module(
    file: &ast::File,
    service_file: &ast::File,
    sources: &[Source],
    context: &mut Context<'_>,
) -> ir::Module {
    let reference = reference(file.reference.as_ref(), None, context);
    let mut checked = Vec::new();
    for (name, operation) in &file.operations {
        checked.extend(operations::operation(
            name,
            operation,
            reference.as_deref(),
            context,
        ));
    }
    let shapes = file
        .shapes
        .iter()
        .filter_map(|(name, _)| {
            context
                .shapes
                .iter()
                .position(|(other, _)| other.span == name.span)
        })
        .collect();
    ir::Module {
        source: sources
            .get(file.span.file)
            .map(|source| source.path.clone())
            .unwrap_or_default(),
        name: file.stem.clone(),
        doc: file.doc.value.clone(),
        has_service: std::ptr::eq(file, service_file),
        operations: checked,
        shapes,
        tables: tables::tables(file, context),
    }
}

/// The facts are facts; the rest of the service comes later.
fn facts_of(folder: Vec<String>, facts: &ast::Service, context: &mut Context<'_>) -> ir::Service {
    let reference = &facts.reference;
    let is_page = reference.starts_with("https://") && is_address(reference);
    if !reference.is_empty() && !is_page {
        let message = format!("`{}` is not a reference", reference.value);
        let help = "write the whole https address of the service's API reference";
        context.report(reference.span, message, "", help);
    }
    let path = &facts.path;
    if !path.is_empty() && (!http::is_path(path) || path.contains('{')) {
        let message = format!("`{}` is not the path of a service", path.value);
        let help = "write it as `/v3`, or `/` if there is none";
        context.report(path.span, message, "", help);
    }
    if let Some(session) = &facts.session {
        self::session(session, context);
    }
    if let Some(header) = &facts.request_id {
        http::header_name(header, context);
    }
    errors(&facts.errors, context);
    ir::Service {
        folder,
        service_type: facts.service_type.value.clone(),
        title: facts.title.value.clone(),
        reference: facts.reference.value.clone(),
        path: facts.path.trim_end_matches('/').to_owned(),
        session_header: facts
            .session
            .as_ref()
            .map(|session| session.header.value.clone()),
        request_id_header: facts.request_id.as_ref().map(|header| header.value.clone()),
        discovery: discovery(facts, context),
        errors: facts.errors.iter().map(error_body).collect(),
        modules: Vec::new(),
        shapes: Vec::new(),
    }
}

/// A session is a header with a secret.
fn session(session: &ast::SessionHeader, context: &mut Context<'_>) {
    http::header_name(&session.header, context);
    let ty = super::types::resolve(&session.ty, context);
    let secret = match ty {
        ir::Type::Shape(id) => context
            .shapes
            .get(id)
            .is_none_or(|(_, shape)| matches!(shape.kind, ast::ShapeKind::Scalar { secret: true })),
        _ => false,
    };
    if !secret && super::types::is_known(&session.ty, context) {
        let message = "the session's type is not a secret".to_owned();
        let help = "name a shape with `kind: scalar` and `secret: true`";
        context.report(session.ty.span(), message, "", help);
    }
}

/// Every shape of an error's body can be the one that fits.
fn errors(errors: &[ast::ErrorBody], context: &mut Context<'_>) {
    let mut fits_all: BTreeMap<&str, Span> = BTreeMap::new();
    for body in errors {
        let media = &body.media;
        let is_media = |(kind, format): (&str, &str)| {
            let word = |text: &str| {
                !text.is_empty()
                    && text
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-+.".contains(c))
            };
            word(kind) && word(format) && !media.contains(|c: char| c.is_ascii_uppercase())
        };
        if !media.is_empty() && !media.split_once('/').is_some_and(is_media) {
            let message = format!("`{}` is not a media type", media.value);
            let help = "write it as `application/json`: small letters, no parameters";
            context.report(media.span, message, "", help);
        }
        if let Some(first) = fits_all.get(media.as_str()) {
            context.report_pair(
                (media.span, "never read"),
                (*first, "this one has no `message`, so it fits every body"),
                "no error gets to this body".to_owned(),
                "put the body without a `message` last",
            );
        } else if body.message.is_none() {
            fits_all.insert(media, media.span);
        }
    }
}

fn discovery(facts: &ast::Service, context: &mut Context<'_>) -> Option<String> {
    let name = facts.discovery.as_ref()?;
    let files = context.files;
    let mut operations = files.iter().flat_map(|file| &file.operations);
    match operations.find(|(other, _)| other.value == name.value) {
        Some((_, operation)) => {
            let plain = operation.method.value == "GET" && operation.path_parameters.is_empty();
            if !plain && operation.whole {
                let message = format!("`{}` can't be asked without knowing more", name.value);
                let help = "discovery is a GET without path parameters";
                context.report(name.span, message, "", help);
            }
            Some(http::whole_path(operation, context))
        }
        None if context.broken.contains(name.value.as_str()) => None,
        None => {
            let message = format!("unknown operation `{}`", name.value);
            let help = "name the operation that lists the versions of the service";
            context.report(name.span, message, "", help);
            None
        }
    }
}

fn error_body(body: &ast::ErrorBody) -> ir::ErrorBody {
    let split = |path: &Option<ast::Name>| -> Option<Vec<String>> {
        let path = path.as_ref()?;
        let under = body.at.iter().flat_map(|at| at.split('.'));
        Some(under.chain(path.split('.')).map(str::to_owned).collect())
    };
    ir::ErrorBody {
        media: body.media.value.clone(),
        title: split(&body.title),
        message: split(&body.message),
        details: split(&body.details),
        doc: body.doc.value.clone(),
    }
}
