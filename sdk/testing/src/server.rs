//! The server as its owner sees it.

use std::fmt;
use std::io;

use crate::builder::IdentityServerBuilder;
use crate::clock::Clock;
use crate::demo::Demo;
use crate::faults::Fault;
use crate::log::RecordedRequest;
use crate::serve::Running;

/// An OpenStack Identity server in your own process; see the [module](super).
///
/// It ends when it is dropped: then its port is closed and so are all connections to it.
pub struct IdentityServer {
    pub(crate) running: Running,
    demo: Demo,
    base_url: String,
}

impl IdentityServer {
    pub(crate) fn new(running: Running, demo: Demo) -> Self {
        let base_url = running.shared.identity().base_url.clone();
        Self {
            running,
            demo,
            base_url,
        }
    }

    /// Starts a server with the [`Demo`] world, on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If no port can be bound or no thread started.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Begins a server with a world of your own.
    #[must_use]
    pub fn builder() -> IdentityServerBuilder {
        IdentityServerBuilder::new()
    }

    /// What goes into `OS_AUTH_URL`: `http://127.0.0.1:PORT/v3`.
    #[must_use]
    pub fn auth_url(&self) -> String {
        format!("{}/v3", self.base_url)
    }

    /// The root, without `/v3`: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The ids, names and passwords of the world that every server starts with.
    #[must_use]
    pub fn demo(&self) -> &Demo {
        &self.demo
    }

    /// The server's clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.running.shared.clock().clone()
    }

    /// Scripts a fault.
    pub fn inject(&self, fault: Fault) {
        self.running.shared.faults().push(fault);
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.running.shared.faults().clear();
    }

    /// All requests since the start or the last [`clear_requests`](Self::clear_requests), in the order of their arrival,
    /// faulty ones included.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.running.shared.requests().clone()
    }

    /// How many requests of this method and path (without the query) came.
    #[must_use]
    pub fn count(&self, method: &str, path: &str) -> usize {
        let requests = self.running.shared.requests();
        requests
            .iter()
            .filter(|request| request.method == method && request.path == path)
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.running.shared.requests().clear();
    }

    /// Ends the server now; the same as dropping it.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl fmt::Debug for IdentityServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityServer")
            .field("base_url", &self.base_url)
            .field("requests", &self.running.shared.requests().len())
            .field("faults", &self.running.shared.faults().len())
            .finish_non_exhaustive()
    }
}
