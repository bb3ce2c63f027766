//! Structs: what is received has public fields, what is sent a `new` and setters.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Docs, constant, derives, ident, secrets, ty};
use crate::rust::{Field, Presence, Struct, Ty};

pub(super) fn emit(item: &Struct, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.attributes), ident(&item.name));
    let required = has(item, |presence| matches!(presence, Presence::Required));
    let constant = has(item, |presence| matches!(presence, Presence::Constant(_)));
    let derives = derives(
        item.traits,
        item.constructor.is_some() && !required && !constant,
    );
    let default = (item.constructor.is_some() && !required && constant).then(|| default(&name));
    let fields = item
        .fields
        .iter()
        .map(|field| self::field(field, item, docs));
    let constructor = item
        .constructor
        .as_ref()
        .map(|about| constructor(about, item, docs));
    let secrets = (item.traits.secrets).then(|| secrets::of_struct(&item.name, &item.fields));
    let exhaustive = item.public.then(|| quote!(#[non_exhaustive]));
    quote! {
        #attrs
        #derives
        #exhaustive
        pub struct #name { #(#fields),* }

        #constructor

        #default

        #secrets
    }
}

fn has(item: &Struct, wanted: fn(&Presence) -> bool) -> bool {
    item.fields.iter().any(|field| wanted(&field.presence))
}

/// The derived one would leave the constants out.
fn default(name: &Ident) -> TokenStream {
    quote! {
        impl Default for #name {
            fn default() -> Self {
                Self::new()
            }
        }
    }
}

fn field(field: &Field, item: &Struct, docs: &Docs) -> TokenStream {
    let (attrs, name, ty) = (
        docs.attrs(&field.attributes),
        ident(&field.name),
        ty(&field.ty),
    );
    let public =
        (item.public && !matches!(field.presence, Presence::Constant(_))).then(|| quote!(pub));
    let attrs = if item.public {
        attrs
    } else {
        TokenStream::new()
    };
    let serde = (item.traits.serialize || item.traits.deserialize).then(|| serde(field, item));
    quote!(#attrs #serde #public #name: #ty)
}

/// The serde attribute of a field, if it needs one.
fn serde(field: &Field, item: &Struct) -> Option<TokenStream> {
    let mut parts = Vec::new();
    if field.presence == Presence::Extra {
        parts.push(quote!(flatten));
    } else if field.wire != field.name.trim_start_matches("r#") {
        let wire = &field.wire;
        parts.push(quote!(rename = #wire));
    }
    let absent = match field.presence {
        Presence::Optional => Some("Option::is_none"),
        Presence::Patch => Some("runtime::Patch::is_keep"),
        _ => None,
    };
    if let Some(absent) = absent {
        if item.traits.deserialize {
            parts.push(quote!(default));
        }
        if item.traits.serialize {
            parts.push(quote!(skip_serializing_if = #absent));
        }
    }
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}

/// `new` with what is required, and a setter for each of the rest.
fn constructor(about: &[String], item: &Struct, docs: &Docs) -> TokenStream {
    let about = docs.keep(about);
    let name = ident(&item.name);
    let required = item
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required);
    let arguments = required.map(argument);
    let values = item.fields.iter().map(initial);
    let setters = item.fields.iter().filter_map(|field| setter(field, docs));
    quote! {
        impl #name {
            #about
            #[must_use]
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* }
            }

            #(#setters)*
        }
    }
}

pub(super) fn argument(field: &Field) -> TokenStream {
    let (name, ty) = (ident(&field.name), input(&field.ty));
    quote!(#name: #ty)
}

/// How a value of the type is taken from the caller.
fn input(wanted: &Ty) -> TokenStream {
    match wanted {
        Ty::Bool | Ty::Integer | Ty::Number => ty(wanted),
        Ty::Option(inner) => match &**inner {
            Ty::Boxed(inner) => ty(&Ty::Option(inner.clone())),
            _ => ty(wanted),
        },
        Ty::Map(_) | Ty::Timestamp | Ty::Json => ty(wanted),
        Ty::Boxed(inner) => input(inner),
        Ty::Named(_) | Ty::String | Ty::Vec(_) | Ty::Patch(_) => {
            let ty = ty(wanted);
            quote!(impl Into<#ty>)
        }
    }
}

/// The field's value from the argument of the same name.
pub(super) fn converted(name: &TokenStream, ty: &Ty) -> TokenStream {
    match ty {
        Ty::Boxed(inner) => {
            let inner = converted(name, inner);
            quote!(Box::new(#inner))
        }
        Ty::Option(inner) if matches!(**inner, Ty::Boxed(_)) => quote!(#name.map(Box::new)),
        ty if is_taken_as_it_is(ty) => name.clone(),
        _ => quote!(#name.into()),
    }
}

fn is_taken_as_it_is(ty: &Ty) -> bool {
    match ty {
        Ty::Named(_) | Ty::String | Ty::Vec(_) | Ty::Boxed(_) => false,
        Ty::Option(inner) => !matches!(**inner, Ty::Boxed(_)),
        _ => true,
    }
}

/// The field's first value, in `new` or a constructor.
pub(super) fn initial(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    let value = match &field.presence {
        Presence::Required if is_taken_as_it_is(&field.ty) => return quote!(#name),
        Presence::Required => converted(&quote!(#name), &field.ty),
        Presence::Constant(value) => constant(value),
        Presence::Flag => quote!(false),
        Presence::Patch => quote!(runtime::Patch::Keep),
        Presence::Extra => quote!(BTreeMap::new()),
        Presence::Optional => match field.ty {
            Ty::Vec(_) => quote!(Vec::new()),
            _ => quote!(None),
        },
    };
    quote!(#name: #value)
}

fn setter(field: &Field, docs: &Docs) -> Option<TokenStream> {
    let (attrs, name) = (docs.attrs(&field.attributes), ident(&field.name));
    let inner = match (&field.presence, &field.ty) {
        (Presence::Optional, Ty::Option(inner)) | (Presence::Patch, Ty::Patch(inner)) => inner,
        (Presence::Optional | Presence::Flag | Presence::Extra, ty) => ty,
        _ => return None,
    };
    let (input, value) = (input(inner), converted(&quote!(#name), inner));
    let (value, clear) = match (&field.presence, &field.ty) {
        (Presence::Patch, _) => (quote!(runtime::Patch::Set(#value)), Some(clear(field))),
        (Presence::Optional, Ty::Option(_)) => (quote!(Some(#value)), None),
        _ => (value, None),
    };
    Some(quote! {
        #attrs
        #[must_use]
        pub fn #name(mut self, #name: #input) -> Self {
            self.#name = #value;
            self
        }

        #clear
    })
}

fn clear(field: &Field) -> TokenStream {
    let (name, method) = (ident(&field.name), format_ident!("clear_{}", field.plain));
    let about = format!(" Clears `{}` on the server: sends `null`.", field.plain);
    quote! {
        #[doc = #about]
        #[must_use]
        pub fn #method(mut self) -> Self {
            self.#name = runtime::Patch::Clear;
            self
        }
    }
}
