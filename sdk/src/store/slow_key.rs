//! Keys from passwords: slow to make, so that guessing is slow too, and kept for the life of the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{SealingKey, StoreError, StoreKey};
use crate::runtime::Secret;

/// By a hash of the password and whose it is.
type Keys = HashMap<[u8; 32], SealingKey>;

/// For all clients of the process: one that serves requests may build a client for each.
static KEYS: Mutex<Option<Keys>> = Mutex::new(None);

/// Held while a key is made, so that a client with many scopes makes one key, and takes the memory of one.
static MAKING: Mutex<()> = Mutex::new(());

/// How many keys are kept: passwords are changed, and a process may run for years.
const MOST: usize = 256;

/// The key from a password, made once and away from other tasks.
pub(super) async fn slow_key(password: Secret, owner: &StoreKey) -> Result<SealingKey, StoreError> {
    let hash = Sha256::new().chain_update(owner.as_str());
    let name = hash.chain_update(password.expose()).finalize().into();
    if let Some(key) = kept(name) {
        return Ok(key);
    }
    let salt = owner.clone();
    // To its end also if nobody waits for it any more: the next one needs the same.
    let made = tokio::task::spawn_blocking(move || {
        let _turn = lock(&MAKING);
        kept(name).map_or_else(|| make(&password, &salt).inspect(|key| keep(name, key)), Ok)
    });
    let made = made.await.ok().and_then(Result::ok);
    made.ok_or_else(|| StoreError::new("no key can be made from the password"))
}

fn make(password: &Secret, salt: &StoreKey) -> Result<SealingKey, argon2::Error> {
    let (password, salt) = (password.expose().as_bytes(), salt.as_str().as_bytes());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::default().hash_password_into(password, salt, &mut *key)?;
    Ok(SealingKey::from(key))
}

fn kept(name: [u8; 32]) -> Option<SealingKey> {
    lock(&KEYS).as_ref()?.get(&name).cloned()
}

fn keep(name: [u8; 32], key: &SealingKey) {
    let mut keys = lock(&KEYS);
    let keys = keys.get_or_insert_default();
    if keys.len() >= MOST {
        keys.clear();
    }
    keys.insert(name, key.clone());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Password;
    use crate::identity::v3::auth::Credentials;
    use crate::runtime::recording;

    fn owner(id: &str) -> StoreKey {
        let credentials = Credentials::from(Password::by_id(id, "secret"));
        StoreKey::new("https://keystone.example/v3", &credentials, None).unwrap()
    }

    fn secret(text: &str) -> Secret {
        let password = Password::by_id("a", text);
        recording(|| serde_json::to_value(password)).1.remove(0)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_who_want_one_key_make_one() {
        let begun = Instant::now();
        slow_key(secret("secret"), &owner("one")).await.unwrap();
        let once = begun.elapsed();
        let one = owner("of many");
        let begun = Instant::now();
        let wanted = || {
            let one = one.clone();
            tokio::spawn(async move { slow_key(secret("secret"), &one).await.unwrap() })
        };
        let wanted: Vec<_> = (0..400).map(|_| wanted()).collect();
        let first = slow_key(secret("secret"), &one).await.unwrap();
        for key in wanted {
            assert_eq!(key.await.unwrap().bytes(), first.bytes());
        }
        // Each for itself would take a hundred times as long on four processors.
        assert!(begun.elapsed() < once * 50, "{once:?}");
        for other in [
            slow_key(secret("other"), &one).await.unwrap(),
            slow_key(secret("secret"), &owner("other")).await.unwrap(),
        ] {
            assert_ne!(other.bytes(), first.bytes());
        }
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_key_to_the_next() {
        let one = owner("given up");
        let made = slow_key(secret("secret"), &one);
        assert!(
            tokio::time::timeout(std::time::Duration::ZERO, made)
                .await
                .is_err()
        );
        slow_key(secret("secret"), &one).await.unwrap();
    }
}
