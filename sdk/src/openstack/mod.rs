//! The entry point: a cloud, and who we are there.

pub(crate) mod builder;
pub(crate) mod explain;
#[cfg(feature = "config")]
mod from_config;
pub(crate) mod identity_v3;
#[cfg(feature = "store")]
mod token_store;

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use crate::error::Error;
use crate::identity::v3::auth::Scope;
use crate::identity::v3::tokens::RevokeToken;
use crate::openstack::builder::OpenStackBuilder;
use crate::openstack::explain::explain;
use crate::openstack::identity_v3::IdentityV3;
use crate::service::ServiceClient;
use crate::service::cloud::{Cloud, Loss};
use crate::token::AuthToken;

/// A cloud, and who we are there. Clones share one session: log in once, and all of them are.
///
/// ```no_run
/// use openstack_identity::{DomainRef, OpenStack, Password};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
///     .region("RegionOne")
///     .credentials(Password::by_name("demo", DomainRef::by_id("default"), "secret"))
///     .build()?; // sends nothing
/// let identity = openstack.identity_v3();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct OpenStack(Arc<Cloud>);

impl OpenStack {
    /// Starts with the address of the Identity service, with or without `/v3`.
    pub fn builder(auth_url: impl Into<String>) -> OpenStackBuilder {
        OpenStackBuilder::new(auth_url.into())
    }

    pub(crate) fn new(cloud: Cloud) -> Self {
        OpenStack(Arc::new(cloud))
    }

    /// The Identity service, v3.
    #[must_use]
    pub fn identity_v3(&self) -> IdentityV3 {
        IdentityV3::new(self.clone())
    }

    /// Any service of the catalog, by its type, such as `compute`, or another name of the type.
    ///
    /// ```no_run
    /// # async fn example(openstack: openstack_identity::OpenStack) -> Result<(), openstack_identity::Error> {
    /// let compute = openstack.service("compute");
    /// let servers: serde_json::Value = compute.get("servers/detail").query("limit", 10).await?.json()?;
    /// # Ok(()) }
    /// ```
    pub fn service(&self, service_type: impl Into<String>) -> ServiceClient {
        ServiceClient::new(self.0.clone(), service_type.into())
    }

    /// The region whose services are wanted, if one was given.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.services.region.as_deref()
    }

    /// The address of the Identity service, with `/v3`. If the auth URL was given without it, the first
    /// request finds out where it is.
    #[must_use]
    pub fn auth_url(&self) -> String {
        self.0.client.url.to_string()
    }

    /// The session's token: the one at hand if it is good, else that of a login.
    ///
    /// # Errors
    ///
    /// As [`IdentityV3::generate_token`], or `NoCredentials`.
    pub async fn token(&self) -> Result<AuthToken, Error> {
        let token = self.0.token(&self.0.client.begin(), "token").await?;
        Ok((*token).clone())
    }

    /// What this client would do and why, for a person, without secrets: where each value came from, the
    /// login as it would be sent, and for each service of the catalog which endpoint is chosen and why
    /// no other is. Sends nothing: without a token at hand, endpoints are not known.
    pub async fn explain(&self) -> String {
        explain(&self.0).await
    }

    /// The same cloud and credentials, with a session of its own for another scope. It logs in when a
    /// call needs a token; connections are shared, and so is what is known of credentials that were
    /// refused or work once.
    ///
    /// Without credentials, the [cached token](OpenStackBuilder::cached_token) is exchanged for one with
    /// the other scope, which expires when the cached one does. Servers refuse that to the tokens of
    /// application credentials and trusts, and some to all that have a scope.
    #[must_use]
    pub fn rescope(&self, scope: impl Into<Scope>) -> Self {
        let session = self.0.session.rescoped(scope.into());
        OpenStack::new(Cloud {
            session,
            ..(*self.0).clone()
        })
    }

    /// The same session, whose requests carry this id in `X-Openstack-Request-Id`: services write it to
    /// their logs beside the ids of their own. It has the form `req-` and a UUID.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no header can carry it.
    pub fn with_global_request_id(&self, id: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(id).map_err(|_| {
            Error::input(
                "the request id can't be sent".into(),
                "write it as req- and a UUID",
            )
        })?;
        let mut cloud = (*self.0).clone();
        cloud.client.pipeline.global_request_id = Some(value);
        Ok(OpenStack::new(cloud))
    }

    /// Ends the session: revokes its token, if [`revoke_on_close`](OpenStackBuilder::revoke_on_close)
    /// was set and there is a token. Nobody is logged in for it. A renewal in the background that is
    /// under way is waited for, and its token is the one that is revoked; none begins any more.
    ///
    /// Clones share the session: a call of theirs that needs a token later logs in again, so close when
    /// they are done.
    ///
    /// # Errors
    ///
    /// The token could not be revoked; it lives until it expires.
    pub async fn close(self) -> Result<(), Error> {
        let Cloud {
            client, session, ..
        } = &*self.0;
        if !self.0.revoke_on_close {
            return Ok(());
        }
        let Some(held) = session.close().await else {
            return Ok(());
        };
        let id = held.id();
        let revoked = client.send(&RevokeToken::new(id), Some(id)).await;
        match revoked.map_err(Error::from) {
            // It was dead already if it is not known.
            Err(error) if Loss::of(&error) == Loss::None => Err(error),
            _ => {
                session.forget(id).await;
                Ok(())
            }
        }
    }

    pub(crate) fn cloud(&self) -> &Arc<Cloud> {
        &self.0
    }
}

impl fmt::Debug for OpenStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStack")
            .field("auth_url", &self.0.client.url)
            .field("region", &self.0.services.region)
            .finish_non_exhaustive()
    }
}
