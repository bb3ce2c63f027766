//! Who we are, and the token that proves it: logged in once, and kept good.

mod catalog;
#[cfg(feature = "store")]
mod confirmed;
pub(crate) mod describe;
pub(crate) mod fingerprint;
mod gate;
mod login;
mod machine;
mod memory;
pub(crate) mod mfa;
pub(crate) mod provider;
#[cfg(feature = "store")]
mod stored;

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use self::catalog::Lookups;
use self::gate::{Gate, Grant, Inner, Leader};
use self::machine::{Absence, Held, Life, NEVER};
use self::memory::Memory;
use self::mfa::Factor;
use self::provider::CredentialsProvider;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::exchange::clock::{Now, ServerClock};
use crate::exchange::event::{Event, Observer};
use crate::exchange::jitter::jitter;
use crate::exchange::timer;
use crate::identity::v3::auth::{Credentials, Scope};
use crate::identity::v3::common::TokenId;
use crate::identity::v3::tokens::{AuthMethodName, GenerateToken, ValidateToken};
use crate::runtime::{Secret, secrets_of};
#[cfg(feature = "store")]
use crate::store::TokenCache;
use crate::token::AuthToken;
use crate::token::owner::PassedOver;
use crate::transport::BoxError;
use crate::transport::BoxFuture;

pub(crate) use self::catalog::Catalog;
pub(crate) use self::login::{is_one_shot, log_in};

type SharedGate = Arc<Gate<Obtained, Error>>;
type Lead = Leader<Obtained, Error, Mutex<Inner<Obtained, Error>>>;

/// A token of the session, and the number by which a refusal names it.
pub(crate) type SessionToken = Held<Obtained>;

/// A token, and where the session has it from.
#[derive(Clone, Debug)]
pub(crate) struct Obtained {
    token: AuthToken,
    source: Source,
}

/// Where a session has its token from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Login,
    Store,
    /// It was given to start with.
    Given,
}

impl Deref for Obtained {
    type Target = AuthToken;

    fn deref(&self) -> &AuthToken {
        &self.token
    }
}

impl Deref for SessionToken {
    type Target = AuthToken;

    fn deref(&self) -> &AuthToken {
        &self.token
    }
}

/// How a session logs in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) credentials: Option<Arc<dyn CredentialsProvider>>,
    pub(crate) credentials_timeout: Duration,
    pub(crate) factors: Vec<Arc<dyn Factor>>,
    pub(crate) scope: Option<Scope>,
    pub(crate) observer: Observer,
    #[cfg(feature = "store")]
    pub(crate) cache: Option<Arc<TokenCache>>,
}

/// A session. Clones share it.
#[derive(Clone)]
pub(crate) struct Session {
    login: Arc<Login>,
    gate: SharedGate,
    /// Shared with the sessions for other scopes.
    memory: Arc<Memory>,
    /// The last renewal in the background, to wait for.
    renewal: Arc<Mutex<Option<JoinHandle<()>>>>,
    lookups: Arc<Lookups>,
    /// Those of the credentials that it logs in with, which no foreign text may show.
    secrets: Arc<Mutex<Vec<Secret>>>,
    /// Why it didn't start with the token that it was given.
    passed_over: Option<PassedOver>,
    #[cfg(feature = "store")]
    stored: Arc<stored::Stored>,
}

impl Session {
    pub(crate) fn new(
        login: Login,
        clock: ServerClock,
        cached: Option<AuthToken>,
        passed_over: Option<PassedOver>,
    ) -> Self {
        let memory = Arc::new(Memory::new(clock));
        let session = Session {
            passed_over,
            ..Session::with(login, memory)
        };
        if let Some(token) = cached {
            // However it was made, a login brings one that lives longer.
            let life = Life {
                renewable: true,
                ..life(&token, session.now())
            };
            let source = Source::Given;
            let given = Obtained { token, source };
            session
                .gate
                .with(|machine| machine.hold(given, life, jitter()));
            if session.at_hand().is_some() {
                session.login.observer.tell(Event::CacheHit);
            }
        }
        session
    }

    fn with(login: Login, memory: Arc<Memory>) -> Self {
        Session {
            login: Arc::new(login),
            gate: Arc::new(Gate::new()),
            memory,
            renewal: Arc::default(),
            lookups: Arc::default(),
            secrets: Arc::default(),
            passed_over: None,
            #[cfg(feature = "store")]
            stored: Arc::default(),
        }
    }

    /// The same way to log in, with another scope, and no token yet. Without credentials, the token that
    /// this session was given is the way to log in.
    pub(crate) fn rescoped(&self, scope: Scope) -> Self {
        let given = self.gate.with(|machine| machine.absence()) != Absence::Never;
        let from_token = || given.then(|| Arc::new(FromToken(self.clone())) as _);
        let login = Login {
            scope: Some(scope),
            credentials: self.login.credentials.clone().or_else(from_token),
            ..(*self.login).clone()
        };
        Session {
            passed_over: self.passed_over.clone(),
            secrets: self.secrets.clone(),
            ..Session::with(login, self.memory.clone())
        }
    }

    /// Notes the secrets of the credentials that it logs in with.
    pub(crate) fn note_secrets(&self, credentials: &Credentials) {
        let secrets = secrets_of(credentials);
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = secrets;
    }

