//! The domains of users and of projects.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::{Value, json};

use super::{demo, demo_for_lab, scoped};
use crate::case::{Case, case};

const NAMES: &str = "
    OS_AUTH_URL=https://keystone.example:5000/v3
    OS_USERNAME=demo
    OS_PASSWORD=s3cret
    OS_PROJECT_NAME=lab
";

fn with_names(name: &'static str) -> Case {
    case(name).variables(NAMES)
}

/// `demo` of one domain, for `lab` of another.
fn sent(user: Value, project: Value) -> Value {
    scoped(
        json!({ "identity": demo(user) }),
        json!({ "project": { "name": "lab", "domain": project } }),
    )
}

pub fn cases() -> Vec<Case> {
    let mut cases = given();
    cases.extend(missing());
    cases
}

fn given() -> Vec<Case> {
    let id = |id: &str| json!({ "id": id });
    let name = |name: &str| json!({ "name": name });
    vec![
        with_names("the user's domain is not the project's")
            .variables("OS_USER_DOMAIN_NAME=Users\nOS_PROJECT_DOMAIN_ID=d2")
            .sends(sent(name("Users"), id("d2"))),
        with_names("domains by id and by name")
            .variables(
                "
                OS_USER_DOMAIN_NAME=Users
                OS_USER_DOMAIN_ID=d1
                OS_PROJECT_DOMAIN_ID=d2
                OS_PROJECT_DOMAIN_NAME=Projects
                ",
            )
            .sends(sent(id("d1"), id("d2"))),
        with_names("one domain for both")
            .variables("OS_DOMAIN_NAME=Default")
            .sends(demo_for_lab()),
        case("one domain for both, in auth")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000/v3
      username: demo
      password: s3cret
      project_name: lab
      domain_id: d1
",
            )
            .sends(sent(id("d1"), id("d1"))),
        with_names("one domain for both, and the user's own")
            .variables("OS_DOMAIN_ID=d1\nOS_USER_DOMAIN_ID=d2")
            .sends(sent(id("d2"), id("d1"))),
        with_names("one domain for both by id, and the user's own by name")
            .variables("OS_DOMAIN_ID=d1\nOS_USER_DOMAIN_NAME=Users")
            .sends(sent(name("Users"), id("d1")))
            .differs("what is said of the user counts more than what is said of both"),
        with_names("one domain for both, said again")
            .variables("OS_DOMAIN_ID=d1\nOS_USER_DOMAIN_ID=d1\nOS_PROJECT_DOMAIN_ID=d2")
            .sends(sent(id("d1"), id("d2"))),
        with_names("default_domain_id")
            .variables("OS_DEFAULT_DOMAIN_ID=d1")
            .sends(sent(id("d1"), id("d1"))),
        with_names("default_domain_name, and the project's own")
            .variables("OS_DEFAULT_DOMAIN_NAME=Default\nOS_PROJECT_DOMAIN_ID=d2")
            .sends(sent(name("Default"), id("d2"))),
        with_names("default_domain_id, and the user's own by name")
            .variables("OS_DEFAULT_DOMAIN_ID=d1\nOS_USER_DOMAIN_NAME=Users")
            .sends(sent(name("Users"), id("d1")))
            .differs("what is said of the user counts more than a default"),
        with_names("default_domain, as the CLI and others have it")
            .variables("OS_DEFAULT_DOMAIN=default")
            .sends(sent(id("default"), id("default")))
            .differs("it doesn't know it, and leaves the domains out"),
        with_names("default_domain_id with v3password")
            .variables("OS_AUTH_TYPE=v3password\nOS_DEFAULT_DOMAIN_ID=d1")
            .sends(sent(id("d1"), id("d1")))
            .differs("it knows it with the generic password alone"),
    ]
}

fn missing() -> Vec<Case> {
    vec![
        with_names("no domain at all")
            .refused(
                Kind::Missing,
                &[
                    "OS_USERNAME is given without a domain",
                    "OS_USER_DOMAIN_NAME",
                ],
            )
            .differs("it sends names without domains, which the server refuses"),
        with_names("no domain at all, with v3password")
            .variables("OS_AUTH_TYPE=v3password")
            .refused(Kind::Missing, &["OS_USERNAME is given without a domain"]),
        with_names("no domain of the project")
            .variables("OS_AUTH_TYPE=v3password\nOS_USER_DOMAIN_ID=default")
            .refused(
                Kind::Missing,
                &[
                    "OS_PROJECT_NAME is given without a domain",
                    "OS_PROJECT_DOMAIN_NAME",
                ],
            ),
        case("a domain as a scope is no domain of the user")
            .variables(
                "
                OS_AUTH_URL=https://keystone.example:5000/v3
                OS_AUTH_TYPE=v3password
                OS_USERNAME=demo
                OS_PASSWORD=s3cret
                OS_DOMAIN_ID=d1
                ",
            )
            .refused(Kind::Missing, &["OS_USERNAME is given without a domain"]),
    ]
}
