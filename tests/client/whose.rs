//! Whose a cached token may be: a session starts with it if its own login would have brought such a one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openstack_identity::identity::v3::auth::{DomainScope, SystemScope, TrustScope};
use openstack_identity::identity::v3::tokens::Token;
use openstack_identity::{
    ApplicationCredential, AuthToken, Credentials, DomainRef, Event, OpenStack, Password,
    ProjectScope, Scope, Totp, UserRef,
};
use tests::world::{Account, Named, World};

use crate::support::soon;
use crate::transport::Shared;

/// A way to log in.
struct Way {
    what: &'static str,
    credentials: Credentials,
    scope: Option<Scope>,
    /// The token doesn't show that this way leads to it.
    hidden: bool,
}

fn way(
    what: &'static str,
    credentials: impl Into<Credentials>,
    scope: impl Into<Option<Scope>>,
) -> Way {
    let (credentials, scope) = (credentials.into(), scope.into());
    let hidden = false;
    Way {
        what,
        credentials,
        scope,
        hidden,
    }
}

fn by_id(user: &Account) -> Password {
    Password::by_id(&user.id, &*user.password)
}

fn by_name(user: &Account) -> Password {
    Password::by_name(&user.name, by_domain_id(&user.domain), &*user.password)
}

fn by_domain_id(domain: &Named) -> DomainRef {
    DomainRef::by_id(&domain.id)
}

fn project(project: &Named) -> Option<Scope> {
    Some(ProjectScope::by_id(&project.id).into())
}

fn users(world: &World) -> Vec<Way> {
    let user = &world.user;
    let by_domain_name = Password::by_name(
        &user.name,
        DomainRef::by_name(&user.domain.name),
        &*user.password,
    );
    let named = |domain| Some(ProjectScope::by_name(&world.project.name, domain).into());
    let domain_name = DomainRef::by_name(&world.domain.name);
    let default = &world.default_project_user;
    vec![
        way("id", by_id(user), None),
        way("name", by_name(user), None),
        way("unscoped", by_domain_name, Scope::Unscoped),
        way("project", by_id(user), project(&world.project)),
        way(
            "project name",
            by_name(user),
            named(by_domain_id(&world.domain)),
        ),
        way("project and domain name", by_id(user), named(domain_name)),
        way("second", by_id(user), project(&world.second_project)),
        way(
            "domain",
            by_id(user),
            Scope::from(DomainScope::by_id(&world.domain.id)),
        ),
        way(
            "domain name",
            by_name(user),
            Scope::from(DomainScope::by_name(&world.domain.name)),
        ),
        way("default", by_id(default), None),
        way("default unscoped", by_name(default), Scope::Unscoped),
        way("default project", by_name(default), project(&world.project)),
        way("reader", by_id(&world.system_reader), None),
        way(
            "system",
            by_name(&world.system_reader),
            Scope::from(SystemScope::new()),
        ),
    ]
}

fn delegates(world: &World) -> Vec<Way> {
    let (trustee, user) = (&world.trustee, &world.user);
    let trust = |id: &str| Scope::from(TrustScope::new(id));
    let impersonating = &world.impersonating_trust_id;
    let (plain, limited) = (&world.application_credential, &world.limited_credential);
    let by_user = |user| ApplicationCredential::by_name(&plain.name, user, &*plain.secret);
    let user_name = UserRef::by_name(&user.name, by_domain_id(&user.domain));
    vec![
        way("trustee", by_id(trustee), None),
        way("trust", by_id(trustee), trust(&world.trust_id)),
        way("trust by name", by_name(trustee), trust(&world.trust_id)),
        way("impersonated", by_id(trustee), trust(impersonating)),
        Way {
            hidden: true,
            ..way(
                "impersonated by name",
                by_name(trustee),
                trust(impersonating),
            )
        },
        way(
            "credential",
            ApplicationCredential::by_id(&plain.id, &*plain.secret),
            None,
        ),
        way("credential name", by_user(UserRef::by_id(&user.id)), None),
        way("credential and user name", by_user(user_name), None),
        way(
            "limited",
            ApplicationCredential::by_id(&limited.id, &*limited.secret),
            None,
        ),
    ]
}

/// What a token is good for, and for whom.
fn identity(token: &Token) -> [Option<&str>; 6] {
    [
        Some(&token.user.id),
        token.project.as_ref().map(|it| &*it.id),
        token.domain.as_ref().map(|it| &*it.id),
        token.system.as_ref().map(|_| "all"),
        token.trust.as_ref().map(|it| &*it.id),
        token.application_credential.as_ref().map(|it| &*it.id),
    ]
}

/// Whether a login in this way, which has led to `own`, could have led to `other`.
fn may_lead_to(way: &Way, own: &Token, other: &Token) -> bool {
    let (own, other) = (identity(own), identity(other));
    let to_a_default = way.scope.is_none()
        && own[5].is_none()
        && own[0] == other[0]
        && other[2..].iter().all(Option::is_none);
    !way.hidden && (own == other || to_a_default)
}

async fn log_in(world: &World, way: &Way) -> AuthToken {
    let openstack = OpenStack::builder(&*world.auth_url).build().unwrap();
    let call = openstack
        .identity_v3()
        .generate_token(way.credentials.clone());
    let call = match &way.scope {
        Some(scope) => call.scope(scope.clone()),
        None => call,
    };
    soon(call).await.unwrap()
}

