use openstack_identity::{AuthToken, Error, OpenStack, Password, ProjectScope, TokenId};

pub async fn generate_token_from_id(
    auth_url: &str,
    region: &str,
    user_id: &str,
    password: &str,
    token_id: &str,
    project_id: &str,
) -> Result<AuthToken, Error> {
    let user = Password::by_id(user_id, password);
    let openstack = OpenStack::builder(auth_url).region(region).credentials(user).build()?;

    let identity = openstack.identity_v3();

    let scope = ProjectScope::by_id(project_id);
    identity.generate_token(TokenId::new(token_id)).scope(scope).await
}
