//! The samples of the page "Tokens" of Identity v3, each as the code that a reader would paste.
//!
//! `cargo run -p samples` runs them.

pub mod identity;
