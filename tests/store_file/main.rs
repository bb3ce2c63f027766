//! The store in files: what others can get at, what is left after a kill, and several programs at once.
#![cfg(unix)]

mod access;
mod disk;
mod hanging;
mod kept;
mod killed;
mod leases;
mod sessions;
mod shared;
mod together;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use openstack_identity::store::{FileStore, StoreError, TokenStore};
use tempfile::TempDir;

use crate::shared::{HOUR, key, numbered};

/// How long something may take on a busy machine before it counts as hanging.
const LONG: Duration = Duration::from_secs(60);

/// A store in a folder that is yet to be made, and the folder around it.
fn store() -> (TempDir, PathBuf, FileStore) {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("tokens");
    let store = FileStore::in_folder(&folder);
    (around, folder, store)
}

/// The same, with an entry in it.
async fn store_with_entry() -> (TempDir, PathBuf, FileStore) {
    let (around, folder, store) = store();
    store.put(&key(0), &numbered(0), HOUR).await.unwrap();
    (around, folder, store)
}

fn file(folder: &Path, ending: &str) -> PathBuf {
    folder.join(format!("{}.{ending}", key(0)))
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn left_over(folder: &Path) -> usize {
    let mut names = names(folder);
    names.retain(|name| name.ends_with(".tmp"));
    names.len()
}

fn set_age(path: &Path, age: Duration) {
    let time = std::time::SystemTime::now() - age;
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// The program in `user.rs`, started by a shell after something else.
fn user_after(first: &str, command: &str, folder: &Path, numbers: &[usize]) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-ec", &format!("{first}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_file-store-user"));
    with_arguments(&mut shell, command, folder, numbers);
    shell
}

fn user(command: &str, folder: &Path, numbers: &[usize]) -> Command {
    let mut user = Command::new(env!("CARGO_BIN_EXE_file-store-user"));
    with_arguments(&mut user, command, folder, numbers);
    user
}

fn with_arguments(to: &mut Command, command: &str, folder: &Path, numbers: &[usize]) {
    to.arg(command).arg(folder);
    to.args(numbers.iter().map(usize::to_string));
    to.stdin(Stdio::piped()).stdout(Stdio::piped());
}

/// What it printed.
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said was wrong.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The message says what is wrong and where, and nothing of what is kept.
fn says<T>(result: Result<T, StoreError>, path: &Path, what: &str) {
    let Err(error) = result else {
        panic!("this should have failed: {what}");
    };
    says_text(&error.to_string(), path, what);
}

fn says_text(text: &str, path: &Path, what: &str) {
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    assert!(text.contains(what), "{text}");
    assert!(!text.contains("number of this entry"), "{text}");
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !is_so().await {
        assert!(since.elapsed() < LONG, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
