//! What the tests and the other programs that they start agree upon.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::time::Duration;

use openstack_identity::Password;
use openstack_identity::store::{FileStore, StoreKey, TokenStore};

pub const HOUR: Duration = Duration::from_secs(3600);

pub fn key(number: usize) -> StoreKey {
    let password = Password::by_id(format!("user-{number}"), "secret");
    StoreKey::new("https://keystone.example/v3", &password.into(), None).unwrap()
}

/// An entry that is told from all others, long enough to be torn, and has a checksum.
pub fn numbered(number: usize) -> Vec<u8> {
    let line = format!("{number} is the number of this entry\n");
    let mut entry = line.repeat(4_000 + number % 2 * 3_000).into_bytes();
    entry.extend(checksum(&entry).to_be_bytes());
    entry
}

/// The number of such an entry, if it is whole.
pub fn number_of(entry: &[u8]) -> usize {
    let (text, sum) = entry.split_at(entry.len().checked_sub(8).expect("an entry is cut off"));
    assert_eq!(checksum(text).to_be_bytes(), sum, "an entry is broken");
    let text = std::str::from_utf8(text).unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What one of several who race has seen.
#[derive(Default)]
pub struct Seen {
    /// The entries of its own that were gone when it had just put them.
    pub gone: Vec<usize>,
    /// The entries of others that it has removed, each with the number of its key.
    pub removed: Vec<(usize, usize)>,
}

/// Puts entries under its own key, and removes those of the others as soon as it sees them.
pub async fn race(store: &FileStore, me: usize, racers: usize, rounds: usize) -> Seen {
    let mut seen = Seen::default();
    for round in 0..rounds {
        let own = key(me);
        store.put(&own, &numbered(round), HOUR).await.unwrap();
        match store.get(&own).await.unwrap() {
            Some(entry) => assert_eq!(number_of(&entry), round),
            None => seen.gone.push(round),
        }
        for other in (0..racers).filter(|other| *other != me) {
            let Some(entry) = store.get(&key(other)).await.unwrap() else {
                continue;
            };
            if store.remove_if(&key(other), &entry).await.unwrap() {
                seen.removed.push((other, number_of(&entry)));
            }
        }
    }
    seen
}
