//! What is done with tokens, and what they lead to.

use std::time::Duration;

use openstack_identity::identity::v3::tokens::{GetToken, RevokeToken, ValidateToken};
use openstack_identity::{
    ApplicationCredential, Error, ErrorKind, OpenStack, ProjectScope, Validity,
};
use openstack_identity_testing::{
    AccessRule, ApplicationCredential as NewCredential, Fault, IdentityServer,
};

use crate::assert_error;
use crate::support::{
    SUBJECT, TOKENS, admin, administrator, builder, check, openstack, soon, start, token,
};

#[tokio::test]
async fn a_token_is_shown() {
    let server = start().await;
    let token = token(&server).await;
    let shown = soon(openstack(&server).identity_v3().get_token(token.id()))
        .await
        .unwrap();
    assert_eq!(shown, *token);
    let [login, get] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        (&*login.method, &*get.method, &*get.path, &get.query),
        ("POST", "GET", TOKENS, &None)
    );
    assert_eq!(get.header(SUBJECT), Some(token.id().expose()));
    assert!(
        get.header("X-Auth-Token")
            .is_some_and(|session| session != token.id().expose())
    );
    let error = soon(openstack(&server).identity_v3().get_token("no-such-token"))
        .await
        .unwrap_err();
    check(&error, "get_token", &server);
    assert_error!(error, ErrorKind::NotFound, "404 Not Found");
}

#[tokio::test]
async fn a_token_is_valid_invalid_or_somebody_elses() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let own = token(&server).await;
    assert_eq!(
        soon(identity.validate_token(own.id())).await.unwrap(),
        Validity::Valid
    );
    assert_eq!(
        soon(identity.validate_token("no-such-token"))
            .await
            .unwrap(),
        Validity::Invalid
    );
    let foreign = soon(identity.generate_token(admin(&server))).await.unwrap();
    assert_eq!(
        soon(identity.validate_token(foreign.id())).await.unwrap(),
        Validity::Forbidden
    );
    let administrator = administrator(&server).identity_v3();
    assert_eq!(
        soon(administrator.validate_token(own.id())).await.unwrap(),
        Validity::Valid
    );
    soon(administrator.revoke_token(own.id())).await.unwrap();
    assert_eq!(
        soon(identity.validate_token(own.id())).await.unwrap(),
        Validity::Invalid
    );
    assert_eq!(
        soon(administrator.validate_token(own.id())).await.unwrap(),
        Validity::Invalid
    );
    let [.., head, confirmed] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        (&*head.method, &*head.path, &head.query),
        ("HEAD", TOKENS, &None)
    );
    // After a 404 the session makes sure that its own token is good.
    let session = confirmed.header("X-Auth-Token");
    assert_eq!(confirmed.header(SUBJECT), session);
    assert_eq!(head.header(SUBJECT), Some(own.id().expose()));
}

#[tokio::test]
async fn an_outage_says_nothing_about_a_token() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    for (fault, status) in [
        (Fault::status(503), Some(503)),
        (Fault::status(500), Some(500)),
        (Fault::status(429), Some(429)),
        (Fault::status(404).html("<h1>404</h1>"), Some(404)),
        (Fault::status(403).html("<h1>403</h1>"), Some(403)),
        (Fault::drop_connection(), None),
    ] {
        server.inject(fault);
        let error = soon(identity.validate_token("a-token")).await.unwrap_err();
        check(&error, "validate_token", &server);
        assert_eq!(
            (error.status(), error.method().unwrap()),
            (status, &http::Method::HEAD)
        );
    }
}

#[tokio::test]
async fn a_token_is_revoked() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let token = token(&server).await;
    soon(identity.revoke_token(token.id())).await.unwrap();
    let [_, delete] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        (&*delete.method, &*delete.path, &delete.query),
        ("DELETE", TOKENS, &None)
    );
    assert_eq!(delete.header(SUBJECT), Some(token.id().expose()));
    let error = soon(identity.revoke_token(token.id())).await.unwrap_err();
    check(&error, "revoke_token", &server);
    assert_error!(error, ErrorKind::NotFound, "check the id");
    let foreign = soon(identity.generate_token(admin(&server))).await.unwrap();
    let error = soon(identity.revoke_token(foreign.id())).await.unwrap_err();
    assert_error!(error, ErrorKind::Forbidden, "identity:revoke_token");
    // The session's own token is none of those, and still good.
    soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 2);
}

