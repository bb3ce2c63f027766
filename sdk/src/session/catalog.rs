//! The services that a session's token leads to: those that it came with, and those that were found later,
//! when one was missing or had moved.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Session, SessionToken, Source};
use crate::client::Client;
use crate::error::{Context, Error, ErrorKind};
use crate::exchange::clock::{Millis, Now, SECOND};
use crate::identity::v3::catalog::{CatalogService, GetCatalog};
use crate::identity::v3::tokens::{GetToken, Token};
use crate::runtime::Operation;
use crate::token::AuthToken;

/// The least time between two look-ups of a session: what isn't there is asked for in vain, again and again.
const EVERY: Millis = 300 * SECOND;

/// Asks the Identity service for the catalog of this token, with the token itself. Nothing but the token's id
/// and its scope is used of `token`, and nothing is sent anywhere but to the client's own auth URL.
/// Odd entries are left out, as in a login.
///
/// Keystone has a catalog for the tokens of projects; those of a domain or of the system it shows with the token.
pub(crate) async fn fetch_catalog(
    client: &Client,
    token: &AuthToken,
) -> Result<Vec<CatalogService>, Error> {
    let id = token.id();
    if token.project.is_some() {
        let answer = client.send_leniently(&GetCatalog::new(), Some(id)).await;
        return Ok(answer?.0.services);
    }
    let answer = client.send_leniently(&GetToken::new(id), Some(id)).await;
    Ok(answer?.0.catalog.unwrap_or_default())
}

/// What the sessions of one scope have looked up.
#[derive(Default)]
pub(super) struct Lookups {
    /// When the last one was, in ticks; locked meanwhile.
    last: tokio::sync::Mutex<Option<Millis>>,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    /// How many there were.
    count: u64,
    found: Option<Found>,
    /// Why the last one has failed.
    failure: Option<Arc<str>>,
}

/// What was found with this token.
#[derive(Clone)]
struct Found {
    token: AuthToken,
    services: Arc<[CatalogService]>,
    at: Now,
}

/// The services that a token leads to as far as they are known, where they are known from, and since when.
#[derive(Clone)]
pub(crate) struct Catalog {
    services: Services,
    /// How old it is.
    age: Millis,
    /// How many look-ups there were, and why the last one has failed.
    count: u64,
    failure: Option<Arc<str>>,
}

#[derive(Clone)]
enum Services {
    OfToken(AuthToken, Source),
    LookedUp(Arc<[CatalogService]>),
}

impl Catalog {
    /// None if the token has none.
    pub(crate) fn services(&self) -> Option<&[CatalogService]> {
        match &self.services {
            Services::OfToken(token, _) => token.catalog.as_deref(),
            Services::LookedUp(services) => Some(services),
        }
    }
}

/// For errors: where it is from and how old it is.
impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = Age(self.age);
        match &self.services {
            Services::LookedUp(_) => write!(f, "the catalog was looked up {age} ago")?,
            Services::OfToken(token, _) if token.catalog.is_none() => {
                f.write_str("the token came without its catalog")?;
            }
            Services::OfToken(_, Source::Login) => {
                write!(f, "the catalog came with the token, {age} ago")?;
            }
            Services::OfToken(_, Source::Store) => {
                write!(f, "the catalog came from the token store, and is {age} old")?;
            }
            Services::OfToken(_, Source::Given) => {
                write!(
                    f,
                    "the catalog came with the cached token, and is {age} old"
                )?;
            }
        }
        match &self.failure {
            Some(why) => write!(f, "; to look it up has failed: {why}"),
            None => Ok(()),
        }
    }
}

struct Age(Millis);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.max(0) / SECOND;
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7_200 => write!(f, "{} min", seconds / 60),
            7_200..172_800 => write!(f, "{} h", seconds / 3_600),
            _ => write!(f, "{} days", seconds / 86_400),
        }
    }
}

impl Session {
    /// The services that this token leads to: of those that it came with and those that were looked up, the
    /// newer.
    pub(crate) fn catalog(&self, token: &SessionToken) -> Catalog {
        let (now, issued) = (self.now(), token.life().issued);
        let State {
            count,
            found,
            failure,
        } = self.lookups.state().clone();
        let found = found.filter(|found| {
            let is_newer = token.catalog.is_none() || found.at.server >= issued;
            is_newer && lead_to_the_same(&found.token, token)
        });
        let (services, age) = match found {
            Some(found) => {
                let age = now.ticks.saturating_sub(found.at.ticks);
                (Services::LookedUp(found.services), age)
            }
            None => {
                let (token, source) = (token.token.token.clone(), token.token.source);
                let age = now.server.saturating_sub(issued);
                (Services::OfToken(token, source), age)
            }
        };
        Catalog {
            services,
            age,
            count,
            failure,
        }
    }

    /// Looks the catalog up, unless that was done not long ago, after `seen` has led nowhere. What comes is the
    /// token to go on with; none if there is nothing new.
    pub(crate) async fn look_again(
        &self,
        client: &Client,
        token: &SessionToken,
        seen: &Catalog,
    ) -> Result<Option<SessionToken>, Error> {
        if !is_scoped(token) {
            return Ok(None);
        }
        let context = Context {
            operation: GetCatalog::NAME.into(),
            host: client.host().to_owned(),
            ..Context::default()
        };
        let looked = self.look(client, token, seen.count);
        client.pipeline.within(&context, looked).await
    }

    async fn look(
        &self,
        client: &Client,
        token: &SessionToken,
        seen: u64,
    ) -> Result<Option<SessionToken>, Error> {
        let mut last = self.lookups.last.lock().await;
        if self.lookups.state().count != seen {
            // Somebody else has looked meanwhile.
            return Ok(Some(token.clone()));
        }
        let now = self.now();
        if last.is_some_and(|last| now.ticks.saturating_sub(last) < EVERY) {
            return Ok(None);
        }
        *last = Some(now.ticks);
        let fetched = fetch_catalog(client, token).await;
        let mut state = self.lookups.state();
        match fetched {
            Ok(services) => {
                state.count += 1;
                state.failure = None;
                state.found = Some(Found {
                    token: token.token.token.clone(),
                    services: services.into(),
                    at: self.now(),
                });
                Ok(Some(token.clone()))
            }
            // Then the next one comes with a new catalog.
            Err(error) if matches!(error.kind(), ErrorKind::Unauthorized) && self.can_log_in() => {
                drop(state);
                self.refused(token);
                self.token(client, GetCatalog::NAME).await.map(Some)
            }
            Err(error) => {
                state.failure = Some(error.what().into());
                tracing::debug!(%error, "the catalog can't be looked up");
                Ok(None)
            }
        }
    }
}

impl Lookups {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_scoped(token: &Token) -> bool {
    token.project.is_some() || token.domain.is_some() || token.system.is_some()
}

/// Whether two tokens are for the same: credentials may change, and with them the default project.
fn lead_to_the_same(one: &Token, other: &Token) -> bool {
    let scope = |token: &Token| {
        let project = token.project.as_ref().map(|project| project.id.clone());
        let domain = token.domain.as_ref().map(|domain| domain.id.clone());
        (project, domain, token.system.is_some())
    };
    one.user.id == other.user.id && scope(one) == scope(other)
}
