//! The Identity service, v3: what people do with tokens.

use std::future::IntoFuture;

use crate::client::SendError;
use crate::error::{Error, ErrorKind};
use crate::identity::v3::auth::{Auth, Credentials, Scope};
use crate::identity::v3::catalog::{
    AuthDomain, AuthProject, CatalogService, GetAuthSystem, GetCatalog, ListAuthDomains,
    ListAuthProjects,
};
use crate::identity::v3::common::TokenId;
use crate::identity::v3::service::{ListVersions, Version};
use crate::identity::v3::tokens::{
    GenerateToken, GetToken, ReceiptId, RevokeToken, Token, ValidateToken,
};
use crate::openstack::OpenStack;
use crate::runtime::{Operation, Paginated};
use crate::service::cloud::Loss;
use crate::session::fingerprint::fingerprint;
use crate::session::{is_one_shot, log_in};
use crate::token::AuthToken;
use crate::token::import::import_token;
use crate::transport::BoxFuture;

/// The Identity service, v3.
///
/// A call that needs a token logs in first, with the credentials of the [`OpenStack`] it came from,
/// and keeps the token for the next call. An operation or an option that has no method here is sent
/// with [`send`](IdentityV3::send).
#[derive(Clone, Debug)]
pub struct IdentityV3 {
    openstack: OpenStack,
}

/// Whether a token is good. That it can't be found out, for want of an answer, is an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Validity {
    /// It is good.
    Valid,
    /// It is unknown, has expired or was revoked, or its user or project is gone or disabled.
    Invalid,
    /// It is good, or at least known, and somebody else's: only an administrator may ask.
    Forbidden,
}

impl IdentityV3 {
    pub(crate) fn new(openstack: OpenStack) -> Self {
        IdentityV3 { openstack }
    }

    /// Gets a new token, for these credentials. The session's own token and credentials are not used,
    /// and stay as they are.
    ///
    /// As in each login, an odd entry of a list, such as an endpoint without an address, is left out of the
    /// token, and an odd optional member is taken as absent, with one warning (`tracing`). What a login
    /// needs, such as the user's id and `expires_at`, is required.
    ///
    /// ```no_run
    /// use openstack_identity::{OpenStack, Password, ProjectScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), openstack_identity::Error> {
    /// let openstack = OpenStack::builder("https://keystone.example:5000/v3").build()?;
    /// let token = openstack
    ///     .identity_v3()
    ///     .generate_token(Password::by_id("a1b2", "secret"))
    ///     .scope(ProjectScope::by_id("c3d4"))
    ///     .await?;
    /// println!("{} until {}", token.user.name, token.expires_at);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Awaiting it fails with the kinds `CredentialsRejected`, `MfaRequired`, `PasswordExpired`,
    /// `MethodNotEnabled`, `ScopeRejected`, and those that any call can have.
    pub fn generate_token(&self, credentials: impl Into<Credentials>) -> GenerateTokenCall {
        let credentials = credentials.into();
        GenerateTokenCall {
            openstack: self.openstack.clone(),
            one_shot: is_one_shot(&credentials),
            credentials,
            scope: None,
            receipt: None,
            without_catalog: false,
        }
    }

    /// Shows what is known of a token.
    ///
    /// Nothing is left out of it: who decides by it what somebody may do has to see all that the server
    /// says.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is unknown, has expired or was revoked; `Forbidden` if it is somebody else's;
    /// `UnexpectedResponse` with the place in the JSON if a part of it is odd.
    pub async fn get_token(&self, id: impl Into<TokenId>) -> Result<Token, Error> {
        Ok(self.send(GetToken::new(id)).await?)
    }

    /// A token of which only the id is known, such as that of `OS_TOKEN`: asks the server once what the
    /// token is, by the token itself. The session's own token and credentials are not used. To start
    /// from it, give it to [`cached_token`](crate::OpenStackBuilder::cached_token). Odd parts of it are left
    /// out, as in a login.
    ///
    /// ```no_run
    /// use openstack_identity::{AuthToken, Error, OpenStack};
    ///
    /// # async fn example(auth_url: &str, id: &str) -> Result<OpenStack, Error> {
    /// let token: AuthToken =
    ///     OpenStack::builder(auth_url).build()?.identity_v3().import_token(id).await?;
    /// OpenStack::builder(auth_url).cached_token(token).build()
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `Unauthorized`, or `NotFound` of some servers, if it is unknown, has expired or was revoked;
    /// `Forbidden` if it may not look at itself, as that of a trust with impersonation; `InvalidInput`
    /// if it can't be an id.
    pub async fn import_token(&self, id: impl Into<TokenId>) -> Result<AuthToken, Error> {
        import_token(&self.openstack.cloud().client, id.into()).await
    }

    /// Tells whether a token is good.
    ///
    /// ```no_run
    /// # use openstack_identity::{Error, IdentityV3, TokenId, Validity};
    /// # async fn example(identity: IdentityV3, id: TokenId) -> Result<(), Error> {
    /// match identity.validate_token(&id).await? {
    ///     Validity::Valid => println!("go on"),
    ///     Validity::Invalid => println!("log in again"),
    ///     other => println!("who can tell: {other:?}"),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// It can't be found out: no answer, a server fault, or the session's own token is refused.
    pub async fn validate_token(&self, id: impl Into<TokenId>) -> Result<Validity, Error> {
        match self.send(ValidateToken::new(id)).await.map_err(Error::from) {
            Ok(()) => Ok(Validity::Valid),
            Err(error) => match error.kind() {
                ErrorKind::NotFound => Ok(Validity::Invalid),
                ErrorKind::Forbidden => Ok(Validity::Forbidden),
                _ => Err(error),
            },
        }
    }

