//! Each way to prove who asks.

use openstack_identity::config::ConfigErrorKind as Kind;
use serde_json::{Value, json};

use super::{by_id, demo, demo_for_lab, scoped};
use crate::case::{Case, case};

const URL: &str = "OS_AUTH_URL=https://keystone.example:5000/v3";

pub fn cases() -> Vec<Case> {
    let mut cases = passwords_and_tokens();
    cases.extend(application_credentials());
    cases.extend(passcodes());
    cases.extend(unsupported());
    cases
}

fn with_url(name: &'static str) -> Case {
    case(name).variables(URL)
}

fn token() -> Value {
    json!({ "identity": { "methods": ["token"], "token": { "id": "t0ken" } } })
}

fn passwords_and_tokens() -> Vec<Case> {
    vec![
        case("the generic password, by names, old ones")
            .clouds(
                "
clouds:
  lab:
    auth:
      auth_url: https://keystone.example:5000
      user_name: demo
      password: s3cret
      tenant_name: lab
      user_domain_name: Default
      project_domain_name: Default
",
            )
            .sends(demo_for_lab()),
        with_url("v3password")
            .variables("OS_AUTH_TYPE=v3password\nOS_USERNAME=demo\nOS_PASSWORD=s3cret\nOS_USER_DOMAIN_ID=default")
            .sends(json!({ "identity": demo(json!({ "id": "default" })) })),
        with_url("no password")
            .variables("OS_USER_ID=u1")
            .refused(Kind::Missing, &["no `password`", "auth_type is password, by default", "set OS_PASSWORD"]),
        with_url("no user").variables("OS_AUTH_TYPE=v3password\nOS_PASSWORD=s3cret")
            .refused(Kind::Missing, &["no `username` (OS_AUTH_TYPE is v3password)"])
            .differs("it sends a password without a user"),
        with_url("the generic token")
            .variables("OS_AUTH_TYPE=token\nOS_TOKEN=t0ken\nOS_PROJECT_ID=p1")
            .sends(scoped(token(), json!({ "project": { "id": "p1" } }))),
        with_url("v3token").variables("OS_AUTH_TYPE=v3token\nOS_TOKEN=t0ken").sends(token()),
        with_url("a token by its old name")
            .variables("OS_AUTH_TYPE=v3token\nOS_AUTH_TOKEN=t0ken").sends(token()),
        case("a token in auth, and another beside it")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3token
    token: t0ken
    auth: { auth_url: 'https://keystone.example:5000/v3', token: old }
",
            )
            .sends(token()),
        with_url("a token without the auth_type for it")
            .variables("OS_TOKEN=t0ken")
            .refused(Kind::Missing, &["as OS_TOKEN is given, set the auth_type to token"]),
        with_url("auth_plugin, as old tools had it")
            .variables("OS_AUTH_PLUGIN=v3token\nOS_TOKEN=t0ken")
            .sends(token())
            .differs("its own default hides what was said"),
        with_url("auth_plugin and auth_type")
            .variables("OS_AUTH_PLUGIN=v3token\nOS_AUTH_TYPE=v3password\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .sends(by_id("u1")),
    ]
}

fn application_credentials() -> Vec<Case> {
    vec![
        with_url("an application credential by id")
            .variables(
                "
                OS_AUTH_TYPE=v3applicationcredential
                OS_APPLICATION_CREDENTIAL_ID=ac1
                OS_APPLICATION_CREDENTIAL_SECRET=s3cret
                ",
            )
            .sends(json!({
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": { "id": "ac1", "secret": "s3cret" },
                },
            })),
        case("an application credential by name and user")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://keystone.example:5000/v3
      application_credential_name: deploy
      application_credential_secret: s3cret
      username: demo
      user_domain_name: Default
",
            )
            .sends(json!({
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": {
                        "name": "deploy",
                        "secret": "s3cret",
                        "user": { "name": "demo", "domain": { "name": "Default" } },
                    },
                },
            })),
        with_url("an application credential by name and the user's id")
            .variables(
                "
                OS_AUTH_TYPE=v3applicationcredential
                OS_APPLICATION_CREDENTIAL_NAME=deploy
                OS_APPLICATION_CREDENTIAL_SECRET=s3cret
                OS_USER_ID=u1
                ",
            )
            .sends(json!({
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": { "name": "deploy", "secret": "s3cret", "user": { "id": "u1" } },
                },
            })),
        with_url("an application credential and a project")
            .variables(
                "
                OS_AUTH_TYPE=v3applicationcredential
                OS_APPLICATION_CREDENTIAL_ID=ac1
                OS_APPLICATION_CREDENTIAL_SECRET=s3cret
                OS_PROJECT_ID=p1
                ",
            )
            .refused(
                Kind::Conflict,
                &["OS_APPLICATION_CREDENTIAL_ID", "OS_PROJECT_ID", "unset OS_PROJECT_ID"],
            )
            .differs("it sends the scope, which the server always refuses"),
        with_url("an application credential without its secret")
            .variables("OS_AUTH_TYPE=v3applicationcredential\nOS_APPLICATION_CREDENTIAL_ID=ac1")
            .refused(Kind::Missing, &["no `application_credential_secret`"]),
        with_url("an application credential without its name")
            .variables("OS_AUTH_TYPE=v3applicationcredential\nOS_APPLICATION_CREDENTIAL_SECRET=s3cret")
            .refused(Kind::Missing, &["no `application_credential_id`"]),
    ]
}

