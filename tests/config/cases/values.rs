//! Values that look like something else.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::json;

use super::{by_id, scoped};
use crate::case::{Case, case};

pub fn cases() -> Vec<Case> {
    let mut cases = numbers();
    cases.extend(others());
    cases
}

fn numbers() -> Vec<Case> {
    let project = |id: &str| scoped(by_id("u1"), json!({ "project": { "id": id } }));
    let as_written = "an id is what stands there, not a number that Python made of it";
    vec![
        case("a number as an id")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: 1234 }
",
            )
            .sends(project("1234")),
        case("a number with an exponent")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: 1e5 }
",
            )
            .sends(project("1e5")),
        case("a number with a leading zero")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: 0123 }
",
            )
            .sends(project("0123"))
            .differs(as_written),
        case("a number that ends in a zero")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: 1.10 }
",
            )
            .sends(project("1.10"))
            .differs(as_written),
        case("a number in base 16, and one with underscores")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: 0x1F, password: s3cret, project_id: 1_000 }
",
            )
            .sends(scoped(by_id("0x1F"), json!({ "project": { "id": "1_000" } })))
            .differs(as_written),
        case("a number of 40 digits")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: s3cret
      project_id: 1234567890123456789012345678901234567890
",
            )
            .sends(project("1234567890123456789012345678901234567890")),
        case("a number in quotes")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: '0123' }
",
            )
            .sends(project("0123")),
        case("a truth value, a date and a time of day as passwords")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3multifactor
    auth_methods: [v3password, v3totp]
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: 2026-01-01, password: Yes, passcode: 12:30:45 }
",
            )
            .sends(json!({
                "identity": {
                    "methods": ["password", "totp"],
                    "password": { "user": { "id": "2026-01-01", "password": "Yes" } },
                    "totp": { "user": { "id": "2026-01-01", "passcode": "12:30:45" } },
                },
            }))
            .differs(as_written),
    ]
}

fn others() -> Vec<Case> {
    vec![
        case("null as a project")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: null }
",
            )
            .sends(by_id("u1"))
            .differs("it asks for the project `None`"),
        case("braces in a password and in a project's name")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: 'a{b}c}'
      project_name: '{lab}'
      project_domain_id: d1
",
            )
            .sends(json!({
                "identity": {
                    "methods": ["password"],
                    "password": { "user": { "id": "u1", "password": "a{b}c}" } },
                },
                "scope": { "project": { "name": "{lab}", "domain": { "id": "d1" } } },
            })),
        case("braces in the auth URL that name no setting")
            .clouds("clouds: { lab: { auth: { auth_url: 'https://{regoin}.example', user_id: u1, password: s3cret } } }")
            .refused(Kind::Invalid, &["auth_url (/root-of-case/cwd/clouds.yaml:1:36) names in braces"]),
        case("spaces and signs in a password")
            .variables(
                "
                OS_AUTH_URL=https://keystone.example:5000/v3
                OS_USER_ID=u1
                OS_PASSWORD=a=b: #\"c\\ \u{1F511}ü
                ",
            )
            .sends(json!({
                "identity": {
                    "methods": ["password"],
                    "password": { "user": { "id": "u1", "password": "a=b: #\"c\\ \u{1F511}ü" } },
                },
            })),
        case("a password in many lines")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: |-
        s3
        cret
",
            )
            .sends(json!({
                "identity": {
                    "methods": ["password"],
                    "password": { "user": { "id": "u1", "password": "s3\ncret" } },
                },
            })),
        case("keys that belong to other tools")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
    identity_api_version: 3
    volume_api_version: '3'
    networks: [{ name: ext, routes_externally: true }]
    image_format: qcow2
cache: { expiration_time: 3600 }
",
            )
            .sends(by_id("u1")),
        case("a list where text should be")
            .clouds("clouds: { lab: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: [u1], password: s3cret } } }")
            .refused(Kind::Invalid, &["user_id (/root-of-case/cwd/clouds.yaml:1:81) is not one text"])
            .differs("it sends the list"),
        case("a key twice")
            .clouds("clouds: { lab: { auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, user_id: u2, password: s3cret } } }")
            .refused(Kind::Syntax, &["clouds.yaml:1:85", "twice"])
            .differs("which of them is meant can't be told"),
    ]
}
