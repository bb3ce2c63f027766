//! Several programs and tasks with one folder.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, Seen, key, number_of, numbered, race};
use crate::{LONG, file, left_over, printed, says, store, store_with_entry, until, user};

const ROUNDS: usize = 200;

/// What was gone was removed as that entry, and none was removed twice.
async fn nothing_was_lost(store: &FileStore, racers: &[Seen]) {
    let mut removed = HashSet::new();
    for entry in racers.iter().flat_map(|seen| &seen.removed) {
        assert!(removed.insert(*entry), "{entry:?} was removed twice");
    }
    for (me, seen) in racers.iter().enumerate() {
        for number in &seen.gone {
            assert!(removed.contains(&(me, *number)), "lost: {me} {number}");
        }
        match store.get(&key(me)).await.unwrap() {
            Some(entry) => assert_eq!(number_of(&entry), ROUNDS - 1),
            None => assert!(removed.contains(&(me, ROUNDS - 1)), "lost: {me}"),
        }
    }
    let gone: usize = racers.iter().map(|seen| seen.gone.len()).sum();
    println!("{} removed, {gone} of them at once", removed.len());
    assert!(removed.len() > ROUNDS / 10, "they didn't meet");
}

#[tokio::test]
async fn no_program_removes_the_new_entry_of_another() {
    let (_around, folder, store) = store();
    let programs: Vec<_> = (0..4)
        .map(|me| user("race", &folder, &[me, 4, ROUNDS]).spawn().unwrap())
        .collect();
    let mut racers = Vec::new();
    for program in programs {
        let mut seen = Seen::default();
        for line in printed(&program.wait_with_output().unwrap()).lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["gone", number] => seen.gone.push(number.parse().unwrap()),
                ["removed", other, number] => {
                    let removed = (other.parse().unwrap(), number.parse().unwrap());
                    seen.removed.push(removed);
                }
                _ => panic!("{line}"),
            }
        }
        racers.push(seen);
    }
    nothing_was_lost(&store, &racers).await;
    assert_eq!(left_over(&folder), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_task_removes_the_new_entry_of_another() {
    let (_around, _, store) = store();
    let tasks: Vec<_> = (0..4)
        .map(|me| {
            let store = store.clone();
            tokio::spawn(async move { race(&store, me, 4, ROUNDS).await })
        })
        .collect();
    let mut racers = Vec::new();
    for task in tasks {
        racers.push(task.await.unwrap());
    }
    nothing_was_lost(&store, &racers).await;
}

#[tokio::test]
async fn whoever_locks_for_ever_holds_nobody_up_for_ever() {
    let (_around, folder, store) = store_with_entry().await;
    let path = file(&folder, "lock");
    let lock = fs::File::open(&path).unwrap();
    lock.lock().unwrap();
    let since = Instant::now();
    let text = "another program has locked it";
    says(store.put(&key(0), b"new", HOUR).await, &path, text);
    says(store.remove_if(&key(0), &numbered(0)).await, &path, text);
    says(store.lease(&key(0), HOUR).await, &path, text);
    assert!(since.elapsed() < LONG);
    // Reading needs no lock, and other keys have their own.
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(0))));
    store.put(&key(1), b"other", HOUR).await.unwrap();
    assert_eq!(left_over(&folder), 0);
    drop(lock);
    store.put(&key(0), b"new", HOUR).await.unwrap();
}

#[tokio::test]
async fn who_gives_up_changes_nothing_any_more() {
    let (_around, folder, store) = store_with_entry().await;
    let lock = fs::File::open(file(&folder, "lock")).unwrap();
    lock.lock().unwrap();
    let (key, patience) = (key(0), Duration::from_millis(50));
    let put = store.put(&key, b"new", HOUR);
    assert!(tokio::time::timeout(patience, put).await.is_err());
    let this = numbered(0);
    let remove = store.remove_if(&key, &this);
    assert!(tokio::time::timeout(patience, remove).await.is_err());
    let lease = store.lease(&key, HOUR);
    assert!(tokio::time::timeout(patience, lease).await.is_err());
    drop(lock);
    until("the put has ended", async || left_over(&folder) == 0).await;
    // More calls than may wait at once, so all of the above have ended after them.
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            let key = key.clone();
            tokio::spawn(async move { store.get(&key).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(Some(numbered(0))));
    }
    assert!(store.lease(&key, HOUR).await.unwrap().is_some());
}
