//! What is put is there, until its time is over.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, key, numbered};
use crate::{LONG, file, left_over, names, printed, says, set_age, store, store_with_entry};
use crate::{set_mode, until, user};

#[tokio::test]
async fn entries_come_back_as_they_were() {
    let (_around, folder, store) = store();
    assert!(store.is_private());
    let largest = vec![b'\n'; store.largest_entry()];
    for entry in [
        b"".as_slice(),
        b"{}",
        b"\n\n",
        b"\xff\x00",
        &numbered(1),
        &largest,
    ] {
        store.put(&key(0), entry, HOUR).await.unwrap();
        assert!(store.get(&key(0)).await.unwrap().as_deref() == Some(entry));
    }
    assert_eq!(store.get(&key(1)).await, Ok(None));
    store.put(&key(1), b"other", HOUR).await.unwrap();
    let another = FileStore::in_folder(&folder);
    assert!(another.get(&key(0)).await.unwrap().unwrap() == largest);
    assert_eq!(another.get(&key(1)).await, Ok(Some(b"other".to_vec())));
    assert_eq!(left_over(&folder), 0);
}

#[tokio::test]
async fn nothing_is_made_before_something_is_put() {
    let (around, _, store) = store();
    assert_eq!(store.get(&key(0)).await, Ok(None));
    assert_eq!(store.remove_if(&key(0), b"x").await, Ok(false));
    assert!(names(around.path()).is_empty());
    assert!(!format!("{store:?}").contains("openstack-v1"));
}

#[tokio::test]
async fn only_this_entry_is_removed() {
    let (_around, folder, store) = store_with_entry().await;
    for other in [numbered(1), numbered(0)[1..].to_vec(), Vec::new()] {
        assert_eq!(store.remove_if(&key(0), &other).await, Ok(false));
    }
    assert_eq!(store.remove_if(&key(1), &numbered(0)).await, Ok(false));
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(0))));
    assert_eq!(store.remove_if(&key(0), &numbered(0)).await, Ok(true));
    assert_eq!(store.get(&key(0)).await, Ok(None));
    assert_eq!(store.remove_if(&key(0), &numbered(0)).await, Ok(false));
    assert!(!file(&folder, "entry").exists() && file(&folder, "lock").exists());
}

#[tokio::test]
async fn its_time_ends() {
    let (_around, _, store) = store();
    for (time_to_live, is_there) in [
        (Duration::MAX, true),
        (LONG, true),
        (Duration::ZERO, false),
        (Duration::from_nanos(1), false),
    ] {
        store.put(&key(0), b"{}", time_to_live).await.unwrap();
        let entry = store.get(&key(0)).await.unwrap();
        assert_eq!(entry.is_some(), is_there, "{time_to_live:?}");
    }
    let soon = Duration::from_millis(200);
    store.put(&key(0), b"{}", soon).await.unwrap();
    until("the entry is over", async || {
        store.get(&key(0)).await == Ok(None)
    })
    .await;
}

#[tokio::test]
async fn a_person_can_read_it() {
    let (_around, folder, store) = store();
    store.put(&key(0), b"{\"id\": 1}", HOUR).await.unwrap();
    let text = fs::read_to_string(file(&folder, "entry")).unwrap();
    let (header, entry) = text.split_once('\n').unwrap();
    assert!(header.contains("\"until\":\"2"), "{header}");
    assert_eq!(entry, "{\"id\": 1}");
}

#[tokio::test]
async fn what_is_broken_is_told_and_replaced() {
    let (_around, folder, store) = store_with_entry().await;
    let path = file(&folder, "entry");
    let whole = fs::read(&path).unwrap();
    for broken in [
        b"".as_slice(),
        b"{}",
        b"\n",
        &whole[..20],
        &whole[1..],
        &[0; 4096],
    ] {
        fs::write(&path, broken).unwrap();
        says(
            store.get(&key(0)).await,
            &path,
            "the next login replaces it",
        );
        says(store.remove_if(&key(0), b"").await, &path, "doesn't begin");
    }
    // What is in an entry is for others to judge.
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let cut = store.get(&key(0)).await.unwrap().unwrap();
    assert_eq!(cut, numbered(0)[..cut.len()]);
    assert_eq!(store.remove_if(&key(0), &cut).await, Ok(true));
    store.put(&key(0), &numbered(1), HOUR).await.unwrap();
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(1))));
}

