//! `cargo run -p samples` as a user types it.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::Path;
use std::process::{Command, Output};

use openstack_identity_testing::{Demo, IdentityServer};

/// Runs the command in `folder`, with this environment and no other variable that samples look at.
fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_samples"));
    command.args(arguments).current_dir(folder);
    let others = ["REDIS_URL", "MEMCACHED_SERVER"].map(str::to_owned);
    let cloud = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("OS_"));
    for name in cloud.chain(others) {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn cloud<'a>(auth_url: &'a str, demo: &'a Demo) -> Vec<(&'a str, &'a str)> {
    vec![
        ("OS_AUTH_URL", auth_url),
        ("OS_REGION_NAME", &demo.region),
        ("OS_USERNAME", &demo.user_name),
        ("OS_USER_ID", &demo.user_id),
        ("OS_PASSWORD", &demo.password),
        ("OS_USER_DOMAIN_ID", &demo.domain_id),
        ("OS_PROJECT_NAME", &demo.project_name),
        ("OS_PROJECT_ID", &demo.project_id),
        ("OS_PROJECT_DOMAIN_ID", &demo.domain_id),
        ("OS_APPLICATION_CREDENTIAL_ID", &demo.application_credential_id),
        ("OS_APPLICATION_CREDENTIAL_SECRET", &demo.application_credential_secret),
    ]
}

#[test]
fn all_ten_run_without_a_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[], &[]);
    let text = out(&output);
    assert!(output.status.success(), "{text}{}", err(&output));
    assert!(text.contains("embedded Identity server"), "{text}");
    assert_eq!(text.matches("POST /v3/auth/tokens 201").count(), 9, "{text}");
    assert_eq!(text.matches("HEAD /v3/auth/tokens 200").count(), 1, "{text}");
    assert_eq!(text.matches("DELETE /v3/auth/tokens 204").count(), 1, "{text}");
    assert!(folder.path().join("token.json").is_file());

    // The file is now of a server that is gone.
    let again = out(&run(folder.path(), &["use_cached_authentication_token"], &[]));
    assert!(again.contains("is of another server, so export_authentication_token ran"), "{again}");
}

#[tokio::test]
async fn a_cloud_is_used_if_there_is_one() {
    let server = IdentityServer::start().await.unwrap();
    let (auth_url, demo) = (server.auth_url(), server.demo().clone());
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[], &cloud(&auth_url, &demo));
    let text = out(&output);
    assert!(output.status.success(), "{text}{}", err(&output));
    assert!(server.count("POST", "/v3/auth/tokens") >= 9);
    for secret in [&demo.password, &demo.application_credential_secret] {
        assert!(!text.contains(secret.as_str()), "{text}");
    }

    let mut environment = cloud(&auth_url, &demo);
    environment.push(("OS_TOKEN", "not-a-token"));
    let text = out(&run(folder.path(), &["validate_token"], &environment));
    assert!(text.contains("invalid") && !text.contains("issued first"), "{text}");
}

#[tokio::test]
async fn what_is_missing_or_fails_is_told() {
    let server = IdentityServer::start().await.unwrap();
    let auth_url = server.auth_url();
    let folder = tempfile::tempdir().unwrap();
    let all = cloud(&auth_url, server.demo());
    for missing in ["OS_PASSWORD", "OS_REGION_NAME", "OS_USER_ID"] {
        let environment: Vec<_> =
            all.iter().copied().filter(|(name, _)| *name != missing).collect();
        let output = run(folder.path(), &["generate_token_with_user_id"], &environment);
        assert_eq!(output.status.code(), Some(1));
        assert!(out(&output).contains(&format!("{missing} is not set")), "{}", out(&output));
    }
    let output = run(folder.path(), &["no_such_sample"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("no sample `no_such_sample`"), "{}", err(&output));

    let listed = out(&run(folder.path(), &["--list"], &[]));
    assert_eq!(listed.lines().count(), 14, "{listed}");
}

/// A proxy that answers nothing, and tells the first line of the first request that it got.
fn proxy() -> (String, std::thread::JoinHandle<String>) {
    use std::io::{BufRead, BufReader};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let first = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    });
    (address, first)
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    let (address, first) = proxy();
    let environment = [
        ("http_proxy", address.as_str()),
        ("OS_AUTH_URL", "http://keystone.invalid/v3"),
        ("OS_REGION_NAME", "RegionOne"),
        ("OS_USER_ID", "a"),
        ("OS_PASSWORD", "b"),
    ];
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["generate_token_with_user_id"], &environment);
    let line = first.join().unwrap();
    assert!(line.starts_with("POST http://keystone.invalid/v3/auth/tokens "), "{line}");
}
