//! Fleets on a real Redis, a real memcached, and a real Keystone.

use std::time::Duration;

use openstack_identity::store::{FileStore, MemcachedStore, RedisStore, TokenStore};
use openstack_identity::{Event, OpenStack, OpenStackBuilder, Password, ProjectScope};
use openstack_identity_testing::{Endpoint, Fault, IdentityServer, Service};
use tests::memcached_server::MemcachedServer;
use tests::redis_server::RedisServer;
use tests::world::World;

use crate::conditions;
use crate::fleet::{
    Account, Place, Told, a_stopped_leader_changes_nothing, another_takes_over, assert_one_login,
    fifty_log_in_once, wait_for_logins,
};
use crate::revoked::survive;
use crate::untrusted::nothing_but_the_id_is_believed;
use crate::{Counter, TOKENS, builder, call, id, logins, start};

/// One Redis by several addresses, as hosts of a network would see it.
fn redis_places(server: &RedisServer) -> Vec<Place> {
    let addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    let url = |host: &str| format!("redis://{host}:{}", server.port());
    addresses.map(|host| ("redis", url(host))).into()
}

fn memcached_places(server: &MemcachedServer) -> Vec<Place> {
    let addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    let address = |host: &str| format!("{host}:{}", server.socket_address().port());
    addresses.map(|host| ("memcached", address(host))).into()
}

fn redis() -> RedisServer {
    RedisServer::start_with(&["bind 127.0.0.1 127.0.0.2 127.0.0.3"])
}

