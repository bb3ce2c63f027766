//! Errors of the API and how Keystone writes them.

use serde_json::{Value, json};

/// The result of anything that can end in an error answer.
pub(crate) type Outcome<T> = Result<T, ApiError>;

/// An error answer in the making.
#[derive(Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) kind: Kind,
}

/// What sets some errors apart from others of the same status.
#[derive(Clone, PartialEq)]
pub(crate) enum Kind {
    /// Nothing more than status and message.
    Plain,
    /// 401 that names the way to log in.
    Unauthorized,
    /// 401 with `error.identity`.
    Plugin(Value),
    /// 401 that is a receipt: its id and the whole body.
    Receipt { id: String, body: Value },
    /// A token that is no good: the middleware takes it for no token at all.
    TokenNotFound,
    /// A trust that is no good: 401 while a token is made, 404 while one is checked.
    TrustNotFound,
}

impl ApiError {
    fn new(status: u16, message: impl Into<String>, kind: Kind) -> Self {
        Self {
            status,
            message: message.into(),
            kind,
        }
    }

    /// 400 for something that wasn't found in the request.
    pub(crate) fn expected(attribute: &str, target: &str) -> Self {
        Self::bad_request(format!(
            "Expecting to find {attribute} in {target}. The server could not comply with the request since it is either \
             malformed or otherwise incorrect. The client is assumed to be in error."
        ))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message, Kind::Plain)
    }

    /// 400 for what Python says to a number or a truth value where a text should be.
    pub(crate) fn without_length(value: &Value) -> Self {
        let kind = match value {
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            _ => "int",
        };
        Self::bad_request(format!("object of type '{kind}' has no len()"))
    }

    /// The 401 that says as little as possible.
    pub(crate) fn unauthorized() -> Self {
        Self::unauthorized_because("The request you have made requires authentication.")
    }

    pub(crate) fn unauthorized_because(message: impl Into<String>) -> Self {
        Self::new(401, message, Kind::Unauthorized)
    }

    pub(crate) fn plugin(message: impl Into<String>, identity: Value) -> Self {
        Self::new(401, message, Kind::Plugin(identity))
    }

    pub(crate) fn receipt(id: String, body: Value) -> Self {
        Self::new(401, "", Kind::Receipt { id, body })
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(
            403,
            "You are not authorized to perform the requested action.",
            Kind::Plain,
        )
    }

    pub(crate) fn forbidden_action(action: &str) -> Self {
        let message = format!("You are not authorized to perform the requested action: {action}.");
        Self::new(403, message, Kind::Plain)
    }

    /// 404 for a resource: `Could not find project: 1234.`
    pub(crate) fn no_such(what: &str, id: &str) -> Self {
        Self::not_found(format!("Could not find {what}: {id}."))
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message, Kind::Plain)
    }

    pub(crate) fn token_not_found(message: impl Into<String>) -> Self {
        Self::new(404, message, Kind::TokenNotFound)
    }

    pub(crate) fn trust_not_found(id: &str) -> Self {
        Self::new(
            404,
            format!("Could not find trust: {id}."),
            Kind::TrustNotFound,
        )
    }

    pub(crate) fn gone() -> Self {
        Self::new(
            410,
            "This API is no longer available due to the removal of support for PKI tokens.",
            Kind::Plain,
        )
    }

    /// 400 where Keystone trips over a value that it didn't expect, and answers 500.
    pub(crate) fn malformed() -> Self {
        Self::bad_request(
            "The server could not comply with the request since it is either malformed or otherwise incorrect. The \
             client is assumed to be in error.",
        )
    }

    /// Whether Keystone's own code takes this for a failed authentication.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self.kind, Kind::Unauthorized | Kind::Plugin(_))
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> Value {
        let title = title(self.status);
        let mut error = json!({ "code": self.status, "message": self.message, "title": title });
        match &self.kind {
            Kind::Receipt { body, .. } => return body.clone(),
            Kind::Plugin(identity) => error["identity"] = identity.clone(),
            _ => {}
        }
        json!({ "error": error })
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Gone",
    }
}
