//! What is sent, what is received, what holds a secret; what nothing reaches, and what has no end.

use std::collections::BTreeSet;

use super::{Context, reserved, types};
use crate::ast::{self, Name};
use crate::ir::{Content, Kind, Service, Shape, ShapeId, Type, Variant};

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
    let used = used(service, context);
    let complete = is_complete(context);
    let finite = finite(&service.shapes);
    let mut told = BTreeSet::new();
    for (id, shape) in service.shapes.iter().enumerate() {
        let Some((name, written)) = context.shapes.get(id).copied() else {
            continue;
        };
        let first = context.ids.get(name.value.as_str()) == Some(&id);
        if complete && first && !used.contains(&id) {
            let message = format!("nothing uses the shape `{}`", shape.name);
            let help = "use it in an operation, or remove it";
            context.report(name.span, message, "", help);
        }
        reserved::shape(written, shape, context);
        if shape.received {
            received(name, shape, written, context);
        }
        if !finite.contains(&id) && !told.contains(&id) {
            endless(id, service, &finite, &mut told, context);
        }
    }
}

/// Whether everything was read that may use a shape.
fn is_complete(context: &Context<'_>) -> bool {
    let mut files = context.files.iter();
    let whole = files.all(|file| {
        file.whole
            && file.operations.iter().all(|(_, operation)| operation.whole)
            && file.shapes.iter().all(|(_, shape)| shape.whole)
    });
    whole && context.facts.whole && context.broken.is_empty() && !context.lost
}

/// What can only be sent is not part of an answer.
fn received(name: &Name, shape: &Shape, written: &ast::Shape, context: &mut Context<'_>) {
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
    let ast::ShapeKind::Struct { fields, .. } = &written.kind else {
        return;
    };
    for field in fields.iter().filter(|field| field.constant.is_some()) {
        let message = format!(
            "an answer holds `{}`, so its fields can't be constant",
            shape.name
        );
        let help = "a constant is what clients send: give the field a `type`";
        context.report(field.wire.span, message, "", help);
    }
}

/// Every shape that an operation or the service names, directly or not.
fn used(service: &Service, context: &mut Context<'_>) -> BTreeSet<ShapeId> {
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
    if let Some(session) = &context.facts.session {
        reach(
            &types::resolve(&session.ty, context),
            &service.shapes,
            &mut used,
        );
    }
    for (id, shape) in service.shapes.iter().enumerate() {
        if shape.sent || shape.received {
            used.insert(id);
        }
    }
    used
}

/// The shapes of which a value can exist. A shape is one of them if it needs none that isn't.
fn finite(shapes: &[Shape]) -> BTreeSet<ShapeId> {
    let mut finite = BTreeSet::new();
    loop {
        let before = finite.len();
        for (id, shape) in shapes.iter().enumerate() {
            if ends(&shape.kind, &finite) {
                finite.insert(id);
            }
        }
        if finite.len() == before {
            return finite;
        }
    }
}

fn ends(kind: &Kind, finite: &BTreeSet<ShapeId>) -> bool {
    let ends = |ty: &Type| match ty {
        Type::Shape(id) => finite.contains(id),
        _ => true,
    };
    let any = |variants: &[Variant]| {
        let mut types = variants.iter().map(|variant| variant.ty.as_ref());
        types.any(|ty| ty.is_none_or(ends))
    };
    match kind {
        Kind::Scalar | Kind::Enum { .. } => true,
        Kind::Struct { fields, .. } => fields
            .iter()
            .all(|field| !field.required || ends(&field.ty)),
        Kind::KeyUnion { literals, variants } => {
            !literals.is_empty() || variants.is_empty() || any(variants)
        }
        Kind::FieldUnion { variants, .. } => variants.is_empty() || any(variants),
        Kind::KeyedSet { members, .. } => members.is_empty() || any(members),
        Kind::Untagged { variants } => {
            let mut choices = variants.iter();
            variants.is_empty()
                || choices.any(|choice| choice.fields.iter().all(|field| ends(&field.ty)))
        }
    }
}

/// The types without which there is no value of the kind.
fn needed(kind: &Kind) -> Vec<&Type> {
    match kind {
        Kind::Struct { fields, .. } => {
            let required = fields.iter().filter(|field| field.required);
            required.map(|field| &field.ty).collect()
        }
        kind => parts(kind),
    }
}

/// Reports the first shape of a circle that has no way out. The other shapes that need it are told
/// by the same report.
fn endless(
    id: ShapeId,
    service: &Service,
    finite: &BTreeSet<ShapeId>,
    told: &mut BTreeSet<ShapeId>,
    context: &mut Context<'_>,
) {
    let mut circle: Vec<ShapeId> = Vec::new();
    let mut at = id;
    while !circle.contains(&at) {
        circle.push(at);
        let kind = service.shapes.get(at).map(|shape| &shape.kind);
        let mut types = kind.map(needed).unwrap_or_default().into_iter();
        let next = types.find_map(|ty| match ty {
            Type::Shape(next) if !finite.contains(next) => Some(*next),
            _ => None,
        });
        let Some(next) = next else { return };
        at = next;
    }
    let known = circle.iter().any(|id| told.contains(id));
    told.extend(circle.iter().copied());
    if known {
        return;
    }
    circle.retain({
        let mut inside = false;
        move |id| {
            inside |= *id == at;
            inside
        }
    });
    let name = |id: &ShapeId| service.shapes.get(*id).map(|shape| shape.name.as_str());
    let way: Vec<&str> = circle.iter().chain([&at]).filter_map(name).collect();
    if let Some((first, _)) = context.shapes.get(at) {
        let message = format!("`{}` needs itself, without end", first.value);
        let label = way.join(" -> ");
        let help =
            "make a field on the way optional, nullable or a list, or add a variant without it";
        context.report(first.span, message, &label, help);
    }
}
