//! The duty to log in: lost, kept, handed over, and given up at any moment.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use openstack_identity::{Event, OpenStack, Password};
use openstack_identity_testing::{Fault, IdentityServer};

use crate::moody::{KEEP, Moody};
use crate::{Counter, TOKENS, builder, call, id, logins, start};

/// Whether two programs that start one after the other log in once, while the first login takes long.
async fn two_clients(store: &Moody) -> (usize, Counter) {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(4)).on("POST", TOKENS));
    let counter = Counter::default();
    let client = || {
        builder(&server, store.clone())
            .on_event(counter.hook())
            .build()
            .unwrap()
    };
    let first = client();
    let first = tokio::spawn(async move { id(&first).await });
    while logins(&server) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = id(&client()).await;
    let (first, count) = (first.await.unwrap(), logins(&server));
    assert_eq!(first == second, count == 1);
    // Whoever of the two was last, what is kept is good.
    call(&client()).await.unwrap();
    assert_eq!(logins(&server), count);
    (count, counter)
}

#[tokio::test]
async fn a_lease_that_cannot_be_kept_for_a_moment_is_kept() {
    let store = Moody::default();
    store.set_times(KEEP, 2);
    let (logins, counter) = two_clients(&store).await;
    assert_eq!(logins, 1, "{:?}", store.calls());
    assert_eq!(counter.of(Event::StoreFailed), 1);
    assert!(store.calls().iter().filter(|call| **call == "keep").count() > 2);
}

#[tokio::test]
async fn who_loses_the_lease_still_logs_in_and_so_does_the_next() {
    let store = Moody::default();
    store.lose_leases();
    let (logins, counter) = two_clients(&store).await;
    assert_eq!(logins, 2, "{:?}", store.calls());
    assert_eq!(counter.of(Event::StoreFailed), 0);
    // And doesn't ask for what it hasn't any more.
    assert_eq!(
        store.calls().iter().filter(|call| **call == "keep").count(),
        1
    );
}

/// Polls so often, and gives up then.
async fn give_up_after(polls: usize, openstack: &OpenStack) -> bool {
    let mut token = pin!(openstack.token());
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        let polled = token.as_mut().poll(context).map(|token| token.is_ok());
        if left == 0 && polled.is_pending() {
            return Poll::Ready(false);
        }
        polled
    })
    .await
}

#[tokio::test]
async fn who_gives_up_at_any_moment_leaves_the_way_free() {
    let server = start().await;
    let mut finished = 0;
    for polls in 1.. {
        let store = Moody::default();
        let client = || builder(&server, store.clone()).build().unwrap();
        let (first, before) = (client(), logins(&server));
        let done = give_up_after(polls, &first).await;
        let (second, third) = (client(), client());
        let (one, other) = (id(&second).await, id(&third).await);
        assert_eq!((&one, &id(&first).await), (&other, &one), "{polls}");
        assert!(logins(&server) - before <= 2, "{polls}");
        finished += usize::from(done);
        if finished == 2 {
            assert!(polls > 6, "{polls}: the calls were not given up on the way");
            break;
        }
    }
}

#[tokio::test]
async fn a_fleet_whose_token_is_due_gets_one_new_token() {
    let server = start().await;
    let (store, counter) = (Moody::default(), Counter::default());
    let client = || {
        builder(&server, store.clone())
            .on_event(counter.hook())
            .build()
            .unwrap()
    };
    let clients: Vec<_> = (0..10).map(|_| client()).collect();
    for client in &clients {
        call(client).await.unwrap();
    }
    assert_eq!(logins(&server), 1);
    let old = id(&clients[0]).await;
    // 90 seconds before it expires, which all learn from the next answer.
    server.clock().advance(Duration::from_secs(3600 - 90));
    server.inject(Fault::delay(Duration::from_millis(500)).on("POST", TOKENS));
    for _ in 0..2 {
        for client in &clients {
            call(client).await.unwrap();
        }
    }
    while counter.of(Event::Renewal) < clients.len() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let new = id(&clients[0]).await;
    assert_ne!(new, old);
    for client in &clients {
        assert_eq!(id(client).await, new);
    }
    assert_eq!(logins(&server), 2);
    assert_eq!(counter.of(Event::Login), 2);
    assert_eq!(counter.of(Event::CacheMiss), 2);
    assert_eq!(counter.of(Event::CacheHit), 18);
    assert_eq!(counter.of(Event::StoreFailed), 0);
}

/// So many programs that start at once, of which the first has a wrong password; who has got a token.
async fn with_a_wrong_password(server: &IdentityServer, wrong: usize, size: usize) -> Vec<bool> {
    let store = Moody::default();
    let wrong_password = Password::by_id(&server.demo().user_id, "wrong");
    let mut programs = Vec::new();
    for number in 0..size {
        let mut builder = builder(server, store.clone()).retries(0);
        if number < wrong {
            builder = builder.credentials(wrong_password.clone());
        }
        let (client, before) = (builder.build().unwrap(), logins(server));
        programs.push(tokio::spawn(async move { client.token().await.is_ok() }));
        while number == 0 && logins(server) == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let mut good = Vec::new();
    for program in programs {
        good.push(program.await.unwrap());
    }
    good
}

#[tokio::test]
async fn one_who_fails_does_not_make_all_others_log_in() {
    let server = start().await;
    let slow = Fault::delay(Duration::from_millis(300)).on("POST", TOKENS);
    server.inject(slow.always());
    let good = with_a_wrong_password(&server, 1, 20).await;
    assert_eq!(good.iter().filter(|good| **good).count(), 19);
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn where_all_fail_nobody_waits_for_all_others() {
    let server = start().await;
    let slow = Fault::delay(Duration::from_secs(1)).on("POST", TOKENS);
    server.inject(slow.always());
    let begun = Instant::now();
    let good = with_a_wrong_password(&server, 25, 25).await;
    // One after the other would take as many seconds.
    assert!(begun.elapsed() < Duration::from_secs(20), "{begun:?}");
    assert_eq!((good.contains(&true), logins(&server)), (false, 25));
}

#[tokio::test]
async fn the_future_of_a_token_is_small_whatever_a_login_takes() {
    let server = start().await;
    let client = builder(&server, Moody::default()).build().unwrap();
    assert!(size_of_val(&client.token()) <= 1024);
    assert!(size_of_val(&client.identity_v3().list_auth_projects()) <= 4096);
}
