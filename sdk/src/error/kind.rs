//! What kinds of failure there are, how an answer tells, and what to do about each.

use http::StatusCode;

use crate::catalog::NoEndpointError;
use crate::identity::v3::tokens::{
    AuthMethodName, GenerateToken, PartialAuthentication, ReceiptRequired,
};
use crate::runtime::{
    Operation, Response, Secret, ServiceError, Value, error_json, has_secret, scrub_setting,
};

/// How many methods that the server has enabled are looked at.
const MOST_METHODS: usize = 64;

/// What kind of failure it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something given to this crate can't be used; nothing was sent.
    InvalidInput,
    /// A token is needed and there are no credentials to get one; nothing was sent.
    NoCredentials,
    /// The credentials are refused, or the scope is: the server doesn't say which.
    CredentialsRejected,
    /// What was proved is right, and not enough. Send a missing method with this receipt.
    MfaRequired(Box<ReceiptRequired>),
    /// The password is right and has expired: it must be changed first.
    PasswordExpired,
    /// The server doesn't take an authentication method; these it takes.
    MethodNotEnabled(Vec<AuthMethodName>),
    /// The scope can't be had with these credentials, whatever the user's roles are.
    ScopeRejected,
    /// The session's token is refused.
    Unauthorized,
    /// The token is good, and not for this.
    Forbidden,
    /// The catalog has no endpoint that fits; this is what it has.
    NoEndpoint(Box<NoEndpointError>),
    /// There is no such thing.
    NotFound,
    /// It collides with what is there already.
    Conflict,
    /// The request is refused as wrong.
    BadRequest,
    /// The server wants to be left alone, so long if it says so: seconds, or a date.
    RateLimited {
        /// The header `Retry-After` as it came.
        retry_after: Option<String>,
    },
    /// The server failed.
    ServerError,
    /// The server sends the client somewhere else, where nothing was sent.
    Redirected,
    /// The server can't be reached.
    Unreachable,
    /// The server's certificate is not trusted.
    Untrusted,
    /// It took too long.
    TimedOut,
    /// The stream that was given as the body of the request failed.
    BodyFailed,
    /// What came is no answer of such a service.
    UnexpectedResponse,
    /// The client can't be set up.
    Setup,
}

impl ErrorKind {
    /// The kind of an error that the service answered with.
    pub(super) fn of(error: &ServiceError, response: &Response) -> Self {
        let login = error.operation == GenerateToken::NAME;
        match error.status.as_u16() {
            // Whoever else answers for the server says nothing about tokens.
            401 | 403 | 404 if !is_of_the_service(error, response) => ErrorKind::UnexpectedResponse,
            401 if login => ErrorKind::of_login(response),
            403 if login => ErrorKind::ScopeRejected,
            404 if login => ErrorKind::CredentialsRejected,
            _ => ErrorKind::of_status(error.status, error.retry_after.clone()),
        }
    }

    /// The kind of an error that its status alone tells.
    pub(crate) fn of_status(status: StatusCode, retry_after: Option<String>) -> Self {
        match status.as_u16() {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited { retry_after },
            400..=499 => ErrorKind::BadRequest,
            500..=599 => ErrorKind::ServerError,
            300..=399 => ErrorKind::Redirected,
            _ => ErrorKind::UnexpectedResponse,
        }
    }

    /// Keystone tells little about a refused login, and this is all of it.
    fn of_login(response: &Response) -> Self {
        let body = error_json(response.body()).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        let message = error.get("message").and_then(Value::as_str);
        match error.get("identity") {
            Some(details) => match details.get("methods").and_then(Value::as_array) {
                Some(enabled) => ErrorKind::MethodNotEnabled(
                    enabled
                        .iter()
                        .take(MOST_METHODS)
                        .filter_map(Value::as_str)
                        .map(|name| method(name, response))
                        .collect(),
                ),
                None => ErrorKind::ScopeRejected,
            },
            None if message.is_some_and(|text| text.starts_with("The password is expired")) => {
                ErrorKind::PasswordExpired
            }
            None => ErrorKind::CredentialsRejected,
        }
    }

