//! A fleet whose token is revoked: nobody's call fails, and few log in.

use std::time::Duration;

use openstack_identity::OpenStack;
use openstack_identity::store::{FileStore, MemoryStore, TokenStore};
use openstack_identity_testing::IdentityServer;

use crate::{builder, call, key, logins, start};

/// Twenty programs of which each makes four calls, from the revocation on or a little later.
pub async fn survive(server: &IdentityServer, programs: &[OpenStack]) {
    for program in programs {
        call(program).await.unwrap();
    }
    for later in [0, 60] {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let before = logins(server);
        let demo = server.demo();
        server.set_password(&demo.user_id, &demo.password).unwrap();
        let calls = programs.iter().cloned().zip(0..).map(|(program, number)| {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(number * later)).await;
                for _ in 0..4 {
                    call(&program).await?;
                }
                Ok::<_, openstack_identity::Error>(())
            })
        });
        for calls in calls.collect::<Vec<_>>() {
            calls.await.unwrap().unwrap();
        }
        let more = logins(server) - before;
        assert!(more <= 2, "{more} logins, {later}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_fails_no_call_of_a_fleet() {
    let (server, folder) = (start().await, tempfile::tempdir().unwrap());
    let folder = folder.path().join("tokens");
    let program = |_| {
        builder(&server, FileStore::in_folder(&folder))
            .build()
            .unwrap()
    };
    survive(&server, &(0..20).map(program).collect::<Vec<_>>()).await;
    let store = MemoryStore::new();
    let program = |_| builder(&server, store.clone()).build().unwrap();
    survive(&server, &(0..20).map(program).collect::<Vec<_>>()).await;
}

/// The one that renewed has a newer token than the others, and so has the store; all are revoked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_when_the_programs_have_different_tokens() {
    let (server, store) = (start().await, MemoryStore::new());
    let program = |_| builder(&server, store.clone()).build().unwrap();
    let programs: Vec<_> = (0..20).map(program).collect();
    for program in &programs[..10] {
        call(program).await.unwrap();
    }
    // Half of them get another, as after a renewal.
    let (key, kept) = (key(&server), store.get(&key(&server)).await.unwrap());
    store.remove_if(&key, &kept.unwrap()).await.unwrap();
    survive(&server, &programs).await;
}
