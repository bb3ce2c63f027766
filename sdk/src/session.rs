//! Who we are, and the token that proves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use tokio::sync::Mutex;

use crate::client::{Client, SendError};
use crate::error::{Context, Error};
use crate::identity::v3::auth::{Auth, Credentials, Scope};
use crate::identity::v3::tokens::GenerateToken;
use crate::token::AuthToken;
use crate::{Timestamp, TokenId};

/// Logs in when a token is needed, and keeps it.
pub(crate) struct Session {
    credentials: Option<Credentials>,
    scope: Option<Scope>,
    /// Whether a token was given that belongs to another server.
    passed_over: bool,
    /// Held while logging in, so that one login serves all who wait.
    slot: Mutex<Slot>,
    /// How many logins have failed.
    failures: AtomicU64,
}

#[derive(Default)]
struct Slot {
    token: Option<AuthToken>,
    failure: Option<Error>,
}

impl Session {
    pub(crate) fn new(
        credentials: Option<Credentials>,
        scope: Option<Scope>,
        cached: Option<AuthToken>,
        passed_over: bool,
    ) -> Self {
        let slot = Slot {
            token: cached,
            failure: None,
        };
        Session {
            credentials,
            scope,
            passed_over,
            slot: Mutex::new(slot),
            failures: AtomicU64::new(0),
        }
    }

    /// The session's token: the one at hand if it still lives, else that of a new login.
    pub(crate) async fn token(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<TokenId, Error> {
        let failures = self.failures.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        // A login that failed while this call waited would fail again: a wrong password, tried by each
        // who waits, locks the account, and a server that hangs keeps the last of them waiting for long.
        if let Some(failure) = &slot.failure
            && self.failures.load(Ordering::SeqCst) != failures
        {
            return Err(failure.clone());
        }
        if let Some(token) = &slot.token
            && token.expires_at > Timestamp::now()
        {
            return Ok(token.id().clone());
        }
        let Some(credentials) = &self.credentials else {
            let why = self.why_no_token(&slot);
            return Err(Error::no_credentials(operation, client.url.host(), why));
        };
        let mut auth = Auth::new(credentials.clone());
        if let Some(scope) = &self.scope {
            auth = auth.scope(scope.clone());
        }
        match log_in(client, &GenerateToken::new(auth)).await {
            Ok(token) => {
                let id = token.id().clone();
                *slot = Slot {
                    token: Some(token),
                    failure: None,
                };
                Ok(id)
            }
            Err(error) => {
                slot.failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }

    fn why_no_token(&self, slot: &Slot) -> &'static str {
        match &slot.token {
            Some(_) => "the token has expired, and there are no credentials for another",
            None if self.passed_over => {
                "the cached token is another server's, and there are no credentials to get one here"
            }
            None => "it needs a token, and there are no credentials to get one",
        }
    }

    /// Forgets the token, if it is this one.
    pub(crate) async fn forget(&self, id: &TokenId) {
        let mut slot = self.slot.lock().await;
        slot.token
            .take_if(|token| token.id().expose() == id.expose());
    }
}

/// One login, and the token with everything that the server said of it.
pub(crate) async fn log_in(client: &Client, login: &GenerateToken) -> Result<AuthToken, Error> {
    match client.send(login, None).await {
        Ok((issued, response)) => {
            let body = response
                .json_in("token")
                .map_err(|error| Error::decode(&error, login_context(client)))?;
            Ok(AuthToken::new(
                issued,
                body,
                Arc::from(client.url.to_string()),
            ))
        }
        Err(SendError::Declared(failure)) => {
            Err(Error::generate_token(failure, login_context(client)))
        }
        Err(SendError::Other(error)) => Err(error),
    }
}

fn login_context(client: &Client) -> Context {
    client.context::<GenerateToken>(Some(Method::POST))
}
