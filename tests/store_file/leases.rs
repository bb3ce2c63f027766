//! One of all who want the lease has it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::time::Duration;

use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, key};
use crate::{LONG, left_over, store, until, user};

/// Another program that wanted the lease.
struct Other {
    program: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    fn start(folder: &Path, time_to_live: Duration) -> Self {
        let milliseconds = usize::try_from(time_to_live.as_millis()).unwrap();
        let mut program = user("lease", folder, &[milliseconds]).spawn().unwrap();
        Other {
            input: program.stdin.take().unwrap(),
            output: BufReader::new(program.stdout.take().unwrap()),
            program,
        }
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn keeps(&mut self) -> String {
        self.input.write_all(b"keep\n").unwrap();
        self.says()
    }

    fn signal(&self, signal: &str) {
        let id = self.program.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Lets it release the lease and end.
    fn end(self) {
        drop(self.input);
        let mut program = self.program;
        assert!(program.wait().unwrap().success());
    }
}

async fn is_free(store: &FileStore) -> bool {
    store.lease(&key(0), HOUR).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_fifty_tasks_has_it() {
    let (_around, folder, one) = store();
    for round in 0..10 {
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                // Half of them share a store.
                let own = FileStore::in_folder(&folder);
                let store = if number % 2 == 0 { own } else { one.clone() };
                tokio::spawn(async move { store.lease(&key(round), HOUR).await.unwrap() })
            })
            .collect();
        let mut leases = Vec::new();
        for task in tasks {
            leases.extend(task.await.unwrap());
        }
        assert_eq!(leases.len(), 1);
    }
}

#[tokio::test]
async fn one_of_fifty_programs_has_it() {
    let (_around, folder, store) = store();
    let mut others: Vec<_> = (0..50).map(|_| Other::start(&folder, HOUR)).collect();
    let said: Vec<String> = others.iter_mut().map(Other::says).collect();
    assert_eq!(said.iter().filter(|said| *said == "held").count(), 1);
    assert_eq!(said.iter().filter(|said| *said == "busy").count(), 49);
    assert!(!is_free(&store).await);
    for other in others {
        other.end();
    }
    assert!(is_free(&store).await);
}

#[tokio::test]
async fn it_is_kept_until_it_is_released_or_dropped() {
    let (_around, folder, store) = store();
    let other = FileStore::in_folder(&folder);
    for release in [true, false] {
        let mut lease = store.lease(&key(0), HOUR).await.unwrap().unwrap();
        assert_eq!(lease.keep(HOUR).await, Ok(true));
        assert!(!is_free(&store).await && !is_free(&other).await);
        assert!(other.lease(&key(1), HOUR).await.unwrap().is_some());
        if release {
            lease.release().await.unwrap();
        } else {
            drop(lease);
        }
        assert!(is_free(&other).await);
    }
    // As long as nobody takes over, it is ours also if its time was over.
    let mut lease = store.lease(&key(0), Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(lease.keep(Duration::MAX).await, Ok(true));
    assert!(!is_free(&other).await);
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(lease.keep(HOUR).await, Ok(false));
}

#[tokio::test]
async fn it_ends_with_the_program_that_is_killed() {
    let (_around, folder, store) = store();
    for _ in 0..10 {
        let mut other = Other::start(&folder, HOUR);
        assert_eq!(other.says(), "held");
        assert_eq!(other.keeps(), "true");
        assert!(!is_free(&store).await);
        other.program.kill().unwrap();
        other.program.wait().unwrap();
        assert!(is_free(&store).await);
    }
}

#[tokio::test]
async fn it_is_taken_from_a_program_that_hangs_when_its_time_is_over() {
    let (_around, folder, store) = store();
    let mut hung = Other::start(&folder, Duration::from_secs(1));
    assert_eq!(hung.says(), "held");
    hung.signal("-STOP");
    let mut taken = None;
    until("the lease can be taken", async || {
        taken = store.lease(&key(0), HOUR).await.unwrap();
        taken.is_some()
    })
    .await;
    let mut taken = taken.unwrap();
    let other = FileStore::in_folder(&folder);
    assert!(!is_free(&other).await);
    // It goes on, sees that it has lost it, and ends without ending ours.
    hung.signal("-CONT");
    assert_eq!(hung.keeps(), "false");
    hung.end();
    assert_eq!(taken.keep(LONG).await, Ok(true));
    assert!(!is_free(&other).await);
    taken.release().await.unwrap();
    assert!(is_free(&other).await);
    assert_eq!(left_over(&folder), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_fifty_takes_over() {
    let (_around, folder, store) = store();
    // Its time is over at once, but it has not ended.
    let mut first = store.lease(&key(0), Duration::ZERO).await.unwrap().unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = FileStore::in_folder(&folder);
            tokio::spawn(async move { store.lease(&key(0), HOUR).await.unwrap() })
        })
        .collect();
    let mut leases = Vec::new();
    for task in tasks {
        leases.extend(task.await.unwrap());
    }
    assert_eq!(leases.len(), 1);
    assert_eq!(first.keep(HOUR).await, Ok(false));
    drop(first);
    assert!(!is_free(&store).await);
}
