use openstack_identity::{AuthToken, DomainRef, Error, OpenStack, Password, ProjectScope};

pub async fn generate_token_scoped_to_project_name(
    auth_url: &str,
    region: &str,
    user_id: &str,
    password: &str,
    project_name: &str,
    domain_id: &str,
) -> Result<AuthToken, Error> {
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(Password::by_id(user_id, password))
        .build()?;

    let identity = openstack.identity_v3();

    identity
        .generate_token(Password::by_id(user_id, password))
        .scope(ProjectScope::by_name(project_name, DomainRef::by_id(domain_id)))
        .await
}
