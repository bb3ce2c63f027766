//! Operations: what is sent, and how each answer is read.

use super::{MemberRules, first_key, life, members};
use crate::ast::{Body, Name, Operation, Paginate, Response};
use crate::diagnostic::Diagnostics;
use crate::reader::{Table, table};
use crate::span::{Span, Spanned};
use crate::yaml::Node;

const PARAMETER: MemberRules = MemberRules {
    what: "the parameter",
    needs_type: true,
    allows_wrap: false,
    allows_constant: false,
    required: Some(false),
};

const PATH_PARAMETER: MemberRules = MemberRules {
    required: None,
    ..PARAMETER
};

const RESPONSE_HEADER: MemberRules = MemberRules {
    what: "the header",
    required: Some(true),
    ..PARAMETER
};

pub(super) fn operation(
    name: Span,
    node: Spanned<Node>,
    diagnostics: &mut Diagnostics,
) -> Option<Operation> {
    let mut keys = table("the operation", name, node, diagnostics);
    let http = keys.required("http");
    let (method, path) = method_and_path(http, &mut keys);
    let mut responses = Vec::new();
    for item in keys.items("responses") {
        responses.push(response(name, item, keys.reports()));
    }
    let mut operation = Operation {
        whole: false,
        method,
        path,
        at_root: keys.choice("base", &["service", "root"]) == Some("root"),
        session: keys.choice("auth", &["session", "none"]) == Some("session"),
        doc: keys.required("doc"),
        reference: keys.text("reference"),
        life: life(&mut keys),
        path_parameters: members(&mut keys, "path", PATH_PARAMETER),
        query: members(&mut keys, "query", PARAMETER),
        headers: members(&mut keys, "headers", PARAMETER),
        body: keys
            .node("body")
            .map(|(key, node)| body(key, node, keys.reports())),
        responses,
        paginate: keys
            .node("paginate")
            .map(|(key, node)| paginate(key, node, keys.reports())),
    };
    operation.whole = keys.finish();
    Some(operation)
}

/// Both empty if they can't be read.
fn method_and_path(http: Spanned<String>, keys: &mut Table<'_>) -> (Name, Name) {
    if let Some((method, path)) = http.value.split_once(' ') {
        let path_start = http.value.len() - path.trim_start().len();
        return (
            Spanned::new(method.to_owned(), http.span.part(0, method.len())),
            Spanned::new(
                path.trim_start().to_owned(),
                http.span.part(path_start, path.trim_start().len()),
            ),
        );
    }
    if !http.is_empty() {
        let message = format!("`{}` is not a method and a path", http.value);
        let help = "write it as `GET /users/{user_id}`";
        keys.reports().add(http.span, message, "", help);
    }
    let nothing = Spanned::new(String::new(), http.span);
    (nothing.clone(), nothing)
}

fn body(key: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> Body {
    let mut keys = table("the body", key, node, diagnostics);
    let body = Body {
        span: key,
        wrap: keys.text("wrap"),
        name: keys.text("name"),
        ty: keys.required_type("type"),
        doc: keys.required("doc"),
    };
    keys.finish();
    body
}

fn response(owner: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> Response {
    let span = first_key(owner, &node);
    let mut keys = table("the response", span, node, diagnostics);
    let statuses = statuses(span, &mut keys);
    let when = keys.node("when").map(|(key, node)| {
        let mut keys = table("`when`", key, node, keys.reports());
        let header = keys.required("header");
        keys.finish();
        header
    });
    let mut response = Response {
        whole: false,
        span,
        statuses,
        is_error: keys.choice("is", &["ok", "error"]) == Some("error"),
        when,
        name: keys.text("as"),
        doc: keys.text("doc"),
        headers: members(&mut keys, "headers", RESPONSE_HEADER),
        unwrap: keys.text("unwrap"),
        body: keys.ty("body"),
        body_name: keys.text("name"),
    };
    response.whole = keys.finish();
    response
}

fn statuses(owner: Span, keys: &mut Table<'_>) -> Vec<Spanned<u16>> {
    let Some((_, node)) = keys.node("status") else {
        keys.missing("status");
        return Vec::new();
    };
    let items = match node.value {
        Node::List(items) => items,
        _ => vec![node],
    };
    let mut statuses = Vec::new();
    for item in items {
        let status = match &item.value {
            Node::Text(text) | Node::Number(text) => text
                .parse()
                .ok()
                .filter(|status| (200..600).contains(status)),
            _ => None,
        };
        match status {
            Some(status) => statuses.push(Spanned::new(status, item.span)),
            None => {
                let span = item.place(owner);
                let help = "write a number from 200 to 599, or a list of them";
                keys.reports()
                    .add(span, "this is not a status of an answer", "", help);
            }
        }
    }
    statuses
}

fn paginate(key: Span, node: Spanned<Node>, diagnostics: &mut Diagnostics) -> Paginate {
    let mut keys = table("`paginate`", key, node, diagnostics);
    let paginate = Paginate {
        span: key,
        items: keys.required("items"),
        next: keys.required("next"),
    };
    keys.finish();
    paginate
}
