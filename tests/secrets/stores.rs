//! Stores that fail in every way, with everything that is told of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use openstack_identity::store::{
    FileStore, Lease, MemcachedStore, MemoryStore, RedisStore, Sealing, SealingKey, StoreError,
    StoreKey, TokenStore,
};
use openstack_identity::transport::BoxFuture;
use openstack_identity::{ApplicationCredential, Credentials, OpenStack, Password};
use openstack_identity_testing::{ApplicationCredential as Known, IdentityServer, User};
use tests::told::listen;

use crate::planted::{PASSWORD, SECRET, check, check_debug};
use crate::support::{soon, start};

/// A key whose bytes are recognized.
const KEY: [u8; 32] = *b"S3NT1NEL-key-S3NT1NEL-key-S3NT1N";

/// Loses the end of what it holds.
struct Garbling(MemoryStore);

impl TokenStore for Garbling {
    fn name(&self) -> &'static str {
        "garbling"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            let kept = self.0.get(key).await?;
            Ok(kept.map(|mut entry| {
                entry.truncate(entry.len() - 3);
                entry
            }))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.put(key, entry, time_to_live)
    }

    fn remove_if<'a>(
        &'a self,
        key: &'a StoreKey,
        entry: &'a [u8],
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.0.remove_if(key, entry)
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        time_to_live: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        self.0.lease(key, time_to_live)
    }
}

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Each kind of store, such that it fails, and what it shows of itself.
fn stores(folder: &Path) -> Vec<(Arc<dyn TokenStore>, String)> {
    let file = folder.join("no-folder");
    std::fs::write(&file, "").unwrap();
    let file = FileStore::in_folder(file);
    let redis = format!("redis://user:S3NT1NEL-redis@{}/0", nowhere());
    let redis = RedisStore::open(redis.as_str()).unwrap();
    let memcached = MemcachedStore::open([nowhere()]).unwrap();
    let memory = MemoryStore::new();
    let shown = [
        format!("{file:?} {file:#?}"),
        format!("{redis:?} {redis:#?}"),
        format!("{memcached:?} {memcached:#?}"),
        format!("{memory:?} {memory:#?}"),
    ];
    let [of_file, of_redis, of_memcached, of_memory] = shown;
    vec![
        (Arc::new(file), of_file),
        (Arc::new(redis), of_redis),
        (Arc::new(memcached), of_memcached),
        (Arc::new(Garbling(memory)), of_memory),
    ]
}

fn logins(server: &IdentityServer) -> Vec<Credentials> {
    let user = server.add_user(User::new("planted").password(PASSWORD));
    let secret = format!("{SECRET}-{SECRET}-{SECRET}");
    let demo = server.demo();
    let known = Known::new(&demo.user_id, &demo.project_id).secret(&secret);
    let id = server.add_application_credential(known);
    vec![
        Password::by_id(user, PASSWORD).into(),
        ApplicationCredential::by_id(id, secret).into(),
    ]
}

#[tokio::test]
async fn a_store_that_fails_tells_no_secret() {
    let told = listen();
    let server = start().await;
    let folder = tempfile::tempdir().unwrap();
    let logins = logins(&server);
    let mut tokens = Vec::new();
    for (store, shown) in stores(folder.path()) {
        check(&shown);
        for credentials in &logins {
            for sealing in [
                Sealing::Auto,
                Sealing::Never,
                Sealing::Always,
                Sealing::WithKey(SealingKey::new(KEY)),
            ] {
                check_debug(&sealing);
                let client = || {
                    let builder = OpenStack::builder(server.auth_url())
                        .credentials(credentials.clone())
                        .token_store(store.clone())
                        .token_sealing(sealing.clone());
                    check_debug(&builder);
                    builder.build().unwrap()
                };
                for client in [client(), client()] {
                    let token = soon(client.token()).await.unwrap();
                    check(&client.explain().await);
                    check_debug(&client);
                    check_debug(&token);
                    let identity = client.identity_v3();
                    soon(identity.revoke_token(token.id())).await.unwrap();
                    tokens.push(token.id().expose().to_owned());
                }
            }
        }
    }
    let told = told.lines().join("\n");
    for store in ["file", "redis", "memcached", "garbling"] {
        assert!(
            told.contains(&format!("store=\"{store}\"")),
            "{store}: {told}"
        );
    }
    check(&told);
    for token in tokens {
        assert!(!told.contains(&token), "{told}");
        assert!(!told.contains(&BASE64.encode(token.as_bytes())), "{told}");
    }
    // As bytes, a key isn't text.
    for shown in [format!("{KEY:?}"), HEXLOWER.encode(&KEY)] {
        assert!(!told.contains(shown.trim_matches(['[', ']'])), "{told}");
    }
}
