//! Whether a token from an earlier login is one that this session would get.

use std::fmt;

use crate::discovery::auth_url::AuthUrl;
use crate::identity::v3::auth::{
    ApplicationCredential, AuthMethod, Credentials, DomainScope, Password, ProjectScope, Scope,
    Totp, TrustScope,
};
use crate::identity::v3::common::{DomainRef, DomainSummary, UserRef};
use crate::identity::v3::tokens::{Token, TokenProject, TokenTrust};
use crate::runtime::Timestamp;
use crate::runtime::scrub;
use crate::token::AuthToken;
use crate::token::import::issuer;

/// Why a session doesn't start with the token that it was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PassedOver {
    /// It is of the server at this address.
    OtherServer(String),
    /// It expired then, by this machine's clock.
    Expired(Timestamp),
    /// It is not the one that a login would bring.
    Mismatch(Mismatch),
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cached token ")?;
        match self {
            PassedOver::OtherServer(url) => write!(f, "is another server's ({url})"),
            PassedOver::Expired(at) => write!(f, "has expired, at {at}"),
            PassedOver::Mismatch(mismatch) => mismatch.fmt(f),
        }
    }
}

/// Whether a session of this server starts with the token.
pub(crate) fn check(
    token: &AuthToken,
    url: &AuthUrl,
    wanted: &Wanted<'_>,
) -> Result<(), PassedOver> {
    if !AuthUrl::parse(token.auth_url()).is_ok_and(|issuer| url.may_be(&issuer)) {
        return Err(PassedOver::OtherServer(issuer(token)));
    }
    if token.is_expired() {
        return Err(PassedOver::Expired(token.expires_at));
    }
    belongs_to(token, wanted).map_err(PassedOver::Mismatch)
}

/// Whether the token is of other credentials or for another scope than these. Names may differ in their case,
/// as many servers don't tell such names apart; what can't be told is taken as right.
#[cfg(feature = "store")]
pub(crate) fn is_anothers(token: &Token, credentials: &Credentials, scope: Option<&Scope>) -> bool {
    let wanted = Wanted {
        credentials: Some(credentials),
        logs_in: true,
        scope,
        fingerprint: None,
        names: Names::AnyCase,
    };
    let is_of = is_of(token, credentials, wanted.names);
    !is_for(token, &wanted) || matches!(is_of, Err(Mismatch::Credentials))
}

/// How names are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Names {
    #[default]
    Exact,
    #[cfg(feature = "store")]
    AnyCase,
}

impl Names {
    fn same(self, one: &str, other: &str) -> bool {
        match self {
            Names::Exact => one == other,
            #[cfg(feature = "store")]
            Names::AnyCase => one.to_lowercase() == other.to_lowercase(),
        }
    }
}

/// What a session would log in with, as far as it is known before it does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// None if there are none, or they are asked for at the login only.
    pub(crate) credentials: Option<&'a Credentials>,
    /// Whether the session can log in, with credentials that are known or not.
    pub(crate) logs_in: bool,
    pub(crate) scope: Option<&'a Scope>,
    /// That of the session's login.
    pub(crate) fingerprint: Option<&'a str>,
    pub(crate) names: Names,
}

/// Why a token is not the one that is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Mismatch {
    /// It is of another user, or another application credential, or one of the two is of none.
    Credentials,
    /// It doesn't say whether it is of these credentials.
    Untold,
    /// It is for this, and something else is wanted.
    Scope(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Credentials => f.write_str("is of other credentials"),
            Mismatch::Untold => f.write_str("doesn't say whether it is of these credentials"),
            Mismatch::Scope(scope) => write!(f, "is {scope}, and another scope was asked for"),
        }
    }
}

/// Whether the token is of these credentials and for this scope. Names are compared exactly, as
/// Keystone does on most databases: at worst there is a login more.
fn belongs_to(token: &AuthToken, wanted: &Wanted<'_>) -> Result<(), Mismatch> {
    if wanted.fingerprint.is_some() && wanted.fingerprint == token.fingerprint() {
        return Ok(());
    }
    if !is_for(token, wanted) {
        return Err(Mismatch::Scope(scope_of(token)));
    }
    match wanted.credentials {
        Some(credentials) => is_of(token, credentials, wanted.names),
        None => Ok(()),
    }
}

fn is_for(token: &Token, wanted: &Wanted<'_>) -> bool {
    let Some(scope) = wanted.scope else {
        // A login would lead to the default project, if there is one. Without a way to log in there is
        // nothing but this token.
        let other = token.domain.is_some() || token.system.is_some() || token.trust.is_some();
        return !(wanted.logs_in && other);
    };
    match scope {
        Scope::Unscoped => {
            token.project.is_none() && token.domain.is_none() && token.system.is_none()
        }
        Scope::Project(project) => {
            let is_it = |it: &_| is_project(project, it, wanted.names);
            token.trust.is_none() && token.project.as_ref().is_some_and(is_it)
        }
        Scope::Domain(domain) => token.domain.as_ref().is_some_and(|it| match domain {
            DomainScope::ById { id } => it.id == *id,
            DomainScope::ByName { name } => wanted.names.same(&it.name, name),
        }),
        Scope::System(_) => token.system.is_some(),
        Scope::Trust(trust) => {
            let is_it = |it: &TokenTrust| *trust == TrustScope::new(&it.id);
            token.trust.as_ref().is_some_and(is_it)
        }
    }
}

