//! Shapes as Rust types.

use super::{Lower, constant, constructor, escape, variant};
use crate::docs::{self, Created};
use crate::ir::{self, Kind, Shape, ShapeId, Type};
use crate::rust::{
    Attributes, Choice, Field, Item, KeyedSet, OpenEnum, Presence, Struct, Text, Traits, Ty, Union,
    Untagged, Variant,
};

impl Lower<'_> {
    pub(super) fn shape(&self, id: ShapeId, shape: &Shape) -> Item {
        match &shape.kind {
            Kind::Scalar => {
                let (attributes, name, traits) = head(shape);
                Item::Text(Text {
                    attributes,
                    name,
                    secret: shape.secret,
                    traits,
                })
            }
            Kind::Enum { values } => {
                let (attributes, name, _) = head(shape);
                Item::OpenEnum(OpenEnum {
                    attributes,
                    name,
                    values: self.variants(values),
                })
            }
            Kind::Struct { fields, extra } => {
                struct_of(shape, self.fields(id, shape, fields, *extra))
            }
            Kind::KeyUnion { literals, variants } => {
                let mut all = self.variants(literals);
                all.iter_mut().for_each(|literal| literal.literal = true);
                all.extend(self.boxed(id, variants));
                union(shape, None, all)
            }
            Kind::FieldUnion { field, variants } => {
                union(shape, Some(field.clone()), self.boxed(id, variants))
            }
            Kind::Untagged { variants } => {
                let choices = variants.iter().map(|choice| self.choice(id, choice));
                untagged(shape, choices.collect())
            }
            Kind::KeyedSet {
                list,
                member,
                member_doc,
                members,
            } => {
                let (attributes, name, traits) = head(shape);
                Item::KeyedSet(KeyedSet {
                    attributes,
                    name,
                    traits,
                    list: list.clone(),
                    member_attributes: docs::linked(member_doc, shape.about.reference.as_ref()),
                    member: member.clone(),
                    members: self.boxed(id, members),
                })
            }
        }
    }

    fn fields(&self, id: ShapeId, shape: &Shape, fields: &[ir::Field], extra: bool) -> Vec<Field> {
        let mut lowered: Vec<Field> = fields
            .iter()
            .map(|field| self.field(id, shape, field))
            .collect();
        if extra {
            let about = "Fields unknown to this version of the crate.";
            lowered.push(Field {
                attributes: docs::plain(about),
                name: "extra".into(),
                plain: "extra".into(),
                wire: String::new(),
                ty: Ty::Map(Box::new(Ty::Json)),
                secret: false,
                presence: Presence::Extra,
            });
        }
        lowered
    }

    fn field(&self, id: ShapeId, shape: &Shape, field: &ir::Field) -> Field {
        let (nullable, inner) = match &field.ty {
            Type::Nullable(inner) => (true, &**inner),
            other => (false, other),
        };
        let inner_ty = self.boxed_type(id, inner);
        let (presence, ty) = if let Some(value) = &field.constant {
            (Presence::Constant(constant(value)), inner_ty)
        } else if field.required && !nullable {
            (Presence::Required, inner_ty)
        } else if field.required {
            (Presence::Required, Ty::Option(Box::new(inner_ty)))
        } else if nullable && shape.sent {
            (Presence::Patch, Ty::Patch(Box::new(inner_ty)))
        } else {
            (Presence::Optional, Ty::Option(Box::new(inner_ty)))
        };
        Field {
            attributes: docs::attributes(&field.about),
            name: escape(&field.name),
            plain: field.name.clone(),
            wire: field.wire.clone(),
            ty,
            secret: self.has_secret(&field.ty),
            presence,
        }
    }

    fn choice(&self, id: ShapeId, choice: &ir::Choice) -> Choice {
        let field = |field: &ir::Field| Field {
            attributes: docs::attributes(&field.about),
            name: escape(&field.name),
            plain: field.name.clone(),
            wire: field.wire.clone(),
            ty: self.boxed_type(id, &field.ty),
            secret: self.has_secret(&field.ty),
            presence: match &field.constant {
                Some(value) => Presence::Constant(constant(value)),
                None => Presence::Required,
            },
        };
        Choice {
            attributes: docs::attributes(&choice.about),
            name: variant(&choice.name),
            constructor: escape(&choice.name),
            fields: choice.fields.iter().map(field).collect(),
        }
    }

    fn boxed(&self, id: ShapeId, variants: &[ir::Variant]) -> Vec<Variant> {
        let mut lowered = self.variants(variants);
        for (variant, from) in lowered.iter_mut().zip(variants) {
            variant.ty = from.ty.as_ref().map(|ty| self.boxed_type(id, ty));
            // Every type converts to itself already.
            variant.convertible &= from.ty != Some(Type::Shape(id));
        }
        lowered
    }

    /// A type inside the shape `id`: in a box where the shape would hold itself.
    fn boxed_type(&self, id: ShapeId, ty: &Type) -> Ty {
        match ty {
            Type::Shape(inner) if self.holds(*inner, id, &mut vec![*inner]) => {
                Ty::Boxed(Box::new(self.ty(ty)))
            }
            Type::Nullable(inner) => Ty::Option(Box::new(self.boxed_type(id, inner))),
            _ => self.ty(ty),
        }
    }

    /// Whether a value of shape `from` can have one of shape `to` inside it, lists and maps aside.
    fn holds(&self, from: ShapeId, to: ShapeId, seen: &mut Vec<ShapeId>) -> bool {
        if from == to {
            return true;
        }
        let Some(shape) = self.service.shapes.get(from) else {
            return false;
        };
        types(&shape.kind).into_iter().any(|ty| {
            let inner = match ty {
                Type::Nullable(inner) => inner,
                other => other,
            };
            match inner {
                Type::Shape(inner) if *inner == to => true,
                Type::Shape(inner) if !seen.contains(inner) => {
                    seen.push(*inner);
                    self.holds(*inner, to, seen)
                }
                _ => false,
            }
        })
    }
}

