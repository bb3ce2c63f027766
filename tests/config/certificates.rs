//! Paths of certificates and keys, and what stands at them.

use std::fs;
use std::path::Path;

use openstack_identity::config::{ConfigErrorKind, ConfigLoader};
use openstack_identity::{CloudConfig, ConfigError, ErrorKind, OpenStack, secret_from_file};

use crate::case::case;

const KEY: &str =
    "-----BEGIN PRIVATE KEY-----\\nTUFERS1VUC1OT1QtQS1LRVk=\\n-----END PRIVATE KEY-----\\n";

fn load(folder: &Path, settings: &str) -> Result<CloudConfig, ConfigError> {
    let auth = "auth_type: token, auth: { auth_url: 'https://lab.example', token: t }";
    let text = format!("clouds: {{ lab: {{ {auth}, {settings} }} }}");
    fs::write(folder.join("clouds.yaml"), text).unwrap();
    ConfigLoader::new().current_dir(folder).cloud("lab").load()
}

#[test]
fn the_text_of_a_key_is_refused_and_not_shown() {
    let base64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    for (setting, text) in [
        ("key", KEY),
        ("cert", KEY),
        ("cacert", KEY),
        ("key", base64),
    ] {
        let clouds = format!(
            "clouds: {{ kiln: {{ auth: {{ auth_url: 'https://id.kiln.example', user_id: u, password: p }}, cert: \
             /etc/hostname, key: /x, {setting}: \"{text}\" }} }}"
        );
        let clouds = clouds.replacen("key: /x, key", "key", 1).replacen(
            "cert: /etc/hostname, key: /x, cert",
            "key: /x, cert",
            1,
        );
        let variable = format!("OS_{}", setting.to_uppercase()).leak();
        let mut by_variable = case("text")
            .variables("OS_AUTH_URL=https://k.example\nOS_USER_ID=u\nOS_PASSWORD=p\nOS_CERT=/x");
        let unescaped = text.replace("\\n", "\n");
        by_variable.variables.insert(variable, unescaped.leak());
        for case in [case("text").clouds(clouds.leak()), by_variable] {
            let error = case.load().unwrap_err();
            let shown = format!("{error} {error:?} {:?}", case.loader());
            assert!(
                shown.contains("a path is wanted, this is PEM text"),
                "{shown}"
            );
            assert!(
                shown.contains(&format!("{setting} (")) || shown.contains(&*variable),
                "{shown}"
            );
            assert!(
                !shown.contains("TUFERS") && !shown.contains("MIIEv"),
                "{shown}"
            );
        }
    }
}

#[test]
fn no_password_of_an_address_and_no_repeated_secret_is_shown() {
    let config = case("address")
        .variables("OS_AUTH_URL=https://k.example/v3\nOS_USER_ID=u\nOS_PASSWORD=hunter22")
        .variables("OS_COMPUTE_ENDPOINT_OVERRIDE=pia:pw77@c.example/v2")
        .variables("OS_REGION_NAME=hunter22\nOS_PROJECT_ID=hunter22")
        .load()
        .unwrap();
    let shown = format!("{} {config:?}", config.explain());
    assert!(shown.contains("c.example/v2"), "{shown}");
    assert!(!shown.contains("pw77"), "{shown}");
    assert!(!config.explain().contains("hunter22"), "{shown}");
    let debug = format!("{config:?}");
    assert!(debug.contains("region: Some(\"[secret]\")"), "{debug}");
}

#[test]
fn what_is_no_certificate_is_named_with_setting_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for (content, why) in [
        (&b""[..], "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"no certificate", "is not PEM"),
        (b"\x30\x82\x01\x0a", "is DER"),
        (
            b"-----BEGIN PRIVATE KEY-----\ncz\n-----END PRIVATE KEY-----\n",
            "has a private key in it",
        ),
        (
            b"-----BEGIN CERTIFICATE-----\nczNjcmV0\n-----END CERTIFICATE-----\n",
            "X.509",
        ),
        (b"-----BEGIN CERTIFICATE-----\nczNjcmV0\n", "damaged"),
        (
            b"x -----BEGIN CERTIFICATE-----\nczNj\n-----END CERTIFICATE-----\n",
            "of which 0",
        ),
    ] {
        fs::write(&file, content).unwrap();
        let config = load(folder.path(), "cacert: ca.pem").unwrap();
        let error = config.builder().unwrap().build().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Setup), "{error:?}");
        let told = error.to_string();
        let named = format!("cacert ({}:1:", folder.path().join("clouds.yaml").display());
        assert!(told.starts_with(&named), "{told}");
        assert!(
            told.contains(&file.display().to_string()) && told.contains(why),
            "{told}"
        );
    }
    for (setting, why) in [
        ("cert: ca.pem", "no certificate"),
        ("cert: ca.pem, key: ca.pem", ""),
    ] {
        fs::write(&file, KEY.replace("\\n", "\n")).unwrap();
        let config = load(folder.path(), setting).unwrap();
        let error = config.builder().unwrap().build().unwrap_err().to_string();
        assert!(
            error.starts_with("cert (") && error.contains(why),
            "{error}"
        );
        assert!(!error.contains("TUFERS"), "{error}");
    }
}

