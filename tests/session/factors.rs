//! More factors than one.

use std::time::Duration;

use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::{
    Credentials, ErrorKind, OpenStack, OpenStackBuilder, Password, Totp, TotpSeed, factor_from,
};
use openstack_identity_testing::{IdentityServer, User, totp_passcode};

use crate::{call, logins, start};

pub const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A server with a user who needs these rules satisfied, and the user's id.
pub async fn with_rules(rules: &[&[&str]]) -> (IdentityServer, String) {
    let server = start().await;
    let user = User::new("careful")
        .password("careful-password")
        .totp_secret(SEED);
    let id = server.add_user(user);
    server
        .set_mfa_rules(&id, rules.iter().map(|rule| rule.iter().copied()))
        .unwrap();
    (server, id)
}

pub fn with_password(server: &IdentityServer, id: &str) -> OpenStackBuilder {
    OpenStack::builder(server.auth_url()).credentials(Password::by_id(id, "careful-password"))
}

#[tokio::test]
async fn a_seed_supplies_what_is_missing() {
    let (server, id) = with_rules(&[&["password", "totp"]]).await;
    let openstack = with_password(&server, &id)
        .factor(TotpSeed::new(SEED).unwrap())
        .build()
        .unwrap();
    let token = openstack.token().await.unwrap();
    assert!(token.methods.contains(&AuthMethodName::Totp));
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!(first.header("Openstack-Auth-Receipt"), None);
    assert!(second.header("Openstack-Auth-Receipt").is_some());
    let second = second.json().unwrap();
    assert_eq!(
        second["auth"]["identity"]["methods"],
        serde_json::json!(["totp"])
    );
}

#[tokio::test]
async fn the_shortest_rule_that_the_factors_satisfy_is_taken() {
    let rules: &[&[&str]] = &[
        &["password", "external", "totp"],
        &["password", "totp"],
        &["password", "external"],
    ];
    let (server, id) = with_rules(rules).await;
    let openstack = with_password(&server, &id)
        .factor(TotpSeed::new(SEED).unwrap())
        .build()
        .unwrap();
    openstack.token().await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_callback_is_asked_for_the_factor() {
    let (server, id) = with_rules(&[&["password", "totp"]]).await;
    let clock = server.clock();
    let asked = factor_from(AuthMethodName::Totp, move |user_id| {
        let passcode = totp_passcode(SEED, clock.now()).unwrap();
        async move { Ok(Totp::by_id(user_id, passcode).into()) }
    });
    let openstack = with_password(&server, &id).factor(asked).build().unwrap();
    call(&openstack).await.unwrap();
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn by_hand_the_state_says_what_is_missing_and_the_receipt_goes_on() {
    let (server, id) = with_rules(&[&["password", "totp"]]).await;
    let openstack = with_password(&server, &id).build().unwrap();
    let error = call(&openstack).await.unwrap_err();
    let ErrorKind::MfaRequired(needed) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(needed.completed(), [AuthMethodName::Password]);
    assert_eq!(needed.missing(), [[AuthMethodName::Totp]]);
    assert!(needed.expires_at() > needed.partial.receipt.issued_at);
    assert_eq!(needed.shortest_with(&[AuthMethodName::External]), None);

    let passcode = totp_passcode(SEED, server.clock().now()).unwrap();
    let token = openstack
        .identity_v3()
        .generate_token(Totp::by_id(&id, passcode))
        .receipt(&needed.id)
        .await
        .unwrap();
    assert_eq!(token.methods.len(), 2);
}

#[tokio::test]
async fn a_passcode_is_never_sent_twice() {
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
    assert_eq!(logins(&server), 1);
    server.clock().advance(Duration::from_secs(60));
    server.revoke_user_tokens(&id).unwrap();
    let error = call(&openstack).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    assert!(error.to_string().contains("passcode was used"), "{error}");
    assert_eq!(logins(&server), 1);
}
