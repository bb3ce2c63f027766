//! Where JSON is not what it should be, and why.

use serde_path_to_error::Segment;

use super::{Secret, scrub};

/// Deeper places than any that a person would look up.
const DEEPEST_PATH: usize = 16;

/// A part of JSON that can't be read.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(super) place: Vec<Step>,
    pub(super) reason: String,
}

/// One step on the way from the root to a part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Fault {
    /// The same, of the whole that has this under `key`.
    pub(super) fn under(mut self, key: &str) -> Self {
        self.place.insert(0, Step::Key(key.to_owned()));
        self
    }

    /// The place, such as `token.roles[2].name`; empty for the whole. Its keys are the server's, who can put
    /// anything there.
    pub(crate) fn path(&self, secrets: &[Secret]) -> String {
        let mut path = String::new();
        for step in self.place.iter().take(DEEPEST_PATH) {
            match step {
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) if path.is_empty() => path.push_str(&scrub(key, secrets)),
                Step::Key(key) => path.push_str(&format!(".{}", scrub(key, secrets))),
            }
        }
        if self.place.len() > DEEPEST_PATH {
            path.push_str(" ...");
        }
        path
    }

    /// What is wrong. `string "abc"` is only shown as `string`: what a server sends may be anything.
    pub(super) fn reason(&self, secrets: &[Secret]) -> String {
        let reason = &*self.reason;
        match (reason.find(" \""), reason.rfind('"')) {
            (Some(start), Some(end)) if start < end => {
                let without_value = format!("{}{}", &reason[..start], &reason[end + 1..]);
                scrub(&without_value, secrets)
            }
            _ => scrub(reason, secrets),
        }
    }
}

impl From<serde_path_to_error::Error<serde_json::Error>> for Fault {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let place = error.path().iter().map(|segment| match segment {
            Segment::Seq { index } => Step::Index(*index),
            other => Step::Key(other.to_string()),
        });
        Fault {
            place: place.collect(),
            reason: error.inner().to_string(),
        }
    }
}
