//! Keystone as a service of its own catalog; the same on the embedded server and on a real one.

use openstack_identity::{ErrorKind, OpenStack, Password, ProjectScope, Verdict};
use serde_json::{Value, json};
use tests::world::World;

/// A session of the world's user, for an auth URL without `/v3`.
fn openstack(world: &World) -> OpenStack {
    OpenStack::builder(world.base_url())
        .credentials(Password::by_id(&world.user.id, &*world.user.password))
        .scope(ProjectScope::by_id(&world.project.id))
        .region(&*world.region)
        .build()
        .unwrap()
}

async fn identity_is_a_service(world: &World) {
    let openstack = openstack(world);
    let identity = openstack.service("identity");
    assert_eq!(openstack.token().await.unwrap().auth_url(), world.auth_url);

    let versions = identity.versions().await.unwrap();
    let v3 = versions
        .iter()
        .find(|version| version.number().is_some_and(|(major, _)| major == 3));
    let v3 = v3.unwrap().url.clone().unwrap();
    assert_eq!(v3.trim_end_matches('/'), world.auth_url);

    // Whether the endpoint has a version or not.
    let at_v3 = identity.clone().endpoint_override(&*v3);
    let projects: Value = at_v3.get("auth/projects").await.unwrap().json().unwrap();
    let ids: Vec<_> = projects["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|project| &project["id"])
        .collect();
    assert!(ids.contains(&&json!(world.project.id)));

    let head = at_v3.head("auth/projects").await.unwrap();
    assert_eq!((head.status(), head.bytes().len()), (200, 0));
    assert!(head.request_id().is_some_and(|id| id.starts_with("req-")));

    let error = at_v3.get("users/nobody").await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound),
        "{error}"
    );
    assert_eq!(error.operation(), "identity GET /users/nobody");
    let error = at_v3
        .post("auth/projects")
        .json(&json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(405));
    assert!(matches!(error.kind(), ErrorKind::BadRequest), "{error}");

    let choice = openstack.service("compute").explain().await.unwrap();
    assert!(
        choice
            .candidates
            .iter()
            .any(|one| one.verdict == Verdict::Chosen),
        "{choice}"
    );
}

async fn a_revoked_token_is_renewed(world: &World) {
    let openstack = openstack(world);
    let identity = openstack
        .service("identity")
        .endpoint_override(&*world.auth_url);
    let first = openstack.token().await.unwrap();
    // By somebody else, so that the session doesn't know.
    let other = self::openstack(world);
    other.identity_v3().revoke_token(first.id()).await.unwrap();
    identity.get("auth/projects").await.unwrap();
    let second = openstack.token().await.unwrap();
    assert_ne!(first.id().expose(), second.id().expose());
}

#[tokio::test]
async fn on_the_embedded_server() {
    let world = World::embedded().await.unwrap();
    identity_is_a_service(&world).await;
    a_revoked_token_is_renewed(&world).await;
}

#[cfg(feature = "servers")]
#[tokio::test]
async fn on_a_real_keystone() {
    let world = World::keystone().await.unwrap();
    identity_is_a_service(&world).await;
    a_revoked_token_is_renewed(&world).await;
}

/// The aliases are those of the authority's own package, in its order.
#[cfg(feature = "servers")]
#[test]
fn the_service_types_are_the_authoritys() {
    use openstack_identity::identity::v3::service_types::SERVICE_TYPES;
    use std::collections::BTreeMap;

    let python = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/keystone/venv/bin/python"
    );
    let script = "import importlib.resources, os_service_types as package\n\
        print((importlib.resources.files(package) / 'data' / 'service-types.json').read_text())";
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let data: Value = serde_json::from_slice(&output.stdout).unwrap();
    let theirs: BTreeMap<String, Vec<String>> =
        serde_json::from_value(data["forward"].clone()).unwrap();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let ours = SERVICE_TYPES
        .iter()
        .map(|(official, aliases)| ((*official).to_owned(), owned(aliases)));
    assert_eq!(ours.collect::<BTreeMap<_, Vec<_>>>(), theirs);
}
