//! What can go wrong with a request that is built, and with an answer that is read.

use http::StatusCode;
use serde_json::Value;

/// A value can't be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what} {why}")]
pub struct RequestError {
    what: String,
    why: &'static str,
}

impl RequestError {
    pub(crate) fn value(what: &str, why: &'static str) -> Self {
        RequestError {
            what: format!("`{what}`"),
            why,
        }
    }

    /// The address is shown without what may be a password in it.
    pub(crate) fn base(base: &str) -> Self {
        let shown = match base.rsplit_once('@') {
            Some((_, host)) => format!("`...@{host}`"),
            None => format!("`{base}`"),
        };
        RequestError {
            what: shown,
            why: "is not an http or https address",
        }
    }
}

/// The service answered with an error.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServiceError {
    /// The operation that was refused.
    pub operation: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// What the service calls the error.
    pub title: Option<String>,
    /// The service's text, its first line, without secrets.
    pub message: Option<String>,
    /// What else the body says, where the service's description has a place for it.
    pub details: Option<Value>,
    /// The media type of a body, if there is one.
    pub media: Option<String>,
    /// Where the service redirects to.
    pub location: Option<String>,
    /// When the service asks to be asked again: seconds, or a date.
    pub retry_after: Option<String>,
    /// The name of the request in the service's log.
    pub request_id: Option<String>,
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.operation, self.status)?;
        match (&self.message, &self.media) {
            (Some(message), _) => write!(f, ": {message}")?,
            (None, Some(media)) if !media.contains("json") => write!(f, ", as {media}")?,
            _ => f.write_str(", without a text")?,
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServiceError {}

/// The answer is not what the description of the service says.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DecodeError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The place in the body, such as `token.user.id`; empty for the body as a whole, and for headers.
    pub path: String,
    /// What is wrong, without secrets.
    pub reason: String,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the {} answer can't be read: {}",
            self.status.as_u16(),
            self.reason
        )?;
        match self.path.as_str() {
            "" => Ok(()),
            path => write!(f, ", at `{path}`"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// There is no failure that the operation declares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoFailure {}

/// How an operation can end other than well.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OperationError<F = NoFailure> {
    /// An answer that the operation gives a meaning of its own.
    Declared(F),
    /// An error of the service.
    Service(Box<ServiceError>),
    /// An answer that can't be read.
    Decode(DecodeError),
}

/// Ends an operation with a failure that it declares.
///
/// # Errors
///
/// Always: the failure.
pub fn declared<T, F>(failure: F) -> Result<T, OperationError<F>> {
    Err(OperationError::Declared(failure))
}

impl<F> From<DecodeError> for OperationError<F> {
    fn from(error: DecodeError) -> Self {
        OperationError::Decode(error)
    }
}

impl<F: std::fmt::Debug> std::fmt::Display for OperationError<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OperationError::Declared(failure) => write!(f, "{failure:?}"),
            OperationError::Service(error) => error.fmt(f),
            OperationError::Decode(error) => error.fmt(f),
        }
    }
}

impl<F: std::fmt::Debug> std::error::Error for OperationError<F> {}
