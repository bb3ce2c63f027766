//! Clocks that are wrong, tokens that live for seconds only, and credentials that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use openstack_identity::store::{MemoryStore, TokenStore};
use openstack_identity::transport::BoxFuture;
use openstack_identity::{BoxError, Credentials, CredentialsProvider, Event, OpenStack, Password};
use openstack_identity_testing::IdentityServer;

use crate::moody::Moody;
use crate::odd_server::{OddServer, Times, ahead};
use crate::{Counter, builder, call, demo, id, key, logins, start};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_wrong_clock_costs_a_login_a_program_at_most() {
    for ahead in [true, false] {
        let server = start().await;
        let now = SystemTime::now();
        server
            .clock()
            .set(if ahead { now + DAY } else { now - DAY });
        let (store, counter) = (MemoryStore::new(), Counter::default());
        let client = || {
            builder(&server, store.clone())
                .on_event(counter.hook())
                .build()
                .unwrap()
        };
        let programs = [client(), client(), client()];
        for _ in 0..5 {
            for program in &programs {
                call(program).await.unwrap();
            }
        }
        // Ours is ahead: every token of the store looks dead until the server is heard.
        let expected = if ahead { 1 } else { programs.len() };
        assert_eq!(logins(&server), expected, "{ahead}");
        assert_eq!(counter.of(Event::Login), expected, "{ahead}");
        assert_eq!(counter.of(Event::CacheMiss), expected, "{ahead}");
        assert_eq!(counter.of(Event::StoreFailed), 0, "{ahead}");
        assert!(store.get(&key(&server)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn tokens_are_kept_until_it_is_time_to_renew_them() {
    for life in [1, 5, 60, 300, 3600, 86_400] {
        let server = IdentityServer::builder().token_lifetime(Duration::from_secs(life));
        let server = server.start().await.unwrap();
        let store = Moody::default();
        id(&builder(&server, store.clone()).build().unwrap()).await;
        let margin = Duration::from_millis((life * 100).min(120_000));
        let most = Duration::from_secs(life) - margin;
        for kept in store.lives() {
            assert!(kept <= most, "{life}: {kept:?}");
            let slow = Duration::from_secs(30);
            assert!(kept + slow >= most, "{life}: {kept:?}");
        }
        assert!(life < 60 || store.lives().len() == 1, "{life}");
    }
}

#[tokio::test]
async fn a_token_is_kept_as_long_as_it_lives_whatever_its_server_says() {
    let (day, hour, now) = (86_400, 3_600, ahead(0).as_second());
    for (issued, expires, least, most) in [
        (day, 12, 8, 12),
        (8_000 * 365 * day, 12, 8, 12),
        (15, 12, 8, 12),
        (-now, 12, 8, 12),
        (3 * hour, 3 * hour + 12, 8, 12),
        // It may be good for long, or for ever.
        (0, -10, 60, hour),
        (0, 8_000 * 365 * day, hour, 30 * day),
    ] {
        let server = OddServer::start(Times::new(issued, expires, 3_600)).await;
        let (store, counter) = (Moody::default(), Counter::default());
        for _ in 0..2 {
            let program = server.builder().token_store(store.clone());
            let program = program.on_event(counter.hook()).build().unwrap();
            call(&program).await.unwrap();
            call(&program).await.unwrap();
        }
        let lives: Vec<_> = store.lives().iter().map(Duration::as_secs).collect();
        let [life] = lives[..] else {
            panic!("{issued} {expires}: {lives:?}");
        };
        assert!(
            (least..=most).contains(&i64::try_from(life).unwrap()),
            "{issued} {expires}: {life}"
        );
        assert_eq!(
            (server.logins(), counter.of(Event::CacheHit)),
            (1, 1),
            "{issued} {expires}"
        );
    }
}

/// Right credentials, until they are changed for wrong ones.
struct Changing {
    right: Credentials,
    wrong: Credentials,
    changed: Arc<AtomicBool>,
}

impl CredentialsProvider for Changing {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        let credentials = match self.changed.load(Ordering::SeqCst) {
            true => &self.wrong,
            false => &self.right,
        };
        Box::pin(async { Ok(credentials.clone()) })
    }
}

#[tokio::test]
async fn a_revoked_token_is_taken_out_also_when_the_credentials_have_changed() {
    let server = start().await;
    let (store, counter) = (MemoryStore::new(), Counter::default());
    let changed = Arc::new(AtomicBool::new(false));
    let provider = Changing {
        right: demo(&server),
        wrong: Password::by_id("nobody", "secret").into(),
        changed: changed.clone(),
    };
    let client: OpenStack = builder(&server, store.clone())
        .credentials_from(provider)
        .on_event(counter.hook())
        .build()
        .unwrap();
    call(&client).await.unwrap();
    let token = client.token().await.unwrap();
    changed.store(true, Ordering::SeqCst);
    server.clock().advance(Duration::from_secs(3600 - 50));
    for _ in 0..2 {
        call(&client).await.unwrap();
    }
    while counter.of(Event::LoginFailed) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(store.get(&key(&server)).await.unwrap().is_some());
    client.identity_v3().revoke_token(token.id()).await.unwrap();
    assert!(store.get(&key(&server)).await.unwrap().is_none());
}
