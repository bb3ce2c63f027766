//! [`rust`](crate::rust) to tokens: one function an item, each one `quote!`, no decisions left.

mod enums;
mod operations;
mod secrets;
mod structs;
mod unions;

use std::cell::RefCell;
use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::rust::{Attributes, Constant, Item, Module, Service, Table, Text, Traits, Ty};

/// The docs of a module. In the tokens stands which of them is meant: a text would be escaped, parsed and
/// printed line by line, which takes longer than all else.
#[derive(Debug, Default)]
pub(crate) struct Docs(RefCell<Vec<Vec<String>>>);

impl Docs {
    /// Shows the lines for which a number stands, as an attribute has it; whether there are any.
    pub(crate) fn lines(&self, number: &str, show: impl FnMut(&String)) -> bool {
        let all = self.0.borrow();
        let lines = number
            .parse::<usize>()
            .ok()
            .and_then(|number| all.get(number));
        lines.is_some_and(|lines| {
            lines.iter().for_each(show);
            true
        })
    }

    fn keep(&self, lines: &[String]) -> TokenStream {
        if lines.is_empty() {
            return TokenStream::new();
        }
        let mut all = self.0.borrow_mut();
        let number = all.len().to_string();
        all.push(lines.to_vec());
        quote!(#[doc = #number])
    }

    fn attrs(&self, attributes: &Attributes) -> TokenStream {
        let docs = self.keep(&attributes.docs);
        let deprecated = attributes
            .deprecated
            .as_ref()
            .map(|note| quote!(#[deprecated(note = #note)]));
        quote!(#docs #deprecated)
    }
}

/// The tokens of each item of a module, with its docs beside them.
pub(crate) fn emit(module: &Module) -> (Vec<TokenStream>, Docs) {
    let docs = Docs::default();
    let items = module.items.iter().map(|one| item(one, &docs)).collect();
    (items, docs)
}

fn item(item: &Item, docs: &Docs) -> TokenStream {
    match item {
        Item::Module(attributes, name) => {
            let (attrs, name) = (docs.attrs(attributes), ident(name));
            quote!(#attrs pub mod #name;)
        }
        Item::Service(service) => self::service(service, docs),
        Item::Table(table) => self::table(table, docs),
        Item::Text(text) => self::text(text, docs),
        Item::Struct(item) => structs::emit(item, docs),
        Item::OpenEnum(item) => enums::emit(item, docs),
        Item::Union(item) => unions::tagged(item, docs),
        Item::Untagged(item) => unions::untagged(item, docs),
        Item::KeyedSet(item) => unions::keyed_set(item, docs),
        Item::Operation(item) => operations::emit(item, docs),
        Item::Failure(item) => operations::failure(item, docs),
    }
}

/// `use` lines for exactly what the items name, whose words are `named`; in rustfmt's order.
pub(crate) fn imports(module: &Module, named: &BTreeSet<&str>) -> Vec<TokenStream> {
    let own = module.imports.iter().map(|(path, types)| {
        let path: syn::Path = syn::parse_str(path).unwrap_or_else(|_| ident(path).into());
        let types = types.iter().map(|name| ident(name));
        quote!(use #path::{#(#types),*};)
    });
    let runtime = named.contains("runtime").then(|| {
        quote!(
            use openstack_identity::runtime;
        )
    });
    let serde: Vec<Ident> = ["Deserialize", "Serialize"]
        .into_iter()
        .filter(|name| named.contains(name))
        .map(ident)
        .collect();
    let serde = (!serde.is_empty()).then(|| quote!(use serde::{#(#serde),*};));
    let map = named.contains("BTreeMap").then(|| {
        quote!(
            use std::collections::BTreeMap;
        )
    });
    own.chain(runtime).chain(serde).chain(map).collect()
}

fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(plain) => Ident::new_raw(plain, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

fn ty(ty: &Ty) -> TokenStream {
    let inner = |inner: &Ty| self::ty(inner);
    match ty {
        Ty::Bool => quote!(bool),
        Ty::Integer => quote!(i64),
        Ty::Number => quote!(f64),
        Ty::String => quote!(String),
        Ty::Timestamp => quote!(runtime::Timestamp),
        Ty::Json => quote!(runtime::Value),
        Ty::Named(name) if name.is_empty() => quote!(()),
        Ty::Named(name) => {
            let name = ident(name);
            quote!(#name)
        }
        Ty::Option(ty) => {
            let ty = inner(ty);
            quote!(Option<#ty>)
        }
        Ty::Vec(ty) => {
            let ty = inner(ty);
            quote!(Vec<#ty>)
        }
        Ty::Map(ty) => {
            let ty = inner(ty);
            quote!(BTreeMap<String, #ty>)
        }
        Ty::Boxed(ty) => {
            let ty = inner(ty);
            quote!(Box<#ty>)
        }
        Ty::Patch(ty) => {
            let ty = inner(ty);
            quote!(runtime::Patch<#ty>)
        }
    }
}

fn derives(traits: Traits, default: bool) -> TokenStream {
    let mut names = vec![quote!(Clone), quote!(Debug)];
    if default {
        names.push(quote!(Default));
    }
    if traits.deserialize {
        names.push(quote!(Deserialize));
    }
    if traits.compare {
        names.push(quote!(PartialEq));
    }
    if traits.serialize {
        names.push(quote!(Serialize));
    }
    quote!(#[derive(#(#names),*)])
}

fn constant(constant: &Constant) -> TokenStream {
    match constant {
        Constant::Bool(value) => quote!(#value),
        Constant::Integer(value) => {
            let value = proc_macro2::Literal::i64_unsuffixed(*value);
            quote!(#value)
        }
        Constant::Text(text) => quote!(#text.to_owned()),
    }
}

/// `Some("x")` or `None`.
fn optional(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}

fn table(table: &Table, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&table.attributes), ident(&table.name));
    let rows = table
        .rows
        .iter()
        .map(|(first, others)| quote!((#first, &[#(#others),*])));
    quote! {
        #attrs
        pub const #name: &[(&str, &[&str])] = &[#(#rows),*];
    }
}

fn service(service: &Service, docs: &Docs) -> TokenStream {
    let Service {
        service_type,
        path,
        errors,
        ..
    } = service;
    let attrs = docs.attrs(&service.attributes);
    let session = optional(service.session_header.as_ref());
    let request_id = optional(service.request_id_header.as_ref());
    let discovery = optional(service.discovery.as_ref());
    let errors = errors.iter().map(|body| {
        let (media, title) = (&body.media, &body.title);
        let (message, details) = (&body.message, &body.details);
        quote!(runtime::ErrorBody {
            media: #media,
            title: &[#(#title),*],
            message: &[#(#message),*],
            details: &[#(#details),*],
        })
    });
    quote! {
        #attrs
        pub const SERVICE: runtime::Service = runtime::Service {
            service_type: #service_type,
            path: #path,
            session_header: #session,
            request_id_header: #request_id,
            discovery: #discovery,
            errors: &[#(#errors),*],
        };
    }
}

fn text(text: &Text, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&text.attributes), ident(&text.name));
    let mut derives = vec![quote!(Clone), quote!(Debug)];
    if text.traits.deserialize {
        derives.push(quote!(Deserialize));
    }
    if !text.secret {
        derives.extend([
            quote!(Eq),
            quote!(Hash),
            quote!(Ord),
            quote!(PartialEq),
            quote!(PartialOrd),
        ]);
    }
    if text.traits.serialize {
        derives.push(quote!(Serialize));
    }
    let transparent =
        (text.traits.serialize || text.traits.deserialize).then(|| quote!(#[serde(transparent)]));
    let (inner, methods) = match text.secret {
        true => (
            quote!(runtime::Secret),
            quote!(runtime::secret_text!(#name);),
        ),
        false => (quote!(String), quote!(runtime::plain_text!(#name);)),
    };
    quote! {
        #attrs
        #[derive(#(#derives),*)]
        #transparent
        pub struct #name(#inner);

        #methods
    }
}
