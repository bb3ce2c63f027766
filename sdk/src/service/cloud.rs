//! What all clients of a cloud share, and how a call gets its token.

use std::sync::Arc;

use super::ServiceSettings;
use crate::client::Client;
use crate::discovery::VersionCache;
use crate::error::{Context, Error, ErrorKind};
use crate::session::{Session, SessionToken};
#[cfg(feature = "reqwest")]
use crate::transport::trust::CheckedBy;

/// Where the values of a configuration came from. Made when somebody asks, as building a client is far quicker.
pub(crate) type Explanation = Arc<dyn Fn() -> String + Send + Sync>;

/// One cloud: what all clients made for it share.
#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) client: Client,
    pub(crate) session: Session,
    pub(crate) services: Arc<ServiceSettings>,
    pub(crate) versions: Arc<VersionCache>,
    pub(crate) revoke_on_close: bool,
    /// Where each value came from, if the program didn't give them itself.
    pub(crate) configuration: Option<Explanation>,
    #[cfg(feature = "reqwest")]
    pub(crate) checked_by: CheckedBy,
}

/// How often a call replaces its token.
const MOST_REPLACEMENTS: u32 = 2;

/// What an error may mean for the session's token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// Nothing.
    None,
    /// It is refused.
    Certain,
    /// It may be gone: a token whose user or project is gone makes Keystone answer 404 to everything.
    Possible,
}

impl Loss {
    /// What an error of the Identity service means.
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Unauthorized => Loss::Certain,
            ErrorKind::NotFound => Loss::Possible,
            _ => Loss::None,
        }
    }
}

impl Cloud {
    /// The session's token, for an operation of this name, in the time that `client` has.
    pub(crate) async fn token(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<SessionToken, Error> {
        if let Some(token) = self.session.ready() {
            return Ok(token);
        }
        let context = Context {
            operation: operation.into(),
            host: client.host().to_owned(),
            ..Context::default()
        };
        let token = self.session.token(client, operation);
        // In a box, as it is large, and this one is in the future of each call.
        Box::pin(client.pipeline.within(&context, token)).await
    }

    /// Whether a call is made once more with another token, after an error that may mean that its own is
    /// dead. `replaced` is how often it was: at most twice, as the first replacement may be of the second of
    /// the revocation, which Keystone revokes whole; the session waits until it is over before the next one.
    pub(crate) async fn tries_again(
        &self,
        client: &Client,
        replaced: &mut u32,
        loss: Loss,
        token: &SessionToken,
    ) -> bool {
        if *replaced == MOST_REPLACEMENTS || !self.is_lost(client, loss, token).await {
            return false;
        }
        *replaced += 1;
        self.session.refused(token);
        self.session.can_log_in()
    }

    async fn is_lost(&self, client: &Client, loss: Loss, token: &SessionToken) -> bool {
        match loss {
            Loss::None => false,
            Loss::Certain => true,
            Loss::Possible => self.session.is_lost(client, token).await,
        }
    }
}
