//! Errors, typed by what the caller can do about them.

use std::borrow::Cow;
use std::fmt;

use http::{StatusCode, Uri};

use crate::catalog::NoEndpointError;
use crate::identity::v3::tokens::GenerateTokenFailure;
use crate::runtime::{DecodeError, RequestError, Response, Secret, ServiceError, scrub};
use crate::transport::{Proxy, TransportError, TransportErrorKind};

mod address;
mod kind;

pub use kind::ErrorKind;

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
///         ErrorKind::CredentialsRejected => eprintln!("log in again: {error}"),
///         ErrorKind::MfaRequired(needed) => {
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
    retry_after: Option<String>,
}

/// How many auth rules of a server are shown, and how many methods of each.
const MOST_RULES: usize = 16;

/// What of a login is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    Credentials,
    Scope,
    /// The server doesn't say.
    Either,
}

/// Where it happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub operation: Cow<'static, str>,
    /// Of the request, if there came to be one.
    pub method: Option<http::Method>,
    pub host: String,
    /// The address that was asked, as it may be shown; empty if none was.
    pub address: String,
    /// The proxy of the environment that the request went by.
    pub proxy: Option<Proxy>,
    /// Whether it is of a service of the catalog, to which an endpoint leads, and not the auth URL.
    pub of_catalog: bool,
}

impl Context {
    /// The same, once a request was sent to this address.
    pub(crate) fn at(mut self, address: &Uri, secrets: &[Secret]) -> Self {
        self.address = address::shown(address, secrets);
        self
    }

    /// The same, by this proxy.
    pub(crate) fn by(mut self, proxy: Option<Proxy>) -> Self {
        self.proxy = proxy;
        self
    }
}

