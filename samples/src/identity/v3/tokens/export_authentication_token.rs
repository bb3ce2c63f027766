use openstack_identity::{AuthToken, DomainRef, OpenStack, Password};

pub async fn export_authentication_token(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    token_file: &str,
) -> Result<AuthToken, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack =
        OpenStack::builder(auth_url).region(region).credentials(user.clone()).build()?;

    let identity = openstack.identity_v3();

    let token = identity.generate_token(user).await?;

    // Display token expiry
    println!("Token expires at {}", token.expires_at);

    // Save token to a file that only its owner can read
    token.save(token_file)?;

    Ok(token)
}

// Alternatively, one may keep the token in Redis or memcached, which forget it when it expires. Of all
// programs that use the same store, on however many machines, one logs in.

use openstack_identity::store::{MemcachedStore, RedisStore};

pub async fn export_authentication_token_to_redis(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    redis_url: &str,
) -> Result<AuthToken, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(user)
        .token_store(RedisStore::open(redis_url)?)
        .build()?;

    let token = openstack.token().await?;

    // Display token expiry
    println!("Token expires at {}", token.expires_at);

    Ok(token)
}

pub async fn export_authentication_token_to_memcached(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    memcached_server: &str,
) -> Result<AuthToken, Box<dyn std::error::Error>> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(user)
        .token_store(MemcachedStore::open([memcached_server])?)
        .build()?;

    let token = openstack.token().await?;

    // Display token expiry
    println!("Token expires at {}", token.expires_at);

    Ok(token)
}
