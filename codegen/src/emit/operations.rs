//! Operations: the request as a struct, and how to send it and read the response.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Docs, ident, structs, ty};
use crate::rust::{Case, Content, Failure, Field, Operation, Pages, Presence, Ty};

pub(super) fn emit(item: &Operation, docs: &Docs) -> TokenStream {
    let request = structs::emit(&item.request, docs);
    let name = ident(&item.request.name);
    let Operation {
        wire_name, session, ..
    } = item;
    let service: TokenStream = item.service.parse().unwrap_or_default();
    let output = ty(&item.output);
    let failure = match &item.failure {
        Some(failure) => ty(&Ty::Named(failure.clone())),
        None => quote!(runtime::NoFailure),
    };
    let build = build(item);
    let cases = item.cases.iter().map(|case| self::case(item, case));
    let pages = item.pages.as_ref().map(|pages| self::pages(item, pages));
    quote! {
        #request

        impl runtime::Operation for #name {
            type Output = #output;
            type Failure = #failure;

            const NAME: &'static str = #wire_name;
            const SERVICE: &'static runtime::Service = &#service;
            const SESSION: bool = #session;

            fn request(&self) -> Result<runtime::Request, runtime::RequestError> {
                #build
            }

            fn response(response: &runtime::Response) -> runtime::Outcome<Self> {
                match response.status() {
                    #(#cases,)*
                    _ => Err(response.error::<Self>()),
                }
            }
        }

        #pages
    }
}

fn build(item: &Operation) -> TokenStream {
    let (method, path) = (ident(&item.method), &item.path);
    let path_parameters = item.path_parameters.iter().map(|field| {
        let (name, wire) = (ident(&field.name), &field.wire);
        quote!(.path(#wire, &self.#name))
    });
    let query = item.query.iter().map(query);
    let headers = item.headers.iter().map(|field| {
        let (value, wire) = (value(field), &field.wire);
        quote!(.header(#wire, #value))
    });
    let body = item.body.as_ref().map(|body| {
        let field = ident(&body.field);
        match &body.wrap {
            Some(wrap) => quote!(.json(&runtime::Wrapped(#wrap, &self.#field))),
            None => quote!(.json(&self.#field)),
        }
    });
    quote! {
        runtime::Request::new(runtime::Method::#method, #path)
            #(#path_parameters)*
            #(#query)*
            #(#headers)*
            #body
            .build()
    }
}

/// The value as an `Option` of a reference.
fn value(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    match field.presence {
        Presence::Optional => quote!(self.#name.as_ref()),
        _ => quote!(Some(&self.#name)),
    }
}

fn query(field: &Field) -> TokenStream {
    let (name, wire) = (ident(&field.name), &field.wire);
    match (&field.presence, &field.ty) {
        (Presence::Flag, _) => quote!(.flag(#wire, self.#name)),
        (_, Ty::Vec(_)) => quote!(.query_each(#wire, &self.#name)),
        _ => {
            let value = value(field);
            quote!(.query(#wire, #value))
        }
    }
}

fn case(item: &Operation, case: &Case) -> TokenStream {
    let statuses = case
        .statuses
        .iter()
        .map(|status| Literal::u16_unsuffixed(*status));
    let when = case
        .when
        .as_ref()
        .map(|header| quote!(if response.has_header(#header)));
    let content = match &case.content {
        Content::Nothing => quote!(()),
        Content::Body { unwrap } => received(unwrap.as_ref()),
        Content::Parts {
            name,
            headers,
            body,
        } => {
            let name = ident(name);
            let headers = headers.iter().map(header);
            let body = body.iter().map(|(field, unwrap)| {
                let (field, received) = (ident(field), received(unwrap.as_ref()));
                quote!(#field: #received)
            });
            quote!(#name { #(#headers,)* #(#body,)* })
        }
    };
    let result = match (&case.failure, &item.failure) {
        (Some(variant), Some(failure)) => {
            let (variant, failure) = (ident(variant), ident(failure));
            let content = match case.content {
                Content::Nothing => None,
                _ => Some(quote!((#content))),
            };
            quote!(runtime::declared(#failure::#variant #content))
        }
        _ => quote!(Ok(#content)),
    };
    quote!(#(#statuses)|* #when => #result)
}

fn received(unwrap: Option<&String>) -> TokenStream {
    match unwrap {
        Some(key) => quote!(response.json_in(#key)?),
        None => quote!(response.json()?),
    }
}

fn header(field: &Field) -> TokenStream {
    let (name, wire) = (ident(&field.name), &field.wire);
    match field.presence {
        Presence::Optional => quote!(#name: response.optional_header(#wire)?),
        _ => quote!(#name: response.header(#wire)?),
    }
}

/// The failures of an operation besides errors.
pub(super) fn failure(item: &Failure, docs: &Docs) -> TokenStream {
    let (attrs, name) = (docs.attrs(&item.attributes), ident(&item.name));
    let variants = item.variants.iter().map(|variant| {
        let (attrs, name) = (docs.attrs(&variant.attributes), ident(&variant.name));
        let inner = variant.ty.as_ref().map(|inner| {
            let inner = ty(inner);
            quote!((#inner))
        });
        quote!(#attrs #name #inner)
    });
    quote! {
        #attrs
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }
    }
}

fn pages(item: &Operation, pages: &Pages) -> TokenStream {
    let name = ident(&item.request.name);
    let items = pages.items.iter().map(|name| ident(name));
    let element = ty(&pages.item);
    let next = next_page(&pages.next);
    quote! {
        impl runtime::Paginated for #name {
            type Item = #element;

            fn next_page(page: &Self::Output) -> Option<&str> {
                #next
            }

            fn into_items(page: Self::Output) -> Vec<Self::Item> {
                page #(.#items)*
            }
        }
    }
}

/// `page.links.as_ref()?.next.as_deref()`, with or without each question.
fn next_page(steps: &[(String, bool)]) -> TokenStream {
    let mut at = quote!(page);
    let Some(((last, optional), before)) = steps.split_last() else {
        return quote!(None);
    };
    for (field, optional) in before {
        let field = ident(field);
        at = match optional {
            true => quote!(#at.#field.as_ref()?),
            false => quote!(#at.#field),
        };
    }
    let last = ident(last);
    match optional {
        true => quote!(#at.#last.as_deref()),
        false => quote!(Some(&#at.#last)),
    }
}
