//! Secrets are shown nowhere: not by what holds them, not by errors, also if the server repeats them,
//! and not to other users of the machine.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "also the helpers of tests tell what is wrong by a panic"
)]

#[path = "secrets/catalog.rs"]
mod catalog;
#[path = "secrets/echo.rs"]
mod echo;
#[path = "secrets/files.rs"]
mod files;
#[path = "secrets/holders.rs"]
mod holders;
#[path = "secrets/planted.rs"]
mod planted;
#[path = "secrets/stores.rs"]
mod stores;
#[path = "bad_input/support.rs"]
mod support;
