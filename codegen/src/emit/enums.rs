//! Enums that stay open: a value that the crate doesn't know is kept.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Docs, ident};
use crate::rust::OpenEnum;

pub(super) fn emit(item: &OpenEnum, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.attributes), ident(&item.name));
    let variants = item.values.iter().map(|value| {
        let (attrs, name) = (docs.attrs(&value.attributes), ident(&value.name));
        quote!(#attrs #name)
    });
    let names: Vec<_> = item.values.iter().map(|value| ident(&value.name)).collect();
    let words: Vec<_> = item.values.iter().map(|value| &value.wire).collect();
    quote! {
        #attrs
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            /// A value unknown to this version of the crate.
            Unrecognized(runtime::Unrecognized),
        }

        impl #name {
            /// The value as it is sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#names => #words,)*
                    Self::Unrecognized(other) => other.as_str(),
                }
            }
        }

        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                match value {
                    #(#words => Self::#names,)*
                    other => Self::Unrecognized(runtime::Unrecognized::new(other)),
                }
            }
        }

        runtime::open_enum!(#name);
    }
}
