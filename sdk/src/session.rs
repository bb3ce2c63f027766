//! Who we are, and the token that proves it.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::client::{Client, SendError};
use crate::error::Error;
use crate::identity::v3::auth::{Auth, Credentials, Scope};
use crate::identity::v3::tokens::{GenerateToken, GenerateTokenFailure};
use crate::runtime::Operation;
use crate::token::AuthToken;
use crate::{Timestamp, TokenId};

/// Logs in when a token is needed, and keeps it.
pub(crate) struct Session {
    credentials: Option<Credentials>,
    scope: Option<Scope>,
    /// Held while logging in, so that one login serves all who wait.
    token: Mutex<Option<AuthToken>>,
}

impl Session {
    pub(crate) fn new(
        credentials: Option<Credentials>,
        scope: Option<Scope>,
        cached: Option<AuthToken>,
    ) -> Self {
        Session {
            credentials,
            scope,
            token: Mutex::new(cached),
        }
    }

    /// The session's token: the one at hand if it still lives, else that of a new login.
    pub(crate) async fn token(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<TokenId, Error> {
        let mut slot = self.token.lock().await;
        if let Some(token) = slot
            .as_ref()
            .filter(|token| token.expires_at > Timestamp::now())
        {
            return Ok(token.id().clone());
        }
        let Some(credentials) = &self.credentials else {
            let why = match slot.is_some() {
                true => "the cached token has expired, and there are no credentials for another",
                false => "it needs a token, and there are no credentials to get one",
            };
            return Err(Error::no_credentials(operation, client.url.host(), why));
        };
        let mut auth = Auth::new(credentials.clone());
        if let Some(scope) = &self.scope {
            auth = auth.scope(scope.clone());
        }
        let token = log_in(client, &GenerateToken::new(auth)).await?;
        let id = token.id().clone();
        *slot = Some(token);
        Ok(id)
    }

    /// Forgets the token, if it is this one.
    pub(crate) async fn forget(&self, id: &TokenId) {
        let mut slot = self.token.lock().await;
        slot.take_if(|token| token.id().expose() == id.expose());
    }
}

/// One login, and the token with everything that the server said of it.
pub(crate) async fn log_in(client: &Client, login: &GenerateToken) -> Result<AuthToken, Error> {
    match client.send(login, None).await {
        Ok((issued, response)) => {
            let body = response.json_in("token").map_err(|error| {
                Error::decode(&error, client.context::<GenerateToken>(http::Method::POST))
            })?;
            Ok(AuthToken::new(
                issued,
                body,
                Arc::from(client.url.to_string()),
            ))
        }
        Err(SendError::Declared(failure)) => Err(declared(failure, client)),
        Err(SendError::Other(error)) => Err(error),
    }
}

fn declared(failure: GenerateTokenFailure, client: &Client) -> Error {
    let context = client.context::<GenerateToken>(http::Method::POST);
    debug_assert_eq!(context.operation, GenerateToken::NAME);
    Error::generate_token(failure, context)
}
