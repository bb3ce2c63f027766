//! Request by request: method, path, JSON body, headers.

use openstack_identity::Validity;
use openstack_identity_testing::RecordedRequest;
use samples::identity::v3::tokens as samples;
use serde_json::{Value, json};
use tests::world::{Account, World};

const REGION: &str = "RegionOne";

/// Headers that say who asks and about what.
const TELLING: [&str; 4] = [
    "authorization",
    "openstack-auth-receipt",
    "x-auth-token",
    "x-subject-token",
];

async fn world() -> World {
    World::embedded().await.unwrap()
}

/// The requests since the last call, and their telling headers by name.
fn sent(world: &World) -> Vec<RecordedRequest> {
    let server = world.server().unwrap();
    let requests = server.requests();
    server.clear_requests();
    requests
}

/// One POST with this body, JSON both ways, no query, and no token of any kind in a header.
fn assert_login(request: &RecordedRequest, auth: &Value) {
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v3/auth/tokens")
    );
    assert_eq!(request.query, None);
    assert_eq!(request.json().unwrap(), json!({ "auth": auth }));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    for header in TELLING {
        assert_eq!(request.header(header), None, "{header}");
    }
}

/// One request about a token, with the session's token, and without a body.
fn assert_about(request: &RecordedRequest, method: &str, subject: &str, session_of: &World) {
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        (method, "/v3/auth/tokens")
    );
    assert_eq!(request.query, None);
    assert!(request.body.is_empty());
    assert_eq!(request.header("x-subject-token"), Some(subject));
    let session = request.header("x-auth-token").unwrap();
    assert_ne!(session, subject, "the session has a token of its own");
    assert!(!session.is_empty() && session_of.server().is_some());
}

fn by_id(user: &Account) -> Value {
    json!({
        "methods": ["password"],
        "password": { "user": { "id": user.id, "password": user.password } },
    })
}

fn by_name(user: &Account) -> Value {
    json!({
        "methods": ["password"],
        "password": { "user": {
            "name": user.name,
            "domain": { "id": user.domain.id },
            "password": user.password,
        } },
    })
}

/// A token of the user, issued outside of the sample, and not in the server's log.
async fn issued(world: &World) -> String {
    let user = &world.user;
    let token = samples::generate_token_with_user_id::generate_token_with_user_id(
        &world.auth_url,
        REGION,
        &user.id,
        &user.password,
    );
    let id = token.await.unwrap().id().expose().to_owned();
    sent(world);
    id
}