fn passcodes() -> Vec<Case> {
    let both = || {
        json!({
            "identity": {
                "methods": ["password", "totp"],
                "password": { "user": { "id": "u1", "password": "s3cret" } },
                "totp": { "user": { "id": "u1", "passcode": "098765" } },
            },
            "scope": { "project": { "id": "p1" } },
        })
    };
    vec![
        with_url("v3totp")
            .variables("OS_AUTH_TYPE=v3totp\nOS_USERNAME=demo\nOS_USER_DOMAIN_ID=default\nOS_PASSCODE=098765")
            .sends(json!({
                "identity": {
                    "methods": ["totp"],
                    "totp": { "user": { "name": "demo", "domain": { "id": "default" }, "passcode": "098765" } },
                },
            })),
        case("v3multifactor, with a list")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3multifactor
    auth_methods: [v3password, v3totp]
    auth:
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: s3cret
      passcode: '098765'
      project_id: p1
",
            )
            .sends(both()),
        with_url("v3multifactor, with commas")
            .variables(
                "
                OS_AUTH_TYPE=v3multifactor
                OS_AUTH_METHODS=v3password,v3totp
                OS_USER_ID=u1
                OS_PASSWORD=s3cret
                OS_PASSCODE=098765
                OS_PROJECT_ID=p1
                ",
            )
            .sends(both()),
        case("v3multifactor, with commas in auth, by the methods' own names")
            .clouds(
                "
clouds:
  lab:
    auth_type: v3multifactor
    auth:
      auth_methods: password, totp
      auth_url: https://keystone.example:5000/v3
      user_id: u1
      password: s3cret
      passcode: '098765'
      project_id: p1
",
            )
            .sends(both())
            .differs("it takes the text letter by letter"),
        with_url("v3multifactor, with a token")
            .variables(
                "
                OS_AUTH_TYPE=v3multifactor
                OS_AUTH_METHODS=v3token,v3totp
                OS_TOKEN=t0ken
                OS_USER_ID=u1
                OS_PASSCODE=098765
                ",
            )
            .sends(json!({
                "identity": {
                    "methods": ["token", "totp"],
                    "token": { "id": "t0ken" },
                    "totp": { "user": { "id": "u1", "passcode": "098765" } },
                },
            })),
        with_url("v3multifactor without methods")
            .variables("OS_AUTH_TYPE=v3multifactor\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .refused(Kind::Missing, &["no `auth_methods`"]),
        with_url("v3multifactor with a method that is none")
            .variables("OS_AUTH_TYPE=v3multifactor\nOS_AUTH_METHODS=v3password,v3topt\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .refused(Kind::Unsupported, &["OS_AUTH_METHODS names `v3topt`", "did you mean `v3totp`?"]),
        with_url("v3multifactor with a method twice")
            .variables("OS_AUTH_TYPE=v3multifactor\nOS_AUTH_METHODS=v3password,v3password\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .refused(Kind::Invalid, &["twice"])
            .differs("it sends the method twice"),
    ]
}

fn unsupported() -> Vec<Case> {
    vec![
        with_url("a method that is not supported")
            .variables("OS_AUTH_TYPE=v3oidcpassword\nOS_USERNAME=demo\nOS_PASSWORD=s3cret\nOS_IDENTITY_PROVIDER=idp\n\
                 OS_PROTOCOL=openid\nOS_CLIENT_ID=c\nOS_CLIENT_SECRET=s3cret\nOS_ACCESS_TOKEN_ENDPOINT=https://idp.example/token")
            .refused(
                Kind::Unsupported,
                &["OS_AUTH_TYPE is `v3oidcpassword`", "password, v3password, token, v3token, v3totp"],
            )
.differs("logins at other servers than Keystone are not supported"),
        with_url("a misspelt method")
            .variables("OS_AUTH_TYPE=v3pasword\nOS_USER_ID=u1\nOS_PASSWORD=s3cret")
            .refused(Kind::Unsupported, &["did you mean `v3password`?"]),
        with_url("version 2 of the API")
            .variables("OS_AUTH_TYPE=v2password\nOS_USERNAME=demo\nOS_PASSWORD=s3cret")
            .refused(Kind::Unsupported, &["version 2 of the Identity API is gone"])
.differs("it sends a login of version 2"),
        case("no authentication at all")
            .clouds("clouds: { ironic: { auth_type: none, auth: { endpoint: 'https://ironic.example' } } }")
            .refused(Kind::Unsupported, &["clouds.yaml:1:32", "without the Identity service"])
.differs("it goes without a login, and there is nothing to log in to"),
        case("an auth_type that is nothing")
            .clouds(
                "
clouds:
  lab:
    auth_type:
    auth: { auth_url: 'https://keystone.example:5000/v3', user_id: u1, password: s3cret }
",
            )
            .sends(by_id("u1"))
            .differs("nothing is not `none`"),
    ]
}
