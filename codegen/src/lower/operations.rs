//! Operations as Rust types.

use super::{Lower, constructor, escape};
use crate::docs::{self, Created};
use crate::ir::{self, About, Type};
use crate::names::pascal;
use crate::rust::{
    Attributes, Body, Case, Content, Failure, Field, Item, Operation, Pages, Presence, Struct,
    Traits, Ty, Variant,
};

const NEITHER: Traits = Traits {
    serialize: false,
    deserialize: false,
    compare: false,
    secrets: false,
};

impl Lower<'_> {
    pub(super) fn operation(
        &self,
        operation: &ir::Operation,
        module: &ir::Module,
        items: &mut Vec<Item>,
    ) {
        let failure =
            (!operation.failures.is_empty()).then(|| format!("{}Failure", pascal(&operation.name)));
        let lowered = self.lowered(operation, module, failure.clone());
        items.push(Item::Operation(Box::new(lowered)));
        let reference = operation.about.reference.as_ref();
        items.extend(self.parts(&operation.success.content, reference));
        if let Some(failure) = failure {
            items.push(Item::Failure(self.failure(operation, failure)));
            let contents = operation.failures.iter().map(|failure| &failure.content);
            items.extend(contents.filter_map(|content| self.parts(content, reference)));
        }
    }

    fn lowered(
        &self,
        operation: &ir::Operation,
        module: &ir::Module,
        failure: Option<String>,
    ) -> Operation {
        let lower = |fields: &[ir::Field]| -> Vec<Field> {
            fields.iter().map(|field| self.parameter(field)).collect()
        };
        let path_parameters = lower(&operation.path_parameters);
        let (query, headers) = (lower(&operation.query), lower(&operation.headers));
        let body = operation.body.as_ref().map(|body| self.body_field(body));
        let mut fields = path_parameters.clone();
        fields.extend(body.clone());
        fields.extend(headers.iter().chain(&query).cloned());
        Operation {
            request: Struct {
                attributes: operation_docs(operation),
                name: pascal(&operation.name),
                traits: NEITHER,
                public: false,
                constructor: Some(constructor(Created::Request, &fields)),
                fields,
            },
            wire_name: operation.name.clone(),
            service: self.service_path(module),
            session: operation.session,
            method: operation.method.clone(),
            path: operation.path.clone(),
            path_parameters,
            query,
            headers,
            body: body.map(|field| Body {
                field: field.name,
                wrap: operation.body.as_ref().and_then(|body| body.wrap.clone()),
            }),
            output: self.output(&operation.success.content),
            failure,
            cases: self.cases(operation),
            pages: operation.pages.as_ref().map(|pages| self.pages(pages)),
        }
    }

    fn pages(&self, pages: &ir::Pages) -> Pages {
        let next = pages.next.iter();
        Pages {
            items: pages.items.iter().map(|name| escape(name)).collect(),
            item: self.ty(&pages.item),
            next: next
                .map(|(name, optional)| (escape(name), *optional))
                .collect(),
        }
    }

    fn service_path(&self, module: &ir::Module) -> String {
        if module.has_service {
            return "SERVICE".to_owned();
        }
        let home = self
            .service
            .modules
            .iter()
            .find(|module| module.has_service);
        format!(
            "super::{}::SERVICE",
            escape(home.map_or("service", |home| home.name.as_str()))
        )
    }

    fn body_field(&self, body: &ir::Body) -> Field {
        Field {
            attributes: docs::plain(&body.doc),
            name: escape(&body.name),
            plain: body.name.clone(),
            wire: String::new(),
            ty: self.ty(&body.ty),
            secret: self.has_secret(&body.ty),
            presence: Presence::Required,
        }
    }

    fn output(&self, content: &ir::Content) -> Ty {
        match content {
            ir::Content::Nothing => Ty::Named(String::new()),
            ir::Content::Body(body) => self.ty(&body.ty),
            ir::Content::Parts { name, .. } => Ty::Named(name.clone()),
        }
    }

    /// In the order to try.
    fn cases(&self, operation: &ir::Operation) -> Vec<Case> {
        let failures = operation.failures.iter().map(|failure| Case {
            statuses: failure.statuses.clone(),
            when: failure.when.clone(),
            failure: Some(failure.name.clone()),
            content: self.content(&failure.content),
        });
        let mut cases: Vec<Case> = failures.collect();
        let success = Case {
            statuses: operation.success.statuses.clone(),
            when: None,
            failure: None,
            content: self.content(&operation.success.content),
        };
        cases.insert(operation.failures_first.min(cases.len()), success);
        cases
    }

    fn content(&self, content: &ir::Content) -> Content {
        match content {
            ir::Content::Nothing => Content::Nothing,
            ir::Content::Body(body) => Content::Body {
                unwrap: body.unwrap.clone(),
            },
            ir::Content::Parts {
                name,
                headers,
                body,
                ..
            } => Content::Parts {
                name: name.clone(),
                headers: headers.iter().map(|field| self.parameter(field)).collect(),
                body: body
                    .as_ref()
                    .map(|(name, body)| (escape(name), body.unwrap.clone())),
            },
        }
    }

    /// The struct that has headers and body side by side.
    fn parts(&self, content: &ir::Content, reference: Option<&String>) -> Option<Item> {
        let ir::Content::Parts {
            name,
            doc,
            headers,
            body,
        } = content
        else {
            return None;
        };
        let mut fields: Vec<Field> = headers.iter().map(|field| self.parameter(field)).collect();
        fields.extend(body.as_ref().map(|(name, body)| Field {
            attributes: self.body_docs(&body.ty),
            name: escape(name),
            plain: name.clone(),
            wire: String::new(),
            ty: self.ty(&body.ty),
            secret: self.has_secret(&body.ty),
            presence: Presence::Required,
        }));
        Some(Item::Struct(Struct {
            attributes: docs::linked(doc, reference),
            name: name.clone(),
            traits: NEITHER,
            fields,
            public: true,
            constructor: None,
        }))
    }

    /// What the type says of itself, or no more than what it is.
    fn body_docs(&self, ty: &Type) -> Attributes {
        let shape = match ty {
            Type::Shape(id) => self.service.shapes.get(*id),
            _ => None,
        };
        let about = shape.map(|shape| shape.about.doc.as_str());
        docs::beginning(about.unwrap_or("The response body."))
    }

    fn failure(&self, operation: &ir::Operation, name: String) -> Failure {
        let variants = operation.failures.iter().map(|failure| Variant {
            attributes: docs::plain(&failure.doc),
            ty: match &failure.content {
                ir::Content::Nothing => None,
                content => Some(self.output(content)),
            },
            secret: false,
            wire: String::new(),
            name: failure.name.clone(),
            literal: false,
            wrap: None,
            convertible: false,
        });
        Failure {
            attributes: docs::linked(
                &format!(
                    "Failures of `{}`, besides those that any operation can have.",
                    pascal(&operation.name)
                ),
                operation.about.reference.as_ref(),
            ),
            name,
            variants: variants.collect(),
        }
    }
}

