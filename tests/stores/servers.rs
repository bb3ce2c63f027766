//! Fleets on a real Redis, a real memcached, and a real Keystone.

use std::time::Duration;

use openstack_identity::testing::Fault;
use tests::memcached_server::MemcachedServer;
use tests::redis_server::RedisServer;
use tests::world::World;

use crate::fleet::{
    Account, Place, Told, another_takes_over, assert_one_login, fifty_log_in_once, wait_for_logins,
};
use crate::{TOKENS, logins, start};

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
