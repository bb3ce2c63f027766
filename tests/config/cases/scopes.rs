//! What the token is for.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::json;

use super::{by_id, scoped};
use crate::case::{Case, case};

const BY_ID: &str = "
    OS_AUTH_URL=https://keystone.example:5000/v3
    OS_AUTH_TYPE=v3password
    OS_USER_ID=u1
    OS_PASSWORD=s3cret
";

fn with_user(name: &'static str) -> Case {
    case(name).variables(BY_ID)
}

pub fn cases() -> Vec<Case> {
    let mut cases = one_scope();
    cases.extend(two_scopes());
    cases
}

fn one_scope() -> Vec<Case> {
    let project = |id: &str| scoped(by_id("u1"), json!({ "project": { "id": id } }));
    vec![
        with_user("a project by id").variables("OS_PROJECT_ID=p1").sends(project("p1")),
        with_user("a tenant by id").variables("OS_TENANT_ID=p1").sends(project("p1")),
        with_user("a project and a tenant")
            .variables("OS_TENANT_ID=old\nOS_PROJECT_ID=p1")
            .sends(project("p1")),
        with_user("a project by id and by name")
            .variables("OS_PROJECT_ID=p1\nOS_PROJECT_NAME=lab\nOS_PROJECT_DOMAIN_ID=default")
            .sends(project("p1")),
        case("a project beside auth before the one in it")
            .clouds(
                "
clouds:
  lab:
    project_id: p1
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: p2, tenant_id: p3 }
",
            )
            .sends(project("p1")),
        case("a user in auth before the one beside it")
            .clouds(
                "
clouds:
  lab:
    user_id: u2
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1")),
        case("an empty project beside auth takes that in it away")
            .clouds(
                "
clouds:
  lab:
    project_id: ''
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, project_id: p2 }
",
            )
            .sends(by_id("u1")),
        with_user("a domain by id")
            .variables("OS_DOMAIN_ID=d1")
            .sends(scoped(by_id("u1"), json!({ "domain": { "id": "d1" } }))),
        with_user("a domain by name")
            .variables("OS_DOMAIN_NAME=Acme")
            .sends(scoped(by_id("u1"), json!({ "domain": { "name": "Acme" } }))),
        with_user("the system")
            .variables("OS_SYSTEM_SCOPE=all")
            .sends(scoped(by_id("u1"), json!({ "system": { "all": true } }))),
        with_user("a system that is not all of it")
            .variables("OS_SYSTEM_SCOPE=true")
            .refused(Kind::Invalid, &["OS_SYSTEM_SCOPE is not `all`"]),
        with_user("a trust")
            .variables("OS_TRUST_ID=tr1")
            .sends(scoped(by_id("u1"), json!({ "OS-TRUST:trust": { "id": "tr1" } }))),
        case("a trust, with the generic password")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000', user_id: u1, password: s3cret, trust_id: tr1 }
",
            )
            .sends(scoped(by_id("u1"), json!({ "OS-TRUST:trust": { "id": "tr1" } }))),
        case("unscoped, when that is said")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3password
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, unscoped: true }
",
            )
            .sends(scoped(by_id("u1"), json!("unscoped"))),
        case("unscoped, with the generic password")
            .clouds(
                "
clouds:
  lab:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret, unscoped: true }
",
            )
            .sends(scoped(by_id("u1"), json!("unscoped")))
            .differs("it fails with an error of Python"),
        with_user("nothing said of a scope").sends(by_id("u1")),
    ]
}

fn two_scopes() -> Vec<Case> {
    vec![
        with_user("a project and the system")
            .variables("OS_PROJECT_ID=p1\nOS_SYSTEM_SCOPE=all")
            .refused(
                Kind::Conflict,
                &["OS_PROJECT_ID", "OS_SYSTEM_SCOPE", "one scope"],
            ),
        with_user("a project and a trust")
            .variables("OS_PROJECT_ID=p1\nOS_TRUST_ID=tr1")
            .refused(Kind::Conflict, &["OS_PROJECT_ID", "OS_TRUST_ID"]),
        with_user("a domain and the system")
            .variables("OS_DOMAIN_ID=d1\nOS_SYSTEM_SCOPE=all")
            .refused(Kind::Conflict, &["OS_DOMAIN_ID", "OS_SYSTEM_SCOPE"]),
        case("a project in clouds.yaml and unscoped in secure.yaml")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3password
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, project_id: p1 }
",
            )
            .secure("clouds: { lab: { auth: { password: s3cret, unscoped: true } } }")
            .refused(
                Kind::Conflict,
                &[
                    "project_id (/root-of-case/cwd/clouds.yaml:5:84)",
                    "unscoped (/root-of-case/cwd/secure.yaml:1:54)",
                ],
            ),
        with_user("a project and a domain that nobody needs")
            .variables("OS_PROJECT_ID=p1\nOS_DOMAIN_ID=d1")
            .refused(Kind::Conflict, &["OS_PROJECT_ID", "OS_DOMAIN_ID"])
            .differs("which of the two scopes is meant can't be told"),
    ]
}