/// The text, then the request line, then versions and link.
fn operation_docs(operation: &ir::Operation) -> Attributes {
    let text = About {
        doc: operation.about.doc.clone(),
        ..About::default()
    };
    let mut attributes = docs::attributes(&text);
    let line = format!("`{} {}`", operation.method, operation.path);
    docs::push_paragraph(&mut attributes.docs, line);
    let rest = docs::attributes(&About {
        doc: String::new(),
        ..operation.about.clone()
    });
    if !rest.docs.is_empty() {
        attributes.docs.push(String::new());
    }
    attributes.docs.extend(rest.docs);
    attributes.deprecated = rest.deprecated;
    attributes
}

pub(super) fn has_deprecated(operation: &ir::Operation) -> bool {
    let parameters = operation.path_parameters.iter().chain(&operation.query);
    let mut abouts = parameters
        .chain(&operation.headers)
        .map(|field| &field.about);
    operation.about.deprecated.is_some() || abouts.any(|about| about.deprecated.is_some())
}

/// The types that an operation names.
pub(super) fn types(operation: &ir::Operation) -> Vec<&Type> {
    let parameters = operation.path_parameters.iter().chain(&operation.query);
    let mut types: Vec<&Type> = parameters
        .chain(&operation.headers)
        .map(|field| &field.ty)
        .collect();
    types.extend(operation.body.as_ref().map(|body| &body.ty));
    let contents = operation.failures.iter().map(|failure| &failure.content);
    for content in contents.chain([&operation.success.content]) {
        match content {
            ir::Content::Nothing => {}
            ir::Content::Body(body) => types.push(&body.ty),
            ir::Content::Parts { headers, body, .. } => {
                types.extend(headers.iter().map(|field| &field.ty));
                types.extend(body.as_ref().map(|(_, body)| &body.ty));
            }
        }
    }
    types.extend(operation.pages.as_ref().map(|pages| &pages.item));
    types
}
