//! Requests to services other than Identity, and what finds them: the catalog and discovery.

#[path = "services/catalog.rs"]
mod catalog;
#[path = "services/discovery.rs"]
mod discovery;
#[path = "services/downloads.rs"]
mod downloads;
#[path = "services/http2.rs"]
mod http2;
#[path = "services/keystone.rs"]
mod keystone;
#[path = "services/origin.rs"]
mod origin;
#[path = "services/requests.rs"]
mod requests;
#[path = "services/stale.rs"]
mod stale;
#[path = "services/streams.rs"]
mod streams;
#[path = "services/stub.rs"]
mod stub;
#[path = "services/tls.rs"]
mod tls;
#[path = "services/versions.rs"]
mod versions;
#[path = "services/which_address.rs"]
mod which_address;
