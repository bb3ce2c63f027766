//! Log in to OpenStack from Rust.
extern crate self as openstack_identity;

pub mod runtime;

#[rustfmt::skip]
mod generated;

pub use generated::identity;
pub use runtime::{NotATimestamp, Timestamp};
