//! What the server says of tokens that were found where others could have written them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::exchange::single_flight::SingleFlight;
use crate::identity::v3::catalog::GetCatalog;
use crate::identity::v3::common::TokenId;
use crate::runtime::Operation;
use crate::token::AuthToken;
use crate::token::import::import_token;

/// For all clients of the process: one that serves requests may build a client for each.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// How many tokens are remembered. The one that was not used for longest is forgotten for another.
const MOST: usize = 128;

/// A hash of the server's address and the token's id.
type Name = [u8; 32];

#[derive(Default)]
struct Known {
    tokens: HashMap<Name, Told>,
    uses: u64,
}

/// What the server has told of a token, without its id, and when that was used last.
#[derive(Default)]
struct Told {
    token: Arc<SingleFlight<AuthToken>>,
    used: u64,
}

/// The token with this one's id, as the server at the client's own address knows it. It is asked once.
pub(super) async fn known(client: &Client, token: &AuthToken) -> Result<AuthToken, Error> {
    let told = lock().told(name(client, token.id()));
    let known = told.get(async { Ok(nameless(ask(client, token).await?)) });
    let fingerprint = token.fingerprint().map(Arc::from);
    let known = known.await?.with_id(token.id().clone());
    Ok(known.with_fingerprint(fingerprint))
}

/// Remembers what the server has just told of a token.
pub(super) fn learn(client: &Client, token: &AuthToken) {
    let told = SingleFlight::new(nameless(token.clone()));
    let mut known = lock();
    *known.entry(name(client, token.id())) = Arc::new(told);
}

async fn ask(client: &Client, token: &AuthToken) -> Result<AuthToken, Error> {
    match import_token(client, token.id().clone()).await {
        // That of a trust may not look at itself, but at its catalog.
        Err(error) if matches!(error.kind(), ErrorKind::Forbidden) => {
            with_catalog(client, token).await
        }
        told => told,
    }
}

/// The token as it was found, with the server's catalog and address in place of those that it had.
async fn with_catalog(client: &Client, token: &AuthToken) -> Result<AuthToken, Error> {
    let (_, answer) = client
        .send_leniently(&GetCatalog::new(), Some(token.id()))
        .await
        .map_err(Error::from)?;
    let context = || client.context::<GetCatalog>(Some(http::Method::GET));
    let catalog = answer.json_in("catalog");
    let catalog = catalog.map_err(|error| Error::decode(&error, context()))?;
    let mut export = token.export();
    export["auth_url"] = client.url.to_string().into();
    export["token"]["catalog"] = catalog;
    AuthToken::from_export(export).map_err(|error| {
        let what = format!("{}: {error}", GetCatalog::NAME);
        Error::unexpected(&what, context())
    })
}

/// Without its id, which is nobody's business who doesn't have it.
fn nameless(token: AuthToken) -> AuthToken {
    token.with_id(TokenId::new("")).with_fingerprint(None)
}

fn name(client: &Client, id: &TokenId) -> Name {
    let url = client.url.given().to_string();
    let hash = Sha256::new().chain_update((url.len() as u64).to_be_bytes());
    hash.chain_update(url)
        .chain_update(id.expose())
        .finalize()
        .into()
}

fn lock() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    fn told(&mut self, name: Name) -> Arc<SingleFlight<AuthToken>> {
        self.entry(name).clone()
    }

    fn entry(&mut self, name: Name) -> &mut Arc<SingleFlight<AuthToken>> {
        if self.tokens.len() >= MOST && !self.tokens.contains_key(&name) {
            let oldest = self.tokens.iter().min_by_key(|(_, told)| told.used);
            if let Some(oldest) = oldest.map(|(name, _)| *name) {
                self.tokens.remove(&oldest);
            }
        }
        self.uses += 1;
        let told = self.tokens.entry(name).or_default();
        told.used = self.uses;
        &mut told.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_was_not_used_for_longest_is_forgotten() {
        let mut known = Known::default();
        let name = |number: usize| {
            let mut name = [0; 32];
            name[..8].copy_from_slice(&number.to_be_bytes());
            name
        };
        let first = known.told(name(0));
        for number in 1..3 * MOST {
            known.told(name(number));
            assert!(Arc::ptr_eq(&known.told(name(0)), &first));
        }
        assert_eq!(known.tokens.len(), MOST);
        let of_last = known.tokens.contains_key(&name(3 * MOST - 1));
        assert_eq!(
            (known.tokens.contains_key(&name(1)), of_last),
            (false, true)
        );
    }
}
