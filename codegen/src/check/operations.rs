//! Operations: what is sent can be sent where it belongs.

use std::collections::BTreeMap;

use super::members::{self, Place};
use super::names::Style;
use super::references::reference;
use super::{Context, http, names, pages, responses, types, versions};
use crate::ast::{Body, Member, Name, Operation};
use crate::ir::{self, Type};
use crate::names::snake;
use crate::span::Span;

pub(super) fn operation(
    name: &Name,
    operation: &Operation,
    file_reference: Option<&str>,
    context: &mut Context<'_>,
) -> Option<ir::Operation> {
    http::request_line(operation, context);
    versions::life(&operation.life, None, context);
    session(name, operation, context);
    http::headers(&operation.headers, context);
    let life = &operation.life;
    let mut taken = BTreeMap::new();
    let mut parameters = |members: &[Member], place, context: &mut Context<'_>| {
        members::parameters(members, place, life, &mut taken, context)
    };
    let path_parameters = parameters(&operation.path_parameters, Place::Path, context);
    let headers = parameters(&operation.headers, Place::Header, context);
    let query = parameters(&operation.query, Place::Query, context);
    let body = operation.body.as_ref();
    let body = body.map(|body| self::body(operation, body, &mut taken, context));
    let reference = reference(operation.reference.as_ref(), file_reference, context);
    let answers = responses::responses(name, operation, context)?;
    let pages = operation.paginate.as_ref();
    let pages = pages.and_then(|pages| pages::paginate(pages, operation, &answers, context));
    Some(ir::Operation {
        name: name.value.clone(),
        method: operation.method.value.clone(),
        path: http::whole_path(operation, context),
        session: operation.session,
        path_parameters,
        query,
        headers,
        body,
        success: answers.success,
        failures: answers.failures,
        failures_first: answers.failures_first,
        pages,
        about: versions::about(&operation.doc, reference, life),
    })
}

/// There is a session where one is wanted, and nothing else sends its header.
fn session(name: &Name, operation: &Operation, context: &mut Context<'_>) {
    if !operation.session {
        return;
    }
    let Some(session) = &context.facts.session else {
        if context.facts.whole {
            let message = "this operation needs a session, and the service has none".to_owned();
            let help = "add `session:` to the service, or `auth: none` here";
            context.report(name.span, message, "", help);
        }
        return;
    };
    let mut headers = operation.headers.iter().map(|header| &header.wire);
    if let Some(same) = headers.find(|header| header.eq_ignore_ascii_case(&session.header)) {
        context.report_pair(
            (same.span, ""),
            (session.header.span, "the session's header"),
            format!("the session sends the header `{}` already", same.value),
            "remove it here, or add `auth: none` to the operation",
        );
    }
}

fn body(
    operation: &Operation,
    body: &Body,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> ir::Body {
    if matches!(operation.method.as_str(), "GET" | "HEAD" | "DELETE") {
        let message = format!("a {} request has no body", operation.method.value);
        let help = "remove the body, or correct the method";
        context.report(body.span, message, "", help);
    }
    let default = match &body.wrap {
        Some(wrap) => snake(wrap),
        None => "body".to_owned(),
    };
    let wire = Name::new(default, body.span);
    ir::Body {
        wrap: body.wrap.as_ref().map(|wrap| wrap.value.clone()),
        name: names::member(&wire, body.name.as_ref(), Style::Field, taken, context),
        ty: types::resolve(&body.ty, context),
        doc: body.doc.value.clone(),
    }
}

/// A secret in a path or a query would end up in logs.
pub(super) fn secrets(service: &ir::Service, context: &mut Context<'_>) {
    let files = context.files;
    for (_, operation) in files.iter().flat_map(|file| &file.operations) {
        let places = [
            (&operation.path_parameters, "path"),
            (&operation.query, "query"),
        ];
        for (members, place) in places {
            for ty in members.iter().filter_map(|member| member.ty.as_ref()) {
                if types::is_known(ty, context)
                    && holds_secret(&types::resolve(ty, context), service)
                {
                    let message = format!("a secret can't be part of the {place}");
                    let help = "addresses are logged by servers and proxies: send it in a header";
                    context.report(ty.span(), message, "", help);
                }
            }
        }
    }
}

fn holds_secret(ty: &Type, service: &ir::Service) -> bool {
    match ty {
        Type::Shape(id) => service.shapes.get(*id).is_some_and(|shape| shape.secret),
        Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) => {
            holds_secret(inner, service)
        }
        _ => false,
    }
}
