//! Where a value comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::runtime::foreign::escaped;

/// Where a value comes from. As text: `/etc/openstack/clouds.yaml:4:15`, `OS_AUTH_URL`, `default`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Origin {
    /// A file.
    #[non_exhaustive]
    File {
        /// Its path.
        path: Arc<Path>,
        /// The line of the value, counted from 1.
        line: u64,
        /// The column of the value, counted from 1, in characters.
        column: u64,
    },
    /// An environment variable, by its name.
    Variable(String),
    /// An argument of this program's call.
    Program,
    /// What holds if nobody says otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line, column } => {
                write!(f, "{}:{line}:{column}", escaped(&path.to_string_lossy()))
            }
            Origin::Variable(name) => f.write_str(&escaped(name)),
            Origin::Program => f.write_str("the program"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A key and its place, as errors name them.
pub(super) fn named(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::Variable(_) => origin.to_string(),
        origin => format!("{key} ({origin})"),
    }
}
