//! Operations: what is sent can be sent, and every answer can be told apart.

use std::collections::BTreeMap;

use super::members::{self, Place};
use super::{Context, http, names, service, types, versions};
use crate::ast::{Body, Name, Operation, Paginate, Response};
use crate::ir::{self, Content, Kind, Type};
use crate::names::{pascal, snake};
use crate::span::Span;

pub(super) fn operation(
    name: &Name,
    operation: &Operation,
    reference: Option<&str>,
    context: &mut Context<'_>,
) -> Option<ir::Operation> {
    http::request_line(operation, context);
    versions::life(&operation.life, None, context);
    for header in &operation.headers {
        http::header_name(&header.wire, context);
    }
    if operation.session && context.facts.session.is_none() {
        let message = "this operation needs a session, and the service has none".to_owned();
        let help = "add `session:` to the service, or `auth: none` here";
        context.report(name.span, message, "", help);
    }
    let life = &operation.life;
    let mut taken = BTreeMap::new();
    let path_parameters = members::parameters(
        &operation.path_parameters,
        Place::Path,
        life,
        &mut taken,
        context,
    );
    let body = operation
        .body
        .as_ref()
        .map(|body| self::body(operation, body, &mut taken, context));
    let headers = members::parameters(&operation.headers, Place::Header, life, &mut taken, context);
    let query = members::parameters(&operation.query, Place::Query, life, &mut taken, context);
    let (success, failures) = responses(name, operation, context)?;
    let pages = operation
        .paginate
        .as_ref()
        .and_then(|pages| paginate(pages, &success, context));
    let reference = service::reference(operation.reference.as_ref(), reference, context);
    Some(ir::Operation {
        name: name.value.clone(),
        method: operation.method.value.clone(),
        path: http::whole_path(operation, context),
        session: operation.session,
        path_parameters,
        query,
        headers,
        body,
        success,
        failures,
        pages,
        about: versions::about(&operation.doc, reference, life),
    })
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
        name: names::member(&wire, body.name.as_ref(), taken, context),
        ty: types::resolve(&body.ty, context),
        doc: body.doc.value.clone(),
    }
}

fn responses(
    name: &Name,
    operation: &Operation,
    context: &mut Context<'_>,
) -> Option<(ir::Success, Vec<ir::Failure>)> {
    unreachable_cases(&operation.responses, context);
    let mut success: Option<(Span, ir::Success)> = None;
    let mut failures = Vec::new();
    for response in &operation.responses {
        let statuses: Vec<u16> = response
            .statuses
            .iter()
            .map(|status| status.value)
            .collect();
        let content = content(operation, response, context);
        if response.is_error {
            failures.extend(failure(response, statuses, content, context));
        } else if let Some(when) = &response.when {
            let help = "conditions are for errors: remove `when`, or add `is: error`";
            context.report(when.span, "a success has no condition".to_owned(), "", help);
        } else if let Some((first, _)) = &success {
            context.report_pair(
                (response.span, "the second one"),
                (*first, "the first one"),
                "this operation has two successes".to_owned(),
                "write all statuses of success in one list, or add `is: error`",
            );
        } else {
            success = Some((response.span, ir::Success { statuses, content }));
        }
    }
    let Some((_, success)) = success else {
        let message = "no answer of this operation means success".to_owned();
        context.report(
            name.span,
            message,
            "",
            "add `- { status: 200, ... }` to its responses",
        );
        return None;
    };
    Some((success, failures))
}

fn failure(
    response: &Response,
    statuses: Vec<u16>,
    content: Content,
    context: &mut Context<'_>,
) -> Option<ir::Failure> {
    let (Some(name), Some(doc)) = (&response.name, &response.doc) else {
        let message = "an answer that is an error needs a name and a doc".to_owned();
        let help = "add `as: ReceiptRequired` and `doc:`";
        context.report(response.span, message, "", help);
        return None;
    };
    Some(ir::Failure {
        statuses,
        when: response.when.as_ref().map(|when| when.value.clone()),
        name: name.value.clone(),
        doc: doc.value.clone(),
        content,
    })
}

fn content(operation: &Operation, response: &Response, context: &mut Context<'_>) -> Content {
    if let (true, Some(body)) = (operation.method.value == "HEAD", &response.body) {
        let message = "the answer to a HEAD request has no body".to_owned();
        context.report(
            body.span(),
            message,
            "",
            "remove the body, or correct the method",
        );
    }
    let declared = |when: &Name| {
        let mut headers = response.headers.iter();
        headers.any(|header| header.wire.eq_ignore_ascii_case(when))
    };
    if let Some(when) = response.when.as_ref().filter(|when| !declared(when)) {
        let message = format!("this case does not declare the header `{}`", when.value);
        let help = "add it under `headers:` of the case, so that its value is read";
        context.report(when.span, message, "", help);
    }
    for header in &response.headers {
        http::header_name(&header.wire, context);
    }
    let body = response.body.as_ref().map(|ty| ir::ReceivedBody {
        unwrap: response.unwrap.as_ref().map(|unwrap| unwrap.value.clone()),
        ty: types::resolve(ty, context),
    });
    if let (None, Some(unwrap)) = (&body, &response.unwrap) {
        let help = "add `body:` with its type";
        context.report(
            unwrap.span,
            "there is no body to unwrap".to_owned(),
            "",
            help,
        );
    }
    if response.headers.is_empty() {
        if let (false, Some(name)) = (response.is_error, &response.name) {
            let help = "a name is for an answer with headers, or for an error; remove `as`";
            context.report(name.span, "this answer needs no name".to_owned(), "", help);
        }
        return body.map_or(Content::Nothing, Content::Body);
    }
    parts(&operation.life, response, body, context)
}

