use openstack_identity::{AuthToken, DomainRef, Error, OpenStack, Password, ProjectScope};

pub async fn generate_token_with_username(
    auth_url: &str,
    region: &str,
    username: &str,
    password: &str,
    domain_id: &str,
    project_id: &str,
) -> Result<AuthToken, Error> {
    let user = Password::by_name(username, DomainRef::by_id(domain_id), password);
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(user.clone())
        .scope(ProjectScope::by_id(project_id))
        .build()?;

    let identity = openstack.identity_v3();

    // The name of a user is unique in its domain only, so the domain must be given with it. With the
    // id of a user, the domain is not needed.
    identity.generate_token(user).await
}
