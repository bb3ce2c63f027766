//! How a client is told of its store.

use std::sync::Arc;
use std::time::Duration;

use super::builder::OpenStackBuilder;
use crate::store::{Sealing, TokenStore};

/// With the feature `store`.
impl OpenStackBuilder {
    /// Where tokens are kept for other calls, programs and machines: the session looks there before it logs
    /// in, and of all who share the store and want the same token one logs in. See
    /// [`store`](crate::store).
    ///
    /// ```no_run
    /// use openstack_identity::store::MemoryStore;
    /// use openstack_identity::{OpenStack, Password};
    ///
    /// # fn main() -> Result<(), openstack_identity::Error> {
    /// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
    ///     .credentials(Password::by_id("a1b2", "secret"))
    ///     .token_store(MemoryStore::new())
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.store.store = Some(Arc::new(store));
        self
    }

    /// Whether tokens are sealed in the store, and with what key.
    pub fn token_sealing(mut self, sealing: Sealing) -> Self {
        self.store.sealing = sealing;
        self
    }

    /// How long each call to the store may take before the session goes on without it; 500 ms by default.
    pub fn token_store_timeout(mut self, timeout: Duration) -> Self {
        self.store.timeout = timeout;
        self
    }
}
