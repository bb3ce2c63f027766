//! Users who are easily taken for each other, at two clouds, with every scope, in one store.

use std::collections::BTreeSet;
use std::time::Duration;

use openstack_identity::OpenStack;
use openstack_identity::store::{Sealing, SealingKey, StoreKey};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use tests::crowd::{Crowd, Login, Shown};
use tokio::runtime::Runtime;

use crate::TOKENS;
use crate::shared::Shared;

/// A program of its own that logs in so.
fn client(login: &Login, store: &Shared, sealing: &Sealing) -> OpenStack {
    let mut builder = OpenStack::builder(&login.auth_url)
        .credentials(login.credentials.clone())
        .token_store(store.clone())
        .token_sealing(sealing.clone())
        .token_store_timeout(Duration::from_secs(10));
    if let Some(scope) = &login.scope {
        builder = builder.scope(scope.clone());
    }
    builder.build().unwrap()
}

fn key(login: &Login) -> StoreKey {
    StoreKey::new(&login.auth_url, &login.credentials, login.scope.as_ref()).unwrap()
}

/// How many logins there were at either cloud.
fn logins(crowd: &Crowd) -> usize {
    let at = crowd.clouds.iter().map(|cloud| cloud.count("POST", TOKENS));
    at.sum()
}

fn sealing() -> impl Strategy<Value = Sealing> {
    let given = any::<[u8; 32]>().prop_map(|key| Sealing::WithKey(SealingKey::new(key)));
    prop_oneof![Just(Sealing::Never), Just(Sealing::Auto), given,]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    /// Each gets a token that is its own, the second time without a login.
    #[test]
    fn nobody_gets_anothers_token(
        (one, other) in (".{1,8}", ".{1,8}").prop_filter("two names", |(one, other)| one != other),
        picks in vec(any::<Index>(), 40),
        sealing in sealing(),
    ) {
        let runtime = Runtime::new().unwrap();
        let crowd = runtime.block_on(Crowd::start([&one, &other])).unwrap();
        let picked: Vec<&Login> = picks.iter().map(|pick| pick.get(&crowd.logins)).collect();
        let different: BTreeSet<StoreKey> = picked.iter().map(|login| key(login)).collect();
        let (store, before) = (Shared::default(), logins(&crowd));
        for login in picked.iter().chain(&picked) {
            let client = client(login, &store, &sealing);
            let token = runtime.block_on(client.token()).unwrap();
            prop_assert_eq!(Shown::of(&token), login.wanted.clone(), "{:?}", login);
        }
        prop_assert_eq!(logins(&crowd) - before, different.len());
    }
}
