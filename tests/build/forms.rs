//! Every form that a request can take, as Rust source that builds it: for tests that must know all of its
//! fields. What can't be built is a mistake, never left out.

use std::fmt::Write;

use openstack_identity_codegen::ir::{Api, Choice, Field, Kind, Service, Shape, Type, Variant};
use openstack_identity_codegen::{rust_name, rust_variant};

/// Stands in the code of a form for each text that can be chosen.
const TEXT: &str = "@";

/// The forms of each field of the struct `root`, whose service is in `folder`. The client of the spec is
/// the crate or module `client`.
///
/// Where a field is a keyed set, they are those of its members.
///
/// # Errors
///
/// What can't be built, and what to do.
pub fn source(api: &Api, folder: &[&str], root: &str, client: &str) -> Result<String, String> {
    let mut services = api.services.iter();
    let service = services
        .find(|service| service.folder == folder)
        .ok_or_else(|| format!("there is no service in the folder {}", folder.join("/")))?;
    let mut shapes = service.shapes.iter();
    let shape = shapes
        .find(|shape| shape.name == root)
        .ok_or_else(|| format!("{} has no shape {root}", folder.join("/")))?;
    let Kind::Struct {
        fields,
        extra: false,
    } = &shape.kind
    else {
        return Err(format!("{root} is no struct, or one with any fields"));
    };
    let mut text = String::new();
    for module in &service.modules {
        let path = folder.iter().copied().chain([module.name.as_str()]);
        let path: Vec<_> = path.map(rust_name).collect();
        let path = path.join("::");
        writeln!(text, "#[allow(unused_imports)]\nuse {client}::{path}::*;\n")
            .map_err(|error| error.to_string())?;
    }
    let walk = Walk { service };
    let (mut members, mut forms) = (String::new(), String::new());
    for field in fields {
        let (ty, of, found) = walk.root_field(field)?;
        members += &format!("    pub {}: {ty},\n", rust_name(&field.name));
        forms += &listed(&field.name, &of, &found);
    }
    let about =
        format!("/// The fields of `{root}`; a new one is a mistake where this is taken apart.\n");
    text += &format!("{about}pub struct {root}Fields {{\n{members}}}\n{forms}");
    Ok(text)
}

/// A constant with the forms of one field.
fn listed(name: &str, of: &str, forms: &[Form]) -> String {
    let name = name.to_ascii_uppercase();
    let forms: String = forms.iter().map(Form::source).collect();
    format!("\npub const {name}: &[Form<{of}>] = &[\n{forms}];\n")
}

/// One way to build a value.
#[derive(Clone, Default)]
struct Form {
    code: String,
    /// What each text is, in the order in which they stand in the code.
    leaves: Vec<Leaf>,
}

/// A text that can be chosen.
#[derive(Clone)]
struct Leaf {
    path: String,
    secret: bool,
}

impl Form {
    fn code(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            leaves: Vec::new(),
        }
    }

    /// With more code before and after it.
    fn within(mut self, before: &str, after: &str) -> Self {
        self.code = format!("{before}{}{after}", self.code);
        self
    }

    fn then(mut self, next: &Form) -> Self {
        self.code += &next.code;
        self.leaves.extend(next.leaves.iter().cloned());
        self
    }

    fn source(&self) -> String {
        let mut code = String::new();
        for (index, part) in self.code.split(TEXT).enumerate() {
            if let Some(index) = index.checked_sub(1) {
                code += &format!("text[{index}]");
            }
            code += part;
        }
        let leaves = self.leaves.iter().map(|leaf| {
            let Leaf { path, secret } = leaf;
            format!("Leaf {{ path: {path:?}, secret: {secret} }}, ")
        });
        let leaves: String = leaves.collect();
        let shown = self.code.replace(TEXT, "_");
        let argument = if self.leaves.is_empty() { "_" } else { "text" };
        format!(
            "    Form {{\n        code: {shown:?},\n        leaves: &[{leaves}],\n        build: |{argument}| {code},\n    }},\n"
        )
    }
}

/// Each of these followed by each of those.
fn product(first: &[Form], then: &[Form]) -> Vec<Form> {
    let pairs = first
        .iter()
        .flat_map(|first| then.iter().map(|then| first.clone().then(then)));
    pairs.collect()
}

/// Finds the forms of the shapes of one service.
struct Walk<'a> {
    service: &'a Service,
}

type Forms = Result<Vec<Form>, String>;

impl<'a> Walk<'a> {
    /// The type of a field of the request, the type that its forms build, and the forms.
    fn root_field(&self, field: &Field) -> Result<(String, String, Vec<Form>), String> {
        let Some(shape) = self.shape_of(&field.ty) else {
            return Err(refused(&field.name, "no shape but a type without a name"));
        };
        let name = &shape.name;
        match (&shape.kind, field.required) {
            (
                Kind::KeyedSet {
                    member, members, ..
                },
                true,
            ) => {
                let forms = self.variants(member, members, &field.name, &mut vec![name])?;
                Ok((name.clone(), member.clone(), forms))
            }
            (Kind::KeyedSet { .. }, false) => Err(refused(&field.name, "a set that may be absent")),
            (_, true) => {
                let forms = self.shape(shape, &field.name, &mut Vec::new())?;
                Ok((name.clone(), name.clone(), forms))
            }
            (_, false) => {
                let forms = self.shape(shape, &field.name, &mut Vec::new())?;
                let ty = format!("Option<{name}>");
                Ok((ty.clone(), ty, or_none(forms)))
            }
        }
    }