#[test]
fn a_folder_is_read_by_the_names_that_openssl_gives() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = folder.path().join("certificates");
    fs::create_dir(&certificates).unwrap();
    for (setting, why) in [
        (
            "cacert: certificates",
            "without certificates named by their hash",
        ),
        ("cert: certificates", "a file is wanted"),
    ] {
        let error = load(folder.path(), setting).unwrap().builder().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Unreadable);
        let told = error.to_string();
        assert!(told.contains(&certificates.display().to_string()), "{told}");
        assert!(told.contains(why), "{told}");
    }
    fs::write(certificates.join("ab12cd34.0"), "no certificate").unwrap();
    fs::write(certificates.join("README"), "not read").unwrap();
    let config = load(folder.path(), "cacert: certificates").unwrap();
    let error = config.builder().unwrap().build().unwrap_err().to_string();
    assert!(error.contains("is not PEM"), "{error}");
}

#[test]
fn paths_are_read_as_a_shell_does() {
    let loader = |path: &str| {
        ConfigLoader::new()
            .current_dir("/work")
            .home_dir("/home/ops")
            .variable("OS_AUTH_URL", "https://lab.example")
            .variable("OS_AUTH_TYPE", "token")
            .variable("OS_TOKEN", "t")
            .variable("OS_CACERT", path)
    };
    for (path, expected) in [
        ("ca.pem", "/work/ca.pem"),
        ("~/ca.pem", "/home/ops/ca.pem"),
        ("/ca.pem", "/ca.pem"),
        #[cfg(unix)]
        ("~root/ca.pem", "/root/ca.pem"),
    ] {
        let config = loader(path).load().unwrap();
        assert_eq!(config.ca_certificate(), Some(Path::new(expected)), "{path}");
    }
    let error = loader("~nobody-of-this-name/ca.pem").load().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("OS_CACERT starts with ~nobody"),
        "{error}"
    );
}

#[test]
fn it_says_which_ca_certificates_count() {
    let folder = tempfile::tempdir().unwrap();
    let text = load(folder.path(), "cacert: ca.pem").unwrap().explain();
    assert!(text.contains("\nCA certificates: those of "), "{text}");
    assert!(
        text.contains("ca.pem (") && text.contains(", and "),
        "{text}"
    );
    let text = load(folder.path(), "verify: false").unwrap().explain();
    assert!(
        text.contains("\ncertificates of servers are not checked\n"),
        "{text}"
    );
}

/// Neither of them ends, or fills the memory.
#[cfg(unix)]
#[tokio::test]
async fn pipes_devices_and_huge_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let huge = folder.path().join("huge");
    fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    for path in [pipe.as_path(), Path::new("/dev/zero"), &huge] {
        let why = match path == huge {
            true => "larger than the",
            false => "not a regular file",
        };
        for variable in ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"] {
            let loader = ConfigLoader::new().variable(variable, path.to_str().unwrap());
            let error = loader.load().unwrap_err().to_string();
            assert!(
                error.starts_with(variable) && error.contains(why),
                "{error}"
            );
        }
        for setting in ["cacert: PATH", "cert: PATH", "cert: clouds.yaml, key: PATH"] {
            let setting = setting.replace("PATH", path.to_str().unwrap());
            let error = load(folder.path(), &setting)
                .unwrap()
                .builder()
                .unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        let provider = secret_from_file(path, |secret| {
            openstack_identity::Password::by_id("u", secret).into()
        });
        let openstack = OpenStack::builder("http://127.0.0.1:9").credentials_from(provider);
        let identity = openstack.build().unwrap().identity_v3();
        let error = identity.list_auth_projects().await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let linked = folder.path().join("elsewhere");
    fs::create_dir(&linked).unwrap();
    std::os::unix::fs::symlink(&pipe, linked.join("clouds.yaml")).unwrap();
    let error = ConfigLoader::new().current_dir(&linked).load().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("clouds.yaml is passed over: not a regular file"),
        "{error}"
    );
    assert_eq!(error.warnings().len(), 1);
    let nothing = ConfigLoader::new().variable("OS_CLIENT_CONFIG_FILE", "/dev/null");
    assert_eq!(nothing.load().unwrap_err().kind(), ConfigErrorKind::NoCloud);
}
