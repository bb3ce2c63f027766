//! Clients that a program builds again and again: their connections, and the runtimes that these belong to.

use std::time::Duration;

use openstack_identity::{AuthToken, OpenStack};
use openstack_identity_testing::IdentityServer;
use tokio::runtime::{Builder, Runtime};

use crate::proxy::Proxy;
use crate::{builder, call, start};

/// A client as a web request builds it: from a token that is kept elsewhere.
fn with_token(url: &str, token: &AuthToken) -> OpenStack {
    let builder = OpenStack::builder(url).cached_token(token.clone());
    builder.timeout(Duration::from_secs(20)).build().unwrap()
}

async fn token_of(server: &IdentityServer, url: &str) -> AuthToken {
    let demo = &server.demo();
    let user = openstack_identity::Password::by_id(&demo.user_id, &*demo.password);
    let openstack = OpenStack::builder(url).credentials(user).build().unwrap();
    openstack.token().await.unwrap()
}

#[tokio::test]
async fn clients_with_the_same_settings_share_their_connections() {
    let server = start().await;
    let proxy = Proxy::to(server.base_url()).await;
    let url = format!("http://{}/v3", proxy.address);
    let token = token_of(&server, &url).await;
    for _ in 0..20 {
        call(&with_token(&url, &token)).await.unwrap();
    }
    assert_eq!(proxy.taken(), 1);
    let other = OpenStack::builder(&url).cached_token(token.clone());
    let other = other.connect_timeout(Duration::from_secs(7)).build();
    call(&other.unwrap()).await.unwrap();
    assert_eq!(proxy.taken(), 2, "other settings");
}

fn runtime(many_threads: bool) -> Runtime {
    let mut builder = match many_threads {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    builder.worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_hundred_short_runtimes_lose_no_call() {
    let servers = runtime(true);
    let server = servers.block_on(start());
    let lasting = builder(&server).build().unwrap();
    let token = runtime(false).block_on(lasting.token()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (server, lasting, token) = (&server, &lasting, &token);
            scope.spawn(move || {
                for round in 0..25 {
                    let runtime = runtime((thread + round) % 2 == 0);
                    let own = with_token(&server.auth_url(), token);
                    let both = async { (call(&own).await, call(lasting).await) };
                    let (own, lasting) = runtime.block_on(both);
                    own.unwrap();
                    lasting.unwrap();
                    // Calls that are under way when their runtime ends belong to nobody else.
                    let (own, url) = (token.clone(), server.auth_url());
                    runtime.spawn(async move { call(&with_token(&url, &own)).await });
                }
            });
        }
    });
}

/// Its connections wait for somebody to go on with the runtime, and nobody does.
#[test]
fn a_runtime_that_stands_still_holds_up_no_other() {
    let servers = runtime(true);
    let server = servers.block_on(start());
    let openstack = builder(&server).build().unwrap();
    let still = runtime(false);
    still.block_on(call(&openstack)).unwrap();
    let in_time = async { tokio::time::timeout(Duration::from_secs(10), call(&openstack)).await };
    runtime(false).block_on(in_time).unwrap().unwrap();
    still.block_on(call(&openstack)).unwrap();
}

#[test]
fn without_a_runtime_an_error_says_so() {
    let servers = runtime(true);
    let server = servers.block_on(start());
    let openstack = builder(&server).build().unwrap();
    let mut call = Box::pin(call(&openstack));
    let waker = std::task::Waker::noop();
    let polled = call
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    let std::task::Poll::Ready(Err(error)) = polled else {
        unreachable!("nothing can be waited for")
    };
    assert!(error.to_string().contains("Tokio runtime"), "{error}");
}
