//! What sessions for several scopes know together, and tokens that bring other tokens.

use std::time::Duration;

use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::{
    Credentials, ErrorKind, Event, OpenStack, Password, ProjectScope, Scope, Totp, factor_from,
};
use openstack_identity_testing::{Fault, IdentityServer, Project, totp_passcode};

use crate::factors::{SEED, with_password, with_rules};
use crate::{Counter, TOKENS, builder, call, logins, start, start_with_lifetime, until};

#[tokio::test]
async fn a_wrong_password_is_posted_once_whatever_the_scope() {
    let server = start().await;
    let wrong = Password::by_id(&server.demo().user_id, "wrong");
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(wrong)
        .build()
        .unwrap();
    for n in 0..5 {
        let project = openstack.rescope(ProjectScope::by_id(format!("project-{n}")));
        let error = call(&project).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::CredentialsRejected),
            "{error}"
        );
    }
    call(&openstack).await.unwrap_err();
    assert_eq!(logins(&server), 1, "a loop over projects locks nobody out");
}

#[tokio::test]
async fn a_wrong_password_is_posted_once_by_many_scopes_at_once() {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_millis(300)).on("POST", TOKENS));
    let wrong = Password::by_id(&server.demo().user_id, "wrong");
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(wrong)
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let project = openstack.rescope(ProjectScope::by_id(format!("project-{n}")));
            tokio::spawn(async move { call(&project).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap_err();
    }
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_refused_scope_says_nothing_of_another() {
    let server = start().await;
    let forbidden = server.add_project(Project::new("forbidden"));
    let openstack = builder(&server).build().unwrap();
    call(&openstack).await.unwrap();
    let other = openstack.rescope(ProjectScope::by_id(&forbidden));
    call(&other).await.unwrap_err();
    // The session of its own for the same scope knows it too.
    let again = openstack.rescope(ProjectScope::by_id(&forbidden));
    let error = call(&again).await.unwrap_err();
    assert!(error.to_string().contains("not sent again yet"), "{error}");
    let allowed = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    call(&allowed).await.unwrap();
    assert_eq!(logins(&server), 3);
}

#[tokio::test]
async fn a_passcode_is_not_replayed_for_another_scope() {
    let (server, id) = with_rules(&[&["password", "totp"]]).await;
    let passcode = totp_passcode(SEED, server.clock().now()).unwrap();
    let both = Credentials::new(Password::by_id(&id, "careful-password"))
        .and(Totp::by_id(&id, passcode))
        .unwrap();
    let openstack = OpenStack::builder(server.auth_url())
        .credentials(both)
        .build()
        .unwrap();
    call(&openstack).await.unwrap();
    let error = call(&openstack.rescope(Scope::Unscoped)).await.unwrap_err();
    assert!(error.to_string().contains("passcode was used"), "{error}");
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_passcode_that_a_callback_repeats_is_sent_once() {
    let (server, id) = with_rules(&[&["password", "totp"]]).await;
    let passcode = totp_passcode(SEED, server.clock().now()).unwrap();
    let sent = passcode.clone();
    let asked = factor_from(AuthMethodName::Totp, move |user_id| {
        let passcode = passcode.clone();
        async move { Ok(Totp::by_id(user_id, passcode).into()) }
    });
    let openstack = with_password(&server, &id).factor(asked).build().unwrap();
    call(&openstack).await.unwrap();
    for scope in [Scope::Unscoped, Scope::Unscoped] {
        let error = call(&openstack.rescope(scope)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
        assert!(error.to_string().contains("passcode was used"), "{error}");
    }
    let bodies = server.requests().into_iter();
    let bodies = bodies.filter(|request| {
        request
            .json()
            .is_some_and(|body| body.to_string().contains(&sent))
    });
    assert_eq!(bodies.count(), 1);
}

/// A client that has nothing but a token of the demo user, without a scope.
async fn with_token_only(server: &IdentityServer) -> OpenStack {
    let token = builder(server).build().unwrap().token().await.unwrap();
    server.clear_requests();
    OpenStack::builder(server.auth_url())
        .cached_token(token)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_token_alone_is_exchanged_for_another_scope() {
    let server = start().await;
    let openstack = with_token_only(&server).await;
    let first = openstack.token().await.unwrap();
    let project = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    let token = project.token().await.unwrap();
    assert_eq!(token.project.as_ref().unwrap().id, server.demo().project_id);
    assert_eq!(token.expires_at, first.expires_at);
    let unscoped = project.rescope(Scope::Unscoped).token().await.unwrap();
    assert!(unscoped.project.is_none(), "and on from there");
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_dead_token_alone_says_what_is_wrong_with_it() {
    let server = start_with_lifetime(Duration::from_secs(1)).await;
    let openstack = with_token_only(&server).await;
    let project = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    for client in [&project, &openstack] {
        let error = call(client).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
        assert!(error.to_string().contains("token has expired"), "{error}");
    }
    assert_eq!(logins(&server), 0);

    let server = start().await;
    let openstack = with_token_only(&server).await;
    let project = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    call(&openstack).await.unwrap_err();
    for client in [&project, &openstack] {
        let error = call(client).await.unwrap_err();
        assert!(
            error.to_string().contains("server has refused the token"),
            "{error}"
        );
    }
    assert_eq!(logins(&server), 0);
}

/// Lets the token of a client get so old that its renewal is due, and the client notice.
async fn age(server: &IdentityServer, openstack: &OpenStack) {
    server.clock().advance(Duration::from_secs(93));
    call(openstack).await.unwrap();
}

/// Tokens of this server are due in the last 10 s to 15 s of their lives.
async fn aging() -> IdentityServer {
    start_with_lifetime(Duration::from_secs(100)).await
}

#[tokio::test]
async fn a_token_that_comes_of_a_token_is_not_renewed_early() {
    let server = aging().await;
    let openstack = with_token_only(&server).await;
    let project = openstack.rescope(ProjectScope::by_id(&server.demo().project_id));
    call(&project).await.unwrap();
    age(&server, &project).await;
    for _ in 0..5 {
        call(&project).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(logins(&server), 1, "it could not live longer");
}

#[tokio::test]
async fn an_expired_cached_token_is_no_hit() {
    let server = start_with_lifetime(Duration::from_secs(1)).await;
    let token = builder(&server).build().unwrap().token().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let counter = Counter::default();
    let openstack = builder(&server)
        .cached_token(token)
        .on_event(counter.hook())
        .build()
        .unwrap();
    call(&openstack).await.unwrap();
    assert_eq!(counter.of(Event::CacheHit), 0);
    // The next one lives for a second at most, and may end on the way.
    assert!((1..=2).contains(&counter.of(Event::Login)));
}

#[tokio::test]
async fn closing_waits_for_a_renewal_and_revokes_what_it_brings() {
    let server = aging().await;
    let openstack = builder(&server).revoke_on_close(true).build().unwrap();
    let first = openstack.token().await.unwrap();
    age(&server, &openstack).await;
    server.inject(Fault::delay(Duration::from_secs(1)).on("POST", TOKENS));
    openstack.token().await.unwrap();
    until("the renewal", || logins(&server) == 2).await;
    openstack.close().await.unwrap();
    assert_eq!(server.count("DELETE", TOKENS), 1);
    let revoked = server.requests().into_iter();
    let revoked = revoked.filter(|request| request.method == "DELETE");
    for request in revoked {
        let id = request.header("X-Subject-Token").unwrap();
        assert_eq!(request.header("X-Auth-Token"), Some(id));
        assert_ne!(id, first.id().expose(), "the new one");
    }
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn closing_with_a_token_that_is_due_or_refused_logs_nobody_in() {
    let server = aging().await;
    let openstack = builder(&server).revoke_on_close(true).build().unwrap();
    openstack.token().await.unwrap();
    age(&server, &openstack).await;
    openstack.close().await.unwrap();
    assert_eq!((logins(&server), server.count("DELETE", TOKENS)), (1, 1));

    let server = start().await;
    let openstack = builder(&server).revoke_on_close(true).build().unwrap();
    openstack.token().await.unwrap();
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(Duration::from_secs(2));
    openstack.close().await.unwrap();
    assert_eq!((logins(&server), server.count("DELETE", TOKENS)), (1, 1));
}

#[tokio::test]
async fn closing_that_fails_says_so_and_the_token_is_kept() {
    let server = start().await;
    let openstack = builder(&server)
        .revoke_on_close(true)
        .retries(0)
        .build()
        .unwrap();
    openstack.token().await.unwrap();
    server.inject(Fault::status(500).on("DELETE", TOKENS));
    let error = openstack.clone().close().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ServerError), "{error}");
    openstack.close().await.unwrap();
    assert_eq!((logins(&server), server.count("DELETE", TOKENS)), (1, 2));
}
