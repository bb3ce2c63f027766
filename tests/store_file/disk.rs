//! Disks that are full, and folders that can't be written to.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, key};
use crate::{complaint, is_root, left_over, printed, says, says_text, set_mode, store};
use crate::{user, user_after};

#[test]
fn a_full_disk_leaves_the_old_entry() {
    let around = tempfile::tempdir().unwrap();
    let own_mounts = if is_root() { "-m" } else { "-Urm" };
    let script = r#"
        mount -t tmpfs -o size=300k,mode=700 none "$1"
        "$0" put "$1" 0
        "$0" get "$1"
        "$0" put "$1" 1 2>&1 && exit 3
        "$0" get "$1"
        ls -A "$1" | grep -c tmp || true
        dd if=/dev/zero of="$1/filler" bs=1k count=400 2>/dev/null || true
        "$0" put "$1" 0 2>&1 && exit 3
        "$0" lease "$1" 1000 </dev/null 2>&1 || true
        "$0" get "$1"
    "#;
    let output = Command::new("unshare")
        .args([own_mounts, "sh", "-ec", script])
        .arg(env!("CARGO_BIN_EXE_file-store-user"))
        .arg(around.path())
        .output()
        .unwrap();
    let printed = printed(&output);
    let lines: Vec<&str> = printed.lines().collect();
    let full = "No space left on device";
    let [before, refused, after, left_over, again, _lease, at_last] = lines[..] else {
        panic!("{printed}");
    };
    says_text(refused, around.path(), full);
    says_text(again, around.path(), full);
    assert_eq!([before, after, left_over, at_last], ["0", "0", "0", "0"]);
}

#[test]
fn a_file_that_may_not_grow_leaves_the_old_entry() {
    let (_around, folder, _) = store();
    printed(&user("put", &folder, &[0]).output().unwrap());
    let limit = "trap '' XFSZ; ulimit -f 1";
    let output = user_after(limit, "put", &folder, &[1]).output().unwrap();
    says_text(&complaint(&output), &folder, "File too large");
    assert_eq!(printed(&user("get", &folder, &[]).output().unwrap()), "0\n");
    assert_eq!(left_over(&folder), 0);
}

#[tokio::test]
async fn the_folder_is_a_file_or_in_one() {
    let (_around, folder, store) = store();
    fs::write(&folder, "precious").unwrap();
    says(store.get(&key(0)).await, &folder, "it is no folder");
    says(
        store.put(&key(0), b"", HOUR).await,
        &folder,
        "it is no folder",
    );
    let inside = folder.join("tokens");
    let store = FileStore::in_folder(&inside);
    says(store.get(&key(0)).await, &inside, "Not a directory");
    says(
        store.put(&key(0), b"", HOUR).await,
        &inside,
        "Not a directory",
    );
    says(store.lease(&key(0), HOUR).await, &inside, "Not a directory");
    assert_eq!(fs::read(&folder).unwrap(), b"precious");
    let unnamed = FileStore::in_folder("");
    says(
        unnamed.put(&key(0), b"", HOUR).await,
        Path::new(""),
        "can't make",
    );
}

/// The program where a user without any power over the machine can start it, and how.
fn powerless(around: &Path, command: &str, folder: &Path, numbers: &[usize]) -> Command {
    let program = around.join("program");
    if !program.exists() {
        // By another program: what this one had open for writing, a test that starts something at the same
        // time would keep from being run.
        let mut copy = Command::new("install");
        copy.args(["-m755", env!("CARGO_BIN_EXE_file-store-user")]);
        assert!(copy.arg(&program).status().unwrap().success());
    }
    set_mode(around, 0o755);
    let mut command_line = if is_root() {
        let mut drop_power = Command::new("setpriv");
        drop_power.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        drop_power.arg(program);
        drop_power
    } else {
        Command::new(program)
    };
    crate::with_arguments(&mut command_line, command, folder, numbers);
    command_line
}

fn give_away(folder: &Path) {
    if is_root() {
        let inside = fs::read_dir(folder).unwrap();
        let files: Vec<PathBuf> = inside.map(|file| file.unwrap().path()).collect();
        for path in files.iter().map(PathBuf::as_path).chain([folder]) {
            chown(path, Some(65534), Some(65534)).unwrap();
        }
    }
}

#[test]
fn a_folder_that_is_read_only_is_read() {
    let (around, folder, _) = store();
    printed(&user("put", &folder, &[0]).output().unwrap());
    give_away(&folder);
    set_mode(&folder, 0o500);
    let run = |command: &str, numbers: &[usize]| {
        let mut program = powerless(around.path(), command, &folder, numbers);
        program.output().unwrap()
    };
    assert_eq!(printed(&run("get", &[])), "0\n");
    says_text(&complaint(&run("put", &[1])), &folder, "Permission denied");
    says_text(
        &complaint(&run("lease", &[1000])),
        &folder,
        "Permission denied",
    );
    assert_eq!(printed(&run("get", &[])), "0\n");
    set_mode(&folder, 0o700);
    assert_eq!(printed(&run("put", &[1])), "");
    assert_eq!(printed(&run("get", &[])), "1\n");
}

#[test]
fn a_folder_that_can_not_be_made_or_seen() {
    let (around, folder, _) = store();
    let closed = around.path().join("closed");
    fs::create_dir(&closed).unwrap();
    set_mode(&closed, 0o000);
    let inside = closed.join(folder.file_name().unwrap());
    for command in ["get", "put", "lease"] {
        let output = powerless(around.path(), command, &inside, &[1])
            .output()
            .unwrap();
        says_text(&complaint(&output), &inside, "Permission denied");
    }
    let read_only = around.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    set_mode(&read_only, 0o555);
    let inside = read_only.join("tokens");
    let output = powerless(around.path(), "put", &inside, &[1])
        .output()
        .unwrap();
    says_text(&complaint(&output), &inside, "can't make the folder");
    set_mode(&closed, 0o700);
}
