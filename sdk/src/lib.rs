#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Generated code names this crate as any other crate would.
extern crate self as openstack_identity;

pub mod runtime;

#[cfg(feature = "client")]
mod foreign;
#[rustfmt::skip]
mod generated;

#[cfg_attr(not(feature = "client"), allow(dead_code))]
mod address;
#[cfg(feature = "client")]
mod auth_url;
#[cfg(feature = "client")]
mod builder;
mod catalog;
#[cfg(feature = "client")]
mod chance;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "client")]
mod discovery;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod event;
#[cfg(feature = "client")]
mod explain;
#[cfg(feature = "client")]
mod identity_v3;
#[cfg(feature = "client")]
mod limits;
#[cfg(feature = "client")]
mod openstack;
#[cfg(feature = "client")]
mod owner;
#[cfg(feature = "reqwest")]
mod pem;
#[cfg(feature = "client")]
mod plain_file;
#[cfg(feature = "file")]
mod private_file;
#[cfg(feature = "reqwest")]
mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
#[cfg(feature = "client")]
mod retry;
#[cfg(feature = "client")]
mod service;
#[cfg(feature = "client")]
mod session;
#[cfg(feature = "client")]
mod single_flight;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "client")]
mod timer;
#[cfg(feature = "client")]
mod token;
#[cfg(feature = "file")]
mod token_file;
#[cfg(feature = "client")]
mod token_import;
#[cfg(feature = "totp")]
mod totp;
#[cfg(feature = "client")]
pub mod transport;
#[cfg(feature = "client")]
mod wire;

pub use catalog::{
    Candidate, EndpointChoice, EndpointFilter, Interfaces, MissingPart, NoEndpoint, Verdict,
};
pub use generated::identity;
pub use generated::identity::v3::auth::{
    ApplicationCredential, AuthMethod, Credentials, Password, ProjectScope, Scope, Totp,
};
pub use generated::identity::v3::common::{DomainRef, TokenId, UserRef};
pub use runtime::{NotATimestamp, Timestamp};

#[cfg(feature = "client")]
pub use builder::OpenStackBuilder;
#[cfg(feature = "client")]
pub use client::SendError;
#[cfg(feature = "config")]
pub use config::{CloudConfig, ConfigError};
#[cfg(feature = "client")]
pub use discovery::ServiceVersion;
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
#[cfg(feature = "client")]
pub use event::Event;
#[cfg(feature = "client")]
pub use identity_v3::{GenerateTokenCall, IdentityV3, Validity};
#[cfg(feature = "client")]
pub use openstack::OpenStack;
#[cfg(feature = "reqwest")]
pub use reqwest_transport::HttpVersion;
#[cfg(feature = "client")]
pub use service::{ServiceClient, ServiceDownload, ServiceRequest, ServiceResponse};
#[cfg(feature = "client")]
pub use session::mfa::{Factor, factor_from};
#[cfg(feature = "totp")]
pub use session::mfa::{InvalidSeed, TotpSeed};
#[cfg(feature = "client")]
pub use session::provider::{BoxError, CredentialsProvider, secret_from_env, secret_from_file};
#[cfg(feature = "client")]
pub use token::AuthToken;
#[cfg(feature = "client")]
pub use token_import::InvalidExport;
