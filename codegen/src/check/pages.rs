//! Pages: the items are there, and so is the link to the next one.

use super::responses::Answers;
use super::{Context, types};
use crate::ast::{Name, Operation, Paginate, ShapeKind};
use crate::diagnostic::similar;
use crate::ir::{self, Content, Type};
use crate::names::snake;

/// A field on the way to what is looked for.
struct Step {
    name: String,
    ty: Type,
    optional: bool,
}

pub(super) fn paginate(
    pages: &Paginate,
    operation: &Operation,
    answers: &Answers,
    context: &mut Context<'_>,
) -> Option<ir::Pages> {
    if !operation.whole {
        return None;
    }
    let Content::Body(body) = &answers.success.content else {
        let message = "only an answer that is a body has pages".to_owned();
        let help = "give the success a `body:` without `headers:`";
        context.report(pages.span, message, "", help);
        return None;
    };
    let (items, item) = items(&pages.items, &body.ty, context)?;
    let next = follow(&pages.next, &body.ty, context)?;
    let is_text = match next.last().map(|step| &step.ty) {
        Some(Type::Nullable(inner)) => **inner == Type::String,
        last => last == Some(&Type::String),
    };
    if !is_text {
        let message = format!("`{}` is not text", pages.next.value);
        let help = "name the field that holds the address of the next page";
        context.report(pages.next.span, message, "", help);
        return None;
    }
    let next = next.into_iter().map(|step| (step.name, step.optional));
    Some(ir::Pages {
        items,
        item,
        next: next.collect(),
    })
}

fn items(path: &Name, body: &Type, context: &mut Context<'_>) -> Option<(Vec<String>, Type)> {
    let steps = follow(path, body, context)?;
    let always = steps.iter().all(|step| !step.optional);
    match steps.last().map(|step| &step.ty) {
        Some(Type::List(item)) if always => {
            let item = (**item).clone();
            Some((steps.into_iter().map(|step| step.name).collect(), item))
        }
        _ => {
            let message = format!("`{}` is not a list that is always there", path.value);
            let help = "name the required field that holds the items of a page";
            context.report(path.span, message, "", help);
            None
        }
    }
}

/// The fields that a dotted path goes through; none if something on the way is not known, or there
/// is no such field, which is reported.
fn follow(path: &Name, from: &Type, context: &mut Context<'_>) -> Option<Vec<Step>> {
    let mut ty = from.clone();
    let mut passed = Vec::new();
    for part in path.split('.') {
        let inner = match ty {
            Type::Nullable(inner) => *inner,
            other => other,
        };
        let shape = match inner {
            Type::Shape(id) => context.shapes.get(id).map(|(_, shape)| *shape),
            _ => None,
        };
        if context.lost && shape.is_none() || shape.is_some_and(|shape| !shape.whole) {
            return None;
        }
        let fields = match shape.map(|shape| &shape.kind) {
            Some(ShapeKind::Struct { fields, .. }) => fields.as_slice(),
            _ => &[],
        };
        let field = fields.iter().find(|field| field.wire.value == part);
        let Some((field, expression)) = field.and_then(|field| Some((field, field.ty.as_ref()?)))
        else {
            let words = fields.iter().map(|field| field.wire.value.as_str());
            let help = match similar(part, words) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write the path of a field of the body".to_owned(),
            };
            let message = format!("the answer has no field `{}`", path.value);
            context.report(path.span, message, "", help);
            return None;
        };
        if !types::is_known(expression, context) {
            return None;
        }
        ty = types::resolve(expression, context);
        let name = match &field.name {
            Some(own) => own.value.clone(),
            None => snake(&field.wire),
        };
        passed.push(Step {
            name,
            ty: ty.clone(),
            optional: !field.required || matches!(ty, Type::Nullable(_)),
        });
    }
    Some(passed)
}
