//! What the two servers answer, and where they may differ.

use super::Request;
use crate::side::Answer;

/// Whether this explains what the embedded server (first) and Keystone (second) answer.
type Explains = fn(&Answer, &Answer) -> bool;

/// Where Keystone is not imitated, and why.
const EXCEPTIONS: [(&str, Explains); 1] = [(
    "Keystone trips over what it didn't expect and answers 500; the embedded server refuses the request",
    |ours, theirs| theirs.status == 500 && (400..=405).contains(&ours.status),
)];

/// The exception that explains why the answers differ.
pub fn exception(ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    let explaining = EXCEPTIONS
        .iter()
        .find(|(_, explains)| explains(ours, theirs));
    explaining.map(|(why, _)| *why)
}

/// How the answers differ, a line each, if nothing explains that.
pub fn compare(request: &Request, ours: &Answer, theirs: &Answer) -> Vec<String> {
    if exception(ours, theirs).is_some() {
        return Vec::new();
    }
    let lines = ours.differences(theirs);
    lines
        .into_iter()
        .map(|line| format!("{line} | {request}"))
        .collect()
}
