//! What generated code is made of: operations that build requests and read answers, without any I/O.
//!
//! Programs use the types that are re-exported at the top of the crate. This module is for those who
//! bring their own HTTP client, and for clients generated from a spec of their own:
//!
//! ```
//! use openstack_identity::identity::v3::{auth::{Auth, Password}, tokens::GenerateToken};
//! use openstack_identity::runtime::{Operation, Response};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let operation = GenerateToken::new(Auth::new(Password::by_id("a1b2", "secret")));
//! let request = operation.request()?;
//! let http = request.to_http("https://cloud.example/identity")?;
//! assert_eq!(http.uri(), "https://cloud.example/identity/v3/auth/tokens");
//!
//! // Send it with any client, and hand over what came back:
//! let answer = http::Response::builder().status(503).body(Vec::new())?;
//! let refused = GenerateToken::response(&Response::new(answer, &request)).unwrap_err();
//! assert_eq!(refused.to_string(), "generate_token: 503 Service Unavailable, without a text");
//! # Ok(())
//! # }
//! ```

mod error;
mod fault;
#[cfg(feature = "client")]
pub(crate) mod foreign;
mod hidden;
mod keyed_set;
mod lenient;
mod partial;
mod patch;
mod request;
mod response;
mod scrub;
mod secret;
mod sent;
mod tagged;
mod text;
mod timestamp;
mod unescape;

pub use error::{DecodeError, NoFailure, OperationError, RequestError, ServiceError, declared};
pub use http::Method;
pub use keyed_set::{Empty, Keyed, KeyedSet, Repeated, Wrapped};
pub use patch::Patch;
#[cfg(feature = "client")]
pub(crate) use request::is_sendable;
pub use request::{Request, RequestBuilder};
pub use response::Response;
pub use secret::{Secret, SecretVisitor, Secrets, secrets_of};
#[cfg(feature = "client")]
pub(crate) use sent::{redacted_json, sent_json, to_json};
pub use serde_json::Value;
pub use tagged::{Tag, Tagged};
pub use text::{Parameter, Unrecognized};
pub use timestamp::{Timestamp, TimestampError};

#[doc(hidden)]
pub use crate::{
    __open_enum as open_enum, __plain_text as plain_text, __secret_text as secret_text,
};

pub(crate) use hidden::HIDDEN;
#[cfg(feature = "config")]
pub(crate) use hidden::is_shown;
#[cfg(feature = "client")]
pub(crate) use lenient::lenient;
#[cfg(feature = "client")]
pub(crate) use partial::{LARGEST_ERROR, error_json};
pub(crate) use scrub::{has_secret, scrub, scrub_setting, scrub_value};

/// What is the same for all operations of a service.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The type by which a catalog lists it.
    pub service_type: &'static str,
    /// Prefix of its paths, such as `/v3`; may be empty.
    pub path: &'static str,
    /// The header that carries the session's token.
    pub session_header: Option<&'static str>,
    /// The header of an answer that names the request in the server's log.
    pub request_id_header: Option<&'static str>,
    /// The path at which it lists its versions.
    pub discovery: Option<&'static str>,
    /// How the bodies of errors look; the first that fits is read.
    pub errors: &'static [ErrorBody],
}

/// One shape of an error's body. Each path is a list of keys, empty if there is no such part.
#[derive(Clone, Copy, Debug)]
pub struct ErrorBody {
    /// The media type.
    pub media: &'static str,
    /// Where the title stands.
    pub title: &'static [&'static str],
    /// Where the message stands.
    pub message: &'static [&'static str],
    /// Where more about it stands, of any shape.
    pub details: &'static [&'static str],
}

/// Something that a client can ask of a service.
pub trait Operation {
    /// What success carries.
    type Output;
    /// How it can fail beyond an error: an answer that the description gives a meaning of its own.
    type Failure: 'static;

    /// Its name, as errors and logs show it.
    const NAME: &'static str;
    /// The service it belongs to.
    const SERVICE: &'static Service;
    /// Whether the session's token is sent along.
    const SESSION: bool;

    /// Builds the request.
    ///
    /// # Errors
    ///
    /// A value can't be sent where it belongs, such as a line break in a header.
    fn request(&self) -> Result<Request, RequestError>;

    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// The service refused, or its answer can't be read.
    fn response(response: &Response) -> Outcome<Self>;
}

/// What an operation came to.
pub type Outcome<O> = Result<<O as Operation>::Output, OperationError<<O as Operation>::Failure>>;

/// An operation whose answer comes page by page.
pub trait Paginated: Operation {
    /// What a page is a list of.
    type Item;

    /// The address of the next page; none on the last one.
    fn next_page(page: &Self::Output) -> Option<&str>;

    /// The items of a page.
    fn into_items(page: Self::Output) -> Vec<Self::Item>;
}
