//! Fields, parameters and variants: a list of each.

use std::collections::BTreeMap;

use super::names::Style;
use super::{Context, names, reserved, types, versions};
use crate::ast::{self, Life, Member};
use crate::ir::{Constant, Field, Type, Variant};
use crate::span::{Span, Spanned};
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
            let (ty, constant) = match (&member.constant, &member.ty) {
                (Some(constant), ty) => {
                    needs_no_more(member, ty.as_ref(), context);
                    let (ty, constant) = self::constant(constant, context);
                    (ty, Some(constant))
                }
                (None, Some(ty)) => (types::resolve(ty, context), None),
                (None, None) => (Type::String, None),
            };
            Field {
                constant,
                ..field(member, ty, whole, &mut taken, context)
            }
        })
        .collect()
}

/// A constant says all of itself: its type is its value's, and it is always sent.
fn needs_no_more(member: &Member, ty: Option<&TypeExpr>, context: &mut Context<'_>) {
    let written = [
        ("type", ty.map(TypeExpr::span)),
        ("required", member.written_required),
    ];
    for (key, span) in written {
        if let Some(span) = span {
            let message = format!("a constant needs no `{key}`");
            let help = "remove it: the value says its type, and is always sent";
            context.report(span, message, "", help);
        }
    }
}

fn constant(constant: &Spanned<ast::Constant>, context: &mut Context<'_>) -> (Type, Constant) {
    match &constant.value {
        ast::Constant::Bool(value) => (Type::Bool, Constant::Bool(*value)),
        ast::Constant::Text(text) => (Type::String, Constant::Text(text.clone())),
        ast::Constant::Number(text) => {
            let value = text.parse();
            if value.is_err() {
                let message = format!("`{text}` can't be a constant");
                let help = "write a whole number, or text in quotes";
                context.report(constant.span, message, "", help);
            }
            (Type::Integer, Constant::Integer(value.unwrap_or_default()))
        }
    }
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    /// A header of an answer.
    Answer,
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
        if place != Place::Answer {
            reserved::parameter(member, context);
        }
        if ty == Type::Flag && member.required {
            let help = "a flag is either there or not; leave `required` out";
            let span = member.written_required.unwrap_or(member.wire.span);
            context.report(span, "a flag can't be required".to_owned(), "", help);
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
    let ty = types::resolve(expression, context);
    let text = match (&ty, place) {
        (Type::List(inner), Place::Query) => types::is_text(inner, context),
        _ => types::is_text(&ty, context),
    };
    if !text && types::is_known(expression, context) {
        let (message, help) = match place {
            Place::Query => (
                "a parameter of a query can't have this type",
                "use text, a number, a bool, a timestamp, an enum, a list of these, or `flag`",
            ),
            Place::Path | Place::Header | Place::Answer => (
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
    let own = member.name.as_ref();
    Field {
        wire: member.wire.value.clone(),
        name: names::member(&member.wire, own, Style::Field, taken, context),
        ty,
        required: member.required,
        constant: None,
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
            if let (Some(wrap), None) = (&member.wrap, &member.ty) {
                let help = "add `type:`, or remove `wrap`";
                context.report(wrap.span, "there is nothing to wrap".to_owned(), "", help);
            }
            let own = member.name.as_ref();
            Variant {
                wire: member.wire.value.clone(),
                name: names::member(&member.wire, own, Style::Variant, taken, context),
                ty: member.ty.as_ref().map(|ty| types::resolve(ty, context)),
                wrap: member.wrap.as_ref().map(|wrap| wrap.value.clone()),
                about: versions::about(&member.doc, None, &member.life),
            }
        })
        .collect()
}
