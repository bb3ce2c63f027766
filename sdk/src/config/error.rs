//! What can be wrong with a configuration.

use std::fmt;

use crate::error::Error;

use super::origin::Origin;

/// What is wrong with a configuration, where, and what to do.
///
/// The text names each place: file, line and column, or the variable. It holds no value that may be
/// secret. As an [`Error`] it is of the kind
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
#[derive(Clone, Debug)]
pub struct ConfigError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ConfigErrorKind,
    message: String,
    help: String,
    origins: Vec<Origin>,
}

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// No cloud is chosen: there is none, or there are several.
    NoCloud,
    /// There is no cloud, region or profile of this name.
    Unknown,
    /// A file is there, or should be, and can't be read.
    Unreadable,
    /// A file is no YAML.
    Syntax,
    /// A value is needed and missing.
    Missing,
    /// Two values contradict each other; [`ConfigError::origins`] has both.
    Conflict,
    /// A value is not what it should be.
    Invalid,
    /// It is right, and this crate doesn't do it.
    Unsupported,
}

impl ConfigError {
    pub(super) fn new(
        kind: ConfigErrorKind,
        message: String,
        help: String,
        origins: impl IntoIterator<Item = Origin>,
    ) -> Self {
        ConfigError(Box::new(Inner {
            kind,
            message,
            help,
            origins: origins.into_iter().collect(),
        }))
    }

    /// What kind of mistake it is.
    #[must_use]
    pub fn kind(&self) -> ConfigErrorKind {
        self.0.kind
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// The places that it is about; all of those that contradict each other.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.0.origins
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.message, self.0.help)
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Error::input(error.0.message, &error.0.help)
    }
}

/// The name that was probably meant, as the end of a sentence; empty if none is near.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known
        .into_iter()
        .map(|other| (distance(name, other), other))
        .filter(|(distance, other)| *distance <= other.chars().count().max(3) / 3)
        .min();
    match near {
        Some((_, other)) => format!("; did you mean `{other}`?"),
        None => String::new(),
    }
}

/// How many letters have to be added, left out or replaced to get from one to the other, whatever
/// their case.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, b) in row.iter_mut().skip(1).zip(&to) {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = *slot;
            left = replaced.min(left + 1).min(diagonal + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn distance_counts_letters() {
        for (from, to, letters) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("Cloud", "cloud", 0),
            ("mycluod", "mycloud", 2),
        ] {
            assert_eq!(distance(from, to), letters, "{from} {to}");
        }
    }

    #[test]
    fn only_a_near_name_is_proposed() {
        let known = ["production", "staging"];
        assert_eq!(did_you_mean("stagin", known), "; did you mean `staging`?");
        assert_eq!(did_you_mean("elsewhere", known), "");
        assert_eq!(did_you_mean("b", ["a"]), "; did you mean `a`?");
    }
}
