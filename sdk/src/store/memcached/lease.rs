//! The lease in memcached: a value with the holder's random name, added where there is none.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;

use super::protocol::{Found, Life, Verb};
use super::server::Server;
use crate::store::{Lease, StoreError};
use crate::transport::BoxFuture;

pub(super) struct MemcachedLease {
    server: Arc<Server>,
    key: String,
    holder: String,
}

impl MemcachedLease {
    /// Takes the lease with this key; none if somebody has it.
    pub(super) async fn take(
        server: Arc<Server>,
        key: String,
        time_to_live: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let mut name = [0; 16];
        getrandom::fill(&mut name)
            .map_err(|error| StoreError::new(format!("the system has no random bytes: {error}")))?;
        let holder = HEXLOWER.encode(&name);
        let life = Life::of_lease(time_to_live);
        let taken = server.store(Verb::Add, &key, life, holder.as_bytes());
        Ok(taken.await?.then_some(MemcachedLease {
            server,
            key,
            holder,
        }))
    }

    /// The lease as it is kept, if it is ours.
    async fn ours(&self) -> Result<Option<Found>, StoreError> {
        let found = self.server.get(&self.key).await?;
        Ok(found.filter(|found| **found.value == *self.holder.as_bytes()))
    }
}

impl Lease for MemcachedLease {
    fn keep(&mut self, time_to_live: Duration) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let Some(found) = self.ours().await? else {
                return Ok(false);
            };
            let life = Life::of_lease(time_to_live);
            let holder = self.holder.as_bytes();
            // Not stored if it has ended since, so that nobody's lease is taken and none comes back.
            self.server.replace(&self.key, &found, life, holder).await
        })
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            if let Some(found) = self.ours().await? {
                self.server
                    .replace(&self.key, &found, Life::Over, b"")
                    .await?;
            }
            Ok(())
        })
    }
}
