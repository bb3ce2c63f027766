//! One program of a fleet: gets a token by a store that it shares with the others, and says how.
//!
//! Reads what it needs from the standard input, as JSON; writes a line of JSON when it has a token.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openstack_identity::store::{FileStore, MemoryStore, TokenStore};
#[cfg(feature = "servers")]
use openstack_identity::store::{MemcachedStore, RedisStore};
use openstack_identity::{Event, OpenStack, Password};
use serde_json::Value;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    match run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let task: Value = serde_json::from_str(&text)?;
    let word = |key: &str| task[key].as_str().ok_or(format!("no {key}"));
    let (logins, failures) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = {
        let (logins, failures) = (logins.clone(), failures.clone());
        move |event| match event {
            Event::Login => _ = logins.fetch_add(1, Ordering::SeqCst),
            Event::StoreFailed => _ = failures.fetch_add(1, Ordering::SeqCst),
            _ => {}
        }
    };
    let openstack = OpenStack::builder(word("auth_url")?)
        .credentials(Password::by_id(word("user_id")?, word("password")?))
        .token_store(store(word("store")?, word("place")?)?)
        .token_store_timeout(Duration::from_secs(5))
        .on_event(count)
        .build()?;
    let token = openstack.token().await?;
    let mut hash = DefaultHasher::new();
    token.id().expose().hash(&mut hash);
    let told = serde_json::json!({
        "token": hash.finish(),
        "logins": logins.load(Ordering::SeqCst),
        "failures": failures.load(Ordering::SeqCst),
    });
    println!("{told}");
    Ok(())
}

fn store(kind: &str, place: &str) -> Result<Arc<dyn TokenStore>, Failure> {
    match kind {
        "memory" => Ok(Arc::new(MemoryStore::new())),
        "file" if place.is_empty() => Ok(Arc::new(FileStore::new()?)),
        "file" => Ok(Arc::new(FileStore::in_folder(place))),
        #[cfg(feature = "servers")]
        "redis" => Ok(Arc::new(RedisStore::open(place)?)),
        #[cfg(feature = "servers")]
        "memcached" => Ok(Arc::new(MemcachedStore::open([place])?)),
        other => Err(format!("there is no store {other}").into()),
    }
}
