//! Each sample on a real Keystone.

use openstack_identity::{ErrorKind, Validity};
use samples::identity::v3::tokens as samples;
use tests::world::World;

const REGION: &str = "RegionOne";

#[tokio::test]
async fn every_sample_does_what_the_page_says() {
    let world = World::keystone().await.unwrap();
    let (url, user, project) = (world.auth_url.as_str(), &world.user, &world.project);
    let (id, name, password) = (user.id.as_str(), user.name.as_str(), user.password.as_str());
    let domain = user.domain.id.as_str();

    let token = samples::generate_token_with_user_id::generate_token_with_user_id(
        url, REGION, id, password,
    )
    .await
    .unwrap();
    assert_eq!(token.user.name, user.name);

    let by_name = samples::generate_token_with_username::generate_token_with_username;
    let token_by_name = by_name(url, REGION, name, password, domain, &project.id)
        .await
        .unwrap();
    assert_eq!(token_by_name.user.id, user.id);

    let credential = &world.application_credential;
    let from_credential = samples::generate_token_with_application_credential_id::generate_token_with_application_credential_id(
        url, REGION, id, password, &project.id, &credential.id, &credential.secret,
    )
    .await
    .unwrap();
    assert_eq!(
        from_credential.application_credential.as_ref().unwrap().id,
        credential.id
    );

    let from_id = samples::generate_token_from_id::generate_token_from_id;
    let rescoped = from_id(url, REGION, id, password, token.id().expose(), &project.id)
        .await
        .unwrap();
    assert_eq!(rescoped.project.as_ref().unwrap().id, project.id);
    assert_eq!(
        rescoped.expires_at, token.expires_at,
        "it keeps the old token's expiry"
    );

    let scoped = samples::generate_token_scoped_to_project_id::generate_token_scoped_to_project_id;
    let scoped = scoped(url, REGION, id, password, &project.id)
        .await
        .unwrap();
    assert_eq!(scoped.project.as_ref().unwrap().name, project.name);

    let scoped =
        samples::generate_token_scoped_to_project_name::generate_token_scoped_to_project_name;
    let scoped = scoped(url, REGION, id, password, &project.name, &world.domain.id)
        .await
        .unwrap();
    assert_eq!(scoped.project.as_ref().unwrap().id, project.id);

    let subject = scoped.id().expose();
    let validate = samples::validate_token::validate_token;
    let validity = validate(url, REGION, name, password, domain, subject)
        .await
        .unwrap();
    assert_eq!(validity, Validity::Valid);
    let revoke = samples::revoke_token::revoke_token;
    revoke(url, REGION, name, password, domain, subject)
        .await
        .unwrap();
    let validity = validate(url, REGION, name, password, domain, subject)
        .await
        .unwrap();
    assert_eq!(validity, Validity::Invalid);

    let refused = by_name(url, REGION, name, "not the password", domain, &project.id).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::CredentialsRejected),
        "{refused}"
    );
    assert!(
        refused
            .request_id()
            .is_some_and(|id| id.starts_with("req-")),
        "{refused}"
    );
}

#[tokio::test]
async fn the_exported_token_is_used() {
    let world = World::keystone().await.unwrap();
    let user = &world.user;
    let (name, password, domain) = (&user.name, &user.password, &user.domain.id);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.json");
    let file = file.to_str().unwrap();

    let export = samples::export_authentication_token::export_authentication_token;
    let token = export(&world.auth_url, REGION, name, password, domain, file)
        .await
        .unwrap();

    // With a wrong password only the cached token can do it.
    let start = samples::use_cached_authentication_token::use_cached_authentication_token;
    let openstack = start(
        &world.auth_url,
        REGION,
        name,
        "not the password",
        domain,
        file,
    )
    .await
    .unwrap();
    let projects = openstack.identity_v3().list_auth_projects().await.unwrap();
    assert!(
        projects
            .iter()
            .any(|project| project.id == world.project.id)
    );
    let seen = openstack.identity_v3().get_token(token.id()).await.unwrap();
    assert_eq!(seen.user.id, user.id);
}
