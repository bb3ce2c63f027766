//! Whoever reads a store can't use what is sealed in it.

use std::time::Duration;

use openstack_identity::identity::v3::auth::{Auth, AuthMethod};
use openstack_identity::identity::v3::tokens::GenerateToken;
use openstack_identity::runtime::Operation;
use openstack_identity::store::{MemoryStore, Sealing, SealingKey, StoreKey, TokenStore};
use openstack_identity::{ApplicationCredential, Credentials, Event, OpenStack, Password};
use openstack_identity_testing::{ApplicationCredential as Known, IdentityServer};

use crate::moody::Moody;
use crate::shared::Shared;
use crate::{Counter, demo, id, logins, start};

const SECRET: &str = "iA6xvGRVbvt9fkRMqE4BzkPxWZ2b0yQ7sJ1mTnLcUuE";

fn application_credential(server: &IdentityServer, secret: &str) -> Credentials {
    let demo = server.demo();
    let known = Known::new(&demo.user_id, &demo.project_id).secret(secret);
    let id = server.add_application_credential(known);
    ApplicationCredential::by_id(id, secret).into()
}

async fn entry(
    server: &IdentityServer,
    credentials: &Credentials,
    store: &Shared,
) -> Option<Vec<u8>> {
    let key = StoreKey::new(&server.auth_url(), credentials, None).unwrap();
    store.get(&key).await.unwrap()
}

fn client(
    server: &IdentityServer,
    credentials: &Credentials,
    store: impl TokenStore,
    sealing: Sealing,
) -> (OpenStack, Counter) {
    let counter = Counter::default();
    let builder = crate::builder(server, store)
        .credentials(credentials.clone())
        .token_sealing(sealing)
        .on_event(counter.hook());
    (builder.build().unwrap(), counter)
}

fn is_plain(entry: &[u8]) -> bool {
    String::from_utf8_lossy(entry).contains("expires_at")
}

#[tokio::test]
async fn what_is_sealed_by_default_and_what_is_not() {
    let server = start().await;
    let password = demo(&server);
    let random = application_credential(&server, SECRET);
    let chosen = application_credential(&server, "tr0ub4dor");
    let given = Sealing::WithKey(SealingKey::new([7; 32]));
    for (credentials, sealing, plain) in [
        (&password, Sealing::Auto, Some(true)),
        (&chosen, Sealing::Auto, Some(true)),
        (&random, Sealing::Auto, Some(false)),
        (&random, Sealing::Never, Some(true)),
        (&random, Sealing::Always, Some(false)),
        (&password, Sealing::Always, None),
        (&chosen, Sealing::Always, None),
        (&password, given.clone(), Some(false)),
    ] {
        let store = Shared::default();
        let why = format!("{credentials:?} {sealing:?}");
        let (first, _) = client(&server, credentials, store.clone(), sealing.clone());
        let first = id(&first).await;
        let entry = entry(&server, credentials, &store).await;
        assert_eq!(entry.as_deref().map(is_plain), plain, "{why}");
        if let Some(entry) = entry {
            assert_eq!(
                String::from_utf8_lossy(&entry).contains(&first),
                is_plain(&entry),
                "{why}"
            );
        }
        // Whoever has the same key uses it.
        let (second, counter) = client(&server, credentials, store, sealing);
        assert_eq!(id(&second).await == first, plain.is_some(), "{why}");
        assert_eq!(counter.of(Event::StoreFailed), 0, "{why}");
    }
    // A store that nobody else can read needs no seal.
    let private = MemoryStore::new();
    let (first, _) = client(&server, &random, private.clone(), Sealing::Auto);
    id(&first).await;
    let key = StoreKey::new(&server.auth_url(), &random, None).unwrap();
    assert!(is_plain(&private.get(&key).await.unwrap().unwrap()));
}

