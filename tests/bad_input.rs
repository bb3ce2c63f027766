//! What comes when the server, the network or the caller is wrong: a typed error that names the
//! operation, says what came and what to do, holds no secret, and comes in time.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "also the helpers of tests tell what is wrong by a panic"
)]

#[path = "bad_input/answers.rs"]
mod answers;
#[path = "bad_input/connections.rs"]
mod connections;
#[path = "bad_input/given.rs"]
mod given;
#[path = "bad_input/headers.rs"]
mod headers;
#[path = "bad_input/limits.rs"]
mod limits;
#[path = "bad_input/redirects.rs"]
mod redirects;
#[path = "bad_input/statuses.rs"]
mod statuses;
#[path = "bad_input/support.rs"]
mod support;
#[path = "bad_input/tls.rs"]
mod tls;