fn is_project(wanted: &ProjectScope, project: &TokenProject, names: Names) -> bool {
    match wanted {
        ProjectScope::ById { id } => project.id == *id,
        ProjectScope::ByName { name, domain } => {
            names.same(&project.name, name) && is_domain(domain, &project.domain, names)
        }
    }
}

fn is_domain(wanted: &DomainRef, domain: &DomainSummary, names: Names) -> bool {
    match wanted {
        DomainRef::ById { id } => domain.id == *id,
        DomainRef::ByName { name } => names.same(&domain.name, name),
    }
}

fn is_of(token: &Token, credentials: &Credentials, names: Names) -> Result<(), Mismatch> {
    let members = credentials.members();
    let delegated = |wanted: fn(&AuthMethod) -> bool| members.iter().any(wanted);
    let by_application = delegated(|it| matches!(it, AuthMethod::ApplicationCredential(_)));
    let by_oauth1 = delegated(|it| matches!(it, AuthMethod::Oauth1));
    // What was delegated to them is not all that their user may do.
    if token.application_credential.is_some() != by_application
        || token.oauth1.is_some() != by_oauth1
        || token.oauth2_credential.is_some()
    {
        return Err(Mismatch::Credentials);
    }
    let mut told = false;
    for member in members {
        match is_of_member(token, member, names) {
            Some(true) => told = true,
            Some(false) => return Err(Mismatch::Credentials),
            None => {}
        }
    }
    if told { Ok(()) } else { Err(Mismatch::Untold) }
}

/// Whether the token is of the user of this method; none if that can't be told.
fn is_of_member(token: &Token, member: &AuthMethod, names: Names) -> Option<bool> {
    match member {
        AuthMethod::Password(Password::ById { id, .. })
        | AuthMethod::Totp(Totp::ById { id, .. }) => Some(is_user_with_id(token, id)),
        AuthMethod::Password(Password::ByName { name, domain, .. })
        | AuthMethod::Totp(Totp::ByName { name, domain, .. }) => {
            is_user_named(token, name, domain, names)
        }
        AuthMethod::ApplicationCredential(wanted) => {
            let credential = token.application_credential.as_ref();
            match wanted {
                ApplicationCredential::ById { id, .. } => {
                    Some(credential.is_some_and(|it| it.id == *id))
                }
                ApplicationCredential::ByName { name, user, .. } => {
                    let named = credential.is_some_and(|it| names.same(&it.name, name));
                    let of_user = match user {
                        UserRef::ById { id } => Some(is_user_with_id(token, id)),
                        UserRef::ByName { name, domain } => {
                            is_user_named(token, name, domain, names)
                        }
                    };
                    of_user.map(|of_user| named && of_user)
                }
            }
        }
        // Whose token, or whom the web server would name, is not known here.
        AuthMethod::Token(_)
        | AuthMethod::External
        | AuthMethod::Oauth1
        | AuthMethod::Mapped(_)
        | AuthMethod::Openid(_)
        | AuthMethod::Saml2(_)
        | AuthMethod::X509(_)
        | AuthMethod::Kerberos => None,
    }
}

/// The token of a trust may name as its user the one who trusts, and is got by the one who is trusted.
fn is_user_with_id(token: &Token, id: &str) -> bool {
    match &token.trust {
        Some(trust) => trust.trustee_user.id == id,
        None => token.user.id == id,
    }
}

fn is_user_named(token: &Token, name: &str, domain: &DomainRef, names: Names) -> Option<bool> {
    match &token.trust {
        Some(trust) if trust.impersonation => None,
        _ => {
            let named = names.same(&token.user.name, name);
            Some(named && is_domain(domain, &token.user.domain, names))
        }
    }
}

