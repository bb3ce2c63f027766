//! How servers are reached.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::json;

use super::by_id;
use crate::case::{Case, case};

const BY_ID: &str = "
    OS_AUTH_URL=https://keystone.example:5000/v3
    OS_USER_ID=u1
    OS_PASSWORD=s3cret
";

fn with_user(name: &'static str) -> Case {
    case(name).variables(BY_ID)
}

pub fn cases() -> Vec<Case> {
    let mut cases = addresses();
    cases.extend(certificates());
    cases.extend(services());
    cases
}

fn addresses() -> Vec<Case> {
    let at = |name: &'static str, line: &'static str, url: &'static str| {
        case(name)
            .variables("OS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .variables(line)
            .sends(by_id("u1"))
            .with(|cloud| cloud.url = url.to_owned())
    };
    vec![
        at(
            "an auth URL with a slash at its end",
            "OS_AUTH_URL=https://k.example/v3/",
            "https://k.example/v3/auth/tokens",
        ),
        at(
            "an auth URL without a version",
            "OS_AUTH_URL=https://k.example",
            "https://k.example/v3/auth/tokens",
        ),
        at(
            "an auth URL with a path",
            "OS_AUTH_URL=http://k.example:5000/identity",
            "http://k.example:5000/identity/v3/auth/tokens",
        ),
        with_user("an auth URL of version 2")
            .variables("OS_AUTH_URL=https://keystone.example:5000/v2.0/")
            .refused(Kind::Invalid, &["OS_AUTH_URL leads to version 2"])
            .differs("there is no version 2 behind it, so it goes on with a login at /v2.0/v3"),
        at(
            "an auth URL with white space around it",
            "OS_AUTH_URL=https://k.example/v3\r",
            "https://k.example/v3/auth/tokens",
        ),
        with_user("an auth URL with an international host name")
            .variables("OS_AUTH_URL=https://b\u{fc}cher.example/v3")
            .refused(
                Kind::Invalid,
                &[
                    "OS_AUTH_URL: the auth URL has an international host name",
                    "xn--",
                ],
            )
            .differs("python-requests writes it so"),
        with_user("an auth URL that is none")
            .variables("OS_AUTH_URL=keystone.example")
            .refused(Kind::Invalid, &["OS_AUTH_URL: the auth URL has no scheme"]),
        with_user("a time limit")
            .variables("OS_API_TIMEOUT=2.5")
            .sends(by_id("u1"))
            .with(|cloud| cloud.timeout = Some(2.5)),
        case("a time limit that has a service's name")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
    api_timeout: 10
    nova_timeout: 30
",
            )
            .sends(by_id("u1"))
            .with(|cloud| cloud.timeout = Some(30.0)),
        with_user("a time limit that is none")
            .variables("OS_API_TIMEOUT=soon")
            .refused(
                Kind::Invalid,
                &["OS_API_TIMEOUT is not a number of seconds"],
            ),
    ]
}

fn certificates() -> Vec<Case> {
    vec![
        with_user("an authority")
            .file("cwd/ca.pem", "")
            .variables("OS_CACERT={root}/cwd/ca.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!("{root}/cwd/ca.pem")),
        with_user("an authority in the home folder")
            .file("home/ca.pem", "")
            .variables("OS_CACERT=~/ca.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!("{root}/home/ca.pem")),
        with_user("a certificate and its key")
            .variables("OS_CERT={root}/cwd/c.pem\nOS_KEY={root}/cwd/k.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.cert = json!(["{root}/cwd/c.pem", "{root}/cwd/k.pem"])),
        with_user("a certificate and its key in one file")
            .variables("OS_CERT={root}/cwd/c.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.cert = json!("{root}/cwd/c.pem")),
        with_user("a key without its certificate")
            .variables("OS_KEY={root}/cwd/k.pem")
            .refused(Kind::Missing, &["OS_KEY is given without `cert`"])
            .differs("it leaves the key out"),
        case("verify: false")
            .clouds(
                "
clouds:
  lab:
    verify: false
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!(false)),
        with_user("verify, as text")
            .variables("OS_VERIFY=false")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!(false))
            .differs("it takes `false` for the path of an authority"),
        with_user("insecure, as text, and an authority that is not used")
            .variables("OS_INSECURE=True\nOS_CACERT=/nowhere/ca.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!(false)),
        with_user("insecure, as a number")
            .variables("OS_INSECURE=1")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!(false))
            .differs("it takes all but `true` for false"),
        with_user("insecure, not")
            .variables("OS_INSECURE=false")
            .sends(by_id("u1")),
        with_user("insecure, maybe")
            .variables("OS_INSECURE=maybe")
            .refused(Kind::Invalid, &["OS_INSECURE is neither true nor false"])
            .differs("it takes all but `true` for false"),
        with_user("the CA certificates that the environment names")
            .variables(
                "REQUESTS_CA_BUNDLE={root}/cwd/requests.pem\nCURL_CA_BUNDLE={root}/cwd/curl.pem",
            )
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!("{root}/cwd/requests.pem")),
        with_user("the CA certificates that the environment names for curl")
            .variables("CURL_CA_BUNDLE={root}/cwd/curl.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!("{root}/cwd/curl.pem")),
        with_user("cacert before the CA certificates that the environment names")
            .variables("OS_CACERT={root}/cwd/ca.pem\nREQUESTS_CA_BUNDLE={root}/cwd/requests.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!("{root}/cwd/ca.pem")),
        case("no check, whatever the environment names")
            .clouds(
                "
clouds:
  lab:
    verify: false
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .variables("REQUESTS_CA_BUNDLE={root}/cwd/requests.pem")
            .sends(by_id("u1"))
            .with(|cloud| cloud.verify = json!(false)),
        with_user("the text of a key in place of its path")
            .variables("OS_CERT={root}/cwd/c.pem")
            .variables("OS_KEY=-----BEGIN PRIVATE KEY-----")
            .refused(
                Kind::Invalid,
                &["OS_KEY: a path is wanted, this is PEM text"],
            )
            .differs("it takes it for a path"),
        with_user("insecure against verify")
            .variables("OS_INSECURE=true\nOS_VERIFY=true")
            .refused(Kind::Conflict, &["OS_VERIFY", "OS_INSECURE"])
            .differs("less safety than was asked for is not guessed"),
    ]
}

fn services() -> Vec<Case> {
    vec![
        case("interfaces, the best first")
            .clouds(
                "
clouds:
  lab:
    interface: [internalURL, public]
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1"))
            .with(|cloud| cloud.interfaces = vec!["internal".to_owned(), "public".to_owned()]),
        with_user("an interface by its old name")
            .variables("OS_ENDPOINT_TYPE=adminURL")
            .sends(by_id("u1"))
            .with(|cloud| cloud.interfaces = vec!["admin".to_owned()]),
        with_user("an endpoint")
            .variables("OS_COMPUTE_ENDPOINT_OVERRIDE=https://nova.example/v2.1")
            .sends(by_id("u1"))
            .with(|cloud| cloud.compute = Some("https://nova.example/v2.1".to_owned())),
        case("an endpoint, and the region in it")
            .clouds(
                "
clouds:
  lab:
    region_name: north
    compute_endpoint: https://not-this.example
    compute_endpoint_override: 'https://nova.{region_name}.example'
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1"))
            .with(|cloud| {
                cloud.region = Some("north".to_owned());
                cloud.compute = Some("https://nova.north.example".to_owned());
            }),
    ]
}
