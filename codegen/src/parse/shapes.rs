//! Shapes: the types of a spec.

use super::{FIELD, MemberRules, life, members};
use crate::ast::{Choice, Name, Shape, ShapeKind, Union};
use crate::diagnostic::Diagnostics;
use crate::reader::{Table, table};
use crate::span::{Span, Spanned};
use crate::yaml::Node;

const VALUE: MemberRules = MemberRules {
    what: "the value",
    needs_type: false,
    allows_wrap: false,
    allows_constant: false,
    required: None,
};

const VARIANT: MemberRules = MemberRules {
    what: "the variant",
    needs_type: true,
    ..VALUE
};

const KEYED: MemberRules = MemberRules {
    what: "the member",
    allows_wrap: true,
    ..VALUE
};

const KINDS: [&str; 5] = ["struct", "scalar", "enum", "union", "keyed_set"];

pub(super) fn shape(
    name: Span,
    node: Spanned<Node>,
    diagnostics: &mut Diagnostics,
) -> Option<Shape> {
    let mut keys = table("the shape", name, node, diagnostics);
    if !keys.has("kind") {
        keys.missing("kind");
        keys.abandon();
        return None;
    }
    let Some(kind) = keys.choice("kind", &KINDS) else {
        keys.abandon();
        return None;
    };
    let kind = match kind {
        "scalar" => scalar(&mut keys),
        "enum" => ShapeKind::Enum {
            values: members(&mut keys, "values", VALUE),
        },
        "union" => match union(&mut keys) {
            Some(union) => ShapeKind::Union(union),
            None => {
                keys.abandon();
                return None;
            }
        },
        "keyed_set" => ShapeKind::KeyedSet {
            list: keys.required("list"),
            member: keys.required("member"),
            member_doc: keys.required("member_doc"),
            members: members(&mut keys, "members", KEYED),
        },
        _ => ShapeKind::Struct {
            fields: members(&mut keys, "fields", FIELD),
            extra: keys.switch("extra", false),
        },
    };
    let mut shape = Shape {
        whole: false,
        doc: keys.required("doc"),
        reference: keys.text("reference"),
        life: life(&mut keys),
        kind,
    };
    shape.whole = keys.finish();
    Some(shape)
}

fn scalar(keys: &mut Table<'_>) -> ShapeKind {
    keys.choice("type", &["string"]);
    ShapeKind::Scalar {
        secret: keys.switch("secret", false),
    }
}

fn union(keys: &mut Table<'_>) -> Option<Union> {
    let Some((key, node)) = keys.node("tag") else {
        keys.missing("tag");
        return None;
    };
    match node.value {
        Node::Table(_) => {
            let mut tag = table("the tag", key, node, keys.reports());
            let field = tag.required("field");
            tag.finish();
            Some(Union::Field {
                field,
                variants: members(keys, "variants", VARIANT),
            })
        }
        Node::Text(word) if word == "key" => Some(Union::Key {
            literals: members(keys, "literals", VALUE),
            variants: members(keys, "variants", VARIANT),
        }),
        Node::Text(word) if word == "none" => Some(Union::Untagged {
            fields: members(
                keys,
                "fields",
                MemberRules {
                    required: None,
                    ..FIELD
                },
            ),
            variants: choices(keys),
        }),
        _ => {
            let help = "write `key`, `none` or `{ field: type }`";
            let span = node.place(key);
            keys.reports().add(span, "this is not a tag", "", help);
            None
        }
    }
}

fn choices(keys: &mut Table<'_>) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (name, node) in keys.entries("variants") {
        let mut keys = table("the variant", name.span, node, keys.reports());
        let fields = names(name.span, &mut keys);
        let choice = Choice {
            fields,
            doc: keys.required("doc"),
            life: life(&mut keys),
            name,
        };
        keys.finish();
        choices.push(choice);
    }
    choices
}

fn names(owner: Span, keys: &mut Table<'_>) -> Vec<Name> {
    let mut names = Vec::new();
    for item in keys.items("fields") {
        match &item.value {
            Node::Text(name) | Node::Number(name) => {
                names.push(Spanned::new(name.clone(), item.span));
            }
            _ => {
                let help = "write `fields: [name, domain]`";
                let span = item.place(owner);
                keys.reports()
                    .add(span, "a variant lists the names of its fields", "", help);
            }
        }
    }
    names
}
