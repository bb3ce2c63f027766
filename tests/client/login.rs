//! `generate_token`: each way to prove who asks, each scope, and what is sent for it.

use std::time::{Duration, SystemTime};

use openstack_identity::identity::v3::auth::{AuthMethod, DomainScope, SystemScope, TrustScope};
use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::{
    ApplicationCredential, AuthToken, Credentials, DomainRef, Error, ErrorKind, OpenStack,
    Password, ProjectScope, Scope, Totp, UserRef,
};
use openstack_identity_testing::{IdentityServer, Target, Trust, User, totp_passcode};
use serde_json::{Value, json};

use crate::assert_error;
use crate::support::{TOKENS, admin, check, demo, openstack, soon, start, token};

const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A token, and the `auth` object that was sent for it.
async fn generate(
    server: &IdentityServer,
    credentials: impl Into<Credentials>,
    scope: Option<Scope>,
) -> (Result<AuthToken, Error>, Value) {
    server.clear_requests();
    let call = openstack(server).identity_v3().generate_token(credentials);
    let call = match scope {
        Some(scope) => call.scope(scope),
        None => call,
    };
    let result = soon(call).await;
    if let Err(error) = &result {
        check(error, "generate_token", server);
    }
    let [request] = &server.requests()[..] else {
        panic!("{:?}", server.requests())
    };
    assert_eq!(
        (&*request.method, &*request.path, &request.query),
        ("POST", TOKENS, &None)
    );
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    assert_eq!(request.header("X-Auth-Token"), None);
    (result, request.json().unwrap()["auth"].clone())
}

async fn login(server: &IdentityServer, credentials: impl Into<Credentials>) -> (AuthToken, Value) {
    let (token, sent) = generate(server, credentials, None).await;
    (token.unwrap(), sent)
}

#[tokio::test]
async fn by_password() {
    let server = start().await;
    let (id, password) = (&server.demo().user_id, &server.demo().password);
    let (token, sent) = login(&server, demo(&server)).await;
    assert_eq!(
        (&token.user.id, &token.user.name),
        (id, &server.demo().user_name)
    );
    assert_eq!(token.methods, [AuthMethodName::Password]);
    assert_eq!(
        (&token.project, &token.catalog, &token.roles),
        (&None, &None, &None)
    );
    let user = json!({"id": id, "password": password});
    assert_eq!(
        sent,
        json!({"identity": {"methods": ["password"], "password": {"user": user}}})
    );
    for (domain, written) in [
        (DomainRef::by_id("default"), json!({"id": "default"})),
        (DomainRef::by_name("Default"), json!({"name": "Default"})),
    ] {
        let (token, sent) = login(&server, Password::by_name("demo", domain, &**password)).await;
        assert_eq!(&token.user.id, id);
        let user = json!({"name": "demo", "domain": written, "password": password});
        assert_eq!(sent["identity"]["password"]["user"], user);
    }
}

#[tokio::test]
async fn by_application_credential() {
    let server = start().await;
    let demo = server.demo();
    let (id, secret) = (
        &demo.application_credential_id,
        &*demo.application_credential_secret,
    );
    let (token, sent) = login(&server, ApplicationCredential::by_id(id, secret)).await;
    assert_eq!(&token.application_credential.as_ref().unwrap().id, id);
    assert_eq!(token.project.as_ref().unwrap().id, demo.project_id);
    let object = json!({"id": id, "secret": secret});
    let methods = json!(["application_credential"]);
    assert_eq!(
        sent,
        json!({"identity": {"methods": methods, "application_credential": object}})
    );
    let name = &demo.application_credential_name;
    for (user, written) in [
        (UserRef::by_id(&demo.user_id), json!({"id": demo.user_id})),
        (
            UserRef::by_name(&demo.user_name, DomainRef::by_id("default")),
            json!({"name": demo.user_name, "domain": {"id": "default"}}),
        ),
    ] {
        let (token, sent) =
            login(&server, ApplicationCredential::by_name(name, user, secret)).await;
        assert_eq!(&token.application_credential.as_ref().unwrap().name, name);
        assert_eq!(sent["identity"]["application_credential"]["user"], written);
    }
}

#[tokio::test]
async fn by_token() {
    let server = start().await;
    let first = token(&server).await;
    let scope = ProjectScope::by_id(&server.demo().project_id);
    let (second, sent) = generate(&server, first.id().clone(), Some(scope.into())).await;
    let second = second.unwrap();
    assert_ne!(second.id().expose(), first.id().expose());
    assert_eq!(second.expires_at, first.expires_at);
    assert_eq!(second.audit_ids.len(), 2);
    assert_eq!(second.audit_ids.last(), first.audit_ids.last());
    let identity = json!({"methods": ["token"], "token": {"id": first.id().expose()}});
    let scope = json!({"project": {"id": server.demo().project_id}});
    assert_eq!(sent, json!({"identity": identity, "scope": scope}));
}

