//! Keys and values that are probably not meant as they stand.

use openstack_identity::config::ConfigErrorKind;
use openstack_identity::{CloudConfig, ConfigError};

use crate::case::case;

fn cloud(text: &str) -> Result<CloudConfig, ConfigError> {
    let text = format!("clouds: {{ kiln: {{ {text} }} }}");
    case("misspelt").clouds(text.leak()).load()
}

const AUTH: &str = "auth_url: 'https://id.kiln.example:5000/v3', user_id: u-3c, password: p";

fn variables(lines: &str) -> Result<CloudConfig, ConfigError> {
    let mut case = case("variables");
    for (name, value) in [
        ("OS_AUTH_URL", "https://id.kiln.example:5000/v3"),
        ("OS_USERNAME", "ops"),
        ("OS_PASSWORD", "p"),
        ("OS_USER_DOMAIN_NAME", "Default"),
    ] {
        case.variables.insert(name, value);
    }
    for line in lines.split(';') {
        let (name, value) = line.split_once('=').unwrap();
        case.variables
            .insert(name.to_owned().leak(), value.to_owned().leak());
    }
    case.load()
}

#[test]
fn what_stands_below_auth_and_means_nothing_there_is_a_warning() {
    let keys = "verify: false, cacert: /x/ca.pem, region_name: east, interface: internal, auth_type: token, \
                compute_endpoint_override: 'https://c.example'";
    let config = cloud(&format!("auth: {{ {AUTH}, {keys} }}")).unwrap();
    let warnings = config.warnings().join("\n");
    for key in [
        "verify",
        "cacert",
        "region_name",
        "interface",
        "auth_type",
        "compute_endpoint_override",
    ] {
        let told = format!("{key} (/root-of-case/cwd/clouds.yaml:1:");
        assert!(warnings.contains(&told), "{key}: {warnings}");
    }
    assert_eq!(config.warnings().len(), 6, "{warnings}");
    assert!(warnings.contains("put it beside `auth`"), "{warnings}");
    assert!(config.verify() && config.region().is_none());
    assert!(config.explain().contains("warning: verify ("));
}

#[test]
fn a_key_close_to_a_setting_is_an_error() {
    for (text, key, meant) in [
        ("auth: { AUTH, projct_id: x }", "projct_id", "project_id"),
        (
            "auth: { AUTH, projcet-name: x }",
            "projcet_name",
            "project_name",
        ),
        (
            "auth: { AUTH }, regoin_name: x",
            "regoin_name",
            "region_name",
        ),
        ("auth: { AUTH }, interfaces: x", "interfaces", "interface"),
        ("auth: { AUTH }, verfy: false", "verfy", "verify"),
        ("auth: { AUTH, PROJECT_ID: x }", "PROJECT_ID", "project_id"),
        (
            "auth: { AUTH, projectName: x }",
            "projectName",
            "project_name",
        ),
        ("auth: { AUTH }, Verify: false", "Verify", "verify"),
        ("atuh: { AUTH }", "atuh", "auth"),
        (
            "auth: { AUTH }, compute_endpoint_overide: x",
            "compute_endpoint_overide",
            "compute_endpoint_override",
        ),
        (
            "auth: { auth_url: 'https://id.kiln.example', user_id: u, pasword: s3cret }",
            "pasword",
            "password",
        ),
    ] {
        let error = cloud(&text.replace("AUTH", AUTH)).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Unknown, "{text}");
        let told = error.to_string();
        assert!(
            told.starts_with(&format!("{key} (/root-of-case/cwd/clouds.yaml:1:")),
            "{told}"
        );
        assert!(
            told.ends_with(&format!("did you mean `{meant}`?")),
            "{told}"
        );
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let error = variables("OS_PROJCT_ID=x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "OS_PROJCT_ID is no setting: did you mean `OS_PROJECT_ID`?"
    );
}

#[test]
fn keys_of_other_tools_are_left_alone() {
    let keys = "identity_api_version: 3, volume_service_name: cinder, floating_ip_source: None, \
                secgroup_source: neutron, disable_vendor_agent: {}, force_ipv4: true, networks: [], cache: {}, \
                metrics: {}, image_api_use_tasks: false, message: m, status: active, locale: de, \
                compute_default_microversion: '2.1', vendor_hook: h, nat_source: x, \
                baremetal_introspection_endpoint_override: 'https://b.example', key_name: k, private: true";
    let config = cloud(&format!("auth: {{ {AUTH} }}, {keys}")).unwrap();
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
    variables("OS_TOKENS_PATH=x;OS_FOO=y;OS_DISTRIBUTION=z;OS_IDENTITY_API_VERSION=3").unwrap();
}

#[test]
fn half_of_a_name_is_a_warning() {
    let config = variables("OS_PROJECT=lab").unwrap();
    assert_eq!(
        config.warnings(),
        ["OS_PROJECT is not read; did you mean `OS_PROJECT_ID` or `OS_PROJECT_NAME`?"]
    );
    let config = variables("OS_PROJECT=lab;OS_PROJECT_ID=lab").unwrap();
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
}

