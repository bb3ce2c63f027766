//! A cluster of three masters.

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;

use crate::rights::USER;
use crate::{all_work, key, until_works};

fn urls(nodes: &[RedisServer], user: &str) -> Vec<String> {
    nodes.iter().map(|node| node.url_of(user)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_tokens_on_all_its_nodes() {
    let mut nodes = RedisServer::start_cluster(&[]);
    // One of them tells where the others are.
    let first = nodes[0].url();
    let store = RedisStore::cluster([first.as_str()]).unwrap();
    for of in 0..30 {
        all_work(&store, of).await.unwrap();
        store.put(&key(of), b"entry", crate::LONG).await.unwrap();
    }
    for node in &nodes {
        let kept: usize = node.command("DBSIZE").parse().unwrap();
        assert!(
            (1..30).contains(&kept),
            "{kept} entries of 30 are on one node"
        );
    }

    nodes.iter_mut().for_each(RedisServer::kill);
    let error = store.get(&key(1)).await.unwrap_err();
    assert!(
        error.to_string().contains("the Redis cluster at"),
        "{error}"
    );
    nodes.iter_mut().for_each(RedisServer::restart);
    until_works(&store).await;
    // Each node knows for itself when the cluster is whole again.
    nodes.iter().for_each(RedisServer::until_whole);
    for of in 1..10 {
        all_work(&store, of).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rights_of_the_documentation_are_enough_in_a_cluster() {
    let rights = format!("{USER} +cluster|slots +ping");
    let nodes = RedisServer::start_cluster(&[&rights]);
    let urls = urls(&nodes, "openstack:PASSWORD@");
    let store = RedisStore::cluster(urls.iter().map(String::as_str)).unwrap();
    for of in 0..10 {
        all_work(&store, of).await.unwrap();
    }
    for node in &nodes {
        assert_eq!(node.command("ACL LOG"), "");
    }

    let urls = self::urls(&nodes, "openstack:hunter2@");
    let store = RedisStore::cluster(urls.iter().map(String::as_str)).unwrap();
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}
