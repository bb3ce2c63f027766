//! [`ir`] to [`rust`](crate::rust): Rust's names, types and doc text. The only stage that knows
//! Rust's keywords and ownership.

mod operations;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use crate::docs::{self, Created};
use crate::ir::{self, Type};
use crate::names::pascal;
use crate::rust::{Attributes, Constant, Field, Item, Module, Presence, Table, Ty, Variant};

/// One module for each file of the spec, and one for each folder.
pub(crate) fn lower(api: &ir::Api) -> Vec<Module> {
    let mut modules = Vec::new();
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, Attributes>> = BTreeMap::new();
    folders.insert(Vec::new(), BTreeMap::new());
    for service in &api.services {
        for depth in 0..service.folder.len() {
            let (parent, rest) = service.folder.split_at(depth);
            let docs = if rest.len() == 1 {
                docs::plain(&format!("{}.", service.title))
            } else {
                docs::plain(&format!("Versions of the {} API.", service.service_type))
            };
            let children = folders.entry(parent.to_vec()).or_default();
            children
                .entry(rest.first().cloned().unwrap_or_default())
                .or_insert(docs);
        }
        for module in &service.modules {
            let children = folders.entry(service.folder.clone()).or_default();
            children.insert(module.name.clone(), Attributes::default());
            modules.push(Lower { service }.module(module));
        }
    }
    for (folder, children) in folders {
        let items = children
            .into_iter()
            .map(|(name, docs)| Item::Module(docs, escape(&name)));
        modules.push(Module {
            path: path(&folder, "mod"),
            source: None,
            services: match folder.is_empty() {
                true => api.services.iter().map(told).collect(),
                false => Vec::new(),
            },
            docs: Vec::new(),
            deprecated: false,
            imports: Vec::new(),
            items: items.collect(),
        });
    }
    modules.sort_by(|a, b| a.path.cmp(&b.path));
    modules
}

/// What tells a service from that of another spec.
fn told(service: &ir::Service) -> String {
    format!(
        "{:?} in `{}/`",
        service.service_type,
        service.folder.join("/")
    )
}

/// The path of a module's file.
fn path(folder: &[String], name: &str) -> String {
    let mut path: String = folder.iter().map(|name| file_name(name) + "/").collect();
    path.push_str(&if name == "mod" {
        name.to_owned()
    } else {
        file_name(name)
    });
    path + ".rs"
}

/// The name that Rust looks for where a module has this one; it has no `r#`.
pub(crate) fn file_name(name: &str) -> String {
    escape(name).trim_start_matches("r#").to_owned()
}

/// What the items of one service are lowered with.
struct Lower<'a> {
    service: &'a ir::Service,
}

