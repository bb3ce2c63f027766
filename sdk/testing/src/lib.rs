#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
//!
//! [`IdentityServer`] listens on a free port of the loopback interface, or on [one that you name](IdentityServerBuilder::port).
//! It starts in milliseconds, any number can run at once, and each ends when it is dropped. It runs on a thread of its
//! own, so it works with any runtime, and goes on answering while a test blocks its own.
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
//! It behaves as release 30 does, or as [those before](IdentityServerBuilder::before_release_30).
//!
//! # What it does not have
//!
//! - Requests that manage users, projects, roles, catalogs, credentials or trusts: they are 404. The methods of
//!   [`IdentityServerBuilder`] and [`IdentityServer`] do that.
//! - Identity providers: the federated methods and `oauth1` fail as they do in a Keystone without one.
//! - Groups, inherited roles, projects within projects, policies other than Keystone's own, rules for passwords, lock-outs.
//! - Keystone's crashes. A value that Keystone trips over, and answers with 500, is 400, 401, 404 or 405 here.
//! - TLS, rate limits, several processes, a database: nothing is kept when it ends. For the faults of what stands around a
//!   Keystone, there are [scripted ones](Fault).
//!
//! Headers, paths and queries are read as a Keystone behind gunicorn reads them: a header that comes twice is one with a
//! comma, paths and parameters are decoded before they are looked at, and a second `Content-Type` is 400.

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
mod json;
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
