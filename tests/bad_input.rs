//! What comes when the server, the network or the caller is wrong: a typed error that names the
//! operation, says what came and what to do, holds no secret, and comes in time.

#[path = "bad_input/answers.rs"]
mod answers;
#[path = "bad_input/connections.rs"]
mod connections;
#[path = "bad_input/given.rs"]
mod given;
#[path = "bad_input/redirects.rs"]
mod redirects;
#[path = "bad_input/statuses.rs"]
mod statuses;
#[path = "bad_input/support.rs"]
mod support;
#[path = "bad_input/tls.rs"]
mod tls;
