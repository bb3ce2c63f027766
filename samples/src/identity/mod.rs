//! The Identity service.

pub mod v3;
