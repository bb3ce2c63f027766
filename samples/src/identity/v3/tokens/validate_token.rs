use openstack_identity::{DomainRef, Error, OpenStack, Password, Validity};

pub async fn validate_token(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    token_id: &str,
) -> Result<Validity, Error> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url).region(region).credentials(user).build()?;

    let identity = openstack.identity_v3();

    // Valid, Invalid or Forbidden. That it can't be found out is an error.
    identity.validate_token(token_id).await
}