    pub(super) fn help(&self, of_catalog: bool) -> &'static str {
        match self {
            ErrorKind::Redirected if of_catalog => {
                "nothing was sent there: give the right address with `endpoint_override`"
            }
            ErrorKind::Unreachable if of_catalog => {
                "check the endpoint, and the interface that was asked for"
            }
            ErrorKind::UnexpectedResponse if of_catalog => {
                "check that the endpoint leads to the service"
            }
            ErrorKind::NotFound if of_catalog => "check the path and the id",
            ErrorKind::NoEndpoint(_) => {
                "ask for what is there, or give an address with `endpoint_override`"
            }
            ErrorKind::InvalidInput => "nothing was sent",
            ErrorKind::NoCredentials => "give credentials to `OpenStack::builder`",
            ErrorKind::CredentialsRejected => {
                "check the user, the secret, the domain and the scope: the server doesn't say which of \
                 them is wrong"
            }
            ErrorKind::MfaRequired(_) => "send a missing method together with the receipt",
            ErrorKind::PasswordExpired => "change the password first",
            ErrorKind::MethodNotEnabled(_) => "use one of the methods that the server has enabled",
            ErrorKind::ScopeRejected => {
                "a token, a trust or an application credential fixes its scope: log in with a password, \
                 or leave the scope out"
            }
            ErrorKind::Unauthorized => "the token has expired or was revoked: log in again",
            ErrorKind::Forbidden => "ask for a token with another role or scope",
            ErrorKind::NotFound => {
                "check the id; a token that has expired or was revoked is not found"
            }
            ErrorKind::Conflict => "use another name, or change what is there",
            ErrorKind::BadRequest => "the server takes the request as wrong: check what was given",
            ErrorKind::RateLimited { .. } => "wait, and keep tokens instead of asking for new ones",
            ErrorKind::ServerError => "try again later, or tell the operator the request id",
            ErrorKind::Redirected => {
                "nothing was sent there: give the right address as the auth URL"
            }
            ErrorKind::Unreachable => "check the auth URL, and that the server is up",
            ErrorKind::Untrusted => {
                "check the certificate's names and dates, or give the authority that signed it with \
                 `ca_certificate_pem`"
            }
            ErrorKind::BodyFailed => "look at where the body comes from",
            ErrorKind::TimedOut => {
                "try again later, or raise `timeout`, for streams `read_timeout`"
            }
            ErrorKind::UnexpectedResponse => {
                "check that the auth URL leads to an Identity v3 service"
            }
            ErrorKind::Setup => "check the TLS features and the certificates that were given",
        }
    }
}

impl PartialAuthentication {
    /// Hides the secrets of the request, if the server repeats them.
    pub(crate) fn hide(&mut self, response: &Response) {
        let rules = self.required_auth_methods.iter_mut().flatten();
        for name in rules.chain(&mut self.receipt.methods) {
            *name = method(name.as_str(), response);
        }
        let hide = |text: &mut String, secrets: &[Secret]| {
            if has_secret(text, secrets) {
                *text = scrub_setting(text, secrets);
            }
        };
        let user = &mut self.receipt.user;
        let mut texts = vec![&mut user.name, &mut user.domain.id, &mut user.domain.name];
        if let Some(federation) = &mut user.federation {
            texts.extend([
                &mut federation.identity_provider.id,
                &mut federation.protocol.id,
            ]);
            texts.extend(federation.groups.iter_mut().map(|group| &mut group.id));
        }
        for text in texts {
            hide(text, response.secrets());
        }
        // The id is what a one-time passcode is sent with: a short password may be part of it by chance.
        let long = |secret: &&Secret| secret.expose().trim().len() >= 8;
        let long: Vec<_> = response.secrets().iter().filter(long).cloned().collect();
        hide(&mut user.id, &long);
    }
}

/// A name that the crate knows can be shown, also if it happens to be a password.
fn method(name: &str, response: &Response) -> AuthMethodName {
    match AuthMethodName::from(name) {
        AuthMethodName::Unrecognized(_) => AuthMethodName::from(&*response.without_secrets(name)),
        known => known,
    }
}

/// Whether the service itself answered, and not a proxy or another web server in its place. An answer
/// to HEAD has no body to tell by.
fn is_of_the_service(error: &ServiceError, response: &Response) -> bool {
    match response.media() {
        Some(media) if !media.is_empty() => media.contains("json"),
        _ => error.request_id.is_some(),
    }
}
