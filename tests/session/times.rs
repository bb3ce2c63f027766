//! Servers whose times make no sense: tokens live as long as they are good, and nothing is asked for in vain.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::transport::Body;
use openstack_identity::{AuthToken, OpenStack, Totp, factor_from};
use tests::told::listen;

use crate::call;
use crate::odd_server::{OddServer, Times, ahead};

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// Tokens that are good for four seconds, and what their server says of them.
fn odd_times() -> Vec<Times> {
    let now = ahead(0).as_second();
    let mut times: Vec<_> = [
        // Tomorrow, in 9999, later than it expires, in 1970.
        (DAY, 4),
        (8_000 * 365 * DAY, 4),
        (5, 4),
        (-now, 4),
        // Local times, written as UTC.
        (3 * HOUR, 3 * HOUR + 4),
        (-5 * HOUR, -5 * HOUR + 4),
    ]
    .map(|(issued, expires)| Times::new(issued, expires, 4))
    .into();
    // The clock of a proxy.
    for date in [DAY, -DAY] {
        times.push(Times {
            date,
            ..Times::new(0, 4, 4)
        });
    }
    times
}

/// Calls for so long, four times a second.
async fn calls(openstack: &OpenStack, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        call(openstack).await.unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn all<T: Send + 'static>(tasks: Vec<impl Future<Output = T> + Send + 'static>) {
    for task in tasks.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// A stream of one piece.
struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

#[tokio::test]
async fn there_is_a_login_for_each_lifetime_and_no_token_is_refused() {
    let tasks = odd_times().into_iter().map(|times| async move {
        let server = OddServer::start(times).await;
        let openstack = server.builder().build().unwrap();
        calls(&openstack, Duration::from_secs(8)).await;
        assert!(
            (2..=3).contains(&server.logins()),
            "{times:?} {}",
            server.logins()
        );
        assert_eq!(server.refused(), 0, "{times:?}");
    });
    all(tasks.collect()).await;
}

#[tokio::test]
async fn a_stream_is_not_sent_with_a_token_that_has_ended() {
    let tasks = odd_times().into_iter().map(|times| async move {
        let server = OddServer::start(times).await;
        let openstack = server.builder().build().unwrap();
        call(&openstack).await.unwrap();
        tokio::time::sleep(Duration::from_millis(4_400)).await;
        let body = Body::stream(Once(Some("some text".into())));
        let files = openstack.service("object-store");
        files.put("file").body(body).await.unwrap();
        assert_eq!((server.logins(), server.refused()), (2, 0), "{times:?}");
    });
    all(tasks.collect()).await;
}

#[tokio::test]
async fn without_any_lifetime_a_token_is_used_until_it_is_refused() {
    let tasks = [(0, 0), (0, -10), (60, -60), (-100, -200)].map(|(issued, expires)| async move {
        let server = OddServer::start(Times::new(issued, expires, 3)).await;
        let openstack = server.builder().build().unwrap();
        calls(&openstack, Duration::from_secs(5)).await;
        assert_eq!(
            (server.logins(), server.refused()),
            (2, 1),
            "{issued} {expires}"
        );
    });
    all(tasks.into()).await;
}

#[tokio::test]
async fn nonsense_is_told_once() {
    for (times, warnings) in [
        (Times::new(DAY, 2, 2), 1),
        (Times::new(0, -10, 2), 1),
        (Times::new(3 * HOUR, 3 * HOUR + 2, 2), 1),
        (Times::new(0, 2, 2), 0),
    ] {
        let told = listen();
        let server = OddServer::start(times).await;
        let openstack = server.builder().build().unwrap();
        calls(&openstack, Duration::from_secs(4)).await;
        assert!(server.logins() > 1);
        let lines = told.lines();
        let doubts = lines
            .iter()
            .filter(|line| line.contains("contradict each other"));
        assert_eq!(doubts.count(), warnings, "{times:?}");
        assert!(
            !lines.iter().any(|line| line.contains("token-")),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn a_token_tells_how_long_it_really_lives() {
    let server = OddServer::start(Times::new(DAY, DAY + HOUR, 3_600)).await;
    let openstack = server.builder().build().unwrap();
    let token = openstack.token().await.unwrap();
    let sound = OddServer::start(Times::new(0, HOUR, 3_600)).await;
    let other = sound.builder().build().unwrap().token().await.unwrap();
    assert!(!token.is_expired() && !other.is_expired());
    let hour = Duration::from_secs(3_600);
    for token in [&token, &other] {
        assert!(token.expires_in() <= hour, "{:?}", token.expires_in());
        assert!(token.expires_in() > hour - Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_lifetime_goes_with_the_token() {
    let server = OddServer::start(Times::new(3 * HOUR, 4 * HOUR, 3_600)).await;
    let token = server.builder().build().unwrap().token().await.unwrap();
    let again = AuthToken::from_export(token.export()).unwrap();
    assert_eq!(again, token);
    assert!(again.expires_in() <= Duration::from_secs(3_600));
    let imported = server.builder().build().unwrap().identity_v3();
    let imported = imported.import_token(token.id()).await.unwrap();
    assert!(imported.expires_in() <= Duration::from_secs(3_600));

    // None at all, and still it is one to start from.
    let server = OddServer::start(Times::new(0, -10, 3_600)).await;
    let token = server.builder().build().unwrap().token().await.unwrap();
    let again = AuthToken::from_export(token.export()).unwrap();
    assert_eq!(again, token);
    let openstack = server.builder().cached_token(again).build().unwrap();
    calls(&openstack, Duration::from_secs(1)).await;
    assert_eq!((server.logins(), server.refused()), (1, 0));

    let mut export = token.export();
    export["lifetime"]["from"] = "yesterday".into();
    let error = AuthToken::from_export(export).unwrap_err().to_string();
    assert!(error.contains("`lifetime`"), "{error}");
}

#[tokio::test]
async fn a_receipt_is_as_good_as_its_times_are_wrong() {
    let tasks = [
        (DAY, 300),
        (0, 0),
        (-DAY, -DAY - 5),
        (5, 4),
        (3 * HOUR, 3 * HOUR + 300),
    ]
    .map(|(issued, expires)| async move {
        let server = OddServer::start_with(Times::new(issued, expires, 60), true).await;
        let passcode = factor_from(AuthMethodName::Totp, |user_id| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(Totp::by_id(&user_id, "123456").into())
        });
        let openstack = server.builder().factor(passcode).build().unwrap();
        call(&openstack).await.unwrap();
        assert_eq!(server.logins(), 1, "{issued} {expires}");
    });
    all(tasks.into()).await;
}