#[tokio::test]
async fn what_is_too_large_is_neither_written_nor_read() {
    let (_around, folder, store) = store_with_entry().await;
    let path = file(&folder, "entry");
    let large = vec![b' '; store.largest_entry() + 1];
    says(store.put(&key(0), &large, HOUR).await, &path, "16777216");
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(0))));
    // Far larger than the memory, and takes no room on the disk.
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    says(store.get(&key(0)).await, &path, "larger than");
    says(store.remove_if(&key(0), b"").await, &path, "larger than");
    store.put(&key(0), b"{}", HOUR).await.unwrap();
    assert_eq!(store.get(&key(0)).await, Ok(Some(b"{}".to_vec())));
}

#[test]
fn the_users_own_folder() {
    let home = tempfile::tempdir().unwrap();
    let caches = home.path().join("my caches");
    for (variable, value, folder) in [
        ("XDG_CACHE_HOME", caches.as_path(), caches.as_path()),
        (
            "XDG_CACHE_HOME",
            Path::new("nowhere"),
            &home.path().join(".cache"),
        ),
        ("UNRELATED", Path::new("x"), &home.path().join(".cache")),
    ] {
        let mut program = user("put", Path::new("-"), &[7]);
        program
            .current_dir(home.path())
            .env_remove("XDG_CACHE_HOME");
        program.env("HOME", home.path()).env(variable, value);
        printed(&program.output().unwrap());
        let folder = folder.join("openstack-identity");
        let output = user("get", &folder, &[]).output().unwrap();
        assert_eq!(printed(&output), "7\n");
        fs::remove_dir_all(folder).unwrap();
    }
    assert_eq!(names(home.path()), [".cache", "my caches"]);
}

/// The folder is tidied when an hour has passed since the last time.
fn let_an_hour_pass(folder: &Path) {
    set_age(&folder.join("tidied"), 2 * HOUR);
}

#[tokio::test]
async fn what_nobody_needs_is_removed_and_all_else_stays() {
    let (around, folder, store) = store();
    // Somebody has tidied just now.
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o700);
    fs::write(folder.join("tidied"), "").unwrap();
    set_mode(&folder.join("tidied"), 0o600);
    store.put(&key(1), b"over", Duration::ZERO).await.unwrap();
    store.put(&key(2), b"lives", HOUR).await.unwrap();
    let precious = around.path().join("precious");
    let old = [
        folder.join(".openstack-abc123.tmp"),
        folder.join("openstack-abc123.tmp"),
        folder.join(".openstack-abc123"),
        folder.join("mine.entry"),
        precious.clone(),
    ];
    for path in &old {
        fs::write(path, "half").unwrap();
        set_age(path, 2 * HOUR);
    }
    fs::write(folder.join(".openstack-def456.tmp"), "another writes this").unwrap();
    fs::create_dir(folder.join(".openstack-folder.tmp")).unwrap();
    std::os::unix::fs::symlink(&precious, folder.join(".openstack-link.tmp")).unwrap();
    let before = names(&folder);
    let_an_hour_pass(&folder);
    store.put(&key(2), b"lives", HOUR).await.unwrap();
    let over = format!("{}.entry", key(1));
    until("it was tidied again", async || {
        names(&folder).len() + 2 == before.len()
    })
    .await;
    let mut kept = before;
    kept.retain(|name| *name != over && name != ".openstack-abc123.tmp");
    assert_eq!(names(&folder), kept);
    assert_eq!(store.get(&key(2)).await, Ok(Some(b"lives".to_vec())));
    assert_eq!(fs::read(precious).unwrap(), b"half");
    // Not each time.
    fs::write(&old[0], "half").unwrap();
    set_age(&old[0], 2 * HOUR);
    for _ in 0..20 {
        store.put(&key(2), b"lives", HOUR).await.unwrap();
    }
    assert!(old[0].exists());
    let stamp = fs::metadata(folder.join("tidied")).unwrap();
    assert!(stamp.modified().unwrap() > SystemTime::now() - HOUR);
}

#[test]
fn it_needs_no_runtime() {
    let (_around, _, store) = store();
    let key = key(0);
    let (mut put, mut get) = (store.put(&key, b"kept", HOUR), store.get(&key));
    assert_eq!(ready(put.as_mut()), Ok(()));
    assert_eq!(ready(get.as_mut()), Ok(Some(b"kept".to_vec())));
}

fn ready<T>(mut future: std::pin::Pin<&mut (impl Future<Output = T> + ?Sized)>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let end = SystemTime::now() + LONG;
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        assert!(SystemTime::now() < end, "it doesn't end");
        std::thread::sleep(Duration::from_millis(1));
    }
}
