//! The system's own files and this process's environment.

use std::path::Path;
use std::process::Command;

use openstack_identity::config::{ConfigErrorKind, ConfigLoader, Origin};
use openstack_identity::{CloudConfig, OpenStack};

const CLOUDS: &str = "
clouds:
  lab:
    auth_type: token
    auth: { auth_url: 'https://lab.example', token: t }
    cacert: ca.pem
  other:
    auth_type: token
    auth: { auth_url: 'https://other.example', token: t }
";

fn loader(folder: &Path) -> ConfigLoader {
    ConfigLoader::new().current_dir(folder).cloud("lab")
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_a_warning() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clouds.yaml");
    std::fs::write(&path, CLOUDS).unwrap();
    for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let config = loader(folder.path()).load().unwrap();
        let warnings = config.warnings().join("\n");
        assert_eq!(
            warnings.contains("others can read it"),
            warned,
            "{mode:o} {warnings}"
        );
    }
}

#[test]
fn the_authority_is_read_when_the_builder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clouds.yaml"), CLOUDS).unwrap();
    let config = loader(folder.path()).load().unwrap();
    assert_eq!(
        config.ca_certificate(),
        Some(&*folder.path().join("ca.pem"))
    );

    let error = config.builder().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::Unreadable);
    assert!(
        matches!(
            error.origins(),
            [Origin::File {
                line: 6,
                column: 13,
                ..
            }]
        ),
        "{error:?}"
    );

    std::fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
    let error = config.builder().unwrap().build().unwrap_err();
    assert!(error.to_string().contains("PEM"), "{error}");
}

const CHILD: &str = "CONFIG_TEST_IN_CHILD";

/// Runs itself again with an environment of its own: that of this process is shared with other tests.
#[test]
fn this_process_has_files_and_variables() {
    if std::env::var_os(CHILD).is_some() {
        in_child();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("openstack")).unwrap();
    std::fs::write(folder.path().join("openstack/clouds.yaml"), CLOUDS).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "files::this_process_has_files_and_variables"])
        .env_clear()
        .env(CHILD, "1")
        .env("XDG_CONFIG_HOME", folder.path())
        .env("OS_CLOUD", "other")
        .env("OS_PASSWORD", "not this")
        .env("OS_ANYTHING", garbled())
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Text that isn't UTF-8.
#[cfg(unix)]
fn garbled() -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(vec![b'x', 0xff])
}

#[cfg(not(unix))]
fn garbled() -> std::ffi::OsString {
    "x".into()
}

/// Runs the test of this name in a process with these variables, one of them garbled.
#[cfg(unix)]
fn again_with(test: &str, name: &str, folder: &Path, variables: &[(&str, &str)]) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env_clear()
        .env(CHILD, name)
        .env(name, garbled())
        .envs(variables.iter().copied())
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success(), "{name}");
}

/// What isn't ours may be anything; what is ours and isn't text is told where it matters.
#[cfg(unix)]
#[test]
fn variables_that_are_no_text() {
    const NAME: &str = "files::variables_that_are_no_text";
    const OF_VARIABLES: [(&str, &str); 3] = [
        ("OS_AUTH_URL", "https://k.example"),
        ("OS_AUTH_TYPE", "token"),
        ("OS_TOKEN", "t"),
    ];
    match std::env::var(CHILD).as_deref() {
        Ok("OS_ANYTHING") => drop(CloudConfig::from_env().unwrap()),
        Ok("OS_PROJECT_ID") => {
            let error = CloudConfig::from_env().unwrap_err().to_string();
            assert!(error.starts_with("OS_PROJECT_ID is not UTF-8"), "{error}");
            CloudConfig::from_cloud("lab").unwrap();
        }
        Ok(name) => {
            let error = CloudConfig::from_env().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{name} is not UTF-8")),
                "{error}"
            );
        }
        Err(_) => {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("clouds.yaml"), CLOUDS).unwrap();
            for name in [
                "OS_ANYTHING",
                "OS_PROJECT_ID",
                "OS_CLOUD",
                "OS_CLIENT_CONFIG_FILE",
            ] {
                again_with(NAME, name, folder.path(), &OF_VARIABLES);
            }
        }
    }
}

#[test]
fn warnings_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("clouds.yaml")).unwrap();
    let error = loader(folder.path()).load().unwrap_err();
    assert_eq!(error.warnings().len(), 1);
    let told = error.to_string();
    assert!(
        told.contains("clouds.yaml is passed over: is a directory"),
        "{told}"
    );
    assert!(!told.contains("there is no clouds.yaml"), "{told}");
}

fn in_child() {
    let told = tests::told::listen();
    let config = CloudConfig::from_env().unwrap();
    let lines = told.lines().join("\n");
    assert!(
        lines.starts_with("WARN") && lines.contains("OS_PASSWORD is not used"),
        "{lines}"
    );
    assert_eq!(
        (config.name(), config.auth_url()),
        ("other", "https://other.example")
    );
    assert!(
        config
            .warnings()
            .join("\n")
            .contains("OS_PASSWORD is not used")
    );
    assert_eq!(
        OpenStack::from_env().unwrap().auth_url(),
        "https://other.example/v3"
    );
    assert_eq!(
        CloudConfig::from_cloud("lab").unwrap().auth_url(),
        "https://lab.example"
    );
    let error = OpenStack::from_cloud("nowhere").unwrap_err();
    assert!(
        error.to_string().starts_with("there is no cloud `nowhere`"),
        "{error}"
    );
}
