//! [`rust`](crate::rust) to tokens: one function an item, each one `quote!`, no decisions left.

mod enums;
mod operations;
mod structs;
mod unions;

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

use crate::rust::{Attributes, Constant, Item, Module, Service, Table, Text, Traits, Ty};

/// The tokens of a module: what it imports, then each of its items.
pub(crate) fn emit(module: &Module) -> Vec<TokenStream> {
    let items: Vec<TokenStream> = module.items.iter().map(item).collect();
    let mut all = imports(module, &items);
    all.extend(items);
    all
}

fn item(item: &Item) -> TokenStream {
    match item {
        Item::Module(attributes, name) => {
            let (docs, name) = (attrs(attributes), ident(name));
            quote!(#docs pub mod #name;)
        }
        Item::Service(service) => self::service(service),
        Item::Table(table) => self::table(table),
        Item::Text(text) => self::text(text),
        Item::Struct(item) => structs::emit(item),
        Item::OpenEnum(item) => enums::emit(item),
        Item::Union(item) => unions::tagged(item),
        Item::Untagged(item) => unions::untagged(item),
        Item::KeyedSet(item) => unions::keyed_set(item),
        Item::Operation(item) => operations::emit(item),
        Item::Failure(item) => operations::failure(item),
    }
}

/// `use` lines for exactly what the items name, in rustfmt's order.
fn imports(module: &Module, items: &[TokenStream]) -> Vec<TokenStream> {
    let mut names = BTreeSet::new();
    for item in items {
        collect(item.clone(), &mut names);
    }
    let own = module.imports.iter().map(|(path, types)| {
        let path: syn::Path = syn::parse_str(path).unwrap_or_else(|_| ident(path).into());
        let types = types.iter().map(|name| ident(name));
        quote!(use #path::{#(#types),*};)
    });
    let runtime = names.contains("runtime").then(|| {
        quote!(
            use openstack_identity::runtime;
        )
    });
    let serde: Vec<Ident> = ["Deserialize", "Serialize"]
        .into_iter()
        .filter(|name| names.contains(*name))
        .map(ident)
        .collect();
    let serde = (!serde.is_empty()).then(|| quote!(use serde::{#(#serde),*};));
    let map = names.contains("BTreeMap").then(|| {
        quote!(
            use std::collections::BTreeMap;
        )
    });
    own.chain(runtime).chain(serde).chain(map).collect()
}

/// The identifiers among the tokens; doc text is none.
fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => _ = names.insert(ident.to_string()),
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(plain) => Ident::new_raw(plain, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

fn docs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_str() {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!(#(#[doc = #lines])*)
}

fn attrs(attributes: &Attributes) -> TokenStream {
    let docs = docs(&attributes.docs);
    let deprecated = attributes
        .deprecated
        .as_ref()
        .map(|note| quote!(#[deprecated(note = #note)]));
    quote!(#docs #deprecated)
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

fn table(table: &Table) -> TokenStream {
    let (docs, name) = (attrs(&table.attributes), ident(&table.name));
    let rows = table
        .rows
        .iter()
        .map(|(first, others)| quote!((#first, &[#(#others),*])));
    quote! {
        #docs
        pub const #name: &[(&str, &[&str])] = &[#(#rows),*];
    }
}

fn service(service: &Service) -> TokenStream {
    let Service {
        service_type,
        path,
        errors,
        ..
    } = service;
    let docs = attrs(&service.attributes);
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
        #docs
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

fn text(text: &Text) -> TokenStream {
    let (docs, name) = (attrs(&text.attributes), ident(&text.name));
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
        #docs
        #[derive(#(#derives),*)]
        #transparent
        pub struct #name(#inner);

        #methods
    }
}
