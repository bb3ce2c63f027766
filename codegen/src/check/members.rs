//! Fields, parameters and variants: a list of each.

use std::collections::BTreeMap;

use super::{Context, names, types, versions};
use crate::ast::{self, Life, Member};
use crate::ir::{Constant, Field, Type, Variant};
use crate::span::Span;
use crate::type_expr::TypeExpr;

/// The fields of a struct.
pub(super) fn fields(
    members: &[Member],
    whole: Option<&Life>,
    context: &mut Context<'_>,
) -> Vec<Field> {
    let mut taken = BTreeMap::new();
    members
        .iter()
        .map(|member| {
            let ty = match (&member.ty, &member.constant) {
                (Some(ty), _) => types::resolve(ty, context),
                (None, Some(constant)) => constant_type(&constant.value),
                (None, None) => Type::String,
            };
            field(member, ty, whole, &mut taken, context)
        })
        .collect()
}

fn constant_type(constant: &ast::Constant) -> Type {
    match constant {
        ast::Constant::Bool(_) => Type::Bool,
        ast::Constant::Text(_) => Type::String,
    }
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// Parameters of one place. `taken` has the names that the operation uses already.
pub(super) fn parameters(
    members: &[Member],
    place: Place,
    whole: &Life,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for member in members {
        let Some(expression) = &member.ty else {
            continue;
        };
        let ty = parameter_type(expression, place, context);
        if ty == Type::Flag && member.required {
            let help = "a flag is either there or not; leave `required` out";
            context.report(
                member.wire.span,
                "a flag can't be required".to_owned(),
                "",
                help,
            );
        }
        let mut field = field(member, ty, Some(whole), taken, context);
        field.required = member.required || place == Place::Path;
        fields.push(field);
    }
    fields
}

fn parameter_type(expression: &TypeExpr, place: Place, context: &mut Context<'_>) -> Type {
    if let (TypeExpr::Flag(_), Place::Query) = (expression, place) {
        return Type::Flag;
    }
    let before = context.diagnostics.len();
    let ty = types::resolve(expression, context);
    let text = match (&ty, place) {
        (Type::List(inner), Place::Query) => types::is_text(inner, context),
        _ => types::is_text(&ty, context),
    };
    if !text && context.diagnostics.len() == before {
        let (message, help) = match place {
            Place::Query => (
                "a parameter of a query can't have this type",
                "use text, a number, a bool, a timestamp, an enum, a list of these, or `flag`",
            ),
            Place::Path | Place::Header => (
                "this can't be written as one piece of text",
                "use text, a number, a bool, a timestamp or an enum",
            ),
        };
        context.report(expression.span(), message.to_owned(), "", help);
        return Type::String;
    }
    ty
}

fn field(
    member: &Member,
    ty: Type,
    whole: Option<&Life>,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> Field {
    versions::life(&member.life, whole, context);
    Field {
        wire: member.wire.value.clone(),
        name: names::member(&member.wire, member.name.as_ref(), taken, context),
        ty,
        required: member.required,
        constant: member
            .constant
            .as_ref()
            .map(|constant| match &constant.value {
                ast::Constant::Bool(value) => Constant::Bool(*value),
                ast::Constant::Text(text) => Constant::Text(text.clone()),
            }),
        about: versions::about(&member.doc, None, &member.life),
    }
}

/// The variants of an enum, a union or a keyed set. `taken` has the names used already.
pub(super) fn variants(
    members: &[Member],
    whole: &Life,
    taken: &mut BTreeMap<String, Span>,
    context: &mut Context<'_>,
) -> Vec<Variant> {
    members
        .iter()
        .map(|member| {
            versions::life(&member.life, Some(whole), context);
            Variant {
                wire: member.wire.value.clone(),
                name: names::member(&member.wire, member.name.as_ref(), taken, context),
                ty: member.ty.as_ref().map(|ty| types::resolve(ty, context)),
                wrap: member.wrap.as_ref().map(|wrap| wrap.value.clone()),
                about: versions::about(&member.doc, None, &member.life),
            }
        })
        .collect()
}