#[tokio::test]
async fn after_its_own_token_the_session_logs_in_again() {
    let server = start().await;
    let token = token(&server).await;
    let identity = builder(&server)
        .cached_token(token.clone())
        .build()
        .unwrap()
        .identity_v3();
    soon(identity.revoke_token(token.id())).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 0);
    soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(server.count("POST", TOKENS), 1);
    assert_ne!(
        server.requests().pop().unwrap().header("X-Auth-Token"),
        Some(token.id().expose())
    );
}

#[tokio::test]
async fn operations_have_options_that_methods_lack() {
    let server = start().await;
    let project = ProjectScope::by_id(&server.demo().project_id);
    let call = openstack(&server)
        .identity_v3()
        .generate_token(crate::support::demo(&server))
        .scope(project);
    let token = soon(call).await.unwrap();
    server.clock().advance(Duration::from_secs(2 * 3600));
    let identity = administrator(&server).identity_v3();
    assert_eq!(
        soon(identity.validate_token(token.id())).await.unwrap(),
        Validity::Invalid
    );
    let expired = GetToken::new(token.id())
        .allow_expired(true)
        .nocatalog(true);
    let shown = soon(identity.send(expired)).await.unwrap();
    assert_eq!(
        (shown.expires_at, &shown.catalog),
        (token.expires_at, &None)
    );
    soon(identity.send(ValidateToken::new(token.id()).allow_expired(true)))
        .await
        .unwrap();
    let queries: Vec<_> = server
        .requests()
        .into_iter()
        .rev()
        .take(2)
        .filter_map(|request| request.query)
        .collect();
    assert_eq!(
        queries,
        ["allow_expired=true", "nocatalog&allow_expired=true"]
    );
}

#[tokio::test]
async fn a_token_may_live_on_after_the_one_it_came_from() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    for (cascade, left) in [(false, Validity::Valid), (true, Validity::Invalid)] {
        let first = token(&server).await;
        let second = soon(identity.generate_token(first.id().clone()))
            .await
            .unwrap();
        soon(identity.send(RevokeToken::new(first.id()).cascade(cascade)))
            .await
            .unwrap();
        assert_eq!(
            soon(identity.validate_token(second.id())).await.unwrap(),
            left
        );
        // The next token is to be none of those that this second's revocation hits.
        server.clock().advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_token_with_access_rules_is_shown_to_who_can_enforce_them() {
    let mut world = IdentityServer::builder();
    let (user, project) = (
        world.demo().user_id.clone(),
        world.demo().project_id.clone(),
    );
    let rule = AccessRule::new("compute", "GET", "/v2.1/servers");
    let id = world.add_application_credential(
        NewCredential::new(user, project)
            .secret("s3cret")
            .access_rule(rule),
    );
    let server = world.start().await.unwrap();
    let identity = administrator(&server).identity_v3();
    let token = soon(identity.generate_token(ApplicationCredential::by_id(id, "s3cret")))
        .await
        .unwrap();
    assert_eq!(
        soon(identity.validate_token(token.id())).await.unwrap(),
        Validity::Invalid
    );
    let shown = soon(identity.send(GetToken::new(token.id()).access_rules_version("1.0")))
        .await
        .unwrap();
    let rules = shown.application_credential.unwrap().access_rules.unwrap();
    assert_eq!(
        (&*rules[0].service, &*rules[0].path),
        ("compute", "/v2.1/servers")
    );
}

#[tokio::test]
async fn errors_carry_their_facts() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let error = soon(identity.get_token("no-such-token")).await.unwrap_err();
    assert_eq!(error.operation(), "get_token");
    assert_eq!(error.method(), Some(&http::Method::GET));
    assert_eq!(
        error.host(),
        server.base_url().trim_start_matches("http://")
    );
    assert_eq!(error.status(), Some(404));
    assert!(error.request_id().unwrap().starts_with("req-"));
    assert!(error.to_string().contains(error.request_id().unwrap()));
    let error = soon(
        OpenStack::builder(server.auth_url())
            .build()
            .unwrap()
            .identity_v3()
            .get_catalog(),
    )
    .await;
    let error: Box<dyn std::error::Error + Send + Sync> = error.unwrap_err().into();
    assert!(matches!(
        error.downcast_ref::<Error>().unwrap().kind(),
        ErrorKind::NoCredentials
    ));
}
