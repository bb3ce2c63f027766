//! The visitor of the secrets that a shape is sent with.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::rust::{Choice, Field, Variant};

/// Visits the fields of a struct that have secrets.
pub(super) fn of_struct(name: &str, fields: &[Field]) -> TokenStream {
    let fields = fields.iter().filter(|field| field.secret).map(|field| {
        let field = ident(&field.name);
        quote!(visitor.visit(&self.#field);)
    });
    visits(name, quote!(#(#fields)*))
}

/// Visits the members of a keyed set.
pub(super) fn of_set(name: &str) -> TokenStream {
    visits(name, quote!(visitor.visit(&self.0);))
}

/// Visits the value of a union whose variants have one value each; `open` if there are others.
pub(super) fn of_union(name: &str, variants: &[Variant], open: bool) -> TokenStream {
    let secret = || variants.iter().filter(|variant| variant.secret);
    let arms = secret().map(|variant| {
        let name = ident(&variant.name);
        (quote!(Self::#name(value)), quote!(visitor.visit(value)))
    });
    let rest = open || secret().count() < variants.len();
    of_arms(name, arms.collect(), rest)
}

/// Visits the fields of a union whose variants have fields.
pub(super) fn of_choices(name: &str, variants: &[Choice]) -> TokenStream {
    let secret = |choice: &Choice| choice.fields.iter().any(|field| field.secret);
    let arms = variants
        .iter()
        .filter(|choice| secret(choice))
        .map(|choice| {
            let name = ident(&choice.name);
            let fields = choice.fields.iter().filter(|field| field.secret);
            let fields: Vec<_> = fields.map(|field| ident(&field.name)).collect();
            let others = (fields.len() < choice.fields.len()).then(|| quote!(..));
            let visits = match &fields[..] {
                [field] => quote!(visitor.visit(#field)),
                fields => quote!({ #(visitor.visit(#fields);)* }),
            };
            (quote!(Self::#name { #(#fields,)* #others }), visits)
        });
    let rest = !variants.iter().all(secret);
    of_arms(name, arms.collect(), rest)
}

/// A `match` of patterns and what to do; an `if` where Clippy would ask for one.
fn of_arms(name: &str, arms: Vec<(TokenStream, TokenStream)>, rest: bool) -> TokenStream {
    if let ([(pattern, visit)], true) = (&arms[..], rest) {
        return visits(name, quote!(if let #pattern = self { #visit; }));
    }
    let rest = rest.then(|| quote!(_ => {}));
    let (patterns, visits): (Vec<_>, Vec<_>) = arms.into_iter().unzip();
    self::visits(name, quote!(match self { #(#patterns => #visits,)* #rest }))
}

fn visits(name: &str, body: TokenStream) -> TokenStream {
    let name = ident(name);
    quote! {
        impl runtime::Secrets for #name {
            fn visit_secrets(&self, visitor: &mut runtime::SecretVisitor) {
                #body
            }
        }
    }
}