impl Lower<'_> {
    fn module(&self, module: &ir::Module) -> Module {
        let mut items = Vec::new();
        if module.has_service {
            items.push(Item::Service(self.service_facts()));
        }
        items.extend(
            module
                .tables
                .iter()
                .map(|table| Item::Table(self::table(table))),
        );
        for operation in &module.operations {
            self.operation(operation, module, &mut items);
        }
        for id in &module.shapes {
            if let Some(shape) = self.service.shapes.get(*id) {
                items.push(self.shape(*id, shape));
            }
        }
        Module {
            path: path(&self.service.folder, &module.name),
            source: Some(module.source.clone()),
            services: Vec::new(),
            docs: docs::plain(&module.doc).docs,
            deprecated: self.names_deprecated(module),
            imports: self.imports(module),
            items,
        }
    }

    /// Whether the module names something deprecated, of its own or of another module.
    fn names_deprecated(&self, module: &ir::Module) -> bool {
        let own = module.shapes.iter().copied();
        let mut shapes = self.used(module).into_iter().chain(own);
        module.operations.iter().any(operations::has_deprecated)
            || shapes.any(|id| {
                let shape = self.service.shapes.get(id);
                shape.is_some_and(shapes::has_deprecated)
            })
    }

    fn used(&self, module: &ir::Module) -> BTreeSet<ir::ShapeId> {
        let mut used = BTreeSet::new();
        for operation in &module.operations {
            operations::types(operation)
                .into_iter()
                .for_each(|ty| named(ty, &mut used));
        }
        for shape in module
            .shapes
            .iter()
            .filter_map(|id| self.service.shapes.get(*id))
        {
            shapes::types(&shape.kind)
                .into_iter()
                .for_each(|ty| named(ty, &mut used));
        }
        used
    }

    /// The shapes of other modules that this one names.
    fn imports(&self, module: &ir::Module) -> Vec<(String, Vec<String>)> {
        let mut imports: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for shape in self
            .used(module)
            .into_iter()
            .filter_map(|id| self.service.shapes.get(id))
        {
            let Some(home) = self.service.modules.get(shape.module) else {
                continue;
            };
            if home.name != module.name {
                let names = imports
                    .entry(format!("super::{}", escape(&home.name)))
                    .or_default();
                names.push(shape.name.clone());
                names.sort();
            }
        }
        imports.into_iter().collect()
    }

    fn service_facts(&self) -> crate::rust::Service {
        let service = self.service;
        let about = format!("{}: what all its operations have in common.", service.title);
        crate::rust::Service {
            attributes: docs::linked(&about, Some(&service.reference)),
            service_type: service.service_type.clone(),
            path: service.path.clone(),
            session_header: service.session_header.clone(),
            request_id_header: service.request_id_header.clone(),
            discovery: service.discovery.clone(),
            errors: service
                .errors
                .iter()
                .map(|body| crate::rust::ErrorBody {
                    media: body.media.clone(),
                    title: body.title.clone().unwrap_or_default(),
                    message: body.message.clone().unwrap_or_default(),
                    details: body.details.clone().unwrap_or_default(),
                })
                .collect(),
        }
    }

    fn ty(&self, ty: &Type) -> Ty {
        match ty {
            Type::Flag | Type::Bool => Ty::Bool,
            Type::Integer => Ty::Integer,
            Type::Number => Ty::Number,
            Type::String => Ty::String,
            Type::Timestamp => Ty::Timestamp,
            Type::Json => Ty::Json,
            Type::Shape(id) => {
                let shape = self.service.shapes.get(*id);
                Ty::Named(shape.map(|shape| shape.name.clone()).unwrap_or_default())
            }
            Type::List(inner) => Ty::Vec(Box::new(self.ty(inner))),
            Type::Map(inner) => Ty::Map(Box::new(self.ty(inner))),
            Type::Nullable(inner) => Ty::Option(Box::new(self.ty(inner))),
        }
    }

    /// Whether a value of the type is a secret or has some in it.
    fn has_secret(&self, ty: &Type) -> bool {
        let mut shapes = BTreeSet::new();
        named(ty, &mut shapes);
        let mut shapes = shapes
            .into_iter()
            .filter_map(|id| self.service.shapes.get(id));
        shapes.any(|shape| shape.secret)
    }

    /// A parameter of an operation, or a header of an answer.
    fn parameter(&self, field: &ir::Field) -> Field {
        let presence = match (&field.ty, field.required) {
            (Type::Flag, _) => Presence::Flag,
            (_, true) => Presence::Required,
            (_, false) => Presence::Optional,
        };
        let inner = self.ty(&field.ty);
        let ty = match (&presence, inner) {
            (Presence::Optional, list @ Ty::Vec(_)) => list,
            (Presence::Optional, inner) => Ty::Option(Box::new(inner)),
            (_, inner) => inner,
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

    fn variants(&self, variants: &[ir::Variant]) -> Vec<Variant> {
        variants
            .iter()
            .map(|variant| Variant {
                attributes: docs::attributes(&variant.about),
                name: self::variant(&variant.name),
                wire: variant.wire.clone(),
                ty: variant.ty.as_ref().map(|ty| self.ty(ty)),
                secret: variant.ty.as_ref().is_some_and(|ty| self.has_secret(ty)),
                wrap: variant.wrap.clone(),
                literal: false,
                convertible: matches!(variant.ty, Some(Type::Shape(_)))
                    && variants
                        .iter()
                        .filter(|other| other.ty == variant.ty)
                        .count()
                        == 1,
            })
            .collect()
    }
}

fn table(table: &ir::Table) -> Table {
    Table {
        attributes: docs::plain(&table.doc),
        name: table.name.to_ascii_uppercase(),
        rows: table.rows.clone(),
    }
}

/// The docs of the `new` that takes what is required of these fields.
fn constructor(created: Created, fields: &[Field]) -> Vec<String> {
    let required = fields
        .iter()
        .filter(|field| field.presence == Presence::Required);
    let optional = fields
        .iter()
        .any(|field| !matches!(field.presence, Presence::Constant(_)));
    docs::constructor(
        created,
        optional,
        required.map(|field| (field.name.trim_start_matches("r#"), &field.attributes)),
    )
}

fn constant(constant: &ir::Constant) -> Constant {
    match constant {
        ir::Constant::Bool(value) => Constant::Bool(*value),
        ir::Constant::Integer(value) => Constant::Integer(*value),
        ir::Constant::Text(text) => Constant::Text(text.clone()),
    }
}

/// The shapes that a type names.
fn named(ty: &Type, used: &mut BTreeSet<ir::ShapeId>) {
    match ty {
        Type::Shape(id) => {
            used.insert(*id);
        }
        Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) => named(inner, used),
        _ => {}
    }
}

/// Strict and reserved words of every edition. The weak ones, such as `union`, are names like others.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// These are keywords too, and can't be escaped.
const UNESCAPABLE: [&str; 4] = ["Self", "crate", "self", "super"];

/// The name as Rust takes it: `r#type`, `self_`.
pub(crate) fn escape(name: &str) -> String {
    if UNESCAPABLE.contains(&name) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// The name of a variant as Rust takes it.
pub(crate) fn variant(name: &str) -> String {
    escape(&pascal(name))
}