/// What every item has.
fn head(shape: &Shape) -> (Attributes, String, Traits) {
    let traits = Traits {
        serialize: shape.sent,
        deserialize: shape.received,
        compare: !shape.secret,
        secrets: shape.sent && shape.secret,
    };
    (docs::attributes(&shape.about), shape.name.clone(), traits)
}

fn struct_of(shape: &Shape, fields: Vec<Field>) -> Item {
    let (attributes, name, traits) = head(shape);
    Item::Struct(Struct {
        attributes,
        name,
        traits,
        public: shape.received,
        constructor: shape.sent.then(|| constructor(Created::Value, &fields)),
        fields,
    })
}

fn union(shape: &Shape, field: Option<String>, variants: Vec<Variant>) -> Item {
    let (attributes, name, traits) = head(shape);
    Item::Union(Union {
        attributes,
        name,
        traits,
        field,
        variants,
    })
}

fn untagged(shape: &Shape, variants: Vec<Choice>) -> Item {
    let (attributes, name, traits) = head(shape);
    Item::Untagged(Untagged {
        attributes,
        name,
        traits,
        variants,
    })
}

pub(super) fn has_deprecated(shape: &Shape) -> bool {
    let deprecated = |about: &ir::About| about.deprecated.is_some();
    let any = |variants: &[ir::Variant]| variants.iter().any(|variant| deprecated(&variant.about));
    deprecated(&shape.about)
        || match &shape.kind {
            Kind::Scalar => false,
            Kind::Struct { fields, .. } => fields.iter().any(|field| deprecated(&field.about)),
            Kind::Enum { values } => any(values),
            Kind::KeyUnion { literals, variants } => any(literals) || any(variants),
            Kind::FieldUnion { variants, .. } => any(variants),
            Kind::KeyedSet { members, .. } => any(members),
            Kind::Untagged { variants } => variants.iter().any(|choice| {
                let mut fields = choice.fields.iter();
                deprecated(&choice.about) || fields.any(|field| deprecated(&field.about))
            }),
        }
}

/// The types that a shape is made of.
pub(super) fn types(kind: &Kind) -> Vec<&Type> {
    match kind {
        Kind::Scalar | Kind::Enum { .. } => Vec::new(),
        Kind::Struct { fields, .. } => fields.iter().map(|field| &field.ty).collect(),
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