fn memcached() -> MemcachedServer {
    MemcachedServer::start_with(&["-l", "127.0.0.2", "-l", "127.0.0.3"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_programs_with_redis_log_in_once() {
    let server = redis();
    fifty_log_in_once(&redis_places(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_programs_with_memcached_log_in_once() {
    let server = MemcachedServer::start();
    fifty_log_in_once(&memcached_places(&server)[..1]).await;
    let server = memcached();
    fifty_log_in_once(&memcached_places(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redis_another_takes_over_from_one_who_was_killed() {
    let server = redis();
    another_takes_over(&redis_places(&server)[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_memcached_another_takes_over_from_one_who_was_killed() {
    let server = MemcachedServer::start();
    another_takes_over(&memcached_places(&server)[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redis_or_memcached_one_who_was_stopped_does_not_replace_a_newer_token() {
    let server = redis();
    a_stopped_leader_changes_nothing(&redis_places(&server)[0]).await;
    let server = MemcachedServer::start();
    a_stopped_leader_changes_nothing(&memcached_places(&server)[0]).await;
}

#[tokio::test]
async fn whoever_can_write_to_redis_or_memcached_gets_no_token() {
    let server = redis();
    nothing_but_the_id_is_believed(RedisStore::open(&server.url()).unwrap()).await;
    let server = MemcachedServer::start();
    let store = MemcachedStore::open([server.address()]).unwrap();
    nothing_but_the_id_is_believed(store).await;
}

#[tokio::test]
async fn an_entry_of_redis_or_memcached_is_replaced_only_if_it_still_is_there() {
    let server = redis();
    conditions::hold(&RedisStore::open(&server.url()).unwrap()).await;
    for arguments in [&[][..], &["-C"]] {
        let server = MemcachedServer::start_with(arguments);
        conditions::hold(&MemcachedStore::open([server.address()]).unwrap()).await;
    }
}

/// What each of ten programs does when the store dies while one of them logs in for all.
async fn die_in_the_middle(place: &Place, kill: impl FnOnce()) {
    let identity = start().await;
    identity.inject(Fault::delay(Duration::from_secs(3)).on("POST", TOKENS));
    let account = Account::demo(&identity);
    let mut programs = Vec::new();
    for _ in 0..10 {
        programs.push(account.spawn(place).await);
    }
    wait_for_logins(&identity, 1).await;
    kill();
    for program in programs {
        let told = Told::by(program).await;
        assert!(told.logins <= 1, "{told:?}");
    }
    assert!(logins(&identity) <= 10, "{}", logins(&identity));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_dies_in_the_middle_costs_a_login_a_program_at_most() {
    let mut server = redis();
    die_in_the_middle(&redis_places(&server)[0], || server.kill()).await;
    let mut server = MemcachedServer::start();
    die_in_the_middle(&memcached_places(&server)[0], || server.kill()).await;
    // Frozen, it takes connections and answers nothing.
    let server = redis();
    die_in_the_middle(&redis_places(&server)[0], || server.freeze()).await;
    let server = MemcachedServer::start();
    die_in_the_middle(&memcached_places(&server)[0], || server.freeze()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_real_keystone_a_fleet_logs_in_once() {
    let world = World::keystone().await.unwrap();
    let account = Account {
        auth_url: world.auth_url.clone(),
        user_id: world.user.id.clone(),
        password: world.user.password.clone(),
    };
    let (redis, memcached) = (redis(), MemcachedServer::start());
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens").display().to_string();
    for places in [
        vec![("file", tokens)],
        redis_places(&redis),
        memcached_places(&memcached)[..1].to_vec(),
    ] {
        let told = account.fleet(50, &places).await;
        assert_one_login(&told);
    }
}

/// Many clients of a user, each with what `with` adds; a password that is set again fails none of their calls.
async fn survive_on_keystone(with: impl Fn(OpenStackBuilder) -> OpenStackBuilder) {
    let world = World::keystone().await.unwrap();
    let user = world.fresh_user("revoked").await.unwrap();
    let password = Password::by_id(&user.id, &*user.password);
    let program = |_| {
        let program = OpenStack::builder(&*world.auth_url).credentials(password.clone());
        with(program).build().unwrap()
    };
    let programs: Vec<_> = (0..20).map(program).collect();
    for program in &programs {
        call(program).await.unwrap();
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let change = world.change().set_password(&user.id, &user.password);
        change.await.unwrap();
        let calls = programs.iter().cloned().map(|program| {
            tokio::spawn(async move {
                for _ in 0..4 {
                    call(&program).await?;
                }
                Ok::<_, openstack_identity::Error>(())
            })
        });
        for calls in calls.collect::<Vec<_>>() {
            calls.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_real_keystone_a_revocation_fails_no_call() {
    survive_on_keystone(|alone| alone).await;
    let redis = redis();
    let (_, url) = &redis_places(&redis)[0];
    survive_on_keystone(|program| program.token_store(RedisStore::open(url).unwrap())).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tokens");
    survive_on_keystone(|program| program.token_store(FileStore::in_folder(&folder))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_fails_no_call_of_a_fleet_with_redis() {
    let (server, redis) = (start().await, redis());
    let program = |_| {
        let store = RedisStore::open(&redis_places(&redis)[0].1).unwrap();
        builder(&server, store).build().unwrap()
    };
    survive(&server, &(0..20).map(program).collect::<Vec<_>>()).await;
}

/// A cloud whose catalog alone is larger than what memcached takes.
async fn vast() -> IdentityServer {
    let mut cloud = IdentityServer::builder();
    for number in 0..4_000 {
        let service = Service::new(format!("vast-{number}"), format!("vast{number}"));
        let url = format!("https://vast-{number}.example/v1");
        let mut service = service;
        for interface in ["public", "internal", "admin"] {
            service = service.endpoint(Endpoint::new(interface, &url));
        }
        cloud.add_service(service);
    }
    cloud.start().await.unwrap()
}

#[tokio::test]
async fn a_vast_catalog_is_compressed_for_memcached_or_not_kept() {
    let cloud = vast().await;
    let server = MemcachedServer::start();
    for (limit, kept) in [(None, true), (Some(10_000), false)] {
        let mut store = MemcachedStore::builder([server.address()]).prefix(format!("{kept}:"));
        if let Some(limit) = limit {
            store = store.largest_entry(limit);
        }
        let store = store.build().unwrap();
        let counter = Counter::default();
        let client = || {
            let scope = ProjectScope::by_id(&cloud.demo().project_id);
            let client = builder(&cloud, store.clone()).scope(scope);
            client.on_event(counter.hook()).build().unwrap()
        };
        let before = logins(&cloud);
        let token = client().token().await.unwrap();
        assert!(token.export().to_string().len() > 1 << 20);
        assert_eq!(client().token().await.unwrap() == token, kept);
        assert_eq!(logins(&cloud) - before, if kept { 1 } else { 2 });
        assert_eq!(counter.of(Event::StoreFailed) > 0, !kept);
    }
}

/// A store that is killed costs a login; started again, it is used again by the same client.
async fn comes_back(store: impl TokenStore + Clone, mut server: impl Killed) {
    let identity = start().await;
    let counter = Counter::default();
    let client = || {
        let client = builder(&identity, store.clone());
        client.on_event(counter.hook()).build().unwrap()
    };
    let kept = id(&client()).await;
    assert_eq!(id(&client()).await, kept);
    server.kill_it();
    assert_ne!(id(&client()).await, kept);
    assert!(counter.of(Event::StoreFailed) > 0);
    server.start_it();
    let failures = counter.of(Event::StoreFailed);
    let again = id(&client()).await;
    assert_eq!(id(&client()).await, again);
    assert_eq!(logins(&identity), 3);
    assert_eq!(counter.of(Event::StoreFailed), failures);
}

trait Killed {
    fn kill_it(&mut self);
    fn start_it(&mut self);
}

impl Killed for RedisServer {
    fn kill_it(&mut self) {
        self.kill();
    }

    fn start_it(&mut self) {
        self.restart();
    }
}

impl Killed for MemcachedServer {
    fn kill_it(&mut self) {
        self.kill();
    }

    fn start_it(&mut self) {
        self.restart();
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again() {
    let server = RedisServer::start();
    comes_back(RedisStore::open(&server.url()).unwrap(), server).await;
    let server = MemcachedServer::start();
    let store = MemcachedStore::open([server.address()]).unwrap();
    comes_back(store, server).await;
}

#[tokio::test]
async fn a_server_that_is_full_costs_a_login_each_time() {
    let identity = start().await;
    let server = RedisServer::start();
    let store = RedisStore::open(&server.url()).unwrap();
    server.fill();
    let client = || builder(&identity, store.clone()).build().unwrap();
    id(&client()).await;
    id(&client()).await;
    assert_eq!(logins(&identity), 2);
    server.empty();
    let kept = id(&client()).await;
    assert_eq!(id(&client()).await, kept);
    assert_eq!(logins(&identity), 3);
}