#[tokio::test]
async fn changed_credentials_or_keys_are_a_miss_and_so_is_an_entry_that_was_tampered_with() {
    let server = start().await;
    let credentials = application_credential(&server, SECRET);
    let store = Shared::default();
    let (first, _) = client(&server, &credentials, store.clone(), Sealing::Auto);
    id(&first).await;
    let key = StoreKey::new(&server.auth_url(), &credentials, None).unwrap();
    let good = store.get(&key).await.unwrap().unwrap();

    // The same id with another secret: it can't open the entry, and the server refuses it.
    let Some(wrong) = wrong_secret(&server, &credentials).await else {
        panic!("the wrong secret was taken")
    };
    assert!(wrong.0.token().await.is_err());
    assert_eq!(wrong.1.of(Event::CacheHit), 0);

    let hour = Duration::from_secs(3600);
    for position in [0, 10, 16, 20, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[position] ^= 1;
        store.put(&key, &bad, hour).await.unwrap();
        let before = logins(&server);
        let (client, counter) = client(&server, &credentials, store.clone(), Sealing::Auto);
        id(&client).await;
        assert_eq!(logins(&server), before + 1, "{position}");
        assert!(counter.of(Event::StoreFailed) > 0, "{position}");
    }
    // A plain entry where a sealed one belongs may have been brought in by anybody.
    let (other, _) = client(&server, &credentials, store.clone(), Sealing::Never);
    id(&other).await;
    let before = logins(&server);
    let (sealed, _) = client(&server, &credentials, store.clone(), Sealing::Always);
    id(&sealed).await;
    assert_eq!(logins(&server), before + 1);
    let (other_key, _) = client(
        &server,
        &credentials,
        store,
        Sealing::WithKey(SealingKey::new([1; 32])),
    );
    id(&other_key).await;
    assert_eq!(logins(&server), before + 2);
}

async fn wrong_secret(
    server: &IdentityServer,
    credentials: &Credentials,
) -> Option<(OpenStack, Counter)> {
    let auth = Auth::new(credentials.clone());
    let request = GenerateToken::new(auth).request().ok()?;
    let json: serde_json::Value = serde_json::from_slice(request.body()).ok()?;
    let id = json["auth"]["identity"]["application_credential"]["id"]
        .as_str()?
        .to_owned();
    let wrong = ApplicationCredential::by_id(id, SECRET.replace('i', "j")).into();
    Some(client(server, &wrong, Shared::default(), Sealing::Auto))
}

#[tokio::test]
async fn a_client_says_where_its_token_is_kept_and_how() {
    let server = start().await;
    let (password, random) = (demo(&server), application_credential(&server, SECRET));
    let kerberos = Credentials::new(AuthMethod::Kerberos);
    let given = Sealing::WithKey(SealingKey::new([7; 32]));
    let nobody = "is not used: the login doesn't say who asks";
    for (credentials, sealing, how) in [
        (&random, Sealing::Auto, "sealed with a key from the secret"),
        (&password, Sealing::Auto, "as plain text: the credentials"),
        (&password, Sealing::Never, "as plain text: as `Sealing::N"),
        (&password, Sealing::Always, "is not used: tokens are to be"),
        (&password, given, "sealed with the key that was given"),
        (&kerberos, Sealing::Auto, nobody),
    ] {
        // A store that is asked would fail.
        let store = Moody::default();
        let (client, _) = client(&server, credentials, store.clone(), sealing);
        let text = client.explain().await;
        assert!(text.contains("the store moody "), "{text}");
        assert!(text.contains(how), "{how}: {text}");
        if let Some(key) = StoreKey::new(&server.auth_url(), credentials, None) {
            assert_eq!(
                text.contains(key.as_str()),
                !how.contains("not used"),
                "{text}"
            );
        }
        assert!(!text.contains(SECRET) && !text.contains(&server.demo().password));
        assert!(store.calls().is_empty() && server.requests().is_empty());
    }
    let client = OpenStack::builder(server.auth_url()).token_store(MemoryStore::new());
    let text = client.build().unwrap().explain().await;
    assert!(
        text.contains("memory is not used: there are no credentials"),
        "{text}"
    );
}

#[test]
fn keys_are_read_and_not_shown() {
    let text = "pHW4oDtBzsmQ51vTnAm2vhZGZ7TWDCurfhMiUvCrwYE=";
    let key = SealingKey::from_base64(&format!(" {text}\n")).unwrap();
    assert_eq!(format!("{key:?}"), "SealingKey([secret])");
    assert!(!format!("{:?}", Sealing::WithKey(key)).contains("pHW4"));
    for wrong in ["", "secret", "AAAA", &text[..40], &format!("{text}{text}")] {
        let error = SealingKey::from_base64(wrong).unwrap_err();
        assert!(error.to_string().contains("openssl rand"), "{error}");
    }
    _ = Password::by_id("a", "b");
}