#[tokio::test]
async fn by_the_web_server() {
    let server = IdentityServer::builder()
        .remote_user_header()
        .start()
        .await
        .unwrap();
    let transport = crate::transport::WithHeader("X-Test-Remote-User", "demo");
    let openstack = OpenStack::builder(server.auth_url())
        .transport(transport)
        .build()
        .unwrap();
    let token = soon(
        openstack
            .identity_v3()
            .generate_token(Credentials::new(AuthMethod::External)),
    )
    .await
    .unwrap();
    assert_eq!(
        (&*token.user.name, &token.methods[..]),
        ("demo", &[AuthMethodName::External][..])
    );
    let sent = server.requests().pop().unwrap().json().unwrap();
    assert_eq!(
        sent["auth"]["identity"],
        json!({"methods": ["external"], "external": {}})
    );
}

#[tokio::test]
async fn for_each_scope() {
    let mut world = IdentityServer::builder();
    let (demo_user, admin_user) = (world.demo().user_id.clone(), world.demo().admin_id.clone());
    let project = world.demo().project_id.clone();
    world.assign("member", &demo_user, Target::domain("default"));
    world.assign("admin", &demo_user, Target::System);
    let role = world.role_id("member").unwrap();
    let trust = world.add_trust(Trust::new(&demo_user, &admin_user, &project).role(role));
    let server = world.start().await.unwrap();
    let domain = || DomainRef::by_id("default");
    let cases: [(Scope, Value, [bool; 4]); 7] = [
        (
            Scope::Unscoped,
            json!("unscoped"),
            [false, false, false, false],
        ),
        (
            ProjectScope::by_id(&project).into(),
            json!({"project": {"id": project}}),
            [true, false, false, false],
        ),
        (
            ProjectScope::by_name("demo", domain()).into(),
            json!({"project": {"name": "demo", "domain": {"id": "default"}}}),
            [true, false, false, false],
        ),
        (
            DomainScope::by_id("default").into(),
            json!({"domain": {"id": "default"}}),
            [false, true, false, false],
        ),
        (
            DomainScope::by_name("Default").into(),
            json!({"domain": {"name": "Default"}}),
            [false, true, false, false],
        ),
        (
            SystemScope::new().into(),
            json!({"system": {"all": true}}),
            [false, false, true, false],
        ),
        (
            TrustScope::new(&trust).into(),
            json!({"OS-TRUST:trust": {"id": trust}}),
            [true, false, false, true],
        ),
    ];
    for (scope, written, expected) in cases {
        let who = if matches!(scope, Scope::Trust(_)) {
            admin(&server)
        } else {
            demo(&server)
        };
        let (token, sent) = generate(&server, who, Some(scope)).await;
        let token = token.unwrap();
        assert_eq!(sent["scope"], written);
        let got = [
            token.project.is_some(),
            token.domain.is_some(),
            token.system.is_some(),
            token.trust.is_some(),
        ];
        assert_eq!(got, expected, "{written}");
        assert_eq!(token.roles.is_some(), expected.contains(&true));
        assert_eq!(token.catalog.is_some(), expected.contains(&true));
    }
}

#[tokio::test]
async fn without_a_scope_the_default_project_is_taken() {
    let server = start().await;
    let project = &server.demo().project_id;
    server
        .set_default_project(&server.demo().user_id, Some(project))
        .unwrap();
    let (token, sent) = login(&server, demo(&server)).await;
    assert_eq!(&token.project.as_ref().unwrap().id, project);
    assert_eq!(sent.get("scope"), None);
    let (token, _) = generate(&server, demo(&server), Some(Scope::Unscoped)).await;
    assert_eq!(token.unwrap().project, None);
}

#[tokio::test]
async fn without_the_catalog() {
    let server = start().await;
    let call = openstack(&server)
        .identity_v3()
        .generate_token(demo(&server));
    let call = call
        .scope(ProjectScope::by_id(&server.demo().project_id))
        .without_catalog();
    let token = soon(call).await.unwrap();
    assert_eq!(token.catalog, None);
    assert!(token.roles.is_some());
    assert_eq!(server.requests()[0].query.as_deref(), Some("nocatalog"));
}

fn passcode(server: &IdentityServer, id: &str) -> Totp {
    Totp::by_id(
        id,
        totp_passcode(TOTP_SECRET, server.clock().now()).unwrap(),
    )
}