/// The token of a session that is given `cached`, and how often it started with that and logged in.
async fn session(
    world: &World,
    transport: Shared,
    way: &Way,
    cached: &AuthToken,
) -> (AuthToken, [usize; 2]) {
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let counted = counts.clone();
    let builder = OpenStack::builder(&*world.auth_url)
        .transport(transport)
        .credentials(way.credentials.clone())
        .cached_token(cached.clone())
        .on_event(move |event| {
            match event {
                Event::CacheHit => counted[0].fetch_add(1, Ordering::Relaxed),
                Event::Login => counted[1].fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        });
    let builder = match &way.scope {
        Some(scope) => builder.scope(scope.clone()),
        None => builder,
    };
    let token = soon(builder.build().unwrap().token()).await.unwrap();
    let counts = [0, 1].map(|index: usize| counts[index].load(Ordering::Relaxed));
    (token, counts)
}

/// Each way to log in, with the token of each.
async fn every_way_with_every_token(world: &World) {
    let ways: Vec<Way> = users(world).into_iter().chain(delegates(world)).collect();
    let mut tokens = Vec::new();
    let transport = Shared::default();
    for way in &ways {
        let token = log_in(world, way).await;
        // What the login left in it says that it is the right one, whatever the body tells.
        let (known, counts) = session(world, transport.clone(), way, &token).await;
        assert_eq!((counts, &known), ([1, 0], &token), "{}", way.what);
        // Without that, as others keep tokens, the body has to tell.
        let mut export = token.export();
        export.as_object_mut().unwrap().remove("fingerprint");
        tokens.push(AuthToken::from_export(export).unwrap());
    }
    let (mut hits, mut misses) = (0, 0);
    for (way, own) in ways.iter().zip(&tokens) {
        for (from, cached) in ways.iter().zip(&tokens) {
            let pair = format!("{} with the token of {}", way.what, from.what);
            let (token, counts) = session(world, transport.clone(), way, cached).await;
            if may_lead_to(way, own, cached) {
                assert_eq!((counts, &token), ([1, 0], cached), "{pair}");
                hits += 1;
            } else {
                assert_eq!(counts, [0, 1], "{pair}");
                assert_eq!(identity(&token), identity(own), "{pair}");
                misses += 1;
            }
        }
    }
    println!("{hits} hits, {misses} misses");
    assert!(hits > ways.len() && misses > 10 * ways.len());
}

#[tokio::test]
async fn nobody_starts_with_the_token_of_another() {
    every_way_with_every_token(&World::embedded().await.unwrap()).await;
}

#[cfg(feature = "servers")]
#[tokio::test]
async fn nobody_starts_with_the_token_of_another_of_keystone() {
    every_way_with_every_token(&World::keystone().await.unwrap()).await;
}

#[tokio::test]
async fn several_methods_must_all_be_of_its_user() {
    let world = World::embedded().await.unwrap();
    let (user, other) = (&world.totp_user, &world.user);
    let cached = log_in(&world, &way("", by_id(user), None)).await;
    let totp = |user: &Account| Totp::by_id(&user.id, world.passcode(&world.totp_secret));
    let mixed = |user: &Account, other: &Account| {
        Credentials::from(by_name(user)).and(totp(other)).unwrap()
    };
    let exchanged = Credentials::from(cached.id().clone())
        .and(by_id(user))
        .unwrap();
    let cases: [(_, Credentials, _); 5] = [
        ("passcode", totp(user).into(), true),
        ("both", mixed(user, user), true),
        ("two users", mixed(other, user), false),
        ("token and password", exchanged, true),
        ("token", cached.id().clone().into(), false),
    ];
    for (what, credentials, hit) in cases {
        let openstack = OpenStack::builder(&*world.auth_url)
            .credentials(credentials)
            .cached_token(cached.clone())
            .build()
            .unwrap();
        let server = world.server().unwrap();
        server.clear_requests();
        let token = soon(openstack.token()).await;
        assert_eq!(server.requests().is_empty(), hit, "{what}");
        assert_eq!(token.is_ok_and(|token| token == cached), hit, "{what}");
    }
}

/// What a provider would give is not known, and it is not asked.
#[tokio::test]
async fn for_a_provider_only_the_scope_counts() {
    let world = World::embedded().await.unwrap();
    let cached = log_in(
        &world,
        &way("", by_id(&world.user), project(&world.project)),
    )
    .await;
    for (scope, asked) in [(&world.project, 0), (&world.second_project, 1)] {
        let user = by_id(&world.user);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let openstack = OpenStack::builder(&*world.auth_url)
            .credentials_from(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                let user = user.clone();
                async { Ok(user.into()) }
            })
            .scope(ProjectScope::by_id(&scope.id))
            .cached_token(cached.clone())
            .build()
            .unwrap();
        let token = soon(openstack.token()).await.unwrap();
        assert_eq!(token.project.as_ref().unwrap().id, scope.id);
        assert_eq!(count.load(Ordering::Relaxed), asked);
    }
}

/// A later setting counts: credentials that are known no more are not compared.
#[tokio::test]
async fn the_credentials_given_last_count() {
    let world = World::embedded().await.unwrap();
    let cached = log_in(&world, &way("", by_id(&world.user), None)).await;
    let (user, other) = (by_id(&world.user), by_id(&world.trustee));
    let builder = || OpenStack::builder(&*world.auth_url).cached_token(cached.clone());
    let first = builder()
        .credentials(other.clone())
        .credentials(user.clone());
    let provider = {
        let other = other.clone();
        move || {
            let other = other.clone();
            async { Ok(other.into()) }
        }
    };
    let second = builder()
        .credentials(other.clone())
        .credentials_from(provider.clone());
    let third = builder().credentials_from(provider).credentials(other);
    for (builder, hit) in [(first, true), (second, true), (third, false)] {
        let token = soon(builder.build().unwrap().token()).await.unwrap();
        assert_eq!(token == cached, hit);
    }
}
