//! What HTTP allows: methods, paths, header names.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::ast::{Name, Operation};
use crate::diagnostic::similar;

const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/// No two operations have one method and one path.
pub(super) fn paths(context: &mut Context<'_>) {
    let mut seen: BTreeMap<(String, String), &Name> = BTreeMap::new();
    let files = context.files;
    for (name, operation) in files.iter().flat_map(|file| &file.operations) {
        let path = whole_path(operation, context);
        let generic: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
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
        context.report(
            path.span,
            format!("`{}` is not a path", path.value),
            "",
            "write it as `/users/{user_id}`: no query, no `//`, no `/` at the end",
        );
    }
    let declared: BTreeSet<&str> = operation
        .path_parameters
        .iter()
        .map(|member| member.wire.value.as_str())
        .collect();
    let used: BTreeSet<&str> = placeholders(path).collect();
    for name in used.difference(&declared) {
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

fn is_path(path: &str) -> bool {
    let part_is_good = |part: &str| {
        let inner = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match inner {
            Some(name) => crate::names::is_snake(name),
            None => {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-._~:$".contains(c))
            }
        }
    };
    path == "/"
        || path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(part_is_good))
}

/// A header's name is a token.
pub(super) fn header_name(name: &Name, context: &mut Context<'_>) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        let message = format!("`{}` can't be the name of a header", name.value);
        context.report(name.span, message, "", "use letters, digits and `-`");
    }
}
