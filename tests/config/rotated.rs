//! Credentials that change while a client is at work.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use openstack_identity::config::ConfigLoader;
use openstack_identity::{Error, ErrorKind, OpenStack};
use openstack_identity_testing::IdentityServer;

const TOKENS: &str = "/v3/auth/tokens";

/// Writes the cloud `lab` in two files.
fn write(folder: &Path, server: &IdentityServer, password: &str) {
    let (url, user) = (server.auth_url(), &server.demo().user_id);
    let clouds = format!("clouds: {{ lab: {{ auth: {{ auth_url: '{url}', user_id: {user} }} }} }}");
    let secure = format!("clouds: {{ lab: {{ auth: {{ password: '{password}' }} }} }}");
    fs::write(folder.join("clouds.yaml"), clouds).unwrap();
    fs::write(folder.join("secure.yaml"), secure).unwrap();
}

fn client(folder: &Path) -> OpenStack {
    let loader = ConfigLoader::new().current_dir(folder).cloud("lab");
    loader.load().unwrap().builder().unwrap().build().unwrap()
}

async fn call(openstack: &OpenStack) -> Result<(), Error> {
    let projects = openstack.identity_v3().list_auth_projects().await;
    projects.map(|_| ())
}

/// The token dies, and the password is another.
fn rotate(server: &IdentityServer, password: &str) {
    server.clock().advance(Duration::from_secs(60));
    server
        .set_password(&server.demo().user_id, password)
        .unwrap();
    server.clock().advance(Duration::from_secs(2));
}

#[tokio::test]
async fn a_password_that_was_rotated_in_the_file_is_noticed() {
    let server = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let openstack = client(folder.path());
    call(&openstack).await.unwrap();
    rotate(&server, "second-password");
    write(folder.path(), &server, "second-password");
    call(&openstack).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 2);
}

#[tokio::test]
async fn a_configuration_that_is_gone_or_broken_is_named() {
    let server = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let openstack = client(folder.path());
    let clouds = folder.path().join("clouds.yaml");
    let secure = folder.path().join("secure.yaml");
    let shown = |path: &Path| path.display().to_string();

    fs::write(&secure, "clouds: { lab: [").unwrap();
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    assert!(error.to_string().contains(&shown(&secure)), "{error}");

    fs::write(&secure, "").unwrap();
    let error = call(&openstack).await.unwrap_err().to_string();
    assert!(error.contains("no `password`"), "{error}");
    assert!(error.contains(&shown(&secure)), "{error}");

    fs::remove_file(&clouds).unwrap();
    let error = call(&openstack).await.unwrap_err().to_string();
    assert!(error.contains("can't be read again"), "{error}");
    assert!(error.contains(&shown(folder.path())), "{error}");
    assert!(server.requests().is_empty());

    // Nothing is lost by it.
    write(folder.path(), &server, &server.demo().password);
    call(&openstack).await.unwrap();
}

#[tokio::test]
async fn a_secret_for_another_server_goes_to_neither() {
    let server = IdentityServer::start().await.unwrap();
    let other = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let openstack = client(folder.path());
    write(folder.path(), &other, "for-the-other");
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("auth_url") && error.contains("another server"),
        "{error}"
    );
    assert!(error.contains("clouds.yaml:1:"), "{error}");
    assert!(!error.contains("for-the-other"), "{error}");
    assert!(server.requests().is_empty() && other.requests().is_empty());
}

#[tokio::test]
async fn another_spelling_of_the_same_server_is_the_same() {
    let server = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let openstack = client(folder.path());
    let clouds = folder.path().join("clouds.yaml");
    let text = fs::read_to_string(&clouds).unwrap();
    fs::write(&clouds, text.replace("/v3", "/")).unwrap();
    call(&openstack).await.unwrap();
}

#[tokio::test]
async fn credentials_that_are_given_beside_the_configuration_stay() {
    let server = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let loader = ConfigLoader::new().current_dir(folder.path()).cloud("lab");
    let config = loader.load().unwrap();
    let kept = config.credentials().clone();
    let openstack = config.builder().unwrap().credentials(kept).build();
    fs::remove_file(folder.path().join("clouds.yaml")).unwrap();
    call(&openstack.unwrap()).await.unwrap();
}

/// Started by the next test with an environment of its own.
const CHILD: &str = "ROTATED_TEST_FOLDER";

/// The same through `from_env`, in a process whose environment names the cloud.
#[tokio::test]
async fn from_env_looks_the_files_up_again() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let openstack = OpenStack::from_env().unwrap();
        fs::write(Path::new(&folder).join("secure.yaml"), "nonsense: [").unwrap();
        let error = call(&openstack).await.unwrap_err().to_string();
        assert!(error.contains("secure.yaml"), "{error}");
        return;
    }
    let server = IdentityServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &server, &server.demo().password);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rotated::from_env_looks_the_files_up_again"])
        .current_dir(folder.path())
        .env(CHILD, folder.path())
        .env("OS_CLOUD", "lab")
        .status()
        .unwrap();
    assert!(status.success());
    assert!(server.requests().is_empty());
}
