//! Many programs that start at once and share a store: one of them logs in.

use std::process::Stdio;
use std::time::{Duration, Instant};

use openstack_identity_testing::{Fault, IdentityServer};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::{TOKENS, logins, start};

/// Where programs keep their tokens: the kind of store, and its folder or address.
pub type Place = (&'static str, String);

/// Who logs in, and where.
pub struct Account {
    pub auth_url: String,
    pub user_id: String,
    pub password: String,
}

impl Account {
    pub fn demo(server: &IdentityServer) -> Self {
        Account {
            auth_url: server.auth_url(),
            user_id: server.demo().user_id.clone(),
            password: server.demo().password.clone(),
        }
    }

    /// Starts a program that gets a token.
    pub async fn spawn(&self, (store, place): &Place) -> Child {
        let task = json!({
            "auth_url": self.auth_url,
            "user_id": self.user_id,
            "password": self.password,
            "store": store,
            "place": place,
        });
        let mut child = Command::new(env!("CARGO_BIN_EXE_fleet_member"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(task.to_string().as_bytes()).await.unwrap();
        child
    }

    /// Starts so many programs at once, each with one of the places in turn; what they tell.
    pub async fn fleet(&self, size: usize, places: &[Place]) -> Vec<Told> {
        let mut children = Vec::new();
        for place in places.iter().cycle().take(size) {
            children.push(self.spawn(place).await);
        }
        let mut told = Vec::new();
        for child in children {
            told.push(Told::by(child).await);
        }
        told
    }
}

/// What a program tells.
#[derive(Debug)]
pub struct Told {
    pub token: u64,
    pub logins: u64,
}

impl Told {
    pub async fn by(child: Child) -> Self {
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        Told {
            token: told["token"].as_u64().unwrap(),
            logins: told["logins"].as_u64().unwrap(),
        }
    }
}

/// All have the same token, and one has logged in for it.
pub fn assert_one_login(told: &[Told]) {
    assert!(told.iter().all(|it| it.token == told[0].token), "{told:?}");
    assert_eq!(told.iter().map(|it| it.logins).sum::<u64>(), 1, "{told:?}");
}

/// Fifty programs at once, while a login takes its time.
pub async fn fifty_log_in_once(places: &[Place]) {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(1)).on("POST", TOKENS));
    let told = Account::demo(&server).fleet(50, places).await;
    assert_one_login(&told);
    assert_eq!(logins(&server), 1);
}

/// Kills the program that logs in for the others, and counts the time until another does.
pub async fn another_takes_over(place: &Place) {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_secs(120)).on("POST", TOKENS));
    let account = Account::demo(&server);
    let mut leader = account.spawn(place).await;
    wait_for_logins(&server, 1).await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(account.spawn(place).await);
    }
    // They wait, however long it takes: the lease is kept.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(logins(&server), 1);
    leader.kill().await.unwrap();
    let killed = Instant::now();
    wait_for_logins(&server, 2).await;
    let took = killed.elapsed();
    println!("{}: another took over after {took:?}", place.0);
    let mut told = Vec::new();
    for child in others {
        told.push(Told::by(child).await);
    }
    assert_one_login(&told);
    assert_eq!(logins(&server), 2);
    // Three seconds are promised; the rest is for a machine that is busy.
    assert!(took < Duration::from_secs(8), "{took:?}");
}

fn signal(program: &Child, signal: &str) {
    let id = program.id().unwrap().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args([signal, &id]).status().unwrap().success());
}

/// Stops the program that logs in for the others until another has, and lets it go on then: what it got is
/// the older token, and is for itself alone.
pub async fn a_stopped_leader_changes_nothing(place: &Place) {
    let server = start().await;
    server.inject(Fault::delay(Duration::from_millis(1500)).on("POST", TOKENS));
    let account = Account::demo(&server);
    let leader = account.spawn(place).await;
    wait_for_logins(&server, 1).await;
    signal(&leader, "-STOP");
    // Its token comes meanwhile, and is older by seconds than the next one.
    let newer = Told::by(account.spawn(place).await).await;
    assert_eq!((newer.logins, logins(&server)), (1, 2));
    signal(&leader, "-CONT");
    let older = Told::by(leader).await;
    assert_eq!(older.logins, 1);
    assert_ne!(older.token, newer.token);
    let kept = Told::by(account.spawn(place).await).await;
    assert_eq!(kept.token, newer.token, "{}", place.0);
    assert_eq!((kept.logins, logins(&server)), (0, 2));
}

pub async fn wait_for_logins(server: &IdentityServer, count: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    while logins(server) < count {
        assert!(Instant::now() < end, "there was no login {count}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_programs_with_a_folder_log_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("tokens").display().to_string();
    fifty_log_in_once(&[("file", place)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_folder_another_takes_over_from_one_who_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("tokens").display().to_string();
    another_takes_over(&("file", place)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_folder_one_who_was_stopped_does_not_replace_a_newer_token() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("tokens").display().to_string();
    a_stopped_leader_changes_nothing(&("file", place)).await;
}
