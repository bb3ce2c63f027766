//! One server, and the connections to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::connection::{Connection, Dialer, Failure, Trouble};
use super::protocol::{self, Found, Life, Parsed, Reply, Verb};
use crate::store::StoreError;

/// How many connections there are at most.
const CONNECTIONS: usize = 16;

pub(super) struct Server {
    address: Address,
    dialer: Arc<Dialer>,
    free: Semaphore,
    /// Those whose last reply was read whole, the last one used at the end. A call takes its connection
    /// out of here, so if it is dropped, the connection is closed.
    idle: Mutex<Vec<Connection>>,
}

impl Server {
    pub(super) fn new(address: Address, dialer: Arc<Dialer>) -> Self {
        Server {
            address,
            dialer,
            free: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The value of a key.
    pub(super) async fn get(&self, key: &str) -> Result<Option<Found>, StoreError> {
        let parse = |bytes: &[u8]| protocol::parse_value(bytes, key);
        self.call(&protocol::get(key), parse).await
    }

    /// Stores a value; tells whether it was done.
    pub(super) async fn store(
        &self,
        verb: Verb,
        key: &str,
        life: Life,
        value: &[u8],
    ) -> Result<bool, StoreError> {
        let request = protocol::store(verb, key, life, value);
        let parse = |bytes: &[u8]| protocol::parse_outcome(bytes, verb);
        self.call(&request, parse).await
    }

    /// Removes a value; tells whether there was one.
    pub(super) async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        let parse = |bytes: &[u8]| protocol::parse_outcome(bytes, Verb::Delete);
        self.call(&protocol::delete(key), parse).await
    }

    /// Puts another value in place of one that was found, or ends it; tells whether it still was that
    /// one.
    pub(super) async fn replace(
        &self,
        key: &str,
        found: &Found,
        life: Life,
        value: &[u8],
    ) -> Result<bool, StoreError> {
        if found.number == 0 {
            return Err(self.error(
                "it runs without CAS (-C), so nothing can be replaced there without harm to others",
            ));
        }
        self.store(Verb::Cas(found.number), key, life, value).await
    }

    async fn call<T>(
        &self,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Parsed<T>,
    ) -> Result<T, StoreError> {
        match self.attempt(request, parse).await {
            Ok(Reply::Answer(answer)) => Ok(answer),
            Ok(Reply::Error(error)) => Err(self.error(&match error.text.as_str() {
                "CLIENT_ERROR unauthenticated" => {
                    "it wants a user name and a password: give them with `login`".to_owned()
                }
                text => format!("it answered {text}"),
            })),
            Err(trouble) => {
                // The others are likely to have the same fate.
                self.idle().clear();
                Err(self.error(&trouble))
            }
        }
    }

    async fn attempt<T>(
        &self,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Parsed<T>,
    ) -> Result<Reply<T>, Trouble> {
        let deadline = Instant::now() + self.dialer.timeout;
        let in_use = timeout_at(deadline, self.free.acquire()).await;
        let _in_use = in_use.map_err(|_| "all connections were in use all the time")?;
        if let Some(connection) = self.take_idle() {
            match self.exchange(connection, request, &parse).await {
                // The server was restarted, or tired of waiting. It has done nothing, or, at worst, the
                // answer will be that somebody has been there before.
                Err(Failure::Stale(_)) => self.idle().clear(),
                other => return other.map_err(Failure::into_trouble),
            }
        }
        let connection = timeout_at(deadline, self.dialer.connect(&self.address))
            .await
            .map_err(|_| "no connection in time")??;
        let reply = self.exchange(connection, request, &parse).await;
        reply.map_err(Failure::into_trouble)
    }

    /// Puts the connection back if it can be used again.
    async fn exchange<T>(
        &self,
        mut connection: Connection,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Parsed<T>,
    ) -> Result<Reply<T>, Failure> {
        let reply = connection.exchange(request, parse).await?;
        if !matches!(&reply, Reply::Error(error) if !error.in_step) {
            self.idle().push(connection);
        }
        Ok(reply)
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            if connection.is_idle() {
                return Some(connection);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, what: &str) -> StoreError {
        StoreError::new(format!("memcached at {}: {what}", self.address))
    }
}
