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
