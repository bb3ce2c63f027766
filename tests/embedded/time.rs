//! What the clock does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openstack_identity_testing::{
    ApplicationCredential, IdentityServer, Target, Trust, User, totp_passcode,
};
use serde_json::{Value, json};

use crate::{admin, by_password, client, demo, header, post, status, token, validate};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_token_expires_when_its_lifetime_is_over() {
    let server = IdentityServer::builder()
        .token_lifetime(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let subject = token(demo(&server)).await;
    server.clock().advance(Duration::from_secs(55));
    let caller = admin(&server).await;
    assert_eq!(validate(&server, &caller, &subject, "").await, 200);
    server.clock().advance(Duration::from_secs(5));
    assert_eq!(validate(&server, &caller, &subject, "").await, 404);
    assert_eq!(validate(&server, &subject, &subject, "").await, 401);
    let exchange = json!({"identity": {"methods": ["token"], "token": {"id": subject}}});
    assert_eq!(status(post(&server, &exchange)).await, 404);
}

#[tokio::test]
async fn an_expired_token_can_be_validated_for_two_days_on_request() {
    let server = IdentityServer::start().await.unwrap();
    let subject = token(demo(&server)).await;
    server.clock().advance(HOUR * 48);
    let caller = admin(&server).await;
    assert_eq!(validate(&server, &caller, &subject, "").await, 404);
    assert_eq!(
        validate(&server, &caller, &subject, "?allow_expired=true").await,
        200
    );
    assert_eq!(
        validate(&server, &caller, &subject, "?allow_expired").await,
        404
    );
    assert_eq!(
        validate(&server, &subject, &subject, "?allow_expired=true").await,
        401
    );
    server.clock().advance(HOUR);
    let caller = admin(&server).await;
    assert_eq!(
        validate(&server, &caller, &subject, "?allow_expired=true").await,
        404
    );
}

#[tokio::test]
async fn a_revoked_token_stays_dead_in_the_window() {
    let server = IdentityServer::start().await.unwrap();
    let subject = token(demo(&server)).await;
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    server.clock().advance(HOUR * 2);
    let caller = admin(&server).await;
    assert_eq!(
        validate(&server, &caller, &subject, "?allow_expired=1").await,
        404
    );
}

#[tokio::test]
async fn a_token_of_the_second_of_a_change_of_password_is_dead_and_the_next_ones_live() {
    let server = IdentityServer::start().await.unwrap();
    let moment = UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    server.clock().set(moment);
    let user = server.demo().user_id.clone();
    server.set_password(&user, "new").unwrap();
    server.clock().set(moment);
    let login = by_password(&user, "new", None);
    let dead = token(post(&server, &login)).await;
    server.clock().set(moment + Duration::from_secs(1));
    let live = token(post(&server, &login)).await;
    let caller = admin(&server).await;
    assert_eq!(validate(&server, &caller, &dead, "").await, 404);
    assert_eq!(validate(&server, &caller, &live, "").await, 200);
}

#[tokio::test]
async fn an_expired_password_is_named_only_to_who_knows_it() {
    let server = IdentityServer::start().await.unwrap();
    let end = server.clock().now() + Duration::from_micros(90_000_000_001);
    let user = server.add_user(User::new("late").password("right").password_expires_at(end));
    let body: Value = post(&server, &by_password(&user, "right", None))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let shown = body["token"]["user"]["password_expires_at"]
        .as_str()
        .unwrap();
    assert_eq!(shown.len(), "2026-11-23T13:48:26.123456".len(), "{shown}");
    server.clock().advance(HOUR * 26);
    for (password, needle) in [
        ("right", "is expired"),
        ("wrong", "requires authentication"),
    ] {
        let response = post(&server, &by_password(&user, password, None))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401);
        let text = response.text().await.unwrap();
        assert!(text.contains(needle), "{text}");
    }
}

