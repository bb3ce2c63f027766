//! A master that a sentinel names, and that is replaced when it dies.

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;

use crate::rights::USER;
use crate::{LONG, all_work, key, until_works};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_new_master_is_used() {
    let user = format!("{USER} +role");
    let common = ["requirepass admin", "masterauth admin", &user];
    let mut master = RedisServer::start_with(&common);
    let of = format!("replicaof 127.0.0.1 {}", master.port());
    let replica = RedisServer::start_with(&[&common[..], &[&of]].concat());
    let sentinel = RedisServer::start_sentinel(
        master.port(),
        &[
            "sentinel auth-pass mymaster admin",
            "user lookup on >LOOKUP resetchannels -@all +role +sentinel|masters",
        ],
    );
    let dead = "redis://lookup:LOOKUP@127.0.0.1:1".to_owned();
    let urls = [dead, sentinel.url_of("lookup:LOOKUP@")];
    let store = RedisStore::sentinel(
        urls.iter().map(String::as_str),
        "redis://openstack:PASSWORD@mymaster",
    )
    .unwrap();
    until_works(&store).await;
    all_work(&store, 1).await.unwrap();
    let kept = || {
        let get = format!("GET openstack-identity:{}", key(7));
        replica.command_as(&["-a", "admin"], &get)
    };
    // The sentinel knows the replica when it has asked the master, and the replica copies.
    store.put(&key(7), b"copied", LONG).await.unwrap();
    let knows = || sentinel.command("SENTINEL REPLICAS mymaster");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while kept() != "copied" || !knows().contains(&replica.port().to_string()) {
        assert!(std::time::Instant::now() < end, "{}\n{}", kept(), knows());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    master.kill();
    store.get(&key(7)).await.unwrap_err();
    until_works(&store).await;
    all_work(&store, 1).await.unwrap();
    assert_eq!(store.get(&key(7)).await.unwrap().unwrap(), b"copied");
    assert!(
        replica
            .command_as(&["-a", "admin"], "ROLE")
            .starts_with("master")
    );
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_an_error() {
    let master = RedisServer::start();
    let sentinel = RedisServer::start_sentinel(master.port(), &[]);
    let url = sentinel.url();
    let store = RedisStore::sentinel([url.as_str()], "othermaster").unwrap();
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(
        error.starts_with("Redis othermaster of the sentinels at 127.0.0.1:")
            && error.ends_with("the sentinels know no living master of this name"),
        "{error}"
    );
    // A server that is no sentinel doesn't do either.
    let url = master.url();
    let store = RedisStore::sentinel([url.as_str()], "mymaster").unwrap();
    store.get(&key(1)).await.unwrap_err();
}
