//! Configurations, case by case: what is sent, and what is refused and how. With the feature `servers`
//! openstacksdk is asked for the same.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers fail as the tests do"
)]

#[path = "config/case.rs"]
mod case;
#[path = "config/cases/mod.rs"]
mod cases;
#[path = "config/certificates.rs"]
mod certificates;
#[path = "config/explain.rs"]
mod explain;
#[path = "config/files.rs"]
mod files;
#[path = "config/misspelt.rs"]
mod misspelt;
#[path = "config/mistakes.rs"]
mod mistakes;
#[cfg(feature = "servers")]
#[path = "config/peer.rs"]
mod peer;
#[path = "config/rotated.rs"]
mod rotated;
#[path = "config/secrets.rs"]
mod secrets;
#[cfg(feature = "servers")]
#[path = "config/shuffled.rs"]
mod shuffled;

use case::{Expected, Resolved};

/// Every case, without openstacksdk.
#[tokio::test]
async fn each_case_is_sent_or_refused_as_expected() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let ours = case.resolve().await;
        let right = match (&case.expected, &ours) {
            (Expected::Login(expected), Ok(ours)) => expected == ours,
            (Expected::Refused(kind, words), Err(error)) => {
                let text = error.to_string();
                error.kind() == *kind && words.iter().all(|word| text.contains(word))
            }
            _ => false,
        };
        if !right {
            let ours = ours.map_err(|error| format!("{:?}: {error}", error.kind()));
            wrong.push(format!(
                "{}\n  expected {:?}\n  got      {ours:?}",
                case.name, case.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A table in which a case hides another is of no use.
#[test]
fn names_of_cases_are_unique() {
    let mut names: Vec<&str> = cases::all().iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all >= 25, "{all}");
}

/// The builder has in it what the configuration says.
#[tokio::test]
async fn the_builder_sends_the_same() {
    for case in cases::all() {
        let Ok(config) = case.load() else { continue };
        let Ok(builder) = config.builder() else {
            continue;
        };
        let Resolved { url, body, .. } = case.resolve().await.unwrap();
        assert_eq!(case::sent_by(builder).await, (url, body), "{}", case.name);
    }
}
