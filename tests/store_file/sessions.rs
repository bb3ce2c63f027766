//! A session whose folder is full, read-only or somebody else's goes on without it.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use openstack_identity::store::FileStore;
use openstack_identity_testing::{IdentityServer, User};
use serde_json::{Value, json};
use tests::programs::run;

use crate::{LONG, is_root, printed, set_mode};

/// What a program is told on its standard input.
fn task(identity: &IdentityServer, user_id: &str, password: &str, folder: &Path) -> String {
    let task = json!({
        "auth_url": identity.auth_url(),
        "user_id": user_id,
        "password": password,
        "store": "file",
        "place": folder,
    });
    task.to_string()
}

/// How many logins and failures of the store each program in the output of a shell tells of.
async fn told(mut shell: Command) -> Vec<(u64, u64)> {
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap());
    let told = printed(&output.await.unwrap());
    let told = told.lines().map(|line| {
        let told: Value = serde_json::from_str(line).unwrap();
        let count = |key: &str| told[key].as_u64().unwrap();
        (count("logins"), count("failures"))
    });
    told.collect()
}

const HIT: (u64, u64) = (0, 0);
const MISS: (u64, u64) = (1, 0);

fn went_without((logins, failures): (u64, u64)) -> bool {
    logins == 1 && failures > 0
}

#[tokio::test]
async fn a_full_disk_costs_logins_until_there_is_room() {
    let identity = IdentityServer::start().await.unwrap();
    let around = tempfile::tempdir().unwrap();
    let demo = identity.demo();
    let own_mounts = if is_root() { "-m" } else { "-Urm" };
    let script = r#"
        mount -t tmpfs -o size=300k,mode=700 none "$1"
        dd if=/dev/zero of="$1/filler" bs=1k count=400 2>/dev/null || true
        printf %s "$2" | "$0"
        printf %s "$2" | "$0"
        rm "$1/filler"
        printf %s "$2" | "$0"
        printf %s "$2" | "$0"
    "#;
    let mut shell = Command::new("unshare");
    shell
        .args([own_mounts, "sh", "-ec", script])
        .arg(env!("CARGO_BIN_EXE_fleet_member"))
        .arg(around.path())
        .arg(task(
            &identity,
            &demo.user_id,
            &demo.password,
            around.path(),
        ));
    let told = told(shell).await;
    let [full, still_full, room, kept] = told[..] else {
        panic!("{told:?}");
    };
    assert!(went_without(full) && went_without(still_full), "{told:?}");
    assert_eq!([room, kept], [MISS, HIT]);
}

#[tokio::test]
async fn a_folder_that_is_read_only_is_read_and_costs_logins_for_what_is_not_there() {
    let identity = IdentityServer::start().await.unwrap();
    let other = identity.add_user(User::new("other").password("other-password"));
    let around = tempfile::tempdir().unwrap();
    set_mode(around.path(), 0o777);
    let program = around.path().join("program");
    let mut copy = Command::new("install");
    copy.args(["-m755", env!("CARGO_BIN_EXE_fleet_member")]);
    assert!(copy.arg(&program).status().unwrap().success());
    let script = r#"
        printf %s "$2" | "$0"
        chmod 500 "$1"
        printf %s "$2" | "$0"
        printf %s "$3" | "$0"
        chmod 700 "$1"
        printf %s "$3" | "$0"
        printf %s "$3" | "$0"
    "#;
    // Nothing is read-only for who has power over the machine.
    let mut shell = Command::new(if is_root() { "setpriv" } else { "env" });
    if is_root() {
        shell.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    let folder = around.path().join("tokens");
    let demo = identity.demo();
    shell
        .args(["sh", "-ec", script])
        .arg(program)
        .arg(&folder)
        .arg(task(&identity, &demo.user_id, &demo.password, &folder))
        .arg(task(&identity, &other, "other-password", &folder));
    let told = told(shell).await;
    let [first, read, refused, writable, kept] = told[..] else {
        panic!("{told:?}");
    };
    assert!(went_without(refused), "{told:?}");
    assert_eq!([first, read, writable, kept], [MISS, HIT, MISS, HIT]);
}

/// A file that others could have written is a miss; so is one that belongs to another.
#[tokio::test]
async fn an_entry_of_the_wrong_owner_or_mode_costs_a_login() {
    let identity = IdentityServer::start().await.unwrap();
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("tokens");
    let store = || FileStore::in_folder(&folder);
    let entry = || {
        let mut files = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
        files
            .find(|path| path.extension().is_some_and(|it| it == "entry"))
            .unwrap()
    };
    let mut spoils: Vec<fn(&Path)> = vec![|path| set_mode(path, 0o644)];
    if is_root() {
        spoils.push(|path| chown(path, Some(65534), None).unwrap());
    }
    for spoil in spoils {
        assert!(run(&identity, store(), LONG).await.is_miss());
        assert!(run(&identity, store(), LONG).await.is_hit());
        spoil(&entry());
        let without = run(&identity, store(), LONG).await;
        assert!(without.went_without(), "{without:?}");
        fs::remove_file(entry()).unwrap();
    }
}