    /// Revokes a token. If it is the session's own, the next call logs in again.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not good any more; `Forbidden` if it is somebody else's.
    pub async fn revoke_token(&self, id: impl Into<TokenId>) -> Result<(), Error> {
        let id = id.into();
        self.send(RevokeToken::new(&id)).await?;
        self.openstack.cloud().session.forget(&id).await;
        Ok(())
    }

    /// The services that the session's token can be used with.
    ///
    /// # Errors
    ///
    /// `Forbidden` if the token is not for a project; `UnexpectedResponse` with the place in the JSON if an
    /// entry is odd, as a list that lacks one in silence would mislead its reader. Requests to services look
    /// at the catalog of the token, of which odd entries are left out.
    pub async fn get_catalog(&self) -> Result<Vec<CatalogService>, Error> {
        Ok(self.send(GetCatalog::new()).await?.services)
    }

    /// The projects on which the user has a role, disabled ones too.
    ///
    /// # Errors
    ///
    /// Those that any call can have; `UnexpectedResponse` with the place in the JSON if an entry is odd: none is
    /// left out.
    pub async fn list_auth_projects(&self) -> Result<Vec<AuthProject>, Error> {
        Ok(self.list(ListAuthProjects::new()).await?)
    }

    /// The domains on which the user has a role, disabled ones too.
    ///
    /// # Errors
    ///
    /// Those that any call can have; `UnexpectedResponse` with the place in the JSON if an entry is odd: none is
    /// left out.
    pub async fn list_auth_domains(&self) -> Result<Vec<AuthDomain>, Error> {
        Ok(self.list(ListAuthDomains::new()).await?)
    }

    /// Whether the user has a role on the whole deployment.
    ///
    /// # Errors
    ///
    /// Those that any call can have.
    pub async fn get_auth_system(&self) -> Result<bool, Error> {
        Ok(!self.send(GetAuthSystem::new()).await?.system.is_empty())
    }

    /// The versions of the Identity API that the server has. Needs no token.
    ///
    /// # Errors
    ///
    /// Those that any call can have.
    pub async fn list_versions(&self) -> Result<Vec<Version>, Error> {
        Ok(self.send(ListVersions::new()).await?.values)
    }

    /// Sends any operation of this service, with the session's token if it wants one.
    ///
    /// ```no_run
    /// # use openstack_identity::{identity::v3::tokens::GetToken, Error, IdentityV3, TokenId};
    /// # async fn example(identity: IdentityV3, id: TokenId) -> Result<(), Error> {
    /// let token = identity.send(GetToken::new(id).allow_expired(true)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A failure that the operation declares, or an [`Error`].
    pub async fn send<O: Operation>(
        &self,
        operation: O,
    ) -> Result<O::Output, SendError<O::Failure>> {
        let shared = self.openstack.cloud();
        let client = shared.client.begin();
        if !O::SESSION {
            return client
                .send(&operation, None)
                .await
                .map(|(output, _)| output);
        }
        let mut replaced = 0;
        loop {
            let token = shared.token(&client, O::NAME).await?;
            match client.send(&operation, Some(token.id())).await {
                Ok((output, _)) => return Ok(output),
                Err(error)
                    if shared
                        .tries_again(&client, &mut replaced, loss(&error), &token)
                        .await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends an operation whose answer comes in pages, and returns the items of all of them.
    ///
    /// # Errors
    ///
    /// As [`send`](IdentityV3::send).
    pub async fn list<O: Paginated>(
        &self,
        operation: O,
    ) -> Result<Vec<O::Item>, SendError<O::Failure>> {
        let shared = self.openstack.cloud();
        let client = shared.client.begin();
        if !O::SESSION {
            return client.list(&operation, None).await;
        }
        let mut replaced = 0;
        loop {
            let token = shared.token(&client, O::NAME).await?;
            match client.list(&operation, Some(token.id())).await {
                Err(error)
                    if shared
                        .tries_again(&client, &mut replaced, loss(&error), &token)
                        .await => {}
                done => return done,
            }
        }
    }
}

fn loss<F>(error: &SendError<F>) -> Loss {
    match error {
        SendError::Declared(_) => Loss::None,
        SendError::Other(error) => Loss::of(error),
    }
}

/// A request for a token, sent when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct GenerateTokenCall {
    openstack: OpenStack,
    /// Whether the credentials work only once.
    one_shot: bool,
    credentials: Credentials,
    scope: Option<Scope>,
    receipt: Option<ReceiptId>,
    without_catalog: bool,
}

impl GenerateTokenCall {
    /// What the token is for; without it the user's default project, if there is one.
    pub fn scope(mut self, scope: impl Into<Scope>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The receipt of an attempt that proved too little; what it proved counts.
    pub fn receipt(mut self, receipt: impl Into<ReceiptId>) -> Self {
        self.receipt = Some(receipt.into());
        self
    }

    /// Leaves the catalog out of the answer.
    pub fn without_catalog(mut self) -> Self {
        self.without_catalog = true;
        self
    }
}

impl IntoFuture for GenerateTokenCall {
    type Output = Result<AuthToken, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let client = self.openstack.cloud().client.begin();
            let auth_url = client.url.given().to_string();
            let mut fingerprint = fingerprint(&auth_url, &self.credentials, self.scope.as_ref());
            let mut auth = Auth::new(self.credentials);
            if let Some(scope) = self.scope {
                auth = auth.scope(scope);
            }
            let mut login = GenerateToken::new(auth).nocatalog(self.without_catalog);
            if let Some(receipt) = self.receipt {
                // What was proved before is not known here.
                fingerprint = None;
                login = login.receipt(receipt);
            }
            let token = log_in(&client, &login, self.one_shot).await?;
            Ok(token.with_fingerprint(fingerprint))
        })
    }
}
