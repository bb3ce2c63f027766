//! What can be wrong with a configuration.

use std::fmt;

use crate::error::Error;

use super::origin::Origin;
use crate::runtime::foreign::escaped;

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
    warnings: Vec<String>,
}

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// No cloud is chosen: there is none, or there are several.
    NoCloud,
    /// There is no cloud, region, profile or setting of this name.
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
            message: escaped(&message),
            help: escaped(&help),
            origins: origins.into_iter().collect(),
            warnings: Vec::new(),
        }))
    }

    /// The same with what was noticed before, which may be why.
    pub(super) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.0.warnings = warnings;
        self
    }

    /// What kind of mistake it is.
    #[must_use]
    pub fn kind(&self) -> ConfigErrorKind {
        self.0.kind
    }

    /// What to do about it, and what was noticed before.
    fn advice(&self) -> String {
        let mut advice = self.0.help.clone();
        // Where a file is no YAML is all that there is to say of it.
        let warnings = match self.0.kind {
            ConfigErrorKind::Syntax => &[],
            _ => self.warnings(),
        };
        for warning in warnings {
            advice.push_str("; warning: ");
            advice.push_str(warning);
        }
        advice
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// What was noticed before, such as a file that can't be read and was passed over.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The places that it is about; all of those that contradict each other.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.0.origins
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.message, self.advice())
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let advice = error.advice();
        Error::input(error.0.message, &advice)
    }
}

/// How many letters have to be added, left out, replaced or swapped to get from one to the other, whatever
/// their case.
pub(super) fn distance(from: &str, to: &str) -> usize {
    strsim::osa_distance(&from.to_lowercase(), &to.to_lowercase())
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

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn only_a_near_name_is_proposed() {
        let known = ["production", "staging"];
        assert_eq!(did_you_mean("stagin", known), "; did you mean `staging`?");
        assert_eq!(did_you_mean("elsewhere", known), "");
        assert_eq!(did_you_mean("b", ["a"]), "; did you mean `a`?");
    }
}
