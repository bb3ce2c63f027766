use openstack_identity::{AuthToken, DomainRef, OpenStack, Password};

pub async fn use_cached_authentication_token(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    token_file: &str,
) -> Result<OpenStack, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let mut params = OpenStack::builder(auth_url).region(region).credentials(user);

    let token = AuthToken::load(token_file)?;

    // Start from the cached token if it is still fresh
    if !token.is_expired() {
        params = params.cached_token(token);
    }

    Ok(params.build()?)
}

// Alternatively, one may start from the token in Redis or memcached. A call that needs a token looks
// there, and logs in only if there is none that is fresh.

use openstack_identity::store::{MemcachedStore, RedisStore};

pub fn use_cached_authentication_token_from_redis(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    redis_url: &str,
) -> Result<OpenStack, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(user)
        .token_store(RedisStore::open(redis_url)?)
        .build()?;

    Ok(openstack)
}

pub fn use_cached_authentication_token_from_memcached(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    memcached_server: &str,
) -> Result<OpenStack, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(user)
        .token_store(MemcachedStore::open([memcached_server])?)
        .build()?;

    Ok(openstack)
}
