//! One login: credentials, sent once, and further factors for as long as the server wants some.

use std::sync::Arc;

use super::Session;
use super::fingerprint::fingerprint;
use super::memory::{Denied, Fingerprint};
use crate::client::{Client, SendError};
use crate::error::Error;
use crate::exchange::clock::{Millis, SECOND};
use crate::exchange::event::Event;
use crate::exchange::jitter::jitter;
use crate::exchange::lifetime;
use crate::exchange::timer::within;
use crate::identity::v3::auth::{Auth, AuthMethod, Credentials};
use crate::identity::v3::tokens::{
    GenerateToken, GenerateTokenFailure, IssuedToken, ReceiptRequired,
};
use crate::runtime::Timestamp;
use crate::runtime::{Response, is_sendable};
use crate::session::mfa::Factor;
use crate::token::AuthToken;
use crate::transport::BoxError;

/// How often a login goes on with another factor, at most.
const ROUNDS: usize = 5;

/// How long a receipt is good whose times make no sense: as Keystone's are.
const RECEIPT: Millis = 300 * SECOND;

impl Session {
    /// A token for the credentials of this moment, and what it was: a login, or a hit of the store.
    pub(super) async fn obtain(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<(AuthToken, Event), Error> {
        let Some(credentials) = self.credentials().await else {
            return Err(self.no_token(client, operation));
        };
        let no_credentials =
            |error: BoxError| Error::no_credentials(operation, client.host(), &error.to_string());
        let credentials = credentials.map_err(no_credentials)?;
        #[cfg(feature = "store")]
        if let Some(slot) = self.slot(client, &credentials) {
            let of = credentials.clone();
            // In a box, as it is passed on and on, and each time its place is in another future.
            let login = Box::pin(self.prove(client, operation, credentials));
            return self.obtain_by(client, (&slot, &of), login).await;
        }
        let token = self.prove(client, operation, credentials).await?;
        Ok((token, Event::Login))
    }

    /// A token for these credentials, unless they were refused or are used up.
    async fn prove(
        &self,
        client: &Client,
        operation: &'static str,
        credentials: Credentials,
    ) -> Result<AuthToken, Error> {
        self.hold_back().await;
        let login = self.fingerprint(&credentials);
        let _turn = self.memory.turn(&login).await;
        self.may_send(&login).map_err(|denied| match denied {
            Denied::CoolDown(error) => error.not_sent_again(),
            Denied::Spent => {
                let why = "the one-time passcode was used, and there is no seed for another";
                Error::no_credentials(operation, client.host(), why)
            }
        })?;
        let (auth_url, scope) = (client.url.given().to_string(), self.login.scope.as_ref());
        let fingerprint = fingerprint(&auth_url, &credentials, scope);
        let obtained = self.exchange(client, credentials).await;
        self.remember(&login, &obtained);
        obtained.map(|token| token.with_fingerprint(fingerprint))
    }

    /// The credentials of this moment; none if there is nothing to ask for them.
    pub(crate) async fn credentials(&self) -> Option<Result<Credentials, BoxError>> {
        let provider = self.login.credentials.as_ref()?;
        let limit = self.login.credentials_timeout;
        let given = within(limit, provider.credentials()).await;
        if let Ok(Ok(credentials)) = &given {
            self.note_secrets(credentials);
        }
        Some(given.unwrap_or_else(|_| {
            Err(format!("the credentials provider has not answered within {limit:?}").into())
        }))
    }

    /// What a login with these credentials asks for.
    pub(crate) fn auth(&self, credentials: Credentials) -> Auth {
        let auth = Auth::new(credentials);
        match &self.login.scope {
            Some(scope) => auth.scope(scope.clone()),
            None => auth,
        }
    }

    fn fingerprint(&self, credentials: &Credentials) -> Fingerprint {
        let scope = self.login.scope.as_ref();
        self.memory.fingerprint(credentials, scope)
    }

    fn may_send(&self, login: &Fingerprint) -> Result<(), Denied<Error>> {
        let now = self.memory.clock.now();
        self.memory.with(|record| record.may_send(login, now.ticks))
    }

    fn remember(&self, login: &Fingerprint, obtained: &Result<AuthToken, Error>) {
        let now = self.memory.clock.now();
        self.memory.with(|record| match obtained {
            Ok(_) => record.accepted(login),
            Err(error) => {
                if let Some(what) = error.refused() {
                    record.refused(login, what, error.clone(), now.ticks, jitter());
                }
            }
        });
    }

    async fn exchange(
        &self,
        client: &Client,
        credentials: Credentials,
    ) -> Result<AuthToken, Error> {
        let mut one_shot = is_one_shot(&credentials);
        let mut login = GenerateToken::new(self.auth(credentials));
        for _ in 0..ROUNDS {
            match client.log_in(&login, one_shot).await {
                Ok(answer) => return issued(answer, client),
                Err(SendError::Other(error)) => return Err(error),
                Err(SendError::Declared(GenerateTokenFailure::ReceiptRequired(needed))) => {
                    let given = sound(&needed, client)?;
                    let Some(more) = self.factors(&given, client).await? else {
                        return Err(mfa_required(needed, client));
                    };
                    one_shot = is_one_shot(&more);
                    login = GenerateToken::new(self.auth(more)).receipt(&needed.id);
                }
            }
        }
        Err(no_factor("the server wants ever more factors", client))
    }

    /// The factors that are missing, by the shortest rule that those at hand can satisfy.
    async fn factors(
        &self,
        needed: &ReceiptRequired,
        client: &Client,
    ) -> Result<Option<Credentials>, Error> {
        let all = self.login.factors.iter();
        let at_hand: Vec<_> = all.clone().map(|factor| factor.method()).collect();
        let Some(missing) = needed.shortest_with(&at_hand) else {
            return Ok(None);
        };
        let mut supplied: Option<Credentials> = None;
        for factor in all.filter(|factor| missing.contains(&factor.method())) {
            let method = self.supply(&**factor, needed).await.map_err(|error| {
                let why = format!("no {}: {error}", factor.method());
                no_factor(&why, client)
            })?;
            supplied = match supplied {
                None => Some(Credentials::new(method)),
                // Two factors of one kind: the first was taken.
                Some(some) => some.clone().and(method).ok().or(Some(some)),
            };
        }
        if let Some(supplied) = &supplied {
            let spent = |_| {
                let why =
                    "the one-time passcode was used before, and works once: give the next one";
                no_factor(why, client)
            };
            self.may_send(&self.fingerprint(supplied)).map_err(spent)?;
        }
        Ok(supplied)
    }

    /// One factor, waited for as long as the receipt is good: a person may have to be asked.
    async fn supply(
        &self,
        factor: &dyn Factor,
        needed: &ReceiptRequired,
    ) -> Result<AuthMethod, BoxError> {
        let now = Timestamp::from_millisecond(self.memory.clock.now().server);
        // By its own length, so that no clock has to be right.
        let limit = needed.expires_at().since(now);
        let supplied = within(limit, factor.supply(needed, now)).await;
        supplied.unwrap_or_else(|_| {
            Err(format!("it was not given within {limit:?}, when the receipt expired").into())
        })
    }
}

/// Whether there is a passcode among the credentials, which works once.
pub(crate) fn is_one_shot(credentials: &Credentials) -> bool {
    let mut members = credentials.members().iter();
    members.any(|member| matches!(member, AuthMethod::Totp(_)))
}

/// The server requires further methods, and there are none.
fn mfa_required(needed: ReceiptRequired, client: &Client) -> Error {
    let context = client.context::<GenerateToken>(Some(http::Method::POST));
    Error::generate_token(GenerateTokenFailure::ReceiptRequired(needed), context)
}

/// One login by hand, and the token with everything that the server said of it.
pub(crate) async fn log_in(
    client: &Client,
    login: &GenerateToken,
    one_shot: bool,
) -> Result<AuthToken, Error> {
    match client.log_in(login, one_shot).await {
        Ok(answer) => issued(answer, client),
        Err(SendError::Declared(GenerateTokenFailure::ReceiptRequired(needed))) => {
            Err(mfa_required(needed, client))
        }
        Err(SendError::Other(error)) => Err(error),
    }
}

fn issued(
    (issued, response): (IssuedToken, Response),
    client: &Client,
) -> Result<AuthToken, Error> {
    let body = response.json_in("token").map_err(|error| {
        Error::decode(
            &error,
            client.context::<GenerateToken>(Some(http::Method::POST)),
        )
    })?;
    if !is_sendable(issued.id.expose()) {
        return Err(unsendable("X-Subject-Token", client));
    }
    let lifetime = client.lifetime(&issued.token, true);
    let auth_url = Arc::from(client.url.to_string());
    Ok(AuthToken::new(issued.id, issued.token, body, auth_url).with_lifetime(lifetime))
}

/// A receipt that has just come, with times that can be gone by.
fn sound(needed: &ReceiptRequired, client: &Client) -> Result<ReceiptRequired, Error> {
    if !is_sendable(needed.id.expose()) {
        return Err(unsendable("Openstack-Auth-Receipt", client));
    }
    let mut needed = needed.clone();
    let receipt = &mut needed.partial.receipt;
    let (from, until) = (receipt.issued_at, receipt.expires_at);
    let now = client.clock.now().server;
    if !lifetime::is_plausible(from, until, client.clock.told(), true) {
        client.clock.doubt(client.host(), from, until);
    }
    let length = lifetime::length(from, until, now).unwrap_or(RECEIPT);
    receipt.issued_at = Timestamp::from_millisecond(now);
    receipt.expires_at = Timestamp::from_millisecond(now.saturating_add(length));
    Ok(needed)
}

/// A header of the server's that can't be sent back.
fn unsendable(header: &str, client: &Client) -> Error {
    let what =
        format!("its header {header} has a character that no request can carry, or is empty");
    Error::unexpected(
        &what,
        client.context::<GenerateToken>(Some(http::Method::POST)),
    )
}

fn no_factor(why: &str, client: &Client) -> Error {
    Error::no_credentials("generate_token", client.host(), why)
}
