use openstack_identity::{AuthToken, Error, OpenStack, Password};

pub async fn generate_token_with_user_id(
    auth_url: &str,
    region: &str,
    user_id: &str,
    password: &str,
) -> Result<AuthToken, Error> {
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(Password::by_id(user_id, password))
        .build()?;

    let identity = openstack.identity_v3();

    identity.generate_token(Password::by_id(user_id, password)).await
}
