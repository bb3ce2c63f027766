//! Names of members that a client uses for something else.

use std::collections::BTreeMap;

use super::Context;
use crate::ast::{Member, Shape, ShapeKind, Union};
use crate::ir;
use crate::names::{pascal, snake};
use crate::span::Span;

/// What a client calls the methods of an operation; parameters have methods too.
const OF_OPERATION: [&str; 3] = ["new", "request", "response"];

pub(super) fn parameter(member: &Member, context: &mut Context<'_>) {
    let (name, span) = name_of(member);
    if OF_OPERATION.contains(&name.as_str()) {
        report(&name, span, "parameter", context);
    }
}

/// Rules that depend on whether the shape is sent.
pub(super) fn shape(shape: &Shape, checked: &ir::Shape, context: &mut Context<'_>) {
    match &shape.kind {
        ShapeKind::Struct { fields, extra } => {
            for field in fields {
                let (name, span) = name_of(field);
                if *extra && name == "extra" || checked.sent && name == "new" {
                    report(&name, span, "field", context);
                }
            }
            if checked.sent {
                clears(fields, context);
            }
        }
        ShapeKind::Enum { values } => variants(values, context),
        ShapeKind::Union(Union::Key { literals, variants }) => {
            self::variants(literals, context);
            self::variants(variants, context);
        }
        ShapeKind::Union(Union::Field { variants, .. }) => self::variants(variants, context),
        _ => {}
    }
}

/// Where a value can be null, it can be cleared: `clear_x` beside `x`.
fn clears(fields: &[Member], context: &mut Context<'_>) {
    let nullable = |field: &&Member| {
        let null = matches!(field.ty, Some(crate::type_expr::TypeExpr::Nullable(..)));
        null && !field.required
    };
    let clearing: BTreeMap<String, Span> = fields
        .iter()
        .filter(nullable)
        .map(|field| (format!("clear_{}", name_of(field).0), field.wire.span))
        .collect();
    for field in fields {
        let (name, span) = name_of(field);
        if let Some(first) = clearing.get(&name) {
            context.report_pair(
                (span, ""),
                (*first, "a client clears this one by that name"),
                format!("`{name}` can't be the name of a field here"),
                "add `name:` with another name",
            );
        }
    }
}

fn variants(members: &[Member], context: &mut Context<'_>) {
    for member in members {
        let (name, span) = name_of(member);
        if pascal(&name) == "Unrecognized" {
            report(&name, span, "variant", context);
        }
    }
}

fn name_of(member: &Member) -> (String, Span) {
    match &member.name {
        Some(own) => (own.value.clone(), own.span),
        None => (snake(&member.wire), member.wire.span),
    }
}

fn report(name: &str, span: Span, what: &str, context: &mut Context<'_>) {
    let message = format!("`{name}` can't be the name of a {what} here");
    let help = "clients use it for something else: add `name:` with another name";
    context.report(span, message, "", help);
}
