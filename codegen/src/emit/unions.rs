//! Unions: one of several.

use proc_macro2::TokenStream;
use quote::quote;

use super::structs::{argument, initial};
use super::{Docs, derives, ident, secrets, ty};
use crate::rust::{Choice, Field, KeyedSet, Presence, Traits, Union, Untagged, Variant};

/// A union told apart by a key, or by a field.
pub(super) fn tagged(item: &Union, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.attributes), ident(&item.name));
    let serialize = item.traits.serialize;
    let derives = derives(
        Traits {
            deserialize: false,
            ..item.traits
        },
        false,
    );
    let field = item
        .field
        .as_ref()
        .filter(|_| serialize)
        .map(|field| quote!(#[serde(tag = #field)]));
    let variants = item
        .variants
        .iter()
        .map(|variant| self::variant(variant, serialize, docs));
    let unrecognized = item.traits.deserialize.then(|| {
        let untagged = serialize.then(|| quote!(#[serde(untagged)]));
        quote! {
            /// A value unknown to this version of the crate, as received.
            #untagged
            Unrecognized(runtime::Value),
        }
    });
    let conversions = conversions(&item.name, &item.variants);
    let deserialize = item.traits.deserialize.then(|| deserialize(item));
    let open = item.traits.deserialize;
    let secrets =
        (item.traits.secrets).then(|| secrets::of_union(&item.name, &item.variants, open));
    quote! {
        #attrs
        #derives
        #field
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            #unrecognized
        }

        #conversions

        #deserialize

        #secrets
    }
}

fn variant(variant: &Variant, rename: bool, docs: &Docs) -> TokenStream {
    let (attrs, name, wire) = (
        docs.attrs(&variant.attributes),
        ident(&variant.name),
        &variant.wire,
    );
    let rename = rename.then(|| quote!(#[serde(rename = #wire)]));
    match &variant.ty {
        Some(inner) => {
            let inner = ty(inner);
            quote!(#attrs #rename #name(#inner))
        }
        None => quote!(#attrs #rename #name),
    }
}

fn conversions(union: &str, variants: &[Variant]) -> TokenStream {
    let union = ident(union);
    let conversions = variants
        .iter()
        .filter(|variant| variant.convertible)
        .filter_map(|variant| {
            let name = ident(&variant.name);
            let (from, value) = match variant.ty.as_ref()? {
                crate::rust::Ty::Boxed(inner) => (ty(inner), quote!(Box::new(value))),
                other => (ty(other), quote!(value)),
            };
            Some(quote! {
                impl From<#from> for #union {
                    fn from(value: #from) -> Self {
                        Self::#name(#value)
                    }
                }
            })
        });
    quote!(#(#conversions)*)
}

fn deserialize(item: &Union) -> TokenStream {
    let name = ident(&item.name);
    let read = match &item.field {
        Some(field) => quote!(runtime::Tagged::by_field(deserializer, #field)?),
        None => quote!(runtime::Tagged::by_key(deserializer)?),
    };
    let arms = item.variants.iter().map(|variant| {
        let (name, wire) = (ident(&variant.name), &variant.wire);
        match variant.literal {
            true => quote!(runtime::Tag::Word(#wire) => Ok(Self::#name)),
            false => quote!(runtime::Tag::Key(#wire) => tagged.read().map(Self::#name)),
        }
    });
    quote! {
        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let tagged = #read;
                match tagged.tag() {
                    #(#arms,)*
                    _ => Ok(Self::Unrecognized(tagged.into_value())),
                }
            }
        }
    }
}

/// A union told apart by the fields that are there; it is only ever sent.
pub(super) fn untagged(item: &Untagged, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.attributes), ident(&item.name));
    let variants = item.variants.iter().map(|choice| {
        let (attrs, name) = (docs.attrs(&choice.attributes), ident(&choice.name));
        let fields = choice.fields.iter().map(|field| choice_field(field, docs));
        quote! {
            #attrs
            #[non_exhaustive]
            #name { #(#fields),* }
        }
    });
    let constructors = item
        .variants
        .iter()
        .map(|choice| choice_constructor(choice, docs));
    let derives = derives(item.traits, false);
    let secrets = (item.traits.secrets).then(|| secrets::of_choices(&item.name, &item.variants));
    quote! {
        #attrs
        #derives
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        impl #name { #(#constructors)* }

        #secrets
    }
}

fn choice_field(field: &Field, docs: &Docs) -> TokenStream {
    let (attrs, name, ty) = (
        docs.attrs(&field.attributes),
        ident(&field.name),
        ty(&field.ty),
    );
    let wire = &field.wire;
    let rename = (field.wire != field.name.trim_start_matches("r#"))
        .then(|| quote!(#[serde(rename = #wire)]));
    quote!(#attrs #rename #name: #ty)
}

fn choice_constructor(choice: &Choice, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&choice.attributes), ident(&choice.name));
    let constructor = ident(&choice.constructor);
    let chosen = choice
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required);
    let arguments = chosen.map(argument);
    let values = choice.fields.iter().map(initial);
    quote! {
        #attrs
        #[must_use]
        pub fn #constructor(#(#arguments),*) -> Self {
            Self::#name { #(#values),* }
        }
    }
}

/// A table of members beside the list of their keys; the list is made from the members.
pub(super) fn keyed_set(item: &KeyedSet, docs: &Docs) -> TokenStream {
    let (attrs, name, list) = (docs.attrs(&item.attributes), ident(&item.name), &item.list);
    let member = ident(&item.member);
    let (first, members) = (first_members(item), keyed_members(item, docs));
    let secrets = item.traits.secrets.then(|| secrets::of_set(&item.name));
    let derives = derives(
        Traits {
            serialize: false,
            ..item.traits
        },
        false,
    );
    quote! {
        #attrs
        #derives
        pub struct #name(runtime::KeyedSet<#member>);

        impl #name {
            /// Creates a set of one member; [`and`](Self::and) adds another.
            #[must_use]
            pub fn new(first: impl Into<#member>) -> Self {
                Self(runtime::KeyedSet::new(first.into()))
            }

            /// Adds another member.
            ///
            /// # Errors
            ///
            /// There is already one of this kind.
            pub fn and(self, another: impl Into<#member>) -> Result<Self, runtime::Repeated> {
                self.0.and(another.into()).map(Self)
            }

            /// The members, in the order in which they are sent.
            #[must_use]
            pub fn members(&self) -> &[#member] {
                self.0.members()
            }
        }

        impl Serialize for #name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(#list, serializer)
            }
        }

        #secrets

        #first

        #members
    }
}

/// A set of one member from what the member carries.
fn first_members(item: &KeyedSet) -> TokenStream {
    let name = ident(&item.name);
    let members = item.members.iter().filter(|member| member.convertible);
    let conversions = members.filter_map(|member| {
        let from = ty(member.ty.as_ref()?);
        Some(quote! {
            impl From<#from> for #name {
                fn from(value: #from) -> Self {
                    Self::new(value)
                }
            }
        })
    });
    quote!(#(#conversions)*)
}

fn keyed_members(item: &KeyedSet, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.member_attributes), ident(&item.member));
    let variants = item
        .members
        .iter()
        .map(|member| variant(member, false, docs));
    let keys = item.members.iter().map(|member| {
        let (name, wire) = (ident(&member.name), &member.wire);
        let rest = member.ty.as_ref().map(|_| quote!((_)));
        quote!(Self::#name #rest => #wire)
    });
    let values = item.members.iter().map(|member| {
        let name = ident(&member.name);
        match (&member.ty, &member.wrap) {
            (None, _) => quote!(Self::#name => object.serialize_value(&runtime::Empty {})),
            (Some(_), None) => quote!(Self::#name(value) => object.serialize_value(value)),
            (Some(_), Some(wrap)) => quote! {
                Self::#name(value) => object.serialize_value(&runtime::Wrapped(#wrap, value))
            },
        }
    });
    let conversions = conversions(&item.member, &item.members);
    let secrets =
        (item.traits.secrets).then(|| secrets::of_union(&item.member, &item.members, false));
    let derives = derives(
        Traits {
            serialize: false,
            ..item.traits
        },
        false,
    );
    quote! {
        #attrs
        #derives
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        impl runtime::Keyed for #name {
            fn key(&self) -> &'static str {
                match self { #(#keys),* }
            }

            fn serialize_value<O: serde::ser::SerializeMap>(&self, object: &mut O) -> Result<(), O::Error> {
                match self { #(#values),* }
            }
        }

        #secrets

        #conversions
    }
}
