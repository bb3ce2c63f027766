//! Code of the program's own that never answers.

use std::time::Duration;

use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::{BoxError, Credentials, ErrorKind, OpenStack, TotpSeed, factor_from};
use openstack_identity_testing::{IdentityServer, User};

use crate::factors::{SEED, with_password};
use crate::{builder, call, logins, start};

/// What the program never comes back with.
async fn never<T>() -> Result<T, BoxError> {
    std::future::pending().await
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_by_all() {
    let server = start().await;
    let openstack = OpenStack::builder(server.auth_url())
        .credentials_from(never::<Credentials>)
        .credentials_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let openstack = openstack.clone();
            tokio::spawn(async move { call(&openstack).await })
        })
        .collect();
    for task in tasks {
        let done = tokio::time::timeout(Duration::from_secs(30), task).await;
        let error = done.unwrap().unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
        let error = error.to_string();
        assert!(
            error.contains("credentials provider has not answered"),
            "{error}"
        );
        assert!(error.contains("300ms"), "{error}");
    }
    assert!(server.requests().is_empty());
    let explained = tokio::time::timeout(Duration::from_secs(30), openstack.explain());
    assert!(explained.await.unwrap().contains("has not answered"));
}

/// A server whose receipts live for so many seconds, and a user who needs two factors.
async fn with_receipts(seconds: u64) -> (IdentityServer, String) {
    let server = IdentityServer::builder()
        .receipt_lifetime(Duration::from_secs(seconds))
        .start()
        .await
        .unwrap();
    let user = User::new("careful")
        .password("careful-password")
        .totp_secret(SEED);
    let id = server.add_user(user);
    server.set_mfa_rules(&id, [["password", "totp"]]).unwrap();
    (server, id)
}

#[tokio::test]
async fn a_factor_that_never_comes_is_waited_for_until_the_receipt_expires() {
    let (server, id) = with_receipts(1).await;
    let asked = factor_from(AuthMethodName::Totp, |_| never());
    let openstack = with_password(&server, &id).factor(asked).build().unwrap();
    let error = tokio::time::timeout(Duration::from_secs(30), call(&openstack));
    let error = error.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoCredentials), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("no totp") && error.contains("receipt expired"),
        "{error}"
    );
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_seed_does_not_outwait_the_receipt() {
    let (server, id) = with_receipts(1).await;
    // In the middle of a half minute, so that the next one is far.
    let second = server.clock().now();
    let into = second
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        % 30;
    server.clock().advance(Duration::from_secs(30 - into));
    let openstack = with_password(&server, &id)
        .factor(TotpSeed::new(SEED).unwrap())
        .build()
        .unwrap();
    openstack.token().await.unwrap();
    let again = openstack.rescope(openstack_identity::Scope::Unscoped);
    let error = tokio::time::timeout(Duration::from_secs(20), call(&again));
    let error = error.await.unwrap().unwrap_err().to_string();
    assert!(
        error.contains("receipt expires before the next one"),
        "{error}"
    );
    assert_eq!(logins(&server), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_share_a_seed_never_get_the_same_passcode() {
    let (server, id) = with_receipts(300).await;
    // Near the end of a half minute, so that the second one waits for the next one not long.
    let now = server.clock().now();
    let into = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() % 30;
    server
        .clock()
        .advance(Duration::from_secs((54 - into) % 30));
    let openstack = with_password(&server, &id)
        .factor(TotpSeed::new(SEED).unwrap())
        .build()
        .unwrap();
    // Learns the server's clock, and that the password is right.
    let tasks = [
        openstack.clone(),
        openstack.rescope(openstack_identity::Scope::Unscoped),
    ]
    .map(|client| tokio::spawn(async move { call(&client).await }));
    for task in tasks {
        let done = tokio::time::timeout(Duration::from_secs(60), task).await;
        done.unwrap().unwrap().unwrap();
    }
    let passcodes = server.requests().into_iter().filter_map(|request| {
        let body = request.json()?;
        let user = &body["auth"]["identity"]["totp"]["user"];
        user["passcode"].as_str().map(str::to_owned)
    });
    let mut passcodes: Vec<_> = passcodes.collect();
    assert_eq!(passcodes.len(), 2);
    passcodes.dedup();
    assert_eq!(passcodes.len(), 2);
}

#[tokio::test]
async fn a_wait_that_is_cancelled_costs_no_passcode() {
    let (server, id) = with_receipts(300).await;
    let openstack = with_password(&server, &id)
        .factor(TotpSeed::new(SEED).unwrap())
        .build()
        .unwrap();
    openstack.token().await.unwrap();
    // Each of them would wait for the next half minute.
    for _ in 0..3 {
        let waits = openstack.rescope(openstack_identity::Scope::Unscoped);
        let waits = tokio::time::timeout(Duration::from_millis(300), call(&waits)).await;
        assert!(waits.is_err());
    }
    server.clock().advance(Duration::from_secs(30));
    let next = openstack.rescope(openstack_identity::Scope::Unscoped);
    let done = tokio::time::timeout(Duration::from_secs(20), call(&next)).await;
    done.unwrap().unwrap();
}

#[tokio::test]
async fn a_provider_that_is_slow_within_its_time_is_waited_for() {
    let server = start().await;
    let (user, password) = (
        server.demo().user_id.clone(),
        server.demo().password.clone(),
    );
    let openstack = builder(&server)
        .credentials_from(move || {
            let credentials = openstack_identity::Password::by_id(&user, &*password);
            async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(credentials.into())
            }
        })
        .build()
        .unwrap();
    call(&openstack).await.unwrap();
}
