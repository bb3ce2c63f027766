//! Who we are, and the token that proves it: logged in once, and kept good.

mod gate;
mod machine;
pub(crate) mod mfa;
pub(crate) mod provider;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use self::gate::{Gate, Grant, Inner, Leader};
use self::machine::{Denied, Fingerprint, Held, Life, Millis};
use self::mfa::Factor;
use self::provider::{BoxError, CredentialsProvider};
use crate::client::{Client, SendError};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::identity::v3::auth::{Auth, AuthMethod, Credentials, Scope};
use crate::identity::v3::tokens::{
    GenerateToken, GenerateTokenFailure, IssuedToken, ReceiptRequired, ValidateToken,
};
use crate::runtime::{Response, to_json};
use crate::token::AuthToken;
use crate::{Timestamp, TokenId};

type SharedGate = Arc<Gate<AuthToken, Error>>;
type Lead = Leader<AuthToken, Error, std::sync::Mutex<Inner<AuthToken, Error>>>;

/// A token of the session, and the number by which a refusal names it.
pub(crate) type SessionToken = Held<AuthToken>;

/// How a session logs in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) credentials: Option<Arc<dyn CredentialsProvider>>,
    pub(crate) factors: Vec<Arc<dyn Factor>>,
    pub(crate) scope: Option<Scope>,
    pub(crate) observer: Observer,
}

/// A session. Clones share it.
#[derive(Clone)]
pub(crate) struct Session {
    login: Arc<Login>,
    gate: SharedGate,
    hashes: RandomState,
    /// Whether a token was given that belongs to another server.
    passed_over: bool,
}

/// How often a login goes on with another factor, at most.
const ROUNDS: usize = 5;

impl Session {
    pub(crate) fn new(login: Login, cached: Option<AuthToken>, passed_over: bool) -> Self {
        let gate = Gate::new();
        if let Some(token) = cached {
            let life = life(&token);
            gate.with(|machine| machine.hold(token, life, chance()));
            login.observer.tell(Event::CacheHit);
        }
        let (login, gate, hashes) = (Arc::new(login), Arc::new(gate), RandomState::new());
        Session {
            login,
            gate,
            hashes,
            passed_over,
        }
    }

    /// The same way to log in, with another scope, and no token yet.
    pub(crate) fn rescoped(&self, scope: Scope) -> Self {
        Session::new(
            Login {
                scope: Some(scope),
                ..(*self.login).clone()
            },
            None,
            false,
        )
    }

