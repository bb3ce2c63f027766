//! Programs that log in by a store, one after the other, and what each of them counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openstack_identity::store::{Sealing, TokenStore};
use openstack_identity::{AuthToken, Event, OpenStack, Password, ProjectScope};
use openstack_identity_testing::IdentityServer;

/// What it came to that a program wanted a token.
#[derive(Debug)]
pub struct Run {
    /// Its token. That there is one, and no error, is what a store never changes.
    pub token: AuthToken,
    /// How many tokens it got by logging in.
    pub logins: usize,
    /// How many it took from the store.
    pub hits: usize,
    /// How often the store failed it.
    pub failures: usize,
}

impl Run {
    /// It has logged in, and the store did not fail.
    pub fn is_miss(&self) -> bool {
        (self.logins, self.hits, self.failures) == (1, 0, 0)
    }

    /// It has taken the token of another.
    pub fn is_hit(&self) -> bool {
        (self.logins, self.hits, self.failures) == (0, 1, 0)
    }

    /// The store failed it, that was counted, and it has logged in, once.
    pub fn went_without(&self) -> bool {
        (self.logins, self.hits) == (1, 0) && self.failures > 0
    }
}

/// A program that wants a token for its project. The store may take so long for each call.
pub async fn run(server: &IdentityServer, store: impl TokenStore, patience: Duration) -> Run {
    let counters: Arc<[AtomicUsize; 3]> = Arc::default();
    let count = counters.clone();
    let demo = server.demo();
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(Password::by_id(&demo.user_id, &demo.password))
        .scope(ProjectScope::by_id(&demo.project_id))
        .token_store(store)
        .token_sealing(Sealing::Never)
        .token_store_timeout(patience)
        .on_event(move |event| {
            let which = match event {
                Event::Login => 0,
                Event::CacheHit => 1,
                Event::StoreFailed => 2,
                _ => return,
            };
            count[which].fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .unwrap();
    let token = openstack.token().await.unwrap();
    assert_eq!(token.user.id, demo.user_id);
    let [logins, hits, failures] = counters.each_ref().map(|it| it.load(Ordering::SeqCst));
    Run {
        token,
        logins,
        hits,
        failures,
    }
}

/// Starts programs until one of them gets on with the store, for half a minute at most.
pub async fn until_used_again(
    server: &IdentityServer,
    store: impl TokenStore + Clone,
    patience: Duration,
) {
    let end = Instant::now() + Duration::from_secs(30);
    while !run(server, store.clone(), patience).await.is_hit() {
        assert!(Instant::now() < end, "the store is not used again");
    }
}
