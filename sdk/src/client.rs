//! Sends operations to one service.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;

use http::{Method, Uri};

use crate::discovery::IdentityUrl;
use crate::error::{Context, Error};
use crate::exchange::clock::{ServerClock, wall};
use crate::exchange::lifetime::{Lifetime, is_plausible};
use crate::exchange::pipeline::{Pipeline, Terms};
use crate::exchange::retry::Repeat;
use crate::identity::v3::common::TokenId;
use crate::identity::v3::tokens::{GenerateToken, GenerateTokenFailure, IssuedToken, Token};
use crate::runtime::{NoFailure, Operation, OperationError, Paginated, Request, Response};
use crate::transport::Body;

/// An operation failed: in a way of its own, or as any can.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SendError<F = NoFailure> {
    /// An answer to which the operation gives a meaning of its own.
    Declared(F),
    /// Anything else.
    Other(Error),
}

impl<F: fmt::Debug> fmt::Display for SendError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Declared(failure) => write!(f, "{failure:?}"),
            SendError::Other(error) => error.fmt(f),
        }
    }
}

impl<F: fmt::Debug> std::error::Error for SendError<F> {}

impl<F> From<Error> for SendError<F> {
    fn from(error: Error) -> Self {
        SendError::Other(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Declared(failure) => match failure {},
            SendError::Other(error) => error,
        }
    }
}

impl From<SendError<GenerateTokenFailure>> for Error {
    fn from(error: SendError<GenerateTokenFailure>) -> Self {
        match error {
            SendError::Declared(failure) => {
                let context = Context {
                    operation: GenerateToken::NAME.into(),
                    method: Some(Method::POST),
                    ..Context::default()
                };
                Error::generate_token(failure, context)
            }
            SendError::Other(error) => error,
        }
    }
}

/// A service's address and a way to send.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: IdentityUrl,
    pub(crate) pipeline: Pipeline,
    pub(crate) clock: ServerClock,
}

/// How far a list is followed, lest a server that links in a circle is followed for ever.
const MOST_PAGES: usize = 10_000;

impl Client {
    /// The same, for a call that begins now: all that is done for it must be over in time.
    pub(crate) fn begin(&self) -> Client {
        Client {
            url: self.url.clone(),
            pipeline: self.pipeline.begin(),
            clock: self.clock.clone(),
        }
    }

    /// The host that is asked, for messages.
    pub(crate) fn host(&self) -> &str {
        self.url.host()
    }

    /// The lifetime of a token that has just come; `is_new` if it was issued for that.
    pub(crate) fn lifetime(&self, token: &Token, is_new: bool) -> Lifetime {
        let (issued, expires) = (token.issued_at, token.expires_at);
        if !is_plausible(issued, expires, self.clock.told(), is_new) {
            self.clock.doubt(self.host(), issued, expires);
        }
        Lifetime::of_new(issued, expires, self.clock.now().server)
    }

    /// Sends an operation, with the session's token if there is one.
    pub(crate) async fn send<O: Operation>(
        &self,
        operation: &O,
        token: Option<&TokenId>,
    ) -> Result<(O::Output, Response), SendError<O::Failure>> {
        let request = self.request(operation, token)?;
        let repeat = repeat::<O>(&request);
        self.exchange::<O>(request, repeat, false).await
    }

    /// The same, for an answer of which only a part is needed: odd parts of it are dropped.
    pub(crate) async fn send_leniently<O: Operation>(
        &self,
        operation: &O,
        token: Option<&TokenId>,
    ) -> Result<(O::Output, Response), SendError<O::Failure>> {
        let request = self.request(operation, token)?;
        let repeat = repeat::<O>(&request);
        self.exchange::<O>(request, repeat, true).await
    }

    /// Sends a login. To repeat one does no harm, unless it holds what works only once.
    pub(crate) async fn log_in(
        &self,
        login: &GenerateToken,
        one_shot: bool,
    ) -> Result<(IssuedToken, Response), SendError<GenerateTokenFailure>> {
        let request = self.request(login, None)?;
        let repeat = match one_shot {
            true => Repeat::Never,
            false => Repeat::Busy,
        };
        self.exchange::<GenerateToken>(request, repeat, true).await
    }

