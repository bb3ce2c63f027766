#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Generated code names this crate as any other crate would.
extern crate self as openstack_identity;

pub mod runtime;

#[rustfmt::skip]
mod generated;

mod catalog;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "client")]
mod discovery;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod exchange;
#[cfg(feature = "client")]
mod files;
#[cfg(feature = "client")]
mod openstack;
#[cfg(feature = "client")]
mod service;
#[cfg(feature = "client")]
mod session;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "client")]
mod token;
#[cfg(feature = "totp")]
mod totp;
#[cfg(feature = "client")]
pub mod transport;

pub use catalog::{
    Candidate, EndpointChoice, EndpointFilter, Interfaces, MissingPart, NoEndpointError, Verdict,
};
pub use generated::identity;
pub use generated::identity::v3::auth::{
    ApplicationCredential, AuthMethod, Credentials, Password, ProjectScope, Scope, Totp,
};
pub use generated::identity::v3::common::{DomainRef, TokenId, UserRef};
pub use runtime::{Timestamp, TimestampError};

#[cfg(feature = "client")]
pub use client::SendError;
#[cfg(feature = "config")]
pub use config::{CloudConfig, ConfigError};
#[cfg(feature = "client")]
pub use discovery::ServiceVersion;
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
#[cfg(feature = "client")]
pub use exchange::event::Event;
#[cfg(feature = "client")]
pub use openstack::OpenStack;
#[cfg(feature = "client")]
pub use openstack::builder::OpenStackBuilder;
#[cfg(feature = "client")]
pub use openstack::identity_v3::{GenerateTokenCall, IdentityV3, Validity};
#[cfg(feature = "client")]
pub use service::{ServiceClient, ServiceDownload, ServiceRequest, ServiceResponse};
#[cfg(feature = "client")]
pub use session::mfa::{Factor, factor_from};
#[cfg(feature = "totp")]
pub use session::mfa::{TotpSeed, TotpSeedError};
#[cfg(feature = "client")]
pub use session::provider::{CredentialsProvider, secret_from_env, secret_from_file};
#[cfg(feature = "client")]
pub use token::AuthToken;
#[cfg(feature = "client")]
pub use token::import::ImportError;
#[cfg(feature = "client")]
pub use transport::BoxError;
#[cfg(feature = "reqwest")]
pub use transport::reqwest::HttpVersion;