    /// A token that is good: the one at hand, or that of a login, by whoever makes it.
    pub(crate) async fn token(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<SessionToken, Error> {
        let mut enter = self.gate.enter(now);
        let grant = (&mut enter).await;
        if enter.has_waited() {
            self.login.observer.tell(Event::Wait);
        }
        drop(enter);
        match grant {
            Grant::Token(held) => Ok(held),
            Grant::Failed(error) => Err(error),
            Grant::LogIn(leader) => self.log_in(client, operation, leader).await,
            Grant::Renew(held, leader) => {
                self.renew(client, operation, leader);
                Ok(held)
            }
        }
    }

    /// Renews in the background: the token at hand is good, so nobody waits for it. Outside of a
    /// runtime the next who asks renews.
    fn renew(&self, client: &Client, operation: &'static str, leader: Lead) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (session, client) = (self.clone(), client.begin());
        runtime.spawn(async move {
            let context = client.context::<GenerateToken>(None);
            let login = session.log_in(&client, operation, leader);
            if client.wire.within(&context, login).await.is_ok() {
                session.login.observer.tell(Event::Renewal);
            }
        });
    }

    async fn log_in(
        &self,
        client: &Client,
        operation: &'static str,
        leader: Lead,
    ) -> Result<SessionToken, Error> {
        let pause = self.gate.with(|machine| machine.hold_back(now()));
        if let Ok(pause @ 1..) = u64::try_from(pause) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        match self.obtain(client, operation).await {
            Ok(token) => {
                self.login.observer.tell(Event::Login);
                let (life, at) = (life(&token), now());
                let mut held = None;
                leader.end(|machine, flight| {
                    machine.logged_in(flight, (token, life), at, Some(life.issued), chance());
                    held = machine.held().cloned();
                });
                held.ok_or_else(|| self.no_token(client, operation))
            }
            Err(error) => {
                self.login.observer.tell(Event::LoginFailed);
                leader
                    .end(|machine, flight| machine.failed(flight, error.clone(), now(), chance()));
                Err(error)
            }
        }
    }

    /// Credentials, sent once, and further factors for as long as the server wants some.
    async fn obtain(&self, client: &Client, operation: &'static str) -> Result<AuthToken, Error> {
        let Some(provider) = &self.login.credentials else {
            return Err(self.no_token(client, operation));
        };
        let credentials = provider
            .credentials()
            .await
            .map_err(|error| Error::no_credentials(operation, client.host(), &error.to_string()))?;
        let fingerprint = self.fingerprint(&credentials);
        let allowed = self
            .gate
            .with(|machine| machine.may_send(fingerprint, now()));
        allowed.map_err(|denied| match denied {
            Denied::CoolDown(error) => error.not_sent_again(),
            Denied::Spent => {
                let why = "the one-time passcode was used, and there is no seed for another";
                Error::no_credentials(operation, client.host(), why)
            }
        })?;
        let obtained = self.exchange(client, credentials).await;
        if let Err(error) = obtained.as_ref()
            && error.refuses_credentials()
        {
            let error = error.clone();
            self.gate.with(|machine| {
                machine.credentials_refused(fingerprint, error, now(), chance());
            });
        }
        obtained
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
                    let Some(more) = self.factors(&needed, client).await? else {
                        return Err(Error::more_factors(needed, client));
                    };
                    one_shot = is_one_shot(&more);
                    login = GenerateToken::new(self.auth(more)).receipt(&needed.id);
                }
            }
        }
        Err(Error::no_credentials(
            "generate_token",
            client.host(),
            "the server wants ever more factors",
        ))
    }

    /// The factors that are missing, by the shortest rule that those at hand can satisfy.
    async fn factors(
        &self,
        needed: &ReceiptRequired,
        client: &Client,
    ) -> Result<Option<Credentials>, Error> {
        let at_hand: Vec<_> = self
            .login
            .factors
            .iter()
            .map(|factor| factor.method())
            .collect();
        let Some(missing) = needed.shortest_with(&at_hand) else {
            return Ok(None);
        };
        let server_now = self.gate.with(|machine| machine.server_now(now()));
        let server_now = Timestamp::from_millisecond(server_now);
        let mut supplied: Option<Credentials> = None;
        for factor in self
            .login
            .factors
            .iter()
            .filter(|factor| missing.contains(&factor.method()))
        {
            let method = factor.supply(needed, server_now).await.map_err(|error| {
                let why = format!("no {}: {error}", factor.method());
                Error::no_credentials("generate_token", client.host(), &why)
            })?;
            supplied = match supplied {
                None => Some(Credentials::new(method)),
                // Two factors of one kind: the first was taken.
                Some(some) => some.clone().and(method).ok().or(Some(some)),
            };
        }
        Ok(supplied)
    }

    /// The credentials of this moment; none if there is nothing to ask for them.
    pub(crate) async fn credentials(&self) -> Option<Result<Credentials, BoxError>> {
        match &self.login.credentials {
            Some(provider) => Some(provider.credentials().await),
            None => None,
        }
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
        let json = to_json(credentials).unwrap_or_default();
        Fingerprint {
            hash: self.hashes.hash_one(&*json),
            one_shot: is_one_shot(credentials),
        }
    }

    fn no_token(&self, client: &Client, operation: &'static str) -> Error {
        let why = match self.gate.with(|machine| machine.held().is_some()) {
            true => "the token has expired, and there are no credentials for another",
            false if self.passed_over => {
                "the cached token is another server's, and there are no credentials to get one here"
            }
            false => "it needs a token, and there are no credentials to get one",
        };
        Error::no_credentials(operation, client.host(), why)
    }

    /// Tells the session that a service has refused this token.
    pub(crate) fn refused(&self, token: &SessionToken) {
        self.gate
            .with(|machine| machine.token_refused(token.serial, now()));
    }

    /// Whether another token could be had.
    pub(crate) fn can_log_in(&self) -> bool {
        self.login.credentials.is_some()
    }

    /// Forgets the token, if it is this one.
    pub(crate) fn forget(&self, id: &TokenId) {
        self.gate.with(|machine| {
            let held = machine
                .held()
                .filter(|held| held.token.id().expose() == id.expose());
            if let Some(serial) = held.map(|held| held.serial) {
                machine.forget(serial);
            }
        });
    }

    /// The token at hand, if it is good.
    pub(crate) fn at_hand(&self) -> Option<AuthToken> {
        self.gate
            .with(|machine| machine.alive(now()).map(|held| held.token.clone()))
    }

    /// Whether the server still knows the token; asked where an answer may mean that it doesn't.
    pub(crate) async fn is_lost(&self, client: &Client, token: &SessionToken) -> bool {
        let id = token.token.id();
        let check = client.send(&ValidateToken::new(id), Some(id)).await;
        let lost =
            |error: &Error| matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::NotFound);
        check.map_err(Error::from).as_ref().err().is_some_and(lost)
    }
}

/// Whether there is a passcode among the credentials, which works once.
pub(crate) fn is_one_shot(credentials: &Credentials) -> bool {
    let mut members = credentials.members().iter();
    members.any(|member| matches!(member, AuthMethod::Totp(_)))
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
            Err(Error::more_factors(needed, client))
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
    Ok(AuthToken::new(
        issued,
        body,
        Arc::from(client.url.to_string()),
    ))
}

fn life(token: &AuthToken) -> Life {
    Life {
        issued: token.issued_at.as_millisecond(),
        expires: token.expires_at.as_millisecond(),
    }
}

fn now() -> Millis {
    Timestamp::now().as_millisecond()
}

/// From 0 to 1, different each time.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn chance() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
}
