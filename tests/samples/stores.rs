//! The second halves of the last two samples: on real servers that keep tokens.

use std::future::Future;

use openstack_identity::{AuthToken, Error, OpenStack};
use tests::memcached_server::MemcachedServer;
use tests::redis_server::RedisServer;
use tests::world::World;

use samples::identity::v3::tokens::export_authentication_token::{
    export_authentication_token_to_memcached as to_memcached,
    export_authentication_token_to_redis as to_redis,
};
use samples::identity::v3::tokens::use_cached_authentication_token::{
    use_cached_authentication_token_from_memcached as from_memcached,
    use_cached_authentication_token_from_redis as from_redis,
};

const REGION: &str = "RegionOne";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
type Start = fn(&str, &str, &str, &str, &str, &str) -> Outcome<OpenStack>;

/// Keeps a token by the one sample, and starts from it by the other.
async fn is_kept<'a, E, F>(world: &'a World, place: &'a str, export: E, start: Start)
where
    E: Fn(&'a str, &'static str, &'a str, &'a str, &'a str, &'a str) -> F,
    F: Future<Output = Outcome<AuthToken>>,
{
    let (url, user) = (world.auth_url.as_str(), &world.user);
    let (name, password, domain) = (&user.name, &user.password, &user.domain.id);
    let token = export(url, REGION, name, password, domain, place)
        .await
        .unwrap();
    assert_eq!(token.user.id, user.id);

    // With a wrong password only the token that is kept can do it.
    let client = |password| start(url, REGION, name, password, domain, place).unwrap();
    let openstack = client("not the password");
    let projects = openstack.identity_v3().list_auth_projects().await.unwrap();
    assert!(
        projects
            .iter()
            .any(|project| project.id == world.project.id)
    );
    let kept = openstack.token().await.unwrap();
    assert_eq!(kept.id().expose(), token.id().expose());

    // Once it is revoked, the password decides.
    let identity = openstack.identity_v3();
    identity.revoke_token(token.id()).await.unwrap();
    let refused: Result<_, Error> = client("not the password").token().await;
    refused.unwrap_err();
    let next = client(password).token().await.unwrap();
    assert_ne!(next.id().expose(), token.id().expose());
}

async fn are_kept(world: &World) {
    let (redis, memcached) = (RedisServer::start(), MemcachedServer::start());
    is_kept(world, &redis.url(), to_redis, from_redis).await;
    is_kept(world, &memcached.address(), to_memcached, from_memcached).await;
}

#[tokio::test]
async fn tokens_are_kept_in_redis_and_memcached() {
    are_kept(&World::embedded().await.unwrap()).await;
}

#[tokio::test]
async fn tokens_of_a_real_keystone_are_kept_in_redis_and_memcached() {
    are_kept(&World::keystone().await.unwrap()).await;
}
