//! The embedded Identity server held against the reference and, with the feature `servers`, against a real Keystone.
//!
//! Each case is one request, or a flow whose last answer counts. Its status is in the table; with a real Keystone at hand,
//! statuses, header names, content types, and the keys and types of JSON must be the same on both. Where they are not, the
//! embedded server is wrong.

#![cfg_attr(
    not(feature = "servers"),
    allow(dead_code, unused_imports, reason = "what compares two servers")
)]

mod cases;
mod shape;
mod side;

use std::sync::Arc;

use tests::world::{Failure, World};

use cases::{Act, Case};
use side::{Answer, Side};

async fn run(case: &Case, side: &Side) -> Result<Answer, Failure> {
    match case.act {
        Act::Call(call) => side.send(call(side)).await,
        Act::Flow(flow) => flow(side).await,
    }
}

/// A failure to say, if the answer isn't the one that the table wants.
fn check(case: &Case, who: &str, answer: &Result<Answer, Failure>) -> Option<String> {
    match answer {
        Err(error) => Some(format!("{}: {who}: {error:?}", case.name)),
        Ok(answer) if answer.status != case.status => {
            let body = String::from_utf8_lossy(&answer.body);
            let body: String = body.chars().take(300).collect();
            Some(format!(
                "{}: {who}: status {}, not {}: {body}",
                case.name, answer.status, case.status
            ))
        }
        Ok(_) => None,
    }
}

fn report(failures: &[String], cases: usize) {
    assert!(
        failures.is_empty(),
        "{} of {cases} cases:\n{}\n",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn the_table_is_large_and_its_names_are_unique() {
    let cases = cases::all();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    assert!(cases.len() >= 200, "only {} cases", cases.len());
}

#[tokio::test]
async fn the_embedded_server_answers_as_the_table_says() -> Result<(), Failure> {
    let side = Side::new(World::embedded().await?).await?;
    let cases = cases::all();
    let mut failures = Vec::new();
    for case in &cases {
        failures.extend(check(case, "embedded", &run(case, &side).await));
    }
    report(&failures, cases.len());
    Ok(())
}

#[cfg(feature = "servers")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_server_answers_as_keystone_does() -> Result<(), Failure> {
    let embedded = Side::new(World::embedded().await?).await?;
    let keystone = Arc::new(Side::new(World::keystone().await?).await?);
    let cases = cases::all();
    let mut running = tokio::task::JoinSet::new();
    // Keystone takes its time, so its cases run side by side; they share nothing that they change.
    let permits = Arc::new(tokio::sync::Semaphore::new(8));
    for (index, case) in cases.iter().enumerate() {
        let (case, keystone, permits) = (case.clone(), Arc::clone(&keystone), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            (index, run(&case, &keystone).await)
        });
    }
    let mut theirs = running.join_all().await;
    theirs.sort_by_key(|(index, _)| *index);
    let mut failures = Vec::new();
    for (case, (_, theirs)) in cases.iter().zip(theirs) {
        let ours = run(case, &embedded).await;
        failures.extend(check(case, "keystone", &theirs));
        failures.extend(check(case, "embedded", &ours));
        if let (Ok(ours), Ok(theirs)) = (&ours, &theirs) {
            let differences = ours.differences(theirs);
            failures.extend(
                differences
                    .iter()
                    .map(|line| format!("{}: embedded against keystone: {line}", case.name)),
            );
        }
    }
    report(&failures, cases.len());
    Ok(())
}
