//! The rules of each kind of shape.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Style;
use super::references::reference;
use super::{Context, members, names, types, versions};
use crate::ast::{Choice, Member, Name, Shape, ShapeKind, Union};
use crate::ir::{self, Kind};
use crate::span::Span;
use crate::type_expr::TypeExpr;

pub(super) fn shape(name: &Name, shape: &Shape, context: &mut Context<'_>) -> ir::Shape {
    versions::life(&shape.life, None, context);
    let module = context
        .files
        .iter()
        .position(|file| file.span.file == name.span.file)
        .unwrap_or_default();
    let file_reference = context
        .files
        .get(module)
        .and_then(|file| file.reference.as_ref())
        .cloned();
    let file_reference = reference(file_reference.as_ref(), None, context);
    let reference = reference(shape.reference.as_ref(), file_reference.as_deref(), context);
    let secret = matches!(shape.kind, ShapeKind::Scalar { secret: true });
    ir::Shape {
        name: name.value.clone(),
        module,
        kind: kind(name, shape, context),
        sent: false,
        received: false,
        secret,
        about: versions::about(&shape.doc, reference, &shape.life),
    }
}

fn kind(name: &Name, shape: &Shape, context: &mut Context<'_>) -> Kind {
    let whole = &shape.life;
    let mut taken = BTreeMap::new();
    match &shape.kind {
        ShapeKind::Scalar { .. } => Kind::Scalar,
        ShapeKind::Struct { fields, extra } => Kind::Struct {
            fields: members::fields(fields, Some(whole), context),
            extra: *extra,
        },
        ShapeKind::Enum { values } => {
            needs_some(name, shape, values.is_empty(), "values", context);
            Kind::Enum {
                values: members::variants(values, whole, &mut taken, context),
            }
        }
        ShapeKind::Union(Union::Key { literals, variants }) => {
            needs_some(name, shape, variants.is_empty(), "variants", context);
            Kind::KeyUnion {
                literals: members::variants(literals, whole, &mut taken, context),
                variants: members::variants(variants, whole, &mut taken, context),
            }
        }
        ShapeKind::Union(Union::Field { field, variants }) => {
            needs_some(name, shape, variants.is_empty(), "variants", context);
            for variant in variants {
                tagged_struct(field, variant.ty.as_ref(), context);
            }
            Kind::FieldUnion {
                field: field.value.clone(),
                variants: members::variants(variants, whole, &mut taken, context),
            }
        }
        ShapeKind::Union(Union::Untagged { fields, variants }) => {
            needs_some(name, shape, variants.is_empty(), "variants", context);
            untagged(fields, variants, shape, context)
        }
        ShapeKind::KeyedSet {
            list,
            member,
            member_doc,
            members,
        } => {
            needs_some(name, shape, members.is_empty(), "members", context);
            not_the_list(list, members, context);
            Kind::KeyedSet {
                list: list.value.clone(),
                member: member.value.clone(),
                member_doc: member_doc.value.clone(),
                members: members::variants(members, whole, &mut taken, context),
            }
        }
    }
}

/// The list of the members and a member can't stand under one key.
fn not_the_list(list: &Name, members: &[Member], context: &mut Context<'_>) {
    let mut keys = members.iter().map(|member| &member.wire);
    if let Some(same) = keys.find(|key| key.value == list.value) {
        context.report_pair(
            (same.span, "a member"),
            (list.span, "the list of the members"),
            format!(
                "the list `{0}` and the member `{0}` have one key",
                list.value
            ),
            "both would be sent under the same key: correct one of the two",
        );
    }
}

fn needs_some(name: &Name, shape: &Shape, empty: bool, what: &str, context: &mut Context<'_>) {
    if empty && shape.whole {
        let message = format!("this shape has no {what}");
        let help = format!("add one under `{what}:`, or remove the shape");
        context.report(name.span, message, "", help);
    }
}

/// What a union tells apart by a field must be a struct, and must not have that field itself.
fn tagged_struct(field: &Name, ty: Option<&TypeExpr>, context: &mut Context<'_>) {
    let Some(expression) = ty.filter(|ty| types::is_known(ty, context)) else {
        return;
    };
    let shape = match types::resolve(expression, context) {
        ir::Type::Shape(id) => context.shapes.get(id).map(|(_, shape)| &shape.kind),
        _ => None,
    };
    let Some(ShapeKind::Struct { fields, .. }) = shape else {
        not_a_struct(expression.span(), context);
        return;
    };
    if let Some(same) = fields.iter().find(|other| other.wire.value == field.value) {
        context.report_pair(
            (same.wire.span, "a field of a variant"),
            (field.span, "the field that tells the variants apart"),
            format!("the field `{}` is there twice", field.value),
            "remove it from the variant: the union writes it",
        );
    }
}

fn not_a_struct(span: Span, context: &mut Context<'_>) {
    let message = "a variant told apart by a field must be a struct".to_owned();
    context.report(
        span,
        message,
        "",
        "declare a shape with `fields:` and name it here",
    );
}

fn untagged(
    fields: &[Member],
    choices: &[Choice],
    shape: &Shape,
    context: &mut Context<'_>,
) -> Kind {
    let all = members::fields(fields, Some(&shape.life), context);
    let mut seen: BTreeMap<BTreeSet<&str>, Span> = BTreeMap::new();
    let mut taken = BTreeMap::new();
    let mut variants = Vec::new();
    for choice in choices {
        let keys: BTreeSet<&str> = choice
            .fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        let alone = choice.fields.is_empty();
        if let Some(first) = seen.insert(keys, choice.name.span).filter(|_| !alone) {
            context.report_pair(
                (choice.name.span, "the second one"),
                (first, "the first one"),
                "two variants have the same fields and can't be told apart".to_owned(),
                "remove one of the two, or give it another field",
            );
        }
        versions::life(&choice.life, Some(&shape.life), context);
        variants.push(ir::Choice {
            name: names::member(&choice.name, None, Style::Variant, &mut taken, context),
            fields: chosen(choice, &all, shape.whole, context),
            about: versions::about(&choice.doc, None, &choice.life),
        });
    }
    for field in fields.iter().filter(|_| shape.whole) {
        let used = choices.iter().flat_map(|choice| &choice.fields);
        if !used.into_iter().any(|used| used.value == field.wire.value) {
            let message = format!("no variant has the field `{}`", field.wire.value);
            context.report(
                field.wire.span,
                message,
                "",
                "remove it, or add it to a variant",
            );
        }
    }
    Kind::Untagged { variants }
}

fn chosen(
    choice: &Choice,
    all: &[ir::Field],
    whole: bool,
    context: &mut Context<'_>,
) -> Vec<ir::Field> {
    let mut fields: Vec<ir::Field> = Vec::new();
    if choice.fields.is_empty() && whole {
        let message = "this variant has no fields".to_owned();
        context.report(
            choice.name.span,
            message,
            "",
            "write `fields: [name, domain]`",
        );
    }
    for name in &choice.fields {
        match all.iter().find(|field| field.wire == name.value) {
            Some(field) if fields.iter().any(|other| other.wire == field.wire) => {
                let message = format!("this variant has the field `{}` twice", name.value);
                context.report(name.span, message, "", "remove one of the two");
            }
            Some(field) => fields.push(field.clone()),
            None if !whole => {}
            None => {
                let words = all.iter().map(|field| field.wire.as_str());
                let help = match crate::diagnostic::similar(&name.value, words) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "declare it under `fields:` of the union".to_owned(),
                };
                context.report(
                    name.span,
                    format!("unknown field `{}`", name.value),
                    "",
                    help,
                );
            }
        }
    }
    fields
}
