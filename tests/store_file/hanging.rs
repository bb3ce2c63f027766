//! Locks that hang, as those of network file systems do, and users without a home: a program works and ends all
//! the same.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use openstack_identity_testing::IdentityServer;
use serde_json::{Value, json};

use crate::{LONG, is_root, names, printed, set_mode, store, user};

/// A library whose `flock` never comes back.
fn hanging_locks(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("hang.c"), folder.join("hang.so"));
    let text = "#include <unistd.h>\nint flock(int file, int how) { for (;;) pause(); }\n";
    std::fs::write(&source, text).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
    assert!(compiler.arg(&source).status().unwrap().success());
    library
}

/// What it has printed when it ended, which it does in time.
async fn ended(mut program: Child) -> Output {
    let since = Instant::now();
    while program.try_wait().unwrap().is_none() {
        if since.elapsed() > LONG {
            program.kill().unwrap();
            panic!("it doesn't end");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    program.wait_with_output().unwrap()
}

/// Starts a program that gets a token by a store in this folder, or, if it has no name, in the user's.
fn member(mut program: Command, identity: &IdentityServer, folder: &Path) -> Child {
    let demo = identity.demo();
    let task = json!({
        "auth_url": identity.auth_url(),
        "user_id": demo.user_id,
        "password": demo.password,
        "store": "file",
        "place": folder,
    });
    program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = program.spawn().unwrap();
    let mut input = program.stdin.take().unwrap();
    input.write_all(task.to_string().as_bytes()).unwrap();
    program
}

/// How many logins and failures of the store it tells of.
fn told(output: &Output) -> (u64, u64) {
    let told: Value = serde_json::from_str(&printed(output)).unwrap();
    let count = |key: &str| told[key].as_u64().unwrap();
    (count("logins"), count("failures"))
}

#[tokio::test]
async fn a_program_ends_though_a_lock_hangs() {
    let identity = IdentityServer::start().await.unwrap();
    let (around, folder, _) = store();
    let library = hanging_locks(around.path());
    let mut program = Command::new(env!("CARGO_BIN_EXE_fleet_member"));
    program.env("LD_PRELOAD", &library);
    let output = ended(member(program, &identity, &folder)).await;
    assert_eq!(told(&output), (1, 1));
}

#[tokio::test]
async fn locks_that_hang_take_eight_threads_at_most() {
    let (around, folder, _) = store();
    let library = hanging_locks(around.path());
    let mut program = user("hang", &folder, &[50]);
    program.env("LD_PRELOAD", &library);
    let output = ended(program.spawn().unwrap()).await;
    // With the one that calls.
    assert_eq!(printed(&output), "9\n");
}

#[tokio::test]
async fn a_user_without_a_home_logs_in_and_is_told_once() {
    let identity = IdentityServer::start().await.unwrap();
    let around = tempfile::tempdir().unwrap();
    set_mode(around.path(), 0o755);
    let copy = around.path().join("program");
    let mut install = Command::new("install");
    install.args(["-m755", env!("CARGO_BIN_EXE_fleet_member")]);
    assert!(install.arg(&copy).status().unwrap().success());
    let mut program = Command::new(&copy);
    program.env_clear().env("HOME", "nowhere");
    let mut programs = vec![program];
    if is_root() {
        for home in [None, Some("")] {
            let mut program = Command::new("/usr/bin/setpriv");
            program.env_clear().envs(home.map(|home| ("HOME", home)));
            program.args(["--reuid=1000690000", "--regid=0", "--clear-groups"]);
            program.arg(&copy);
            programs.push(program);
        }
    }
    for mut program in programs {
        program.current_dir(around.path());
        let output = ended(member(program, &identity, Path::new(""))).await;
        assert_eq!(told(&output), (1, 1), "{output:?}");
    }
    assert_eq!(names(around.path()), ["program"]);
}
