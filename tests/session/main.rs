//! The session against the embedded server: one login for all who wait, renewal, refusals, factors.

mod clocks;
mod environment;
mod explained;
mod factors;
mod limits;
mod logins;
mod odd_server;
mod outages;
mod proxy;
mod refusals;
mod renewals;
mod shared;
mod sharing;
mod telling;
mod times;
mod transport;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openstack_identity::{Event, OpenStack, OpenStackBuilder, Password};
use openstack_identity_testing::IdentityServer;

const TOKENS: &str = "/v3/auth/tokens";
const PROJECTS: &str = "/v3/auth/projects";

async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

/// A server whose tokens live so long.
async fn start_with_lifetime(lifetime: Duration) -> IdentityServer {
    IdentityServer::builder()
        .token_lifetime(lifetime)
        .start()
        .await
        .unwrap()
}

fn demo(server: &IdentityServer) -> Password {
    Password::by_id(&server.demo().user_id, &server.demo().password)
}

fn builder(server: &IdentityServer) -> OpenStackBuilder {
    OpenStack::builder(server.auth_url()).credentials(demo(server))
}

fn logins(server: &IdentityServer) -> usize {
    server.count("POST", TOKENS)
}

/// A call that wants a token.
async fn call(openstack: &OpenStack) -> Result<(), openstack_identity::Error> {
    openstack
        .identity_v3()
        .list_auth_projects()
        .await
        .map(|_| ())
}

/// Waits until something is so, at most half a minute.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Counts events.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<HashMap<Event, usize>>>);

impl Counter {
    fn hook(&self) -> impl Fn(Event) + Send + Sync + 'static {
        let counter = self.clone();
        move |event| *counter.0.lock().unwrap().entry(event).or_default() += 1
    }

    fn of(&self, event: Event) -> usize {
        self.0
            .lock()
            .unwrap()
            .get(&event)
            .copied()
            .unwrap_or_default()
    }
}