#[tokio::test]
async fn generate_token_with_user_id() {
    let world = world().await;
    let user = &world.user;
    let token = samples::generate_token_with_user_id::generate_token_with_user_id(
        &world.auth_url,
        REGION,
        &user.id,
        &user.password,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    assert_login(&request, &json!({ "identity": by_id(user) }));
    assert_eq!(token.user.id, user.id);
    assert!(
        token.project.is_none() && token.catalog.is_none(),
        "unscoped"
    );
}

#[tokio::test]
async fn generate_token_with_username() {
    let world = world().await;
    let user = &world.user;
    let token = samples::generate_token_with_username::generate_token_with_username(
        &world.auth_url,
        REGION,
        &user.name,
        &user.password,
        &user.domain.id,
        &world.project.id,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    // The scope of the entry point is the session's; a token asked for by hand has none.
    assert_login(&request, &json!({ "identity": by_name(user) }));
    assert_eq!(token.user.name, user.name);
}

#[tokio::test]
async fn generate_token_with_application_credential_id() {
    let world = world().await;
    let (user, credential) = (&world.user, &world.application_credential);
    let token = samples::generate_token_with_application_credential_id::generate_token_with_application_credential_id(
        &world.auth_url, REGION, &user.id, &user.password, &world.project.id,
        &credential.id, &credential.secret,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    let identity = json!({
        "methods": ["application_credential"],
        "application_credential": { "id": credential.id, "secret": credential.secret },
    });
    assert_login(&request, &json!({ "identity": identity }));
    assert_eq!(
        token.application_credential.as_ref().unwrap().id,
        credential.id
    );
    assert_eq!(token.project.as_ref().unwrap().id, world.project.id);
}

#[tokio::test]
async fn generate_token_from_id() {
    let world = world().await;
    let user = &world.user;
    let id = issued(&world).await;
    let token = samples::generate_token_from_id::generate_token_from_id(
        &world.auth_url,
        REGION,
        &user.id,
        &user.password,
        &id,
        &world.project.id,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    let auth = json!({
        "identity": { "methods": ["token"], "token": { "id": id } },
        "scope": { "project": { "id": world.project.id } },
    });
    assert_login(&request, &auth);
    assert_eq!(token.project.as_ref().unwrap().id, world.project.id);
    assert_eq!(
        token.audit_ids.len(),
        2,
        "its own, and that of the token it came from"
    );
}

#[tokio::test]
async fn generate_token_scoped_to_project_id() {
    let world = world().await;
    let user = &world.user;
    let token = samples::generate_token_scoped_to_project_id::generate_token_scoped_to_project_id(
        &world.auth_url,
        REGION,
        &user.id,
        &user.password,
        &world.project.id,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    let scope = json!({ "project": { "id": world.project.id } });
    assert_login(
        &request,
        &json!({ "identity": by_id(user), "scope": scope }),
    );
    assert_eq!(token.project.as_ref().unwrap().name, world.project.name);
    assert!(!token.catalog.as_ref().unwrap().is_empty());
}

#[tokio::test]
async fn generate_token_scoped_to_project_name() {
    let world = world().await;
    let user = &world.user;
    let sample =
        samples::generate_token_scoped_to_project_name::generate_token_scoped_to_project_name;
    let (project, domain) = (&world.project, &world.domain);
    let token = sample(
        &world.auth_url,
        REGION,
        &user.id,
        &user.password,
        &project.name,
        &domain.id,
    )
    .await
    .unwrap();
    let [request] = sent(&world).try_into().unwrap();
    let scope = json!({ "project": { "name": project.name, "domain": { "id": domain.id } } });
    assert_login(
        &request,
        &json!({ "identity": by_id(user), "scope": scope }),
    );
    assert_eq!(token.project.as_ref().unwrap().id, project.id);
}

#[tokio::test]
async fn validate_token() {
    let world = world().await;
    let user = &world.user;
    let id = issued(&world).await;
    let validity = samples::validate_token::validate_token(
        &world.auth_url,
        REGION,
        &user.name,
        &user.password,
        &user.domain.id,
        &id,
    )
    .await
    .unwrap();
    let [login, check] = sent(&world).try_into().unwrap();
    assert_login(&login, &json!({ "identity": by_name(user) }));
    assert_about(&check, "HEAD", &id, &world);
    assert_eq!(validity, Validity::Valid);
}

#[tokio::test]
async fn revoke_token() {
    let world = world().await;
    let user = &world.user;
    let id = issued(&world).await;
    let arguments = (&user.name, &user.password, &user.domain.id);
    let revoke = samples::revoke_token::revoke_token;
    revoke(
        &world.auth_url,
        REGION,
        arguments.0,
        arguments.1,
        arguments.2,
        &id,
    )
    .await
    .unwrap();
    let [login, delete] = sent(&world).try_into().unwrap();
    assert_login(&login, &json!({ "identity": by_name(user) }));
    assert_about(&delete, "DELETE", &id, &world);
    let check = samples::validate_token::validate_token;
    let validity = check(
        &world.auth_url,
        REGION,
        arguments.0,
        arguments.1,
        arguments.2,
        &id,
    )
    .await
    .unwrap();
    assert_eq!(validity, Validity::Invalid);
}

#[tokio::test]
async fn export_and_use_the_token() {
    let world = world().await;
    let user = &world.user;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.json");
    let file = file.to_str().unwrap();
    let arguments = (&user.name, &user.password, &user.domain.id);
    let export = samples::export_authentication_token::export_authentication_token;
    let token = export(
        &world.auth_url,
        REGION,
        arguments.0,
        arguments.1,
        arguments.2,
        file,
    )
    .await
    .unwrap();
    let [login] = sent(&world).try_into().unwrap();
    assert_login(&login, &json!({ "identity": by_name(user) }));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    let start = samples::use_cached_authentication_token::use_cached_authentication_token;
    let openstack = start(
        &world.auth_url,
        REGION,
        arguments.0,
        arguments.1,
        arguments.2,
        file,
    )
    .await
    .unwrap();
    assert!(
        sent(&world).is_empty(),
        "nothing is sent until a call needs it"
    );

    openstack.identity_v3().list_auth_projects().await.unwrap();
    let [list] = sent(&world).try_into().unwrap();
    assert_eq!(
        list.header("x-auth-token"),
        Some(token.id().expose()),
        "the cached token is used"
    );
}
