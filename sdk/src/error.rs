//! Errors, typed by what the caller can do about them.

use std::fmt;

use http::StatusCode;

use crate::identity::v3::tokens::{AuthMethodName, GenerateTokenFailure, ReceiptRequired};
use crate::runtime::{DecodeError, RequestError, ServiceError};
use crate::transport::{TransportError, TransportErrorKind};

/// Why an operation failed, where, and what to do.
///
/// The text is for a person: the operation, the server, the status, the server's own words without
/// secrets, the request id to look for in its log, and a hint. A program looks at
/// [`kind`](Error::kind).
///
/// ```no_run
/// use openstack_identity::{ErrorKind, OpenStack, Password};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), openstack_identity::Error> {
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3").build()?;
/// let call = openstack.identity_v3().generate_token(Password::by_id("a1b2", "secret"));
/// match call.await {
///     Ok(token) => println!("until {}", token.expires_at),
///     Err(error) => match error.kind() {
///         ErrorKind::WrongCredentials => eprintln!("log in again: {error}"),
///         ErrorKind::MoreFactorsNeeded(needed) => {
///             eprintln!("one of {:?}", needed.partial.required_auth_methods);
///         }
///         _ => return Err(error),
///     },
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    context: Context,
    what: String,
    status: Option<StatusCode>,
    request_id: Option<String>,
}

/// Where it happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub operation: &'static str,
    pub method: http::Method,
    pub host: String,
}

/// What kind of failure it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something given to this crate can't be used; nothing was sent.
    InvalidInput,
    /// A token is needed and there are no credentials to get one; nothing was sent.
    NoCredentials,
    /// The credentials are refused, or the scope is: the server doesn't say which.
    WrongCredentials,
    /// What was proved is right, and not enough. Send a missing method with this receipt.
    MoreFactorsNeeded(Box<ReceiptRequired>),
    /// The password is right and has expired: it must be changed first.
    PasswordExpired,
    /// The server doesn't take an authentication method; these it takes.
    MethodNotEnabled(Vec<AuthMethodName>),
    /// The scope can't be had with these credentials, whatever the user's roles are.
    ScopeRefused,
    /// The session's token is refused.
    Unauthorized,
    /// The token is good, and not for this.
    NotAllowed,
    /// There is no such thing.
    NotFound,
    /// The request is refused as wrong.
    BadRequest,
    /// The server wants to be left alone, so long if it says so: seconds, or a date.
    Throttled {
        /// The header `Retry-After` as it came.
        retry_after: Option<String>,
    },
    /// The server failed.
    ServerFault,
    /// The server sends the client somewhere else, where nothing was sent.
    Redirected,
    /// The server can't be reached.
    Unreachable,
    /// The server's certificate is not trusted.
    Untrusted,
    /// It took too long.
    TimedOut,
    /// What came is no answer of an Identity service.
    UnexpectedAnswer,
    /// The client can't be set up.
    Setup,
}

impl Error {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The operation that failed, such as `generate_token`; empty if there was none yet.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.context.operation
    }

    /// The HTTP method of the request.
    #[must_use]
    pub fn method(&self) -> &http::Method {
        &self.0.context.method
    }

    /// The host that was asked, with its port if one was given; empty if there was none yet.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.context.host
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The name of the request in the server's log, if it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        help(&self.0.kind)
    }

    /// Something that was given can't be used; nothing was sent.
    pub(crate) fn input(what: String, help: &str) -> Self {
        Error::new(
            ErrorKind::InvalidInput,
            Context::default(),
            format!("{what}: {help}"),
        )
    }

    /// A token is needed, and there is no way to get one.
    pub(crate) fn no_credentials(operation: &'static str, host: &str, why: &str) -> Self {
        let context = Context {
            operation,
            host: host.to_owned(),
            ..Context::default()
        };
        Error::new(ErrorKind::NoCredentials, context, why.to_owned())
    }

    pub(crate) fn setup(what: String) -> Self {
        Error::new(ErrorKind::Setup, Context::default(), what)
    }

    pub(crate) fn request(error: &RequestError, context: Context) -> Self {
        Error::new(ErrorKind::InvalidInput, context, error.to_string())
    }

    pub(crate) fn decode(error: &DecodeError, context: Context) -> Self {
        let mut new = Error::new(ErrorKind::UnexpectedAnswer, context, error.to_string());
        new.0.status = Some(error.status);
        new
    }

    pub(crate) fn transport(error: &TransportError, context: Context) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Unreachable => ErrorKind::Unreachable,
            TransportErrorKind::Untrusted => ErrorKind::Untrusted,
            TransportErrorKind::TimedOut => ErrorKind::TimedOut,
            TransportErrorKind::Broken | TransportErrorKind::TooLarge => {
                ErrorKind::UnexpectedAnswer
            }
            TransportErrorKind::Setup => ErrorKind::Setup,
        };
        Error::new(kind, context, error.to_string())
    }

    pub(crate) fn service(error: &ServiceError, context: Context) -> Self {
        let what = match (&error.message, &error.location, &error.media) {
            (Some(message), _, _) => format!("{}: {message}", error.status),
            (None, Some(location), _) if error.status.is_redirection() => {
                format!(
                    "{} to {}",
                    error.status,
                    location.split('?').next().unwrap_or_default()
                )
            }
            (None, _, Some(media)) if !media.contains("json") => {
                format!("{}, as {media}", error.status)
            }
            _ => error.status.to_string(),
        };
        let mut new = Error::new(service_kind(error), context, what);
        new.0.status = Some(error.status);
        new.0.request_id.clone_from(&error.request_id);
        new
    }

    pub(crate) fn generate_token(failure: GenerateTokenFailure, context: Context) -> Self {
        let GenerateTokenFailure::ReceiptRequired(needed) = failure;
        let rules = needed.partial.required_auth_methods.iter();
        let rules: Vec<String> = rules
            .map(|rule| {
                rule.iter()
                    .map(AuthMethodName::as_str)
                    .collect::<Vec<_>>()
                    .join(" + ")
            })
            .collect();
        let what = match rules.is_empty() {
            true => "more authentication methods are needed, and no rule fits these".to_owned(),
            false => format!(
                "more authentication methods are needed: {}",
                rules.join(", or ")
            ),
        };
        let mut new = Error::new(
            ErrorKind::MoreFactorsNeeded(Box::new(needed)),
            context,
            what,
        );
        new.0.status = Some(StatusCode::UNAUTHORIZED);
        new
    }

    fn new(kind: ErrorKind, context: Context, what: String) -> Self {
        Error(Box::new(Inner {
            kind,
            context,
            what,
            status: None,
            request_id: None,
        }))
    }
}