    fn shape_of(&self, ty: &Type) -> Option<&'a Shape> {
        match ty {
            Type::Shape(id) => self.service.shapes.get(*id),
            _ => None,
        }
    }

    /// The forms of a type. `above` are the shapes that it is in.
    fn ty(&self, ty: &Type, path: &str, above: &mut Vec<&'a str>) -> Forms {
        let two = |codes: [&str; 2]| Ok(codes.map(Form::code).to_vec());
        match ty {
            Type::String => Ok(vec![text("String", path, false)]),
            Type::Bool => two(["false", "true"]),
            Type::Integer => two(["1", "2"]),
            Type::Number => two(["1.5", "2.5"]),
            Type::Nullable(inner) => Ok(or_none(self.ty(inner, path, above)?)),
            Type::Shape(id) => match self.service.shapes.get(*id) {
                Some(shape) => self.shape(shape, path, above),
                None => Err(refused(path, "a shape that isn't there")),
            },
            Type::Flag => Err(refused(path, "a flag")),
            Type::Timestamp => Err(refused(path, "a timestamp")),
            Type::Json => Err(refused(path, "any JSON")),
            Type::List(_) => Err(refused(path, "a list")),
            Type::Map(_) => Err(refused(path, "a map")),
        }
    }

    fn shape(&self, shape: &'a Shape, path: &str, above: &mut Vec<&'a str>) -> Forms {
        let name = shape.name.as_str();
        if above.contains(&name) {
            return Err(refused(path, &format!("{name} inside {name}")));
        }
        above.push(name);
        let forms = match &shape.kind {
            Kind::Scalar => Ok(vec![text(name, path, shape.secret)]),
            Kind::Enum { .. } => Ok(vec![text(name, path, false)]),
            Kind::Struct { extra: true, .. } => Err(refused(path, "a struct with any fields")),
            Kind::Struct { fields, .. } => self.structs(name, fields, path, above),
            Kind::KeyUnion { literals, variants } => {
                let mut forms = self.variants(name, literals, path, above)?;
                forms.extend(self.variants(name, variants, path, above)?);
                Ok(forms)
            }
            Kind::FieldUnion { variants, .. } => self.variants(name, variants, path, above),
            Kind::Untagged { variants } => self.choices(name, variants, path, above),
            Kind::KeyedSet { .. } => Err(refused(path, "a set inside the request")),
        };
        above.pop();
        forms
    }

    fn variants(
        &self,
        name: &str,
        variants: &[Variant],
        path: &str,
        above: &mut Vec<&'a str>,
    ) -> Forms {
        let mut forms = Vec::new();
        for variant in variants {
            let code = format!("{name}::{}", rust_variant(&variant.name));
            let Some(ty) = &variant.ty else {
                forms.push(Form::code(code));
                continue;
            };
            let parts = [path, &variant.name]
                .into_iter()
                .chain(variant.wrap.as_deref());
            let path = parts.collect::<Vec<_>>().join(".");
            let inner = self.ty(ty, &path, above)?;
            let inner = inner.into_iter();
            forms.extend(inner.map(|form| form.within(&format!("{code}("), ")")));
        }
        Ok(forms)
    }

    fn choices(
        &self,
        name: &str,
        choices: &[Choice],
        path: &str,
        above: &mut Vec<&'a str>,
    ) -> Forms {
        let mut forms = Vec::new();
        for choice in choices {
            let constructor = format!("{name}::{}", rust_name(&choice.name));
            let fields: Vec<_> = choice.fields.iter().collect();
            forms.extend(self.call(&constructor, &fields, path, above)?);
        }
        Ok(forms)
    }

    /// A struct by its `new`, and each way to call its setters or not.
    fn structs(&self, name: &str, fields: &[Field], path: &str, above: &mut Vec<&'a str>) -> Forms {
        let (required, optional): (Vec<_>, Vec<_>) =
            fields.iter().partition(|field| field.required);
        let mut forms = self.call(&format!("{name}::new"), &required, path, above)?;
        for field in optional {
            let (nullable, ty) = match &field.ty {
                Type::Nullable(inner) => (true, &**inner),
                ty => (false, ty),
            };
            let setter = format!(".{}(", rust_name(&field.name));
            let inner = self.ty(ty, &format!("{path}.{}", field.name), above)?;
            let mut ways = vec![Form::default()];
            ways.extend(nullable.then(|| Form::code(format!(".clear_{}()", field.name))));
            ways.extend(inner.into_iter().map(|form| form.within(&setter, ")")));
            forms = product(&forms, &ways);
        }
        Ok(forms)
    }

    /// A call with each way to fill its arguments; constants are none.
    fn call(
        &self,
        function: &str,
        fields: &[&Field],
        path: &str,
        above: &mut Vec<&'a str>,
    ) -> Forms {
        let mut forms = vec![Form::code(format!("{function}("))];
        for field in fields.iter().filter(|field| field.constant.is_none()) {
            let argument = self.ty(&field.ty, &format!("{path}.{}", field.name), above)?;
            let argument = argument.into_iter().map(|form| form.within("", ", "));
            forms = product(&forms, &argument.collect::<Vec<_>>());
        }
        let forms = forms.into_iter().map(|mut form| {
            form.code = format!("{})", form.code.trim_end_matches(", "));
            form
        });
        Ok(forms.collect())
    }
}

fn text(ty: &str, path: &str, secret: bool) -> Form {
    Form {
        code: format!("{ty}::from({TEXT})"),
        leaves: vec![Leaf {
            path: path.to_owned(),
            secret,
        }],
    }
}

fn or_none(forms: Vec<Form>) -> Vec<Form> {
    let some = forms.into_iter().map(|form| form.within("Some(", ")"));
    [Form::code("None")].into_iter().chain(some).collect()
}

fn refused(path: &str, what: &str) -> String {
    format!(
        "`{path}` is {what}, of which the tests can't make different ones yet: teach it to tests/build/forms.rs, \
         so that none can be given another's token"
    )
}
