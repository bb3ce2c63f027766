//! Sessions that share a store of tokens, against the embedded server.

mod clocks;
mod conditions;
mod crowd;
mod failures;
mod fleet;
mod leases;
mod moody;
#[allow(dead_code)]
#[path = "../session/odd_server.rs"]
mod odd_server;
mod revoked;
mod sealed;
#[cfg(feature = "servers")]
mod servers;
mod sessions;
mod shared;
mod untrusted;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openstack_identity::store::{StoreKey, TokenStore};
use openstack_identity::{Credentials, Event, OpenStack, OpenStackBuilder, Password};
use openstack_identity_testing::IdentityServer;

const TOKENS: &str = "/v3/auth/tokens";
const PROJECTS: &str = "/v3/auth/projects";

async fn start() -> IdentityServer {
    IdentityServer::start().await.unwrap()
}

fn demo(server: &IdentityServer) -> Credentials {
    Password::by_id(&server.demo().user_id, &server.demo().password).into()
}

/// A client of its own, as another program would have, with this store. A loaded machine gets time.
fn builder(server: &IdentityServer, store: impl TokenStore) -> OpenStackBuilder {
    OpenStack::builder(server.auth_url())
        .credentials(demo(server))
        .token_store(store)
        .token_store_timeout(Duration::from_secs(10))
}

fn key(server: &IdentityServer) -> StoreKey {
    StoreKey::new(&server.auth_url(), &demo(server), None).unwrap()
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

async fn id(openstack: &OpenStack) -> String {
    openstack.token().await.unwrap().id().expose().to_owned()
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
