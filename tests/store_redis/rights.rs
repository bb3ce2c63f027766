//! Users of Redis: what they need, and what it is called when they lack it.

use openstack_identity::store::{RedisStore, TokenStore};
use tests::redis_server::RedisServer;

use crate::{LONG, all_work, key};

/// The line that the documentation of `RedisStore` gives.
pub const USER: &str = "user openstack on >PASSWORD resetchannels ~openstack-identity:* -@all +get +set +del +pexpire +eval";

/// Nobody else may do anything.
pub const NOBODY: &str = "user default off";

/// What the documentation gives is what the tests here use.
#[test]
fn the_rights_are_those_of_the_documentation() {
    let documentation = include_str!("../../sdk/src/store/redis/mod.rs");
    for right in [
        USER,
        "`+select`",
        "`+cluster|slots +ping`",
        "`+role`",
        "`-@all +role +sentinel|masters`",
    ] {
        assert!(documentation.contains(right), "{right}");
    }
}

#[tokio::test]
async fn the_rights_of_the_documentation_are_enough() {
    let server = RedisServer::start_with(&[NOBODY, USER]);
    let store = RedisStore::open(&server.url_of("openstack:PASSWORD@")).unwrap();
    all_work(&store, 1).await.unwrap();
    // Nor was anything else tried in vain. Its own connection is told from the tests'.
    let server = RedisServer::start_with(&[USER]);
    let store = RedisStore::open(&server.url_of("openstack:PASSWORD@")).unwrap();
    all_work(&store, 1).await.unwrap();
    assert_eq!(server.command("ACL LOG"), "");
}

#[tokio::test]
async fn every_one_of_them_is_needed() {
    for right in ["+get", "+set", "+del", "+pexpire", "+eval"] {
        let user = USER.replace(&format!(" {right}"), "");
        let server = RedisServer::start_with(&[NOBODY, &user]);
        let store = RedisStore::open(&server.url_of("openstack:PASSWORD@")).unwrap();
        let error = all_work(&store, 1).await.unwrap_err().to_string();
        assert!(error.contains("right"), "without {right}: {error}");
    }
}

#[tokio::test]
async fn another_database_takes_one_more() {
    for (more, is_enough) in [("", false), (" +select", true)] {
        let server = RedisServer::start_with(&[NOBODY, &format!("{USER}{more}")]);
        let url = format!("{}/2", server.url_of("openstack:PASSWORD@"));
        let result = all_work(&RedisStore::open(&url).unwrap(), 1).await;
        assert_eq!(result.is_ok(), is_enough, "{result:?}");
    }
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let user = USER.replace("+get ", "");
    let server = RedisServer::start_with(&[NOBODY, &user]);
    let store = RedisStore::open(&server.url_of("openstack:PASSWORD@")).unwrap();
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(
        error.contains("lacks a right") && error.contains("'get' command"),
        "{error}"
    );
    // The same for names.
    let server = RedisServer::start_with(&[NOBODY, USER]);
    let store = RedisStore::open(&server.url_of("openstack:PASSWORD@")).unwrap();
    let other = store.prefix("other:");
    let entry = b"a-secret-entry";
    for error in [
        other.get(&key(1)).await.unwrap_err(),
        other.put(&key(1), entry, LONG).await.unwrap_err(),
        other.remove_if(&key(1), entry).await.unwrap_err(),
        other.lease(&key(1), LONG).await.err().unwrap(),
    ] {
        let error = error.to_string();
        assert!(error.contains("lacks a right"), "{error}");
        assert!(!error.contains("a-secret-entry"), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_but_not_shown() {
    let server = RedisServer::start_with(&[NOBODY, USER]);
    for user in ["openstack:hunter2@", "hunter2:PASSWORD@", ":hunter2@"] {
        let store = RedisStore::open(&server.url_of(user)).unwrap();
        let error = store.get(&key(1)).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("refuses the user or the password"), "{text}");
        for shown in [text, format!("{error:?}"), format!("{store:?}")] {
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(!shown.contains("PASSWORD"), "{shown}");
        }
    }
    let store = RedisStore::open(&server.url()).unwrap();
    let error = store.get(&key(1)).await.unwrap_err().to_string();
    assert!(
        error.ends_with("it asks for a password: put one into the URL"),
        "{error}"
    );
}

#[tokio::test]
async fn a_password_may_hold_anything() {
    let user = USER.replace(">PASSWORD", ">p@s/s:w#%?rd");
    let server = RedisServer::start_with(&[NOBODY, &user]);
    let url = server.url_of("openstack:p%40s%2Fs%3Aw%23%25%3Frd@");
    all_work(&RedisStore::open(&url).unwrap(), 1).await.unwrap();
}

#[tokio::test]
async fn the_old_way_of_one_password_for_all_works() {
    let server = RedisServer::start_with(&["requirepass secret"]);
    let store = RedisStore::open(&server.url_of(":secret@")).unwrap();
    all_work(&store, 1).await.unwrap();
}
