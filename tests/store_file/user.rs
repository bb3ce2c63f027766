//! Another program that keeps tokens in a folder: `file-store-user COMMAND FOLDER [NUMBER]...`. It is
//! started, stopped and killed by the tests in `main.rs`.

mod shared;

use std::io::{BufRead, Write};
use std::time::Duration;

use openstack_identity::AuthToken;
use openstack_identity::store::{FileStore, StoreError, TokenStore};
use shared::{HOUR, key, number_of, numbered, race};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().expect("a command");
    let store = match arguments.next().as_deref() {
        Some("-") => FileStore::new().unwrap(),
        folder => FileStore::in_folder(folder.expect("a folder")),
    };
    let numbers: Vec<usize> = arguments.map(|text| text.parse().unwrap()).collect();
    let done = match command.as_str() {
        "put" => store.put(&key(0), &numbered(numbers[0]), HOUR).await,
        "get" => get(&store).await,
        "churn" => churn(&store, numbers[0]).await,
        "lease" => lease(&store, Duration::from_millis(numbers[0] as u64)).await,
        "race" => race_of(&store, &numbers).await,
        "hang" => hang(numbers[0]).await,
        "save" => save(&numbers),
        _ => panic!("no command {command}"),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn say(what: &str) {
    let mut out = std::io::stdout();
    // In one write, so that no half of a line is seen if this program is killed.
    out.write_all(format!("{what}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

async fn get(store: &FileStore) -> Result<(), StoreError> {
    match store.get(&key(0)).await? {
        Some(entry) => say(&number_of(&entry).to_string()),
        None => say("none"),
    }
    Ok(())
}

/// Puts one entry after another, until it is killed.
async fn churn(store: &FileStore, first: usize) -> Result<(), StoreError> {
    for number in first.. {
        let entry = numbered(number);
        say(&format!("begin {number}"));
        store.put(&key(0), &entry, HOUR).await?;
        say(&format!("end {number}"));
    }
    Ok(())
}

/// Tries to take the lease; then keeps it once for each line that it is sent.
async fn lease(store: &FileStore, time_to_live: Duration) -> Result<(), StoreError> {
    let lease = store.lease(&key(0), time_to_live).await?;
    say(if lease.is_some() { "held" } else { "busy" });
    let mut lease = lease;
    for _ in std::io::stdin().lock().lines() {
        let lease = lease.as_mut().expect("a lease");
        say(&lease.keep(time_to_live).await?.to_string());
    }
    match lease {
        Some(lease) => lease.release().await,
        None => Ok(()),
    }
}

async fn race_of(store: &FileStore, numbers: &[usize]) -> Result<(), StoreError> {
    let seen = race(store, numbers[0], numbers[1], numbers[2]).await;
    for number in seen.gone {
        say(&format!("gone {number}"));
    }
    for (other, number) in seen.removed {
        say(&format!("removed {other} {number}"));
    }
    Ok(())
}

/// Makes so many calls where locks hang, each with a store of its own; how many threads there are then.
async fn hang(calls: usize) -> Result<(), StoreError> {
    let folder = std::env::args().nth(2).expect("a folder");
    for _ in 0..calls {
        let store = FileStore::in_folder(&folder);
        let key = key(0);
        let call = store.lease(&key, HOUR);
        let call = tokio::time::timeout(Duration::from_millis(50), call);
        assert!(call.await.is_err(), "the lock doesn't hang");
    }
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    say(&threads.count().to_string());
    Ok(())
}

/// Saves a token again and again until it is killed; once, if there is a number.
fn save(numbers: &[usize]) -> Result<(), StoreError> {
    let path = std::env::args().nth(2).expect("a path");
    let token = serde_json::json!({
        "format": 2,
        "auth_url": "https://keystone.example/v3",
        "id": "t".repeat(50_000),
        "token": {
            "methods": [],
            "user": {"id": "u", "name": "alice", "domain": {"id": "d", "name": "Domain"}},
            "audit_ids": [],
            "expires_at": "9999-12-31T23:59:59Z",
            "issued_at": "2026-11-23T13:48:26Z",
        },
    });
    let token = AuthToken::from_export(token).unwrap();
    say("begin");
    loop {
        token.save(&path).unwrap();
        if !numbers.is_empty() {
            return Ok(());
        }
    }
}
