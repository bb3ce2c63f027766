//! The embedded Identity server held against the reference and, with the feature `servers`, against a real Keystone.
//!
//! Each case is one request, or a flow whose last answer counts. Its status is in the table; with a real Keystone at hand,
//! statuses, header names, content types, the keys and types of JSON, and what error messages say must be the same on both.
//! Where they are not, the embedded server is wrong. Beside the table there are 1,500 generated requests.

#![cfg_attr(
    not(feature = "servers"),
    allow(dead_code, unused_imports, reason = "what compares two servers")
)]

mod cases;
mod generated;
mod message;
mod shape;
mod side;

use std::sync::Arc;

use tests::world::{Failure, World};

use cases::{Act, Case};
use generated::{Request, Values};
use side::{Answer, Call, Side};

const KEYSTONE: &str = "keystone";

async fn run(case: &Case, side: &Side) -> Result<Answer, Failure> {
    match case.act {
        Act::Call(call) => side.send(call(side)).await,
        Act::Flow(flow) => flow(side).await,
    }
}

/// A failure to say, if the answer isn't the one that the table wants.
fn check(case: &Case, who: &str, answer: &Result<Answer, Failure>) -> Option<String> {
    let wanted = match case.crashes && who == KEYSTONE {
        true => 500,
        false => case.status,
    };
    match answer {
        Err(error) => Some(format!("{}: {who}: {error:?}", case.name)),
        Ok(answer) if answer.status != wanted => {
            let body = String::from_utf8_lossy(&answer.body);
            let body: String = body.chars().take(300).collect();
            Some(format!(
                "{}: {who}: status {}, not {}: {body}",
                case.name, answer.status, wanted
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
        failures.extend(check(case, KEYSTONE, &theirs));
        failures.extend(check(case, "embedded", &ours));
        if let (Ok(ours), Ok(theirs), false) = (&ours, &theirs, case.crashes) {
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

async fn run_generated(request: &Request, side: &Side) -> Result<Answer, Failure> {
    let values = Values::new(side, request.fresh).await?;
    side.send(request.call(&values)).await
}

#[test]
fn generated_requests_come_again() {
    let lines = || -> Vec<String> {
        generated::requests()
            .iter()
            .map(Request::to_string)
            .collect()
    };
    let (first, mut second) = (lines(), lines());
    assert_eq!(first, second);
    second.sort_unstable();
    second.dedup();
    assert!(
        second.len() > generated::COUNT * 9 / 10,
        "only {} are different",
        second.len()
    );
}

#[tokio::test]
async fn the_embedded_server_never_trips() -> Result<(), Failure> {
    let side = Side::new(World::embedded().await?).await?;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for request in generated::requests() {
        let answer = run_generated(&request, &side).await?;
        assert!(answer.status < 500, "{request}: {}", answer.status);
        *statuses.entry(answer.status).or_default() += 1;
    }
    // They reach everything, not only what checks their form.
    for status in [200, 201, 204, 300, 308, 400, 401, 403, 404, 405] {
        assert!(
            statuses.contains_key(&status),
            "none was answered with {status}: {statuses:?}"
        );
    }
    Ok(())
}

/// What a list calls itself, without the server.
async fn own_link(side: &Side, path: &str) -> Result<String, Failure> {
    let answer = side
        .send(Call::new("GET", path).auth(&side.tokens.project))
        .await?;
    let body = answer.json().unwrap_or_default();
    let link = body["links"]["self"].as_str().unwrap_or_default();
    Ok(link.replacen(side.world.base_url(), "", 1))
}

const LINKS: [(&str, &str); 5] = [
    ("/v3/auth/projects", "/v3/auth/projects"),
    ("/v3/auth/projects?", "/v3/auth/projects"),
    (
        "/v3/auth/%70rojects/?x=%20y&z",
        "/v3/auth/projects?x=%20y&z",
    ),
    (
        "/v3/OS-FEDERATION/domains?a=+",
        "/v3/OS-FEDERATION/domains?a=+",
    ),
    ("/v3/auth/catalog?x", "/v3/auth/catalog"),
];

#[tokio::test]
async fn lists_link_to_themselves() -> Result<(), Failure> {
    let side = Side::new(World::embedded().await?).await?;
    for (path, link) in LINKS {
        assert_eq!(own_link(&side, path).await?, link, "{path}");
    }
    Ok(())
}

#[cfg(feature = "servers")]
#[tokio::test]
async fn keystones_lists_link_to_themselves() -> Result<(), Failure> {
    let side = Side::new(World::keystone().await?).await?;
    for (path, link) in LINKS {
        assert_eq!(own_link(&side, path).await?, link, "{path}");
    }
    Ok(())
}

#[cfg(feature = "servers")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_server_answers_generated_requests_as_keystone_does() -> Result<(), Failure> {
    let embedded = Side::new(World::embedded().await?).await?;
    let keystone = Arc::new(Side::new(World::keystone().await?).await?);
    let requests = Arc::new(generated::requests());
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (requests, next, keystone) = (
            Arc::clone(&requests),
            Arc::clone(&next),
            Arc::clone(&keystone),
        );
        running.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(request) = requests.get(index) else {
                    return answers;
                };
                answers.push((index, run_generated(request, &keystone).await));
            }
        });
    }
    let mut theirs: Vec<_> = running.join_all().await.into_iter().flatten().collect();
    theirs.sort_by_key(|(index, _)| *index);
    let mut failures = Vec::new();
    for (request, (index, theirs)) in requests.iter().zip(theirs) {
        let (ours, theirs) = (run_generated(request, &embedded).await?, theirs?);
        for line in generated::compare(request, &ours, &theirs) {
            failures.push(format!("{index}: {line}"));
        }
    }
    report(&failures, requests.len());
    Ok(())
}
