//! Generates typed clients from YAML descriptions of an API.
//!
//! ```text
//! spec/**/*.yaml
//!    source   files, sorted by path                        -> sources
//!    parse    YAML -> ast, one-to-one with the text        -> ast
//!    check    names, references, rules; gathers mistakes   -> ir, or diagnostics
//!    lower    Rust names, Rust types, doc text             -> rust model
//!    emit     quote! only                                  -> tokens
//!    format   prettyplease, item by item                   -> files
//!    write    compare, write what differs, delete stale
//! ```
//!
//! Every arrow is one function; each stage takes what the one before hands on, and nothing else.
//! The generated code needs the crates `openstack-identity` (its `runtime` module) and `serde`.
//!
//! The format of the YAML is described in `spec/README.md` of the repository.
//!
//! # In a build script
//!
//! ```no_run
//! use std::path::{Path, PathBuf};
//!
//! // build.rs: the client of a private spec, compiled with `include!`.
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     println!("cargo::rerun-if-changed=spec");
//!     let out = PathBuf::from(std::env::var("OUT_DIR")?).join("client");
//!     let sources = openstack_identity_codegen::read_folder(Path::new("spec"))?;
//!     let files = openstack_identity_codegen::generate("spec", &sources)?;
//!     openstack_identity_codegen::Plan::compare(&out, &files)?.apply(&out)?;
//!     Ok(())
//! }
//! ```
//!
//! and in the crate:
//!
//! ```text
//! #[rustfmt::skip]
//! pub mod client {
//!     include!(concat!(env!("OUT_DIR"), "/client/mod.rs"));
//! }
//! ```

mod ast;
mod check;
mod diagnostic;
mod docs;
mod emit;
mod format;
pub mod ir;
mod lower;
mod names;
mod owned;
mod parse;
mod reader;
mod rust;
mod source;
mod span;
mod type_expr;
mod write;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use format::File;
pub use source::{Source, read_folder};
pub use write::Plan;

/// Reads and checks a spec.
///
/// `root` is the folder that messages show before each path; it is not read.
///
/// # Errors
///
/// All mistakes of the spec, each with its place and a way to mend it.
pub fn read(root: &str, sources: &[Source]) -> Result<ir::Api, Diagnostics> {
    let mut diagnostics = Diagnostics::new(root, sources);
    let files = parse::parse(sources, &mut diagnostics);
    let api = check::check(files, sources, &mut diagnostics);
    if diagnostics.is_empty() {
        Ok(api)
    } else {
        Err(diagnostics)
    }
}

/// Generates the client of a spec: the same bytes for the same sources.
///
/// # Errors
///
/// As [`read`].
pub fn generate(root: &str, sources: &[Source]) -> Result<Vec<File>, Diagnostics> {
    Ok(client(&read(root, sources)?))
}

/// The files of the client of an API, sorted by path.
#[must_use]
pub fn client(api: &ir::Api) -> Vec<File> {
    let modules = lower::lower(api);
    let emitted = modules.iter().map(|module| {
        let (items, docs) = emit::emit(module);
        format::format(module, items, &docs)
    });
    emitted.collect()
}

/// How many operations and shapes a spec has.
#[must_use]
pub fn count(api: &ir::Api) -> (usize, usize) {
    let modules = api.services.iter().flat_map(|service| &service.modules);
    let operations = modules.map(|module| module.operations.len()).sum();
    (
        operations,
        api.services
            .iter()
            .map(|service| service.shapes.len())
            .sum(),
    )
}

/// What a field, a constructor or a module is called in the client.
///
/// ```
/// assert_eq!(openstack_identity_codegen::rust_name("by_id"), "by_id");
/// assert_eq!(openstack_identity_codegen::rust_name("type"), "r#type");
/// ```
#[must_use]
pub fn rust_name(name: &str) -> String {
    lower::escape(name)
}

/// What a variant of an enum is called in the client.
///
/// ```
/// assert_eq!(openstack_identity_codegen::rust_variant("by_id"), "ById");
/// ```
#[must_use]
pub fn rust_variant(name: &str) -> String {
    lower::variant(name)
}
