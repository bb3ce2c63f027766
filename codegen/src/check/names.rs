//! Names: each is usable, and no two become one.

use std::collections::BTreeMap;

use super::Context;
use crate::ast::{File, Name, ShapeKind};
use crate::diagnostic::Diagnostics;
use crate::names::{RESERVED, is_pascal, is_snake, pascal, snake};
use crate::span::Span;

/// Folders and files become modules: their names must be names, and differ.
pub(super) fn folders(folders: &BTreeMap<Vec<String>, Vec<File>>, diagnostics: &mut Diagnostics) {
    for (folder, files) in folders {
        for file in files {
            for part in folder.iter().chain([&file.stem]) {
                if !is_snake(part) || part == "mod" {
                    diagnostics.add(
                        file.span,
                        format!("`{part}` can't be the name of a module"),
                        "",
                        "rename the file or folder: small letters, digits and `_`, not `mod`",
                    );
                }
            }
            let mut as_folder = folder.clone();
            as_folder.push(file.stem.clone());
            if folders.keys().any(|other| other.starts_with(&as_folder)) {
                diagnostics.add(
                    file.span,
                    format!(
                        "the file `{0}.yaml` and the folder `{0}` have one name",
                        file.stem
                    ),
                    "",
                    "rename one of the two: each becomes a module",
                );
            }
        }
    }
}

/// The types of a service live in one namespace: shapes, operations, and what is named inside them.
pub(super) fn types(context: &mut Context<'_>) {
    let mut names: Vec<(String, Span, &'static str)> = Vec::new();
    let files = context.files;
    for file in files {
        for (name, shape) in &file.shapes {
            names.push((type_name(name, context), name.span, "shape"));
            if let ShapeKind::KeyedSet { member, .. } = &shape.kind {
                names.push((type_name(member, context), member.span, "member of a shape"));
            }
        }
        for (name, operation) in &file.operations {
            if !is_snake(name) {
                let message = format!("`{}` can't be the name of an operation", name.value);
                context.report(name.span, message, "", "write it `like_this`");
            }
            names.push((pascal(name), name.span, "operation"));
            let named = operation.responses.iter().filter(|response| {
                !response.headers.is_empty() || response.is_error && response.body.is_none()
            });
            names.extend(named.filter_map(|response| {
                let name = response.name.as_ref()?;
                Some((name.value.clone(), name.span, "response"))
            }));
        }
    }
    distinct(&names, context);
}

fn type_name(name: &Name, context: &mut Context<'_>) -> String {
    if !is_pascal(name) {
        let message = format!("`{}` can't be the name of a type", name.value);
        context.report(
            name.span,
            message,
            "",
            "write it `LikeThis`: letters and digits",
        );
    } else if RESERVED.contains(&name.value.as_str()) {
        let message = format!("`{}` can't be the name of a type", name.value);
        context.report(
            name.span,
            message,
            "",
            "the name has a meaning in clients; choose another",
        );
    }
    name.value.clone()
}

fn distinct(names: &[(String, Span, &'static str)], context: &mut Context<'_>) {
    let mut seen: BTreeMap<String, (Span, &'static str)> = BTreeMap::new();
    for (name, span, what) in names {
        match seen.get(&pascal(&snake(name))) {
            Some((first, first_what)) => context.report_pair(
                (*span, what),
                (*first, first_what),
                format!("the type `{name}` is declared twice"),
                "types of a service share one namespace: give one of the two another name",
            ),
            None => {
                seen.insert(pascal(&snake(name)), (*span, what));
            }
        }
    }
}

/// The name of a member: its own, else made from what is sent. Reports what can't be a name, and
/// what another member of the same list is called too.
pub(super) fn member(
    wire: &Name,
    own: Option<&Name>,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> String {
    let name = own.map_or_else(|| snake(wire), |own| own.value.clone());
    let span = own.map_or(wire.span, |own| own.span);
    if !is_snake(&name) {
        let help = match own {
            Some(_) => "write it `like_this`",
            None => "add `name:`, written `like_this`",
        };
        context.report(
            span,
            format!("`{}` can't be made into a name", wire.value),
            "",
            help,
        );
    } else if let Some(first) = taken.get(&name) {
        context.report_pair(
            (span, "the second one"),
            (*first, "the first one"),
            format!("two members are called `{name}`"),
            "add `name:` to one of the two",
        );
    } else {
        taken.insert(name.clone(), span);
    }
    name
}