    /// Sends an operation page by page, and returns the items of all pages.
    ///
    /// Of a link to the next page only the query is used, so nothing is sent anywhere else.
    pub(crate) async fn list<O: Paginated>(
        &self,
        operation: &O,
        token: Option<&TokenId>,
    ) -> Result<Vec<O::Item>, SendError<O::Failure>> {
        let first = self.request(operation, token)?;
        let mut request = first.clone();
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        loop {
            seen.insert(request.path().to_owned());
            let context = self.context::<O>(Some(request.method().clone()));
            let repeat = repeat::<O>(&request);
            let (page, _) = self.exchange::<O>(request.clone(), repeat, false).await?;
            let next = O::next_page(&page).map(|link| {
                let query = link.split_once('?').map(|(_, query)| query);
                first.clone().with_query(query)
            });
            items.extend(O::into_items(page));
            // A last page may link to itself.
            let Some(next) = next.filter(|next| next.path() != request.path()) else {
                return Ok(items);
            };
            let wrong = match seen.len() {
                _ if seen.contains(next.path()) => "the pages of the list link in a circle",
                _ if next.path().parse::<Uri>().is_err() => {
                    "the link to the next page is no address"
                }
                MOST_PAGES.. => "the list has more pages than anybody reads",
                _ => {
                    request = next;
                    continue;
                }
            };
            return Err(Error::unexpected(wrong, context).into());
        }
    }

    fn request<O: Operation>(
        &self,
        operation: &O,
        token: Option<&TokenId>,
    ) -> Result<Request, Error> {
        let wrong = |error| Error::request(&error, self.context::<O>(None));
        let request = operation.request().map_err(wrong)?;
        match (O::SERVICE.session_header.filter(|_| O::SESSION), token) {
            (Some(header), Some(token)) => {
                request.with_session(header, token.expose()).map_err(wrong)
            }
            _ => Ok(request),
        }
    }

    async fn exchange<O: Operation>(
        &self,
        request: Request,
        repeat: Repeat,
        lenient: bool,
    ) -> Result<(O::Output, Response), SendError<O::Failure>> {
        let base = match self.url.known_base() {
            Some(base) => base,
            None => {
                let settled = self.url.settled(&self.pipeline);
                let context = self.context::<O>(None);
                // In a box, as it is large, and this one is in the future of each call.
                Box::pin(self.pipeline.within(&context, settled))
                    .await?
                    .base()
            }
        };
        let (method, secrets) = (request.method().clone(), request.secrets().clone());
        let http = request
            .into_http(&base)
            .map_err(|error| Error::request(&error, self.context::<O>(None)))?;
        let (context, asked) = (self.context::<O>(Some(method)), http.uri().clone());
        let terms = Terms {
            secrets: &secrets,
            context: &context,
            repeat,
            keep_open: false,
        };
        let sent = wall();
        let answer = self.pipeline.exchange(http.map(Body::from), terms).await?;
        // A gateway that answers in the service's place has a clock of its own.
        if !answer.status().is_server_error() {
            self.clock.learn(answer.headers(), sent);
        }
        let proxy = answer.extensions().get().cloned();
        let response = Response::with_secrets(answer, secrets);
        let response = match lenient {
            true => response.lenient(),
            false => response,
        };
        let output = O::response(&response);
        if let Some(odd) = response.odd() {
            let (operation, host) = (O::NAME, self.host());
            tracing::warn!(operation, host, odd, "odd parts of the answer are left out");
        }
        let context = || context.at(&asked, response.secrets()).by(proxy);
        match output {
            Ok(output) => Ok((output, response)),
            Err(OperationError::Declared(mut failure)) => {
                hide(&mut failure, &response);
                Err(SendError::Declared(failure))
            }
            Err(OperationError::Service(error)) => {
                Err(Error::service(&error, &response, context()).into())
            }
            Err(OperationError::Decode(error)) => Err(Error::decode(&error, context())
                .with_request_id(response.request_id::<O>())
                .into()),
        }
    }

    pub(crate) fn context<O: Operation>(&self, method: Option<Method>) -> Context {
        Context {
            operation: O::NAME.into(),
            method,
            host: self.url.host().to_owned(),
            ..Context::default()
        }
    }
}

/// After what an operation may be sent again. What is sent without the session's token holds a proof of
/// its own, which may work only once.
fn repeat<O: Operation>(request: &Request) -> Repeat {
    match Repeat::of(request.method()) {
        Repeat::RateLimited if !O::SESSION => Repeat::Never,
        repeat => repeat,
    }
}

/// Hides the secrets of the request in a failure that has texts of the server.
fn hide(failure: &mut dyn Any, response: &Response) {
    if let Some(GenerateTokenFailure::ReceiptRequired(needed)) = failure.downcast_mut() {
        needed.partial.hide(response);
    }
}
