//! What is sent, what is received, what holds a secret; what nothing reaches, and what has no end.

use std::collections::BTreeSet;

use super::Context;
use crate::ir::{Content, Kind, Service, Shape, ShapeId, Type};

/// Marks each shape with its directions and its secrecy.
pub(super) fn directions(service: &mut Service) {
    let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
    for operation in service.modules.iter().flat_map(|module| &module.operations) {
        if let Some(body) = &operation.body {
            reach(&body.ty, &service.shapes, &mut sent);
        }
        let contents = operation.failures.iter().map(|failure| &failure.content);
        for content in contents.chain([&operation.success.content]) {
            if let Content::Body(body)
            | Content::Parts {
                body: Some((_, body)),
                ..
            } = content
            {
                reach(&body.ty, &service.shapes, &mut received);
            }
        }
    }
    let secret: BTreeSet<ShapeId> = (0..service.shapes.len())
        .filter(|id| {
            let mut inside = BTreeSet::new();
            reach(&Type::Shape(*id), &service.shapes, &mut inside);
            inside
                .iter()
                .any(|id| service.shapes.get(*id).is_some_and(|shape| shape.secret))
        })
        .collect();
    for (id, shape) in service.shapes.iter_mut().enumerate() {
        shape.sent = sent.contains(&id);
        shape.received = received.contains(&id);
        shape.secret = secret.contains(&id);
    }
}

fn reach(ty: &Type, shapes: &[Shape], seen: &mut BTreeSet<ShapeId>) {
    match ty {
        Type::Shape(id) => {
            if let (true, Some(shape)) = (seen.insert(*id), shapes.get(*id)) {
                for inner in parts(&shape.kind) {
                    reach(inner, shapes, seen);
                }
            }
        }
        Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) => {
            reach(inner, shapes, seen);
        }
        _ => {}
    }
}

/// The types that a shape is made of.
fn parts(kind: &Kind) -> Vec<&Type> {
    match kind {
        Kind::Scalar => Vec::new(),
        Kind::Struct { fields, .. } => fields.iter().map(|field| &field.ty).collect(),
        Kind::Enum { .. } => Vec::new(),
        Kind::KeyUnion { variants, .. }
        | Kind::FieldUnion { variants, .. }
        | Kind::KeyedSet {
            members: variants, ..
        } => variants
            .iter()
            .filter_map(|variant| variant.ty.as_ref())
            .collect(),
        Kind::Untagged { variants } => variants
            .iter()
            .flat_map(|choice| &choice.fields)
            .map(|field| &field.ty)
            .collect(),
    }
}

/// The rules that need the whole picture.
pub(super) fn check(service: &Service, context: &mut Context<'_>) {
    let used = used(service);
    let complete = context.broken.is_empty() && context.diagnostics.is_empty();
    for (id, shape) in service.shapes.iter().enumerate() {
        let Some((name, _)) = context.shapes.get(id).copied() else {
            continue;
        };
        let first = context.ids.get(name.value.as_str()) == Some(&id);
        if complete && first && !used.contains(&id) {
            let message = format!("nothing uses the shape `{}`", shape.name);
            context.report(
                name.span,
                message,
                "",
                "use it in an operation, or remove it",
            );
        }
        if shape.received {
            let problem = match shape.kind {
                Kind::Untagged { .. } => Some("its variants can't be told apart reliably"),
                Kind::KeyedSet { .. } => Some("a keyed set is only for requests"),
                _ => None,
            };
            if let Some(problem) = problem {
                let message = format!("an answer can't hold `{}`: {problem}", shape.name);
                let help = "give the answer a shape of its own, tagged by a key or a field";
                context.report(name.span, message, "", help);
            }
        }
        if endless(id, &service.shapes) {
            let message = format!("`{}` requires itself, without end", shape.name);
            let help = "make a field on the way optional, nullable or a list";
            context.report(name.span, message, "", help);
        }
    }
}

/// Every shape that an operation or the service names, directly or not.
fn used(service: &Service) -> BTreeSet<ShapeId> {
    let mut used = BTreeSet::new();
    for operation in service.modules.iter().flat_map(|module| &module.operations) {
        let contents = operation.failures.iter().map(|failure| &failure.content);
        let headers =
            contents
                .chain([&operation.success.content])
                .flat_map(|content| match content {
                    Content::Parts { headers, .. } => headers.as_slice(),
                    _ => &[],
                });
        let parameters = operation.path_parameters.iter().chain(&operation.query);
        for field in parameters.chain(&operation.headers).chain(headers) {
            reach(&field.ty, &service.shapes, &mut used);
        }
    }
    for (id, shape) in service.shapes.iter().enumerate() {
        if shape.sent || shape.received {
            used.insert(id);
        }
    }
    used
}

/// Whether a value of the shape can only exist inside another of the same shape.
fn endless(id: ShapeId, shapes: &[Shape]) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![id];
    while let Some(current) = next.pop() {
        let Some(Kind::Struct { fields, .. }) = shapes.get(current).map(|shape| &shape.kind) else {
            continue;
        };
        for field in fields.iter().filter(|field| field.required) {
            if let Type::Shape(inner) = field.ty {
                if inner == id {
                    return true;
                }
                if seen.insert(inner) {
                    next.push(inner);
                }
            }
        }
    }
    false
}
