//! Identity v3.

pub mod tokens;