    /// What texts that came with this token may not show.
    pub(crate) fn secrets(&self, token: &AuthToken) -> Vec<Secret> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Secret::new(token.id().expose());
        secrets.iter().cloned().chain([own]).collect()
    }

    fn now(&self) -> Now {
        self.memory.clock.now()
    }

    /// The token at hand, if it is good and nothing has to be done about it.
    pub(crate) fn ready(&self) -> Option<SessionToken> {
        let now = self.now();
        self.gate.with(|machine| machine.ready(now).cloned())
    }

    /// A token that is good: the one at hand, or that of a login, by whoever makes it.
    pub(crate) async fn token(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<SessionToken, Error> {
        let mut enter = self.gate.enter(|| self.now());
        let grant = (&mut enter).await;
        if enter.has_waited() {
            self.login.observer.tell(Event::Wait);
        }
        drop(enter);
        match grant {
            Grant::Token(held) => Ok(held),
            Grant::Failed(error) => Err(error),
            // In a box, as a login is rare and its future large, and this one is in that of each call.
            Grant::LogIn(leader) => Box::pin(self.log_in(client, operation, leader)).await,
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
        let renewal = runtime.spawn(async move {
            let context = client.context::<GenerateToken>(None);
            let login = session.log_in(&client, operation, leader);
            if client.pipeline.within(&context, login).await.is_ok() {
                session.login.observer.tell(Event::Renewal);
            }
        });
        *self.last_renewal() = Some(renewal);
    }

    fn last_renewal(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins no more renewals, waits for the one that is under way, and gives the token to revoke.
    pub(crate) async fn close(&self) -> Option<SessionToken> {
        self.gate.with(|machine| machine.close());
        let renewal = self.last_renewal().take();
        if let Some(renewal) = renewal {
            // However it ends: what counts is the token that is held then.
            _ = renewal.await;
        }
        self.at_hand()
    }

    async fn log_in(
        &self,
        client: &Client,
        operation: &'static str,
        leader: Lead,
    ) -> Result<SessionToken, Error> {
        match self.obtain(client, operation).await {
            Ok((token, event)) => {
                self.login.observer.tell(event);
                let life = life(&token, self.now());
                let source = match event {
                    Event::CacheHit => Source::Store,
                    _ => Source::Login,
                };
                let obtained = Obtained { token, source };
                let mut held = None;
                leader.end(|machine, flight| {
                    machine.logged_in(flight, (obtained, life), jitter());
                    held = machine.held().cloned();
                });
                held.ok_or_else(|| self.no_token(client, operation))
            }
            Err(error) => {
                self.login.observer.tell(Event::LoginFailed);
                let now = self.now();
                leader.end(|machine, flight| machine.failed(flight, error.clone(), now, jitter()));
                Err(error)
            }
        }
    }

    /// Waits while a login would bring a token that is rejected at once. Returns whether it had to wait.
    async fn hold_back(&self) -> bool {
        let now = self.now();
        let pause = self.gate.with(|machine| machine.hold_back(now));
        let Ok(pause @ 1..) = u64::try_from(pause) else {
            return false;
        };
        timer::pause(Duration::from_millis(pause)).await;
        true
    }

    fn no_token(&self, client: &Client, operation: &'static str) -> Error {
        Error::no_credentials(operation, client.host(), &self.why_no_token())
    }

    /// Why it didn't start with the token that it was given.
    pub(crate) fn passed_over(&self) -> Option<&PassedOver> {
        self.passed_over.as_ref()
    }

    fn why_no_token(&self) -> String {
        let absence = self.gate.with(|machine| machine.absence());
        let why = match (absence, &self.passed_over) {
            (Absence::Expired, _) => "the token has expired",
            (Absence::Refused, _) => "the server has refused the token",
            (Absence::Forgotten, _) => "the token was revoked",
            (Absence::Never, Some(why)) => {
                return format!("{why}, and there are no credentials to get another");
            }
            (Absence::Never, None) => {
                return "it needs a token, and there are no credentials to get one".to_owned();
            }
        };
        format!("{why}, and there are no credentials for another")
    }

    /// Tells the session that a service has refused this token.
    pub(crate) fn refused(&self, token: &SessionToken) {
        #[cfg(feature = "store")]
        self.stored.refused(token.id());
        let now = self.now();
        self.gate
            .with(|machine| machine.token_refused(token.serial, now));
    }

    /// Whether another token could be had.
    pub(crate) fn can_log_in(&self) -> bool {
        self.login.credentials.is_some()
    }

    /// Forgets the token, if it is this one; so does the store.
    pub(crate) async fn forget(&self, id: &TokenId) {
        #[cfg(feature = "store")]
        self.stored.remove(id).await;
        self.gate.with(|machine| {
            let held = machine
                .held()
                .filter(|held| held.id().expose() == id.expose());
            if let Some(serial) = held.map(|held| held.serial) {
                machine.forget(serial);
            }
        });
    }

    /// The token at hand, if it is good.
    pub(crate) fn at_hand(&self) -> Option<SessionToken> {
        let now = self.now();
        self.gate.with(|machine| machine.alive(now).cloned())
    }

    /// Whether the server still knows the token; asked where an answer may mean that it doesn't.
    pub(crate) async fn is_lost(&self, client: &Client, token: &SessionToken) -> bool {
        let id = token.id();
        let check = client.send(&ValidateToken::new(id), Some(id)).await;
        let lost =
            |error: &Error| matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::NotFound);
        check.map_err(Error::from).as_ref().err().is_some_and(lost)
    }
}

/// The token at hand of a session that has nothing else, as credentials for another scope.
struct FromToken(Session);

impl CredentialsProvider for FromToken {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        let token = self.0.at_hand().map(|token| token.id().clone().into());
        let given = token.ok_or_else(|| self.0.why_no_token().into());
        Box::pin(async { given })
    }
}

/// The life of a token that comes to a session now.
fn life(token: &AuthToken, now: Now) -> Life {
    let told = token.lifetime();
    Life {
        issued: told.from,
        expires: told.until.unwrap_or(NEVER),
        came: now,
        // What comes of a token ends with it.
        renewable: !token.methods.contains(&AuthMethodName::Token),
    }
}