/// A server with a user who needs a password and a passcode.
async fn careful() -> (IdentityServer, String) {
    let mut world = IdentityServer::builder();
    let user = User::new("careful")
        .password("careful-password")
        .totp_secret(TOTP_SECRET);
    let id = world.add_user(user.mfa_rule(["password", "totp"]));
    (world.start().await.unwrap(), id)
}

#[tokio::test]
async fn step_by_step_with_a_receipt() {
    let (server, id) = careful().await;
    let identity = openstack(&server).identity_v3();
    let password = Password::by_id(&id, "careful-password");
    let error = soon(identity.generate_token(password)).await.unwrap_err();
    check(&error, "generate_token", &server);
    assert_eq!(error.status(), Some(401));
    assert!(error.to_string().contains("password + totp"), "{error}");
    let ErrorKind::MfaRequired(needed) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(needed.partial.receipt.methods, [AuthMethodName::Password]);
    assert_eq!(needed.partial.receipt.user.id, id);
    let call = identity
        .generate_token(passcode(&server, &id))
        .receipt(&needed.id);
    let token = soon(call).await.unwrap();
    assert_eq!((&token.user.id, token.methods.len()), (&id, 2));
    let request = server.requests().pop().unwrap();
    assert_eq!(
        request.header("Openstack-Auth-Receipt"),
        Some(needed.id.expose())
    );
    assert_eq!(
        request.json().unwrap()["auth"]["identity"]["methods"],
        json!(["totp"])
    );
}

#[tokio::test]
async fn with_several_methods_at_once() {
    let (server, id) = careful().await;
    let credentials = Credentials::new(Password::by_id(&id, "careful-password"));
    let credentials = credentials.and(passcode(&server, &id)).unwrap();
    let (token, sent) = login(&server, credentials).await;
    assert_eq!(token.user.id, id);
    assert_eq!(sent["identity"]["methods"], json!(["password", "totp"]));
}

#[tokio::test]
async fn with_a_wrong_passcode_or_receipt() {
    let (server, id) = careful().await;
    let identity = openstack(&server).identity_v3();
    let call = identity
        .generate_token(passcode(&server, &id))
        .receipt("no-such-receipt");
    let error = soon(call).await.unwrap_err();
    assert_error!(error, ErrorKind::CredentialsRejected, "[secret]");
    let credentials = Credentials::new(Password::by_id(&id, "careful-password"));
    let credentials = credentials.and(Totp::by_id(&id, "000000x")).unwrap();
    let (refused, _) = generate(&server, credentials, None).await;
    assert_error!(refused.unwrap_err(), ErrorKind::CredentialsRejected);
}

#[tokio::test]
async fn refusals_tell_what_can_be_done() {
    let server = start().await;
    let id = &server.demo().user_id;
    let (refused, _) = generate(&server, Password::by_id(id, "wrong-password"), None).await;
    assert_error!(
        refused.unwrap_err(),
        ErrorKind::CredentialsRejected,
        "401 Unauthorized: The request you have made"
    );
    let (refused, _) = generate(&server, demo(&server), Some(SystemScope::new().into())).await;
    assert_error!(refused.unwrap_err(), ErrorKind::CredentialsRejected);
    let credential = ApplicationCredential::by_id(
        &server.demo().application_credential_id,
        &*server.demo().application_credential_secret,
    );
    let (refused, _) = generate(&server, credential, Some(Scope::Unscoped)).await;
    assert_error!(
        refused.unwrap_err(),
        ErrorKind::ScopeRejected,
        "application credential"
    );
    server
        .set_password_expires_at(id, Some(SystemTime::now() - Duration::from_secs(9)))
        .unwrap();
    let (refused, _) = generate(&server, demo(&server), None).await;
    assert_error!(
        refused.unwrap_err(),
        ErrorKind::PasswordExpired,
        "change the password"
    );
}

#[tokio::test]
async fn a_method_that_is_not_enabled() {
    let server = IdentityServer::builder()
        .auth_methods(["token", "totp"])
        .start()
        .await
        .unwrap();
    let (refused, _) = generate(&server, demo(&server), None).await;
    let error = refused.unwrap_err();
    let ErrorKind::MethodNotEnabled(methods) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(methods[..], [AuthMethodName::Token, AuthMethodName::Totp]);
}

#[tokio::test]
async fn neither_uses_nor_changes_the_session() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    soon(identity.generate_token(admin(&server))).await.unwrap();
    let projects = soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(projects[0].name, "demo");
    soon(identity.generate_token(admin(&server))).await.unwrap();
    assert_eq!(soon(identity.list_auth_projects()).await.unwrap(), projects);
    assert_eq!(server.count("POST", TOKENS), 3);
    let posts = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "POST");
    assert!(
        posts
            .into_iter()
            .all(|request| request.header("X-Auth-Token").is_none())
    );
}
