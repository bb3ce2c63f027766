//! What tells the tokens of different logins apart.

use std::sync::Arc;

use crate::identity::v3::auth::{Credentials, Scope};
#[cfg(feature = "store")]
use crate::store::StoreKey;

/// What tells the tokens of different logins apart, for those that are kept; none where a login doesn't
/// say who asks. It takes a cryptographic hash, so it is there with the feature `store` alone.
pub(crate) fn fingerprint(
    auth_url: &str,
    credentials: &Credentials,
    scope: Option<&Scope>,
) -> Option<Arc<str>> {
    #[cfg(feature = "store")]
    return StoreKey::new(auth_url, credentials, scope).map(|key| Arc::from(key.as_str()));
    #[cfg(not(feature = "store"))]
    return {
        _ = (auth_url, credentials, scope);
        None
    };
}