/// What the token is for, to follow "it is".
fn scope_of(token: &Token) -> String {
    let text = match (&token.trust, &token.project, &token.domain, &token.system) {
        (Some(trust), ..) => format!("for the trust {}", trust.id),
        (_, Some(project), ..) => format!("for the project {} ({})", project.name, project.id),
        (_, _, Some(domain), _) => format!("for the domain {} ({})", domain.name, domain.id),
        (_, _, _, Some(_)) => "for the system".to_owned(),
        _ => "unscoped".to_owned(),
    };
    scrub(&text, &[])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Mismatch, Wanted, belongs_to};
    use crate::identity::v3::auth::{ApplicationCredential, Password, Scope};
    use crate::identity::v3::auth::{AuthMethod, Credentials, Federated};
    use crate::identity::v3::common::{DomainRef, TokenId};
    use crate::token::AuthToken;

    /// The token of the user `alice`, with these members too.
    fn token(members: Value) -> AuthToken {
        let mut export = json!({
            "format": 2,
            "auth_url": "https://keystone.example/v3",
            "id": "t",
            "token": {
                "methods": [],
                "user": {"id": "u", "name": "alice", "domain": {"id": "d", "name": "Domain"}},
                "audit_ids": [],
                "expires_at": "9999-12-31T23:59:59Z",
                "issued_at": "2026-11-23T13:48:26Z",
            },
        });
        for (key, value) in members.as_object().unwrap() {
            export["token"][key] = value.clone();
        }
        AuthToken::from_export(export).unwrap()
    }

    fn of(token: &AuthToken, credentials: &Credentials) -> Result<(), Mismatch> {
        let wanted = Wanted {
            credentials: Some(credentials),
            logs_in: true,
            ..Wanted::default()
        };
        belongs_to(token, &wanted)
    }

    #[test]
    fn a_known_login_needs_no_other_sign() {
        let credentials = Credentials::from(TokenId::new("other"));
        let known = token(json!({})).with_fingerprint(Some("a".into()));
        for (of_token, of_session, expected) in [
            (&known, Some("a"), Ok(())),
            (&known, Some("b"), Err(Mismatch::Untold)),
            (&known, None, Err(Mismatch::Untold)),
            (&token(json!({})), Some("a"), Err(Mismatch::Untold)),
            (&token(json!({})), None, Err(Mismatch::Untold)),
        ] {
            let wanted = Wanted {
                credentials: Some(&credentials),
                logs_in: true,
                scope: None,
                fingerprint: of_session,
                ..Wanted::default()
            };
            assert_eq!(belongs_to(of_token, &wanted), expected, "{of_session:?}");
        }
    }

    #[test]
    fn of_an_unknown_login_the_scope_is_looked_at_too() {
        let project = json!({"id": "p", "name": "p", "domain": {"id": "d", "name": "Domain"}});
        let token = token(json!({"project": project})).with_fingerprint(Some("a".into()));
        let wanted = |fingerprint| Wanted {
            scope: Some(&Scope::Unscoped),
            fingerprint,
            ..Wanted::default()
        };
        assert_eq!(belongs_to(&token, &wanted(Some("a"))), Ok(()));
        let other = belongs_to(&token, &wanted(Some("b")));
        let is = Mismatch::Scope("for the project p (p)".to_owned());
        assert_eq!(other, Err(is));
    }

    #[test]
    fn whom_others_name_is_not_told() {
        let plain = token(json!({}));
        let federated = Federated::by_provider("idp", "openid");
        for method in [
            AuthMethod::External,
            AuthMethod::Kerberos,
            AuthMethod::Mapped(federated.clone()),
            AuthMethod::Openid(federated.clone()),
            AuthMethod::Saml2(federated.clone()),
            AuthMethod::X509(federated),
            AuthMethod::Token(TokenId::new("t")),
        ] {
            let credentials = Credentials::new(method);
            assert_eq!(of(&plain, &credentials), Err(Mismatch::Untold));
            let with_user = credentials.and(Password::by_id("u", "p")).unwrap();
            assert_eq!(of(&plain, &with_user), Ok(()));
        }
    }

    #[test]
    fn what_was_delegated_is_not_the_users_own() {
        let oauth1 = token(json!({"OS-OAUTH1": {"access_token_id": "a", "consumer_id": "c"}}));
        let oauth2 = token(json!({"oauth2_credential": {"x5t#S256": "x"}}));
        let application = json!({"id": "c", "name": "n", "restricted": true});
        let application = token(json!({"application_credential": application}));
        let user = Credentials::from(Password::by_id("u", "p"));
        for delegated in [&oauth1, &oauth2, &application] {
            assert_eq!(of(delegated, &user), Err(Mismatch::Credentials));
        }
        let by_oauth1 = Credentials::new(AuthMethod::Oauth1);
        assert_eq!(of(&oauth1, &by_oauth1), Err(Mismatch::Untold));
        assert_eq!(
            of(&token(json!({})), &by_oauth1),
            Err(Mismatch::Credentials)
        );
        let with_both = Credentials::from(ApplicationCredential::by_id("c", "s"));
        assert_eq!(of(&application, &with_both), Ok(()));
        let with_both = with_both.and(Password::by_id("u", "p")).unwrap();
        assert_eq!(of(&application, &with_both), Ok(()));
        assert_eq!(
            of(&token(json!({})), &with_both),
            Err(Mismatch::Credentials)
        );
    }

    #[test]
    fn names_are_exact_and_unique_in_their_domain_only() {
        let token = token(json!({}));
        let by_name = |name: &str, domain| Password::by_name(name, domain, "p").into();
        for (name, domain, ok) in [
            ("alice", DomainRef::by_id("d"), true),
            ("alice", DomainRef::by_name("Domain"), true),
            ("Alice", DomainRef::by_id("d"), false),
            ("alice", DomainRef::by_name("domain"), false),
            ("alice", DomainRef::by_id("Domain"), false),
            ("alice", DomainRef::by_id("e"), false),
            ("u", DomainRef::by_id("d"), false),
        ] {
            assert_eq!(of(&token, &by_name(name, domain)).is_ok(), ok, "{name}");
        }
    }
}
