use openstack_identity::{
    ApplicationCredential, AuthToken, Error, OpenStack, Password, ProjectScope,
};

pub async fn generate_token_with_application_credential_id(
    auth_url: &str,
    region: &str,
    user_id: &str,
    password: &str,
    project_id: &str,
    application_credential_id: &str,
    secret: &str,
) -> Result<AuthToken, Error> {
    let openstack = OpenStack::builder(auth_url)
        .region(region)
        .credentials(Password::by_id(user_id, password))
        .scope(ProjectScope::by_id(project_id))
        .build()?;

    let identity = openstack.identity_v3();

    let credential = ApplicationCredential::by_id(application_credential_id, secret);
    identity.generate_token(credential).await
}