fn service_kind(error: &ServiceError) -> ErrorKind {
    let login = error.operation == "generate_token";
    let html = error
        .media
        .as_deref()
        .is_some_and(|media| media.contains("html"));
    match error.status.as_u16() {
        401 if login => login_kind(error),
        401 => ErrorKind::Unauthorized,
        403 if login => ErrorKind::ScopeRefused,
        403 => ErrorKind::NotAllowed,
        404 if html => ErrorKind::UnexpectedAnswer,
        404 if login => ErrorKind::WrongCredentials,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::Throttled {
            retry_after: error.retry_after.clone(),
        },
        400..=499 => ErrorKind::BadRequest,
        500..=599 => ErrorKind::ServerFault,
        300..=399 => ErrorKind::Redirected,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Keystone tells little about a refused login, and this is all of it.
fn login_kind(error: &ServiceError) -> ErrorKind {
    let message = error.message.as_deref().unwrap_or_default();
    match &error.details {
        Some(details) => match details
            .get("methods")
            .and_then(|methods| methods.as_array())
        {
            Some(enabled) => ErrorKind::MethodNotEnabled(
                enabled
                    .iter()
                    .filter_map(|name| name.as_str())
                    .map(AuthMethodName::from)
                    .collect(),
            ),
            None => ErrorKind::ScopeRefused,
        },
        None if message.starts_with("The password is expired") => ErrorKind::PasswordExpired,
        None => ErrorKind::WrongCredentials,
    }
}

fn help(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "correct the value; nothing was sent",
        ErrorKind::NoCredentials => "give credentials to `OpenStack::builder`",
        ErrorKind::WrongCredentials => {
            "check the user, the secret, the domain and the scope: the server doesn't say which of \
             them is wrong"
        }
        ErrorKind::MoreFactorsNeeded(_) => "send a missing method together with the receipt",
        ErrorKind::PasswordExpired => "change the password first",
        ErrorKind::MethodNotEnabled(_) => "use one of the methods that the server has enabled",
        ErrorKind::ScopeRefused => {
            "a token, a trust or an application credential fixes its scope: log in with a password, \
             or leave the scope out"
        }
        ErrorKind::Unauthorized => "the token has expired or was revoked: log in again",
        ErrorKind::NotAllowed => "ask for a token with another role or scope",
        ErrorKind::NotFound => "check the id; a token that has expired or was revoked is not found",
        ErrorKind::BadRequest => "the server takes the request as wrong: check what was given",
        ErrorKind::Throttled { .. } => "wait, and keep tokens instead of asking for new ones",
        ErrorKind::ServerFault => "try again later, or tell the operator the request id",
        ErrorKind::Redirected => "nothing was sent there: give the right address as the auth URL",
        ErrorKind::Unreachable => "check the auth URL, and that the server is up",
        ErrorKind::Untrusted => "give the authority that signed it with `ca_certificate_pem`",
        ErrorKind::TimedOut => "try again later, or raise `timeout`",
        ErrorKind::UnexpectedAnswer => "check that the auth URL leads to an Identity v3 service",
        ErrorKind::Setup => "check the TLS features and the certificates that were given",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            context,
            what,
            request_id,
            ..
        } = &*self.0;
        if context.operation.is_empty() {
            return f.write_str(what);
        }
        write!(f, "{} at {}: {what}", context.operation, context.host)?;
        if let Some(id) = request_id {
            write!(f, " (request id {id})")?;
        }
        write!(f, "; {}", help(kind))
    }
}

impl std::error::Error for Error {}
