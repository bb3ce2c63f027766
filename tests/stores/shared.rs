//! A store that others can read too.

use std::time::Duration;

use openstack_identity::store::{Lease, MemoryStore, StoreError, StoreKey, TokenStore};
use openstack_identity::transport::BoxFuture;

/// As [`MemoryStore`], but not private.
#[derive(Clone, Default)]
pub struct Shared(MemoryStore);

impl TokenStore for Shared {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        self.0.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.put(key, entry, time_to_live)
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.remove_if(key, entry)
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        self.0.lease(key, time_to_live)
    }
}

/// As [`Shared`], without leases, as a store can be written that has no more than it needs.
#[derive(Clone, Default)]
pub struct Leaseless(Shared);

impl TokenStore for Leaseless {
    fn name(&self) -> &'static str {
        "leaseless"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        self.0.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.put(key, entry, time_to_live)
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.remove_if(key, entry)
    }
}
