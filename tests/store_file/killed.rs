//! Programs that are killed while they write.

use std::hash::{BuildHasher, Hasher};
use std::io::Read;
use std::time::Duration;

use openstack_identity::AuthToken;
use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, key, number_of, numbered};
use crate::{left_over, set_age, store_with_entry, until, user};
#[cfg(target_os = "linux")]
use crate::{mode, names, printed};

const KILLS: usize = 200;

/// Up to so many microseconds.
fn some_time(most: u64) -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    Duration::from_micros(random % most)
}

async fn number_in(store: &FileStore) -> usize {
    let entry = store.get(&key(0)).await.unwrap();
    number_of(&entry.expect("the entry is gone"))
}

#[tokio::test]
async fn at_any_moment_the_old_entry_or_the_new_one_stays() {
    let (_around, folder, store) = store_with_entry().await;
    let (mut there, mut in_the_middle) = (0, 0);
    for _ in 0..KILLS {
        let mut writer = user("churn", &folder, &[there + 1]).spawn().unwrap();
        let mut out = writer.stdout.take().unwrap();
        // Its first line tells that it is at work.
        let mut said = vec![0; 1];
        out.read_exact(&mut said).unwrap();
        tokio::time::sleep(some_time(50_000)).await;
        let meanwhile = number_in(&store).await;
        writer.kill().unwrap();
        writer.wait().unwrap();
        out.read_to_end(&mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let last = |what: &str| {
            let mut numbers = said.lines().filter_map(|line| line.strip_prefix(what));
            numbers
                .next_back()
                .map(|number| number.parse::<usize>().unwrap())
        };
        let (begun, ended) = (last("begin ").unwrap(), last("end ").unwrap_or(there));
        let now = number_in(&store).await;
        assert!(now == ended || now == begun, "{ended}, {begun}: {now}");
        assert!((there..=now).contains(&meanwhile), "{there}: {meanwhile}");
        in_the_middle += usize::from(begun != ended);
        there = now;
    }
    assert!(in_the_middle > KILLS / 4, "{in_the_middle}");
    let left = left_over(&folder);
    println!("{there} entries, {in_the_middle} kills during a put, {left} files left over");
    assert!(left <= in_the_middle, "one kill left several files: {left}");
    // An hour later they are removed.
    until("it was tidied once", async || {
        folder.join("tidied").exists()
    })
    .await;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending == "tmp") {
            set_age(&path, 2 * HOUR);
        }
    }
    store.put(&key(0), &numbered(0), HOUR).await.unwrap();
    until("nothing is left over", async || left_over(&folder) == 0).await;
    assert_eq!(number_in(&store).await, 0);
}

/// Where files can be without a name until they are whole.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn while_a_token_is_saved_nothing_is_left_for_long() {
    let around = tempfile::tempdir().unwrap();
    let path = around.path().join("token.json");
    let mut left = 0;
    for _ in 0..KILLS {
        let mut saver = user("save", &path, &[]).spawn().unwrap();
        let mut said = [0; 6];
        saver.stdout.take().unwrap().read_exact(&mut said).unwrap();
        tokio::time::sleep(some_time(20_000)).await;
        saver.kill().unwrap();
        saver.wait().unwrap();
        let mut names = names(around.path());
        names.retain(|name| name != "token.json");
        assert!(
            names.is_empty() || names == [".token.json.openstack-new"],
            "{names:?}"
        );
        for name in &names {
            assert_eq!(mode(&around.path().join(name)), 0o600);
        }
        left += names.len();
        if path.exists() {
            AuthToken::load(&path).unwrap();
        }
    }
    println!("{left} of {KILLS} kills left a second name");
    // What is left is gone with the next one.
    std::fs::write(around.path().join(".token.json.openstack-new"), "left").unwrap();
    printed(&user("save", &path, &[1]).output().unwrap());
    assert_eq!(names(around.path()), ["token.json"]);
    AuthToken::load(&path).unwrap();
}
