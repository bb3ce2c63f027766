//! Names: each is usable, and no two become one.

use std::collections::BTreeMap;

use super::Context;
use crate::ast::{File, Name, Operation, ShapeKind};
use crate::diagnostic::Diagnostics;
use crate::names::{RESERVED, is_pascal, is_snake, pascal, snake};
use crate::span::Span;

/// Folders and files become modules: their names must be names, and differ.
pub(super) fn folders(folders: &BTreeMap<Vec<String>, Vec<File>>, diagnostics: &mut Diagnostics) {
    for (folder, files) in folders {
        if let Some(file) = files.first() {
            for part in folder {
                module(part, "the folder", file.span, diagnostics);
            }
        }
        for file in files {
            module(&file.stem, "the file", file.span, diagnostics);
            let mut as_folder = folder.clone();
            as_folder.push(file.stem.clone());
            if folders.keys().any(|other| other.starts_with(&as_folder)) {
                let message = format!(
                    "the file `{0}.yaml` and the folder `{0}` have one name",
                    file.stem
                );
                let help = "rename one of the two: each becomes a module";
                diagnostics.add(file.span, message, "", help);
            }
        }
    }
}

fn module(name: &str, what: &str, span: Span, diagnostics: &mut Diagnostics) {
    if !is_snake(name) || name == "mod" {
        let message = format!("`{name}` can't be the name of a module");
        let help = format!("rename {what}: small letters, digits and `_`, not `mod`");
        diagnostics.add(span, message, "", help);
    }
}

/// What a service declares in its one namespace of types: the name, where, and as what.
type Declared = (String, Span, &'static str);

/// The types of a service live in one namespace: shapes, operations, and what is named inside them.
pub(super) fn types(context: &mut Context<'_>) {
    let mut declared: Vec<Declared> = Vec::new();
    let files = context.files;
    for file in files {
        for (name, shape) in &file.shapes {
            declared.extend(type_name(name, "shape", context));
            if let ShapeKind::KeyedSet { member, .. } = &shape.kind {
                declared.extend(type_name(member, "member of a shape", context));
            }
        }
        for (name, operation) in &file.operations {
            of_operation(name, operation, &mut declared, context);
        }
    }
    distinct(&declared, context);
}

fn of_operation(
    name: &Name,
    operation: &Operation,
    declared: &mut Vec<Declared>,
    context: &mut Context<'_>,
) {
    if !is_snake(name) {
        let message = format!("`{}` can't be the name of an operation", name.value);
        let like = snake(name);
        let help = match is_snake(&like) {
            true => format!("write it `{like}`"),
            false => "write it `like_this`".to_owned(),
        };
        context.report(name.span, message, "", help);
        return;
    }
    let own = pascal(name);
    if RESERVED.contains(&own.as_str()) {
        let message = format!("`{}` can't be the name of an operation", name.value);
        let help = format!("its type would be `{own}`, which means something else; choose another");
        context.report(name.span, message, "", help);
    }
    if operation.responses.iter().any(|response| response.is_error) {
        declared.push((
            format!("{own}Failure"),
            name.span,
            "failures of an operation",
        ));
    }
    declared.push((own, name.span, "operation"));
    for response in &operation.responses {
        if let (Some(name), false) = (&response.name, response.headers.is_empty()) {
            declared.extend(type_name(name, "answer", context));
        }
    }
}

/// The name as it is, if it can be one of a type.
fn type_name(name: &Name, what: &'static str, context: &mut Context<'_>) -> Option<Declared> {
    if !is_type_name(name, context) {
        return None;
    }
    Some((name.value.clone(), name.span, what))
}

/// Whether the name can be one of a type, or of a variant; if not, that is reported.
pub(super) fn is_type_name(name: &Name, context: &mut Context<'_>) -> bool {
    if name.is_empty() {
        return false;
    }
    if !is_pascal(name) {
        let message = format!("`{}` can't be the name of a type", name.value);
        let like = pascal(&snake(name));
        let help = match is_pascal(&like) {
            true => format!("write it `{like}`"),
            false => "write it `LikeThis`: letters and digits".to_owned(),
        };
        context.report(name.span, message, "", help);
        return false;
    }
    let free = !RESERVED.contains(&name.value.as_str());
    if !free {
        reserved(name, context);
    }
    free
}

fn reserved(name: &Name, context: &mut Context<'_>) {
    let message = format!("`{}` can't be the name of a type", name.value);
    let help = "the name has a meaning in clients; choose another";
    context.report(name.span, message, "", help);
}

fn distinct(declared: &[Declared], context: &mut Context<'_>) {
    let mut seen: BTreeMap<&str, (Span, &'static str)> = BTreeMap::new();
    for (name, span, what) in declared {
        match seen.get(name.as_str()) {
            Some((first, first_what)) => context.report_pair(
                (*span, what),
                (*first, first_what),
                format!("the type `{name}` is declared twice"),
                "types of a service share one namespace: give one of the two another name",
            ),
            None => {
                seen.insert(name, (*span, what));
            }
        }
    }
}

/// What makes two names of a list one.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// Fields and parameters, written `like_this`.
    Field,
    /// Variants, written `LikeThis`.
    Variant,
}

/// The name of a member: its own, else made from what is sent. Reports what can't be a name, and
/// what another member of the same list is called too.
pub(super) fn member(
    wire: &Name,
    own: Option<&Name>,
    style: Style,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> String {
    let name = own.map_or_else(|| snake(wire), |own| own.value.clone());
    let span = own.map_or(wire.span, |own| own.span);
    let shown = match style {
        Style::Field => name.clone(),
        Style::Variant => pascal(&name),
    };
    if !is_snake(&name) {
        let help = match own {
            Some(_) => "write it `like_this`",
            None => "add `name:`, written `like_this`",
        };
        let text = own.unwrap_or(wire);
        let message = format!("`{}` can't be made into a name", text.value);
        context.report(span, message, "", help);
    } else if let Some(first) = taken.get(&shown) {
        context.report_pair(
            (span, "the second one"),
            (*first, "the first one"),
            format!("two members are called `{shown}`"),
            "add `name:` to one of the two",
        );
    } else {
        taken.insert(shown, span);
    }
    name
}
