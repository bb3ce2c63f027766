//! The keys of real logins: whoever shares one gets the same user's token with the same scope.

use std::collections::BTreeMap;

use openstack_identity::OpenStack;
use openstack_identity::store::StoreKey;
use proptest::prelude::*;
use proptest::sample::Index;
use tests::crowd::{Crowd, Login, Shown};
use tokio::runtime::Runtime;

use crate::random::config;

/// The token that each key stands for.
fn tokens(logins: &[Login]) -> BTreeMap<StoreKey, Shown> {
    let mut tokens = BTreeMap::new();
    for login in logins {
        let key = StoreKey::new(&login.auth_url, &login.credentials, login.scope.as_ref()).unwrap();
        let other = tokens.entry(key).or_insert_with(|| login.wanted.clone());
        assert_eq!(*other, login.wanted, "one key for both: {login:?}");
    }
    tokens
}

#[tokio::test]
async fn every_login_of_a_crowd_brings_what_it_should_and_has_a_key_of_its_own() {
    let crowd = Crowd::start(["red", "blue"]).await.unwrap();
    assert!(crowd.logins.len() > 500, "{}", crowd.logins.len());
    for cloud in &crowd.clouds {
        let identity = OpenStack::builder(cloud.auth_url())
            .build()
            .unwrap()
            .identity_v3();
        let here = |login: &&Login| login.wanted.auth_url == cloud.auth_url();
        for login in crowd.logins.iter().filter(here) {
            let mut call = identity.generate_token(login.credentials.clone());
            if let Some(scope) = &login.scope {
                call = call.scope(scope.clone());
            }
            let token = call
                .await
                .unwrap_or_else(|error| panic!("{login:?}: {error}"));
            assert_eq!(Shown::of(&token), login.wanted, "{login:?}");
        }
    }
    // No two of these logins are the same, so there are as many keys.
    assert_eq!(tokens(&crowd.logins).len(), crowd.logins.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..config() })]

    #[test]
    fn a_crowd_with_any_names_has_no_key_for_two_tokens(
        (one, other) in (".{1,8}", ".{1,8}").prop_filter("two names", |(one, other)| one != other),
        picks in any::<[Index; 5]>(),
    ) {
        let runtime = Runtime::new().unwrap();
        let crowd = runtime.block_on(Crowd::start([&one, &other])).unwrap();
        tokens(&crowd.logins);
        for login in picks.iter().map(|pick| pick.get(&crowd.logins)) {
            let mut session = OpenStack::builder(&login.auth_url).credentials(login.credentials.clone());
            if let Some(scope) = &login.scope {
                session = session.scope(scope.clone());
            }
            let token = runtime.block_on(session.build().unwrap().token()).unwrap();
            prop_assert_eq!(Shown::of(&token), login.wanted.clone());
        }
    }
}
