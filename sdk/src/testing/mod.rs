//! An OpenStack Identity server in your own process, to test your program against.
//!
//! [`IdentityServer`] is a real HTTP server on a free port of the loopback interface. It answers the token endpoints of
//! Identity v3 as Keystone 30 does, errors included: the project's own tests hold its answers against a real Keystone's.
//! It starts in milliseconds, any number can run at once, and it ends when it is dropped. It runs on a thread of its own,
//! so it works with any runtime, and goes on answering while a test blocks its own.
//!
//! ```
//! use openstack_identity::testing::{Fault, IdentityServer};
//!
//! # fn program_under_test(_auth_url: &str, _name: &str, _password: &str) {}
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let server = IdentityServer::start().await?;
//! // The first request is answered by 503.
//! server.inject(Fault::status(503));
//! program_under_test(&server.auth_url(), &server.demo().user_name, &server.demo().password);
//! for request in server.requests() {
//!     println!("{} {}", request.method, request.path);
//! }
//! # Ok(()) }
//! ```
//!
//! # What it has
//!
//! - `GET /` and `/v3`; `POST`, `GET`, `HEAD` and `DELETE /v3/auth/tokens`; `/v3/auth/catalog`, `/auth/projects`,
//!   `/auth/domains` and `/auth/system`; `DELETE /v3/users/{id}/tokens`; `POST /v3/users/{id}/password`.
//! - The methods password, token, totp, application_credential and (if [turned on](IdentityServerBuilder::remote_user_header))
//!   external, alone and together; rules of multi-factor authentication with receipts; every scope.
//! - Expiry by a [`Clock`] that you set; revocation with all that follows from it.
//! - [Faults](Fault): other answers, delays, broken connections, broken HTTP.
//! - A log of [requests](RecordedRequest).
//!
//! Resources are not managed over HTTP but by the methods of [`IdentityServerBuilder`] and [`IdentityServer`]. There is no
//! identity provider, so the federated methods and `oauth1` fail as they do in a Keystone without one.

mod auth;
mod builder;
mod changes;
mod clock;
mod connection;
mod delegation;
mod demo;
mod discovery;
mod entities;
mod error;
mod faults;
mod identity;
mod ids;
mod log;
mod methods;
mod mfa;
mod policy;
mod render;
mod revocation;
mod routes;
mod schema;
mod scope;
mod serve;
mod server;
mod services;
mod tokens;
mod totp;
mod wire;
mod world;

pub use builder::IdentityServerBuilder;
pub use changes::UnknownId;
pub use clock::Clock;
pub use delegation::{AccessRule, ApplicationCredential, Trust};
pub use demo::Demo;
pub use entities::{Domain, Project, Role, Target, User};
pub use faults::Fault;
pub use log::RecordedRequest;
pub use server::IdentityServer;
pub use services::{Endpoint, Service};
pub use totp::totp_passcode;
