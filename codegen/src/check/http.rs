//! What HTTP allows: methods, paths, header names.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::ast::{Member, Name, Operation};
use crate::diagnostic::similar;
use crate::span::Span;

const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/// No two operations have one method and one path.
pub(super) fn paths(context: &mut Context<'_>) {
    let mut seen: BTreeMap<(String, String), &Name> = BTreeMap::new();
    let files = context.files;
    let operations = files.iter().flat_map(|file| &file.operations);
    for (name, operation) in operations.filter(|(_, operation)| !operation.method.is_empty()) {
        let path = whole_path(operation, context);
        let generic: Vec<&str> = path
            .split('/')
            .map(|part| match part.starts_with('{') && is_part(part) {
                true => "{}",
                false => part,
            })
            .collect();
        let key = (operation.method.value.clone(), generic.join("/"));
        match seen.get(&key) {
            Some(first) => context.report_pair(
                (name.span, "the second one"),
                (first.span, "the first one"),
                format!("two operations are `{} {path}`", operation.method.value),
                "a server can't tell them apart: correct the path, or join the two",
            ),
            None => {
                seen.insert(key, name);
            }
        }
    }
}

/// The path from the server's root.
pub(super) fn whole_path(operation: &Operation, context: &Context<'_>) -> String {
    if operation.at_root {
        return operation.path.value.clone();
    }
    let base = context.facts.path.trim_end_matches('/');
    let path = match operation.path.as_str() {
        "/" if !base.is_empty() => "",
        path => path,
    };
    format!("{base}{path}")
}

/// The method is one, the path is one, and its parameters are the declared ones.
pub(super) fn request_line(operation: &Operation, context: &mut Context<'_>) {
    if operation.method.is_empty() {
        return;
    }
    let method = &operation.method;
    if !METHODS.contains(&method.as_str()) {
        let help = match similar(method, METHODS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", METHODS.join(", ")),
        };
        context.report(
            method.span,
            format!("unknown method `{}`", method.value),
            "",
            help,
        );
    }
    let path = &operation.path;
    if !is_path(path) {
        not_a_path(path, context);
        return;
    }
    path_parameters(operation, context);
}

fn not_a_path(path: &Name, context: &mut Context<'_>) {
    let message = format!("`{}` is not a path", path.value);
    let parts = path.strip_prefix('/').unwrap_or_default().split('/');
    let mut odd = parts.filter(|part| !is_part(part)).peekable();
    let first = odd.peek().copied().unwrap_or_default();
    // Where more than a name in braces is wrong, the form of a path says more.
    let (span, help) = match odd.all(|part| part.contains(['{', '}'])) && !first.is_empty() {
        true => (
            path.span
                .part(path.find(first).unwrap_or_default(), first.len()),
            "a name in braces is small letters, digits and `_`, and stands alone between slashes: \
             `/users/{user_id}`",
        ),
        false => (
            path.span,
            "write it as `/users/{user_id}`: no query, no `//`, no `/` at the end",
        ),
    };
    context.report(span, message, "", help);
}

/// Each parameter stands in the path once and is declared.
fn path_parameters(operation: &Operation, context: &mut Context<'_>) {
    let path = &operation.path;
    let declared: BTreeSet<&str> = operation
        .path_parameters
        .iter()
        .map(|member| member.wire.value.as_str())
        .collect();
    let used: BTreeSet<&str> = placeholders(path).collect();
    for name in &used {
        let placeholder = format!("{{{name}}}");
        if let Some((second, _)) = path.match_indices(&placeholder).nth(1) {
            let span = path.span.part(second, placeholder.len());
            let message = format!("the path has the parameter `{name}` twice");
            context.report(span, message, "", "give one of the two another name");
        }
    }
    for name in used.difference(&declared).filter(|_| operation.whole) {
        let start = path.find(&format!("{{{name}}}")).unwrap_or_default();
        context.report(
            path.span.part(start, name.len() + 2),
            format!("the path parameter `{name}` is not declared"),
            "",
            format!("add `{name}:` under `path:` of this operation"),
        );
    }
    for member in &operation.path_parameters {
        if !used.contains(member.wire.value.as_str()) {
            let message = format!("the path has no `{{{}}}`", member.wire.value);
            let help = "put it into the path, or remove the parameter";
            context.report(member.wire.span, message, "", help);
        }
    }
}

fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

pub(super) fn is_path(path: &str) -> bool {
    path == "/"
        || path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(is_part))
}

/// Whether this can stand between two slashes.
fn is_part(part: &str) -> bool {
    let inner = part
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:$".contains(c);
    match inner {
        Some(name) => crate::names::is_snake(name),
        None => !part.is_empty() && part.chars().all(is_plain),
    }
}

/// The names of headers are tokens, and no two are one: their case says nothing.
pub(super) fn headers(members: &[Member], context: &mut Context<'_>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for Member { wire, .. } in members {
        header_name(wire, context);
        match seen.get(&wire.to_ascii_lowercase()) {
            Some(first) => context.report_pair(
                (wire.span, "the second one"),
                (*first, "the first one"),
                format!("the header `{}` is declared twice", wire.value),
                "the case of a header's name says nothing: keep one of the two",
            ),
            None => {
                seen.insert(wire.to_ascii_lowercase(), wire.span);
            }
        }
    }
}

/// A header's name is a token.
pub(super) fn header_name(name: &Name, context: &mut Context<'_>) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !name.chars().all(token) {
        let message = format!("`{}` can't be the name of a header", name.value);
        context.report(name.span, message, "", "use letters, digits and `-`");
    }
}