impl Error {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The operation that failed, such as `generate_token` or `compute GET /servers`; empty if there was
    /// none yet.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.context.operation
    }

    /// The HTTP method of the request; none if nothing was sent.
    #[must_use]
    pub fn method(&self) -> Option<&http::Method> {
        self.0.context.method.as_ref()
    }

    /// The host that was asked, with its port if one was given; empty if there was none yet.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.context.host
    }

    /// The address that was asked, with its path: without a user, and with the values of the query hidden;
    /// none if nothing was sent.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        Some(&*self.0.context.address).filter(|address| !address.is_empty())
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

    /// When the server wants to be asked again, if it says so: seconds, or a date, as it came.
    #[must_use]
    pub fn retry_after(&self) -> Option<&str> {
        self.0.retry_after.as_deref()
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        let context = &self.0.context;
        let by_proxy = context.proxy.is_some();
        match self.0.kind {
            _ if self.0.status == Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => {
                "give the proxy's user and password in its variable, as http://user:password@host:3128"
            }
            ErrorKind::Unreachable if by_proxy => {
                "check the proxy and its variable, or name the host in NO_PROXY"
            }
            ErrorKind::UnexpectedResponse | ErrorKind::TimedOut if by_proxy => {
                "it may be the proxy: check it and its variable, or name the host in NO_PROXY"
            }
            _ => self.0.kind.help(context.of_catalog),
        }
    }

    /// Something that was given can't be used; nothing was sent.
    pub(crate) fn input(what: String, help: &str) -> Self {
        let what = format!("{what}: {help}");
        Error::new(ErrorKind::InvalidInput, Context::default(), what)
    }

    /// A token is needed, and there is no way to get one.
    pub(crate) fn no_credentials(operation: &'static str, host: &str, why: &str) -> Self {
        let context = Context {
            operation: operation.into(),
            host: host.to_owned(),
            ..Context::default()
        };
        Error::new(ErrorKind::NoCredentials, context, why.to_owned())
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn setup(what: String) -> Self {
        Error::new(ErrorKind::Setup, Context::default(), what)
    }

    pub(crate) fn request(error: &RequestError, context: Context) -> Self {
        Error::new(ErrorKind::InvalidInput, context, error.to_string())
    }

    pub(crate) fn decode(error: &DecodeError, context: Context) -> Self {
        let mut new = Error::new(ErrorKind::UnexpectedResponse, context, error.to_string());
        new.0.status = Some(error.status);
        new
    }

    /// An answer that fits neither the description of the operation nor what came before it.
    pub(crate) fn unexpected(what: &str, context: Context) -> Self {
        Error::new(ErrorKind::UnexpectedResponse, context, what.to_owned())
    }

    /// `secrets` are those of the request: a transport of somebody else may repeat them.
    pub(crate) fn transport(error: &TransportError, secrets: &[Secret], context: Context) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Unreachable => ErrorKind::Unreachable,
            TransportErrorKind::Untrusted => ErrorKind::Untrusted,
            TransportErrorKind::TimedOut => ErrorKind::TimedOut,
            TransportErrorKind::Broken | TransportErrorKind::TooLarge => {
                ErrorKind::UnexpectedResponse
            }
            TransportErrorKind::Body => ErrorKind::BodyFailed,
            TransportErrorKind::Setup => ErrorKind::Setup,
        };
        let context = context.by(error.proxy().cloned());
        Error::new(kind, context, scrub(&error.to_string(), secrets))
    }

    /// `response` is the same answer with nothing hidden: a password may be a word of the server's.
    pub(crate) fn service(error: &ServiceError, response: &Response, context: Context) -> Self {
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
        let mut new = Error::new(ErrorKind::of(error, response), context, what);
        new.0.status = Some(error.status);
        new.0.request_id.clone_from(&error.request_id);
        new.0.retry_after.clone_from(&error.retry_after);
        new
    }

    pub(crate) fn generate_token(failure: GenerateTokenFailure, context: Context) -> Self {
        let GenerateTokenFailure::ReceiptRequired(needed) = failure;
        let rules = needed.partial.required_auth_methods.iter().take(MOST_RULES);
        let rules: Vec<String> = rules
            .map(|rule| {
                rule.iter()
                    .take(MOST_RULES)
                    .map(|method| scrub(method.as_str(), &[]))
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
        let mut new = Error::new(ErrorKind::MfaRequired(Box::new(needed)), context, what);
        new.0.status = Some(StatusCode::UNAUTHORIZED);
        new
    }

    /// The catalog leads nowhere.
    pub(crate) fn no_endpoint(none: NoEndpointError, context: Context) -> Self {
        let what = none.to_string();
        Error::new(ErrorKind::NoEndpoint(Box::new(none)), context, what)
    }

    /// An answer that is an error, as `what` says, which must hold no secret.
    pub(crate) fn answered(
        kind: ErrorKind,
        context: Context,
        what: String,
        status: StatusCode,
    ) -> Self {
        let mut new = Error::new(kind, context, what);
        new.0.status = Some(status);
        new
    }

    /// What was given to a request can't be used; nothing was sent.
    pub(crate) fn input_of(context: Context, what: String) -> Self {
        Error::new(ErrorKind::InvalidInput, context, what)
    }

    /// What has happened, without where and what to do.
    pub(crate) fn what(&self) -> &str {
        &self.0.what
    }

    /// The same error, with more of what has led to it. It must hold no secret.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.0.what.push_str("; ");
        self.0.what.push_str(note);
        self
    }

    /// The error, told of the call that it came up in, if it is of none of its own.
    pub(crate) fn within(mut self, placeholder: &str, operation: &str) -> Self {
        if self.0.context.operation == placeholder {
            self.0.context.operation = operation.to_owned().into();
        }
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<String>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    /// The same refusal of a request whose body is gone, after the session got another token.
    pub(crate) fn not_replayed(mut self) -> Self {
        self.0.what.push_str(
            "; the body was a stream that can't be sent again, so the request was not repeated: the \
             session has a new token, call again",
        );
        self
    }

    /// The same refusal, for a login that was not tried because of it.
    pub(crate) fn not_sent_again(mut self) -> Self {
        let what = std::mem::take(&mut self.0.what);
        self.0.what = format!("refused a moment ago, and not sent again yet: {what}");
        self
    }

    /// What the server refuses, so that sending it again is useless; none if it refuses nothing.
    pub(crate) fn refused(&self) -> Option<Refused> {
        match self.0.kind {
            ErrorKind::CredentialsRejected => Some(Refused::Either),
            ErrorKind::PasswordExpired | ErrorKind::MethodNotEnabled(_) => {
                Some(Refused::Credentials)
            }
            ErrorKind::ScopeRejected => Some(Refused::Scope),
            _ => None,
        }
    }

    /// With the name of the request in the server's log.
    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// Whether a wrong path may be why.
    fn has_odd_path(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::NotFound
                | ErrorKind::BadRequest
                | ErrorKind::Redirected
                | ErrorKind::UnexpectedResponse
        )
    }

    fn new(kind: ErrorKind, context: Context, what: String) -> Self {
        Error(Box::new(Inner {
            kind,
            context,
            what,
            status: None,
            request_id: None,
            retry_after: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            context,
            what,
            request_id,
            ..
        } = &*self.0;
        match (&*context.operation, &*context.host) {
            ("", _) => f.write_str(what)?,
            (operation, "") => write!(f, "{operation}: {what}")?,
            (operation, host) => write!(f, "{operation} at {host}: {what}")?,
        }
        if let Some(address) = self.address() {
            write!(f, " (asked {address}")?;
            if let Some(proxy) = &context.proxy {
                write!(f, " by the proxy of {proxy}")?;
            }
            match address::hint(address).filter(|_| self.has_odd_path()) {
                Some(hint) => write!(f, "; {hint})")?,
                None => f.write_str(")")?,
            }
        }
        if let Some(id) = request_id {
            write!(f, " (request id {id})")?;
        }
        write!(f, "; {}", self.help())
    }
}

impl std::error::Error for Error {}
