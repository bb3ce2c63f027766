//! The client against the embedded Identity server: every method, and what a session does.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "also the helpers of tests tell what is wrong by a panic"
)]

#[path = "client/cached.rs"]
mod cached;
#[path = "client/https.rs"]
mod https;
#[path = "client/imported.rs"]
mod imported;
#[path = "client/lists.rs"]
mod lists;
#[path = "client/login.rs"]
mod login;
#[path = "client/odd.rs"]
mod odd;
#[path = "client/session.rs"]
mod session;
#[path = "bad_input/support.rs"]
mod support;
#[path = "client/tokens.rs"]
mod tokens;
#[path = "client/transport.rs"]
mod transport;
#[path = "client/whose.rs"]
mod whose;
