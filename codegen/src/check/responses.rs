//! Answers: each can be told from the others, and what it carries can be read.

use std::collections::BTreeMap;

use super::members::{self, Place};
use super::names::Style;
use super::{Context, http, names, types};
use crate::ast::{Name, Operation, Response};
use crate::ir::{self, Content, Type};
use crate::names::snake;
use crate::span::Span;

/// What an operation comes to.
pub(super) struct Answers {
    pub success: ir::Success,
    pub failures: Vec<ir::Failure>,
    pub failures_first: usize,
}

pub(super) fn responses(
    name: &Name,
    operation: &Operation,
    context: &mut Context<'_>,
) -> Option<Answers> {
    unreachable_cases(&operation.responses, context);
    let mut success: Option<(Span, usize, ir::Success)> = None;
    let mut failures: Vec<ir::Failure> = Vec::new();
    let mut named = BTreeMap::new();
    for response in &operation.responses {
        let statuses: Vec<u16> = response
            .statuses
            .iter()
            .map(|status| status.value)
            .collect();
        let content = content(operation, response, context);
        if response.is_error {
            let failure = failure(response, content, &mut named, context);
            failures.extend(failure.map(|failure| ir::Failure {
                statuses,
                ..failure
            }));
            continue;
        }
        means_success(response, context);
        if let Some((first, ..)) = success.as_ref().filter(|_| response.whole) {
            context.report_pair(
                (response.span, "the second one"),
                (*first, "the first one"),
                "this operation has two successes".to_owned(),
                "write all statuses of success in one list, or add `is: error`",
            );
        } else if success.is_none() {
            let found = ir::Success { statuses, content };
            success = Some((response.span, failures.len(), found));
        }
    }
    let Some((_, failures_first, success)) = success else {
        context.lost = true;
        if operation.whole {
            let message = "no answer of this operation means success".to_owned();
            let help = "add `- { status: 200, ... }` to its responses";
            context.report(name.span, message, "", help);
        }
        return None;
    };
    Some(Answers {
        success,
        failures,
        failures_first,
    })
}

/// A success is 2xx or 3xx, and has no condition.
fn means_success(response: &Response, context: &mut Context<'_>) {
    if !response.whole {
        return;
    }
    if let Some(when) = &response.when {
        let help = "conditions are for errors: remove `when`, or add `is: error`";
        context.report(when.span, "a success has no condition".to_owned(), "", help);
    }
    if let Some(status) = response.statuses.iter().find(|status| status.value >= 400) {
        let message = format!("the status {} means an error", status.value);
        let help = "add `is: error`, `as:` and `doc:` to the case";
        context.report(status.span, message, "", help);
    }
}

fn failure(
    response: &Response,
    content: Content,
    named: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> Option<ir::Failure> {
    let (Some(name), Some(doc)) = (&response.name, &response.doc) else {
        context.lost = true;
        if response.whole {
            let message = "an answer that is an error needs a name and a doc".to_owned();
            let help = "add `as: ReceiptRequired` and `doc:`";
            context.report(response.span, message, "", help);
        }
        return None;
    };
    // With headers it is a type, whose name is checked among the types.
    let usable = !response.headers.is_empty() || names::is_type_name(name, context);
    if let Some(first) = named
        .insert(name.value.clone(), name.span)
        .filter(|_| usable)
    {
        context.report_pair(
            (name.span, "the second one"),
            (first, "the first one"),
            format!("two errors of this operation are called `{}`", name.value),
            "give one of the two another name",
        );
    }
    Some(ir::Failure {
        statuses: Vec::new(),
        when: response.when.as_ref().map(|when| when.value.clone()),
        name: name.value.clone(),
        doc: doc.value.clone(),
        content,
    })
}

fn content(operation: &Operation, response: &Response, context: &mut Context<'_>) -> Content {
    http::headers(&response.headers, context);
    declared_when(response, context);
    let body = body(operation, response, context);
    match response.headers.is_empty() {
        true => {
            no_parts(response, context);
            body.map_or(Content::Nothing, Content::Body)
        }
        false => parts(operation, response, body, context),
    }
}

/// A case reads the header that it is told by.
fn declared_when(response: &Response, context: &mut Context<'_>) {
    let declared = |when: &&Name| {
        let mut headers = response.headers.iter();
        headers.any(|header| header.wire.eq_ignore_ascii_case(when))
    };
    let when = response.when.as_ref().filter(|when| !when.is_empty());
    if let Some(when) = when.filter(|when| !declared(when)) {
        let message = format!("this case does not declare the header `{}`", when.value);
        let help = "add it under `headers:` of the case, so that its value is read";
        context.report(when.span, message, "", help);
    }
}

fn body(
    operation: &Operation,
    response: &Response,
    context: &mut Context<'_>,
) -> Option<ir::ReceivedBody> {
    let Some(body) = &response.body else {
        if let Some(unwrap) = response.unwrap.as_ref().filter(|_| response.whole) {
            let message = "there is no body to unwrap".to_owned();
            context.report(unwrap.span, message, "", "add `body:` with its type");
        }
        return None;
    };
    let mut statuses = response.statuses.iter().map(|status| status.value);
    if operation.method.value == "HEAD" {
        let message = "the answer to a HEAD request has no body".to_owned();
        let help = "remove the body, or correct the method";
        context.report(body.span(), message, "", help);
    } else if let Some(status) = statuses.find(|status| matches!(status, 204 | 205 | 304)) {
        let message = format!("an answer with status {status} has no body");
        let help = "remove the body, or correct the status";
        context.report(body.span(), message, "", help);
    }
    Some(ir::ReceivedBody {
        unwrap: response.unwrap.as_ref().map(|unwrap| unwrap.value.clone()),
        ty: types::resolve(body, context),
    })
}

/// Without headers there is no type of its own, which would have a name, a doc and fields.
fn no_parts(response: &Response, context: &mut Context<'_>) {
    let unused = [
        ("as", response.name.as_ref().filter(|_| !response.is_error)),
        ("doc", response.doc.as_ref().filter(|_| !response.is_error)),
        ("name", response.body_name.as_ref()),
    ];
    let unused = unused.into_iter().filter(|_| response.whole);
    for (key, text) in unused.filter_map(|(key, text)| Some((key, text?))) {
        let message = format!("nothing shows the `{key}` of this answer");
        let help = match key {
            "name" => "only a body beside headers is a field with a name; remove it",
            _ => "only an answer with headers, or an error, has one; remove it",
        };
        context.report(text.span, message, "", help);
    }
}

fn parts(
    operation: &Operation,
    response: &Response,
    body: Option<ir::ReceivedBody>,
    context: &mut Context<'_>,
) -> Content {
    let mut taken = BTreeMap::new();
    let life = &operation.life;
    let headers = members::parameters(&response.headers, Place::Answer, life, &mut taken, context);
    let anonymous = response.name.is_none() || response.doc.is_none();
    if !response.is_error && anonymous && response.whole {
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
        let own = response.body_name.as_ref();
        (
            names::member(&wire, own, Style::Field, &mut taken, context),
            body,
        )
    });
    let text = |name: &Option<Name>| {
        name.as_ref()
            .map_or_else(String::new, |name| name.value.clone())
    };
    Content::Parts {
        name: text(&response.name),
        doc: text(&response.doc),
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
