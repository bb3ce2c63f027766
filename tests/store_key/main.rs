//! The key under which a token is kept: two logins share one if, and only if, they would bring the same
//! user's token with the same scope. What a login can say comes from the spec, so a new field or method is
//! tested as soon as it is there.

#![allow(clippy::panic, clippy::unwrap_used)]

mod addresses;
mod crowd;
mod fields;
mod generator;
mod login;
mod random;