#[tokio::test]
async fn receipts_expire() {
    let server = IdentityServer::builder()
        .receipt_lifetime(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let secret = "JBSWY3DPEHPK3PXP";
    let new = User::new("careful")
        .password("p")
        .totp_secret(secret)
        .mfa_rule(["password", "totp"]);
    let user = server.add_user(new);
    let receipt = post(&server, &by_password(&user, "p", None))
        .send()
        .await
        .unwrap();
    let receipt = header(&receipt, "openstack-auth-receipt").unwrap();
    let second = || {
        let passcode = totp_passcode(secret, server.clock().now()).unwrap();
        let user = json!({"id": user, "passcode": passcode});
        let auth = json!({"identity": {"methods": ["totp"], "totp": {"user": user}}});
        post(&server, &auth).header("Openstack-Auth-Receipt", &receipt)
    };
    assert_eq!(status(second()).await, 201);
    server.clock().advance(Duration::from_secs(50));
    assert_eq!(status(second()).await, 201);
    server.clock().advance(Duration::from_secs(10));
    assert_eq!(status(second()).await, 401);
}

#[tokio::test]
async fn passcodes_follow_the_clock() {
    let server = IdentityServer::start().await.unwrap();
    let secret = "JBSWY3DPEHPK3PXP";
    let user = server.add_user(User::new("timed").totp_secret(secret));
    // The beginning of a step, so that the seconds that pass in this test don't matter.
    let moment = UNIX_EPOCH + Duration::from_secs(2_000_000_010);
    let passcode = totp_passcode(secret, moment).unwrap();
    let auth = json!({"identity": {"methods": ["totp"], "totp": {"user": {"id": user, "passcode": passcode}}}});
    for (after, expected) in [(0, 201), (30, 201), (60, 401)] {
        server.clock().set(moment + Duration::from_secs(after));
        assert_eq!(
            status(post(&server, &auth)).await,
            expected,
            "after {after} s"
        );
    }
}

#[tokio::test]
async fn tokens_end_with_the_delegation_that_they_come_from() {
    let server = IdentityServer::start().await.unwrap();
    let demo = server.demo().clone();
    let end = server.clock().now() + Duration::from_secs(600);
    let trustee = server.add_user(User::new("trustee").password("p"));
    let role = server.role_id("member").unwrap();
    let trust = Trust::new(&demo.user_id, &trustee, &demo.project_id)
        .role(role)
        .expires_at(end);
    let trust = server.add_trust(trust);
    let new = ApplicationCredential::new(&demo.user_id, &demo.project_id)
        .secret("s")
        .expires_at(end);
    let credential = server.add_application_credential(new);
    let by_trust = by_password(
        &trustee,
        "p",
        Some(json!({"OS-TRUST:trust": {"id": trust}})),
    );
    let payload = json!({"id": credential, "secret": "s"});
    let by_credential = json!({"identity": {"methods": ["application_credential"], "application_credential": payload}});
    let tokens = [
        token(post(&server, &by_trust)).await,
        token(post(&server, &by_credential)).await,
    ];
    server.clock().advance(Duration::from_secs(590));
    let caller = admin(&server).await;
    for token in &tokens {
        assert_eq!(validate(&server, &caller, token, "").await, 200);
    }
    server.clock().advance(Duration::from_secs(11));
    // An expired trust is gone, an expired token isn't recognized: 404 either way.
    for token in &tokens {
        assert_eq!(validate(&server, &caller, token, "").await, 404);
    }
    assert_eq!(status(post(&server, &by_trust)).await, 401);
    assert_eq!(status(post(&server, &by_credential)).await, 401);
}

#[tokio::test]
async fn the_date_header_is_that_of_the_clock() {
    let server = IdentityServer::start().await.unwrap();
    server
        .clock()
        .set(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    let response = client().get(server.auth_url()).send().await.unwrap();
    assert!(
        header(&response, "date")
            .unwrap()
            .starts_with("Sun, 09 Sep 2001 01:46:4"),
        "{response:?}"
    );
}

#[tokio::test]
async fn a_second_role_keeps_a_token_alive() {
    let server = IdentityServer::start().await.unwrap();
    let demo = server.demo().clone();
    let scope = json!({"project": {"id": demo.project_id}});
    let subject = token(post(
        &server,
        &by_password(&demo.user_id, &demo.password, Some(scope)),
    ))
    .await;
    let target = Target::project(&demo.project_id);
    server.assign("operator", &demo.user_id, target.clone());
    server.unassign("member", &demo.user_id, &target).unwrap();
    let caller = admin(&server).await;
    assert_eq!(validate(&server, &caller, &subject, "").await, 200);
    server.unassign("operator", &demo.user_id, &target).unwrap();
    assert_eq!(validate(&server, &caller, &subject, "").await, 404);
}
