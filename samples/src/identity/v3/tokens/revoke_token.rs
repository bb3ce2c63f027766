use openstack_identity::{DomainRef, Error, OpenStack, Password};

pub async fn revoke_token(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    token_id: &str,
) -> Result<(), Error> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url).region(region).credentials(user).build()?;

    let identity = openstack.identity_v3();

    identity.revoke_token(token_id).await
}