fn parts(
    whole: &crate::ast::Life,
    response: &Response,
    body: Option<ir::ReceivedBody>,
    context: &mut Context<'_>,
) -> Content {
    let mut taken = BTreeMap::new();
    let headers = members::parameters(&response.headers, Place::Header, whole, &mut taken, context);
    if !response.is_error && (response.name.is_none() || response.doc.is_none()) {
        let message = "an answer with headers needs a name and a doc".to_owned();
        let help = "add `as: IssuedToken` and `doc:`: headers and body become one type";
        context.report(response.span, message, "", help);
    }
    let body = body.map(|body| {
        let default = match &body.ty {
            Type::Shape(id) => context.shapes.get(*id).map(|(name, _)| snake(name)),
            _ => response.unwrap.as_ref().map(|unwrap| snake(unwrap)),
        };
        let wire = Name::new(default.unwrap_or_else(|| "body".to_owned()), response.span);
        (
            names::member(&wire, response.body_name.as_ref(), &mut taken, context),
            body,
        )
    });
    Content::Parts {
        name: response
            .name
            .as_ref()
            .map(|name| pascal(&snake(name)))
            .unwrap_or_default(),
        doc: response
            .doc
            .as_ref()
            .map(|doc| doc.value.clone())
            .unwrap_or_default(),
        headers,
        body,
    }
}

/// A case whose statuses all went to cases before it, without a condition, is never reached.
fn unreachable_cases(responses: &[Response], context: &mut Context<'_>) {
    let mut taken: BTreeMap<(u16, Option<String>), Span> = BTreeMap::new();
    for response in responses {
        let when = response.when.as_ref().map(|when| when.to_ascii_lowercase());
        for status in &response.statuses {
            let before = taken
                .get(&(status.value, None))
                .or_else(|| taken.get(&(status.value, when.clone())));
            if let Some(first) = before {
                context.report_pair(
                    (status.span, "never reached"),
                    (*first, "already taken here"),
                    format!(
                        "an answer with status {} never gets to this case",
                        status.value
                    ),
                    "put the case with a `when` first, or remove one of the two",
                );
            }
            taken
                .entry((status.value, when.clone()))
                .or_insert(status.span);
        }
    }
}

fn paginate(
    pages: &Paginate,
    success: &ir::Success,
    context: &mut Context<'_>,
) -> Option<ir::Pages> {
    let Content::Body(body) = &success.content else {
        let message = "only an answer that is a body has pages".to_owned();
        let help = "give the success a `body:` without `headers:`";
        context.report(pages.span, message, "", help);
        return None;
    };
    let item = match follow(&pages.items, &body.ty, context)?.pop()? {
        (_, Type::List(item), false) => *item,
        _ => {
            let message = format!("`{}` is not a list that is always there", pages.items.value);
            let help = "name the required field that holds the items of a page";
            context.report(pages.items.span, message, "", help);
            return None;
        }
    };
    let next = follow(&pages.next, &body.ty, context)?;
    match next.last() {
        Some((_, Type::Nullable(inner), _)) if **inner == Type::String => {}
        Some((_, Type::String, _)) => {}
        _ => {
            let message = format!("`{}` is not text", pages.next.value);
            let help = "name the field that holds the address of the next page";
            context.report(pages.next.span, message, "", help);
            return None;
        }
    }
    let next = next
        .into_iter()
        .map(|(name, ty, optional)| (name, optional || matches!(ty, Type::Nullable(_))));
    Some(ir::Pages {
        items: snake(&pages.items),
        item,
        next: next.collect(),
    })
}

/// The fields that a dotted path goes through: name, type, and whether each may be absent.
fn follow(
    path: &Name,
    from: &Type,
    context: &mut Context<'_>,
) -> Option<Vec<(String, Type, bool)>> {
    let mut ty = from.clone();
    let mut passed = Vec::new();
    for part in path.split('.') {
        let inner = match ty {
            Type::Nullable(inner) => *inner,
            other => other,
        };
        let shape = match inner {
            Type::Shape(id) => context.shapes.get(id).map(|(_, shape)| *shape),
            _ => None,
        };
        let fields = shape.and_then(|shape| match &shape.kind {
            crate::ast::ShapeKind::Struct { fields, .. } => Some(fields),
            _ => None,
        });
        let field = fields.and_then(|fields| fields.iter().find(|field| field.wire.value == part));
        let Some((field, expression)) = field.and_then(|field| Some((field, field.ty.as_ref()?)))
        else {
            let message = format!("the answer has no field `{}`", path.value);
            context.report(
                path.span,
                message,
                "",
                "write the path of a field of the body",
            );
            return None;
        };
        ty = types::resolve(expression, context);
        let name = field
            .name
            .as_ref()
            .map_or_else(|| snake(&field.wire), |own| own.value.clone());
        passed.push((name, ty.clone(), !field.required));
    }
    Some(passed)
}

/// A secret in a path or a query would end up in logs.
pub(super) fn secrets(service: &ir::Service, context: &mut Context<'_>) {
    let files = context.files;
    for (_, operation) in files.iter().flat_map(|file| &file.operations) {
        for (members, place) in [
            (&operation.path_parameters, "path"),
            (&operation.query, "query"),
        ] {
            for member in members {
                let Some(ty) = &member.ty else { continue };
                let name = match ty {
                    crate::type_expr::TypeExpr::Named(name) => name.value.as_str(),
                    _ => continue,
                };
                let shape = context.ids.get(name).and_then(|id| service.shapes.get(*id));
                if shape.is_some_and(|shape| shape.secret && matches!(shape.kind, Kind::Scalar)) {
                    let message = format!("a secret can't be part of the {place}");
                    let help = "addresses are logged by servers and proxies: send it in a header";
                    context.report(ty.span(), message, "", help);
                }
            }
        }
    }
}
