//! Types: each name is a shape or a built-in.

use super::Context;
use crate::ast::ShapeKind;
use crate::diagnostic::similar;
use crate::ir::Type;
use crate::span::{Span, Spanned};
use crate::type_expr::TypeExpr;

const BUILT_IN: [(&str, Type); 6] = [
    ("bool", Type::Bool),
    ("integer", Type::Integer),
    ("json", Type::Json),
    ("number", Type::Number),
    ("string", Type::String),
    ("timestamp", Type::Timestamp),
];

/// Resolves a type of a body; text if it can't be resolved, so that the rest can be checked.
pub(super) fn resolve(expression: &TypeExpr, context: &mut Context<'_>) -> Type {
    match expression {
        TypeExpr::Flag(span) => flag(*span, context),
        TypeExpr::Unreadable(_) => {
            context.lost = true;
            Type::String
        }
        TypeExpr::Named(name) => named(name, context),
        TypeExpr::List(inner, _) => Type::List(Box::new(resolve(inner, context))),
        TypeExpr::Map(inner, _) => Type::Map(Box::new(resolve(inner, context))),
        TypeExpr::Nullable(inner, _) => Type::Nullable(Box::new(resolve(inner, context))),
    }
}

fn flag(span: Span, context: &mut Context<'_>) -> Type {
    let message = "only a parameter of a query can be a flag".to_owned();
    context.report(span, message, "", "use `bool`");
    Type::Bool
}

fn named(name: &Spanned<String>, context: &mut Context<'_>) -> Type {
    if let Some((_, ty)) = BUILT_IN.iter().find(|(word, _)| *word == name.value) {
        return ty.clone();
    }
    if let Some(id) = context.ids.get(name.value.as_str()) {
        return Type::Shape(*id);
    }
    if name.value == "flag" {
        return flag(name.span, context);
    }
    context.lost = true;
    if !context.broken.contains(name.value.as_str()) {
        let words = BUILT_IN.iter().map(|(word, _)| *word);
        let help = match similar(&name.value, context.ids.keys().copied().chain(words)) {
            Some(near) => format!("a type with a similar name exists: `{near}`"),
            None => "declare it under `shapes:` in any file of this folder".to_owned(),
        };
        let message = format!("unknown type `{}`", name.value);
        context.report(name.span, message, "not declared in any file", help);
    }
    Type::String
}

/// Whether all that the type names exists and could be read. If not, that was reported, and no rule
/// can say more about the type.
pub(super) fn is_known(expression: &TypeExpr, context: &Context<'_>) -> bool {
    match expression {
        TypeExpr::Flag(_) | TypeExpr::Unreadable(_) => false,
        TypeExpr::Named(name) => {
            BUILT_IN.iter().any(|(word, _)| *word == name.value)
                || context.ids.contains_key(name.value.as_str())
        }
        TypeExpr::List(inner, _) | TypeExpr::Map(inner, _) | TypeExpr::Nullable(inner, _) => {
            is_known(inner, context)
        }
    }
}

/// Whether the type can be written as one piece of text, as parameters and headers are.
pub(super) fn is_text(ty: &Type, context: &Context<'_>) -> bool {
    match ty {
        Type::Bool | Type::Integer | Type::Number | Type::String | Type::Timestamp => true,
        Type::Shape(id) => context.shapes.get(*id).is_none_or(|(_, shape)| {
            matches!(
                shape.kind,
                ShapeKind::Scalar { .. } | ShapeKind::Enum { .. }
            )
        }),
        _ => false,
    }
}
