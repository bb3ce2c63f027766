//! Each field of a login, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use openstack_identity::identity::v3::auth::{AuthMethod, Scope};
use openstack_identity::store::StoreKey;

use crate::login::{CREDENTIALS, Filled, Form, Login, SCOPE, decides, kind, tells_who};

const URL: &str = "https://keystone.example:5000/v3";

fn login(methods: &[Filled<AuthMethod>], scope: &Filled<Option<Scope>>) -> Login {
    Login {
        auth_url: URL.to_owned(),
        methods: methods.to_vec(),
        scope: scope.clone(),
    }
}

fn filled<T>(forms: &'static [Form<T>]) -> impl Iterator<Item = Filled<T>> {
    forms.iter().map(|form| Filled::with(form, "x"))
}

/// A method of a form and another one, of another kind, that tells who asks.
fn beside(method: &Filled<AuthMethod>) -> Filled<AuthMethod> {
    let mut others = filled(CREDENTIALS);
    others
        .find(|other| tells_who(other) && kind(other) != kind(method))
        .unwrap()
}

#[test]
fn each_field_decides_over_the_key_unless_it_is_a_secret() {
    let mut seen = BTreeSet::new();
    let mut flip = |path, one: &Login, other: &Login, decides| {
        seen.insert(path);
        let (one_key, other_key) = (one.key().unwrap(), other.key().unwrap());
        assert_eq!(one_key != other_key, decides, "{path}: {one:?}, {other:?}");
    };
    for method in filled(CREDENTIALS).filter(tells_who) {
        let another = beside(&method);
        for (index, leaf) in method.form.leaves.iter().enumerate() {
            let flipped = method.set("y", |at, _| at == index);
            let decides = decides(&method, leaf);
            for scope in filled(SCOPE) {
                let with = |methods| login(methods, &scope);
                let (one, other) = ([method.clone()], [flipped.clone()]);
                flip(leaf.path, &with(&one), &with(&other), decides);
                let one = [another.clone(), method.clone()];
                let other = [another.clone(), flipped.clone()];
                flip(leaf.path, &with(&one), &with(&other), decides);
            }
        }
    }
    for scope in filled(SCOPE) {
        for (index, leaf) in scope.form.leaves.iter().enumerate() {
            let flipped = scope.set("y", |at, _| at == index);
            for method in filled(CREDENTIALS).filter(tells_who) {
                let method = [method];
                let (one, other) = (login(&method, &scope), login(&method, &flipped));
                flip(leaf.path, &one, &other, !leaf.secret);
            }
        }
    }
    // The walk over the spec leaves nothing out that a person knows of.
    for path in [
        "credentials.password.user.domain.name",
        "credentials.password.user.password",
        "credentials.application_credential.user.domain.id",
        "credentials.totp.user.id",
        "credentials.x509.id",
        "scope.domain.name",
        "scope.project.domain.name",
        "scope.trust.id",
    ] {
        assert!(seen.contains(path), "{path} is not among {seen:?}");
    }
}

#[test]
fn a_login_that_does_not_tell_who_asks_has_no_key() {
    let mut without = BTreeSet::new();
    for method in filled(CREDENTIALS) {
        let another = beside(&method);
        for scope in filled(SCOPE) {
            for methods in [
                vec![method.clone()],
                vec![method.clone(), another.clone()],
                vec![another.clone(), method.clone()],
            ] {
                let login = login(&methods, &scope);
                assert_eq!(login.key().is_some(), tells_who(&method), "{login:?}");
            }
        }
        if !tells_who(&method) {
            without.insert(kind(&method));
        }
    }
    let known = [
        "external", "kerberos", "mapped", "oauth1", "openid", "saml2", "x509",
    ];
    assert_eq!(without, BTreeSet::from(known));
}

/// The same form with texts that could be taken for each other, or for those of another form.
fn texts<T>(form: &'static Form<T>) -> Vec<Filled<T>> {
    let plain = Filled::with(form, "x");
    let mut all: Vec<_> = ["x", "X", "", "[secret]", "null", "unscoped"]
        .map(|text| Filled::with(form, text))
        .into();
    for index in 0..form.leaves.len() {
        all.push(plain.set("y", |at, _| at == index));
    }
    for (first, second) in neighbours(form.leaves.len()) {
        // What may stand between the two in the input of the hash, so that a part of the one text can move
        // to the other: nothing, a byte, the name of the field with and without its kind, JSON.
        let name = form.leaves[second].path.rsplit('.').next().unwrap();
        for between in [
            String::new(),
            "\0".to_owned(),
            name.to_owned(),
            format!("s{name}s"),
            format!("\",\"{name}\":\""),
        ] {
            for (one, other) in [
                ("a".to_owned(), format!("b{between}c")),
                (format!("a{between}b"), "c".to_owned()),
            ] {
                let moved = plain.set(&one, |at, _| at == first);
                all.push(moved.set(&other, |at, _| at == second));
            }
        }
    }
    all
}

/// Pairs of fields beside each other, in both orders, as the key may have them sorted.
fn neighbours(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let pairs = (1..count).map(|second| (second - 1, second));
    pairs.flat_map(|(first, second)| [(first, second), (second, first)])
}

/// Which keys stand for what, to find two that are equal and shouldn't be, or the other way round.
#[derive(Default)]
struct Keys {
    of: BTreeMap<String, (StoreKey, Login)>,
    identities: BTreeMap<StoreKey, (String, Login)>,
}

impl Keys {
    fn add(&mut self, login: Login) {
        let identity = login.identity().unwrap().to_string();
        let key = login.key().unwrap();
        let kept = self.of.entry(identity.clone());
        let (same, other) = kept.or_insert_with(|| (key.clone(), login.clone()));
        assert_eq!(*same, key, "two keys for the same: {login:?}, {other:?}");
        let kept = self.identities.entry(key);
        let (same, other) = kept.or_insert_with(|| (identity.clone(), login.clone()));
        assert_eq!(*same, identity, "one key for both: {login:?}, {other:?}");
    }
}

#[test]
fn two_logins_share_a_key_only_if_they_differ_in_nothing_but_secrets() {
    let mut keys = Keys::default();
    let known = CREDENTIALS
        .iter()
        .filter(|form| tells_who(&Filled::with(form, "x")));
    let known: Vec<_> = known.collect();
    let plain: Vec<_> = filled(SCOPE).collect();
    for method in known.iter().flat_map(|form| texts(form)) {
        for scope in &plain {
            keys.add(login(std::slice::from_ref(&method), scope));
        }
    }
    for scope in SCOPE.iter().flat_map(texts) {
        for form in &known {
            keys.add(login(&[Filled::with(form, "x")], &scope));
        }
    }
    let single = keys.of.len();
    assert!(single > 1000, "{single}");
    // Two methods at once, in both orders, with the texts of one or of the other changed.
    for first in &known {
        let (plain, scope) = (Filled::with(first, "x"), Filled::with(&SCOPE[0], "x"));
        for second in known.iter().flat_map(|form| texts(form)) {
            if kind(&plain) != kind(&second) {
                keys.add(login(&[plain.clone(), second.clone()], &scope));
                keys.add(login(&[second, plain.clone()], &scope));
            }
        }
    }
    assert!(keys.of.len() > single);
}
