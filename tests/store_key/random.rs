//! Random logins at random servers: the same key exactly where everything but the secrets is the same.

use openstack_identity::identity::v3::auth::AuthMethod;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::FileFailurePersistence;

use crate::login::{CREDENTIALS, Filled, Form, Leaf, Login, SCOPE, decides, kind, tells_who};

/// Servers, each with the ways to write its address.
const SERVERS: [&[&str]; 7] = [
    &[
        "https://host/v3",
        "https://HOST/v3",
        "https://host:443/v3/",
        " HTTPS://host/v3// ",
    ],
    &["https://host:5000/v3", "https://Host:5000/v3/"],
    &["http://host/v3", "http://host:80/v3"],
    &["https://host/identity/v3", "https://host/identity/v3/"],
    &["https://host/Identity/v3"],
    &["https://host/v3/v3"],
    &["https://host.example/v3"],
];

/// Texts that are easily taken for each other or for part of something else.
const ODD: [&str; 13] = [
    "",
    "x",
    "[secret]",
    "null",
    "unscoped",
    "\0",
    "x\0",
    "\u{e9}",
    "e\u{301}",
    "E\u{301}",
    "\u{130}",
    "\u{202e}x",
    "\",\"domain\":{\"id\":\"x\"},\"",
];

/// More texts than a login has fields.
const FIELDS: usize = 24;

pub fn config() -> ProptestConfig {
    // What has failed is tried first the next time, from below `target`.
    let seeds = FileFailurePersistence::Direct(concat!(env!("CARGO_TARGET_TMPDIR"), "/store_key"));
    ProptestConfig {
        cases: 1000,
        failure_persistence: Some(Box::new(seeds)),
        ..ProptestConfig::default()
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(&ODD[..]).prop_map(str::to_owned),
        "[ab]{0,3}",
        "[\\x00-\\x1f\"\\\\{}:,a]{0,6}",
        ".{0,12}",
    ]
}

/// A server of [`SERVERS`], one of the ways to write it, and what is said there.
#[derive(Clone, Debug)]
struct At {
    server: usize,
    login: Login,
}

/// What is taken of each of the lists, and a few texts that stand in many fields.
fn login(texts: Vec<String>) -> impl Strategy<Value = At> {
    let forms: Vec<&'static Form<AuthMethod>> = CREDENTIALS.iter().collect();
    let methods = subsequence(forms, 1..=3).prop_shuffle();
    let scope = select(SCOPE.iter().collect::<Vec<_>>());
    let picks = proptest::collection::vec(any::<Index>(), FIELDS);
    let parts = (0..SERVERS.len(), any::<Index>(), methods, scope, picks);
    parts.prop_map(move |(server, spelling, methods, scope, picks)| {
        let mut picks = picks.iter();
        let mut text = || picks.next().unwrap().get(&texts).clone();
        let mut filled: Vec<Filled<AuthMethod>> = Vec::new();
        for form in methods {
            let texts = form.leaves.iter().map(|_| text()).collect();
            let method = Filled { form, texts };
            if filled.iter().all(|other| kind(other) != kind(&method)) {
                filled.push(method);
            }
        }
        let texts = scope.leaves.iter().map(|_| text()).collect();
        let login = Login {
            auth_url: (*spelling.get(SERVERS[server])).to_owned(),
            methods: filled,
            scope: Filled { form: scope, texts },
        };
        At { server, login }
    })
}

/// Two logins that share many texts.
fn two() -> impl Strategy<Value = (At, At)> {
    let texts = proptest::collection::vec(text(), 1..4);
    texts.prop_flat_map(|texts| (login(texts.clone()), login(texts)))
}

/// The same user and scope: other secrets, the methods in another order, another way to write the URL.
fn twin(at: &At, secret: &str, spelling: Index) -> At {
    let mut twin = at.clone();
    twin.login.auth_url = (*spelling.get(SERVERS[at.server])).to_owned();
    for method in &mut twin.login.methods {
        *method = method.set(secret, |_, leaf| !decides(method, leaf));
    }
    twin.login.methods.reverse();
    twin
}

/// Another text in one of the fields, if it has any.
fn neighbour(at: &At, text: &str, field: Index) -> At {
    let methods = at.login.methods.iter();
    let fields: usize = methods.map(|method| method.texts.len()).sum();
    let all = fields + at.login.scope.texts.len();
    let mut left = if all == 0 { 0 } else { field.index(all) };
    let mut here = |_: usize, _: &Leaf| {
        let is_here = left == 0;
        left = left.wrapping_sub(1);
        is_here
    };
    let mut near = at.clone();
    for method in &mut near.login.methods {
        *method = method.set(text, &mut here);
    }
    near.login.scope = near.login.scope.set(text, here);
    near
}

/// The same key exactly if the server and all that decides are the same.
fn check(one: &At, other: &At) -> Result<bool, TestCaseError> {
    let identities = (one.login.identity(), other.login.identity());
    let keys = (one.login.key(), other.login.key());
    prop_assert_eq!(keys.0.is_some(), identities.0.is_some());
    prop_assert_eq!(keys.1.is_some(), identities.1.is_some());
    let known = identities.0.is_some();
    let same = one.server == other.server && identities.0 == identities.1;
    if known {
        prop_assert_eq!(keys.0 == keys.1, same);
    }
    Ok(known && same)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_logins_share_a_key_if_they_are_the_same_but_for_secrets(
        (one, other) in two(),
        (secret, text) in (text(), text()),
        (spelling, field) in any::<(Index, Index)>(),
    ) {
        check(&one, &other)?;
        check(&one, &neighbour(&one, &text, field))?;
        let twin = twin(&one, &secret, spelling);
        let known = one.login.methods.iter().all(tells_who);
        prop_assert_eq!(check(&one, &twin)?, known);
        check(&twin, &other)?;
    }
}