#[test]
fn a_piece_of_a_password_with_a_comma_is_not_shown() {
    let config = cloud(&format!("auth: {{ {AUTH},hunter2 }}")).unwrap();
    let shown = format!("{} {config:?}", config.explain());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("put quotes around that value"), "{shown}");
}

#[test]
fn white_space_around_values_is_left_out_but_not_of_a_password() {
    for space in ["\r", "\n", " ", "\t", "\u{feff}", "\r\n"] {
        let lines = format!(
            "OS_AUTH_URL=https://id.kiln.example:5000/v3{space};OS_USERNAME={space}ops{space};\
             OS_PASSWORD=p{space};OS_USER_DOMAIN_NAME=Default{space};OS_REGION_NAME=east{space};\
             OS_INTERFACE=public{space};OS_PROJECT_ID={space}3f"
        );
        let config = variables(&lines).unwrap();
        assert_eq!(config.region(), Some("east"), "{space:?}");
        assert_eq!(config.interfaces(), ["public"], "{space:?}");
        let text = config.explain();
        assert!(text.contains(r#""name": "ops""#), "{space:?}: {text}");
        assert!(text.contains(r#""id": "3f""#), "{space:?}: {text}");
        let warnings = config.warnings().join("\n");
        for name in [
            "OS_AUTH_URL",
            "OS_USERNAME",
            "OS_REGION_NAME",
            "OS_PROJECT_ID",
        ] {
            let told = format!("{name} has white space around it");
            assert!(warnings.contains(&told), "{space:?}: {warnings}");
        }
        let line = space.ends_with(['\r', '\n']);
        let told = warnings.contains("OS_PASSWORD ends in a line break, and is sent as it is");
        assert_eq!(told, line, "{space:?}: {warnings}");
    }
}

#[test]
fn a_control_character_in_a_name_is_refused_and_escaped() {
    let error = variables("OS_USERNAME=o\u{1b}[31mps").unwrap_err();
    assert_eq!(
        error.to_string(),
        "OS_USERNAME has a control character in it: write it without"
    );
    let error =
        cloud(r#"auth: { auth_url: 'https://k.example', username: "KILN\tom", password: p }"#);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("username (/root"), "{error}");
    assert!(error.contains("in double quotes a backslash"), "{error}");
}

#[test]
fn nothing_steers_the_terminal() {
    for odd in ["\r", "\u{1b}[31m", "\u{7}", "\0", "\u{9b}", "\u{202e}"] {
        let cloud = format!("lab{odd}");
        for line in [
            format!("OS_CLOUD={cloud}"),
            format!("OS_AUTH_TYPE={cloud}x"),
            format!("OS_CLIENT_CONFIG_FILE=/{cloud}"),
            format!("OS_PROFILE={cloud}x"),
            format!("OS_CACERT={cloud}x"),
        ] {
            let loaded = variables(&line);
            let shown = match &loaded {
                Ok(config) => format!("{}\n{}", config.explain(), config.warnings().join("\n")),
                Err(error) => format!("{error}\n{}", error.help()),
            };
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!shown.contains(steers), "{line:?}: {shown:?}");
        }
    }
    let error = variables("OS_CLOUD=lab\r").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(r"there is no cloud `lab\r` (OS_CLOUD)"),
        "{error}"
    );
}

#[test]
fn what_yaml_makes_of_signs_is_said() {
    for (text, place, help) in [
        (
            "clouds:\n  a:\n    username: \"KILN\\pia\"\n",
            ":3:",
            "in double quotes a backslash starts an escape: use single quotes, or double it",
        ),
        (
            "clouds:\n  a:\n    password: &pia7\n",
            ":3:5",
            "& starts an anchor",
        ),
        (
            "clouds: { a: { auth: { password: &pia7, user_id: u } } }\n",
            ":1:24",
            "& starts an anchor",
        ),
        (
            "clouds:\n  a:\n    password: !pia7 x\n",
            ":3:",
            "! starts a tag",
        ),
        (
            "clouds:\n  a:\n    password: !pia7\n",
            ":3:",
            "! starts a tag",
        ),
        (
            "clouds:\n  a:\n    password: @pia7\n",
            ":3:15",
            "no value starts with @",
        ),
        (
            "clouds:\n  a:\n    password: %pia7\n",
            ":3:15",
            "no value starts with @",
        ),
        (
            "clouds:\n  a:\n    password: >pia7\n",
            ":3:",
            "start a block",
        ),
    ] {
        let error = case("signs").clouds(text).load().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(error.help().contains(help), "{text:?}: {error}");
        assert!(shown.contains(place), "{text:?}: {error}");
        assert!(!shown.contains("pia"), "{text:?}: {error}");
    }
}

#[test]
fn settings_of_federated_logins_are_no_endpoints_of_services() {
    let config =
        variables("OS_DISCOVERY_ENDPOINT=https://idp.example;OS_ACCESS_TOKEN_ENDPOINT=https://x")
            .unwrap();
    assert_eq!(config.services().count(), 0);
    let error = case("alone")
        .variables("OS_DISCOVERY_ENDPOINT=https://idp.example")
        .load();
    assert_eq!(error.unwrap_err().kind(), ConfigErrorKind::NoCloud);
}
