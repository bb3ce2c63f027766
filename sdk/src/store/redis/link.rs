//! The connection that all calls share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value};
use tokio::time::timeout;

use super::super::StoreError;
use super::error::explain;
use super::servers::{Connection, Servers};

/// How long a call may take, with connecting and all.
const LIMIT: Duration = Duration::from_secs(2);

/// A connection on which nothing came for so long is not used again when whoever waited gives up. Without
/// that, callers less patient than this store would never notice that a connection is dead.
const SUSPECT: Duration = Duration::from_millis(200);

/// Connects when it is first used, and anew when the connection has failed.
pub(super) struct Link {
    servers: Servers,
    current: Mutex<Current>,
    /// Held while connecting, so that many calls make one connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    connection: Option<Connection>,
    /// Tells connections apart.
    number: u64,
}

/// A connection to use for one call.
struct Held {
    connection: Connection,
    number: u64,
    /// Whether it was there before, so that the server may have closed it meanwhile.
    used: bool,
}

impl Link {
    pub(super) fn new(servers: Servers) -> Self {
        Link {
            servers,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// Sends a command that may be sent twice without harm, and gives the answer.
    pub(super) async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let value = match timeout(LIMIT, self.send(command)).await {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => return Err(self.failure(&explain(&error))),
            Err(_) => return Err(self.failure("it doesn't answer in time")),
        };
        redis::from_redis_value(value)
            .map_err(|_| self.failure("its answer can't be read: is it a Redis server?"))
    }

    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        let held = self.hold().await?;
        let used = held.used;
        match self.ask(held, command).await {
            // A server that was started again, or handed its duty over, is no failure.
            Err(error) if used && is_over(&error) => self.ask(self.hold().await?, command).await,
            answer => answer,
        }
    }

    async fn hold(&self) -> Result<Held, RedisError> {
        if let Some(held) = self.current().held() {
            return Ok(held);
        }
        let _connecting = self.connecting.lock().await;
        if let Some(held) = self.current().held() {
            return Ok(held);
        }
        let connection = self.servers.connect().await?;
        let mut current = self.current();
        current.number += 1;
        current.connection = Some(connection.clone());
        Ok(Held {
            connection,
            number: current.number,
            used: false,
        })
    }

    async fn ask(&self, mut held: Held, command: &Cmd) -> Result<Value, RedisError> {
        let mut waiting = Waiting {
            link: self,
            number: held.number,
            since: Some(Instant::now()),
        };
        let answer = held.connection.send(command).await;
        waiting.since = None;
        let answer = answer.and_then(Value::extract_error);
        if answer.as_ref().is_err_and(|error| !is_answer(error)) {
            self.leave(held.number);
        }
        answer
    }

    /// Doesn't use this connection again. Calls that wait for an answer on it still can get one.
    fn leave(&self, number: u64) {
        let mut current = self.current();
        if current.number == number {
            current.connection = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, what: &str) -> StoreError {
        StoreError::new(format!("{}: {what}", self.servers))
    }
}

impl Current {
    fn held(&self) -> Option<Held> {
        self.connection.as_ref().map(|connection| Held {
            connection: connection.clone(),
            number: self.number,
            used: true,
        })
    }
}

/// A call that waits for its answer, or is dropped.
struct Waiting<'a> {
    link: &'a Link,
    number: u64,
    since: Option<Instant>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() >= SUSPECT) {
            self.link.leave(self.number);
        }
    }
}

/// Whether the server has said this, and would say the same on another connection.
fn is_answer(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(kind) => kind != ServerErrorKind::ReadOnly,
        kind => kind == ErrorKind::Extension,
    }
}

/// Whether the connection has ended, or ends at a server that is no longer the master.
fn is_over(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        || (error.is_connection_dropped() && !error.is_timeout())
}
