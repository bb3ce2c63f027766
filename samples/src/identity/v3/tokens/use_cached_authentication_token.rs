use openstack_identity::{AuthToken, DomainRef, OpenStack, Password, Timestamp};

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
    if token.expires_at > Timestamp::now() {
        params = params.cached_token(token);
    }

    Ok(params.build()?)
}
