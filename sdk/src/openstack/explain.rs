//! What a client would do and why, for a person, without secrets.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use crate::catalog::EndpointChoice;
use crate::catalog::address::Address;
use crate::error::Context;
use crate::identity::v3::auth::{Auth, Credentials};
use crate::identity::v3::tokens::GenerateToken;
use crate::openstack::Shared;
use crate::runtime::foreign::shown;
use crate::runtime::{Operation, Secret, redacted_json, scrub_setting, secrets_of};
use crate::session::Catalog;

/// How many types of services are shown: more than there are.
const MOST_TYPES: usize = 200;

/// Where the values of a configuration came from. Made when somebody asks, as building a client is far quicker.
pub(crate) type Explanation = Arc<dyn Fn() -> String + Send + Sync>;

/// The configuration, the login, where its token is kept, and the endpoints.
pub(crate) async fn explain(shared: &Shared) -> String {
    let mut text = match &shared.configuration {
        Some(configuration) => configuration(),
        None => given(shared),
    };
    // Not asked for if nothing here shows them.
    if shared.configuration.is_none() || keeps_tokens(shared) {
        text.push_str(&credentials(shared).await);
    }
    if shared.client.pipeline.require_https {
        text.push_str(
            "nothing is sent over plain http, except on this machine (`require_https`)\n",
        );
    }
    if let Some(why) = shared.session.passed_over() {
        _ = writeln!(text, "{why}, so it is not used");
    }
    text.push('\n');
    match shared.session.at_hand() {
        Some(token) => {
            let secrets = shared.session.secrets(&token);
            endpoints(shared, &shared.session.catalog(&token), &secrets, &mut text);
        }
        None => {
            text.push_str("endpoints are known after the login, which nothing has needed yet\n")
        }
    }
    text
}

fn keeps_tokens(shared: &Shared) -> bool {
    #[cfg(feature = "store")]
    return shared.session.keeps_tokens();
    #[cfg(not(feature = "store"))]
    return {
        _ = shared;
        false
    };
}

/// What the program gave, where no file or variable did.
fn given(shared: &Shared) -> String {
    let mut text = format!("auth URL {}, given by the program\n", shared.client.url);
    _ = writeln!(
        text,
        "region {}",
        scrub_setting(shared.services.region.as_deref().unwrap_or("any"), &[])
    );
    #[cfg(feature = "reqwest")]
    text.push_str(&match shared.checked_by {
        CheckedBy::Transport => String::new(),
        CheckedBy::Nobody => ca_certificates(false, None),
        CheckedBy::System => ca_certificates(true, None),
        CheckedBy::Program => ca_certificates(true, Some("the program")),
    });
    text.push('\n');
    text
}

/// What comes of the credentials of this moment: the login, unless the configuration has shown it, and
/// where its token is kept.
async fn credentials(shared: &Shared) -> String {
    let asked = async { Ok(shared.session.credentials().await) };
    let context = Context::default();
    let given = match shared.client.pipeline.within(&context, asked).await {
        Ok(Some(Ok(credentials))) => Ok(credentials),
        Err(why) => Err(format!("no credentials: {why}")),
        Ok(Some(Err(why))) => Err(format!("no credentials: {why}")),
        Ok(None) => Err("no credentials were given".to_owned()),
    };
    let mut text = String::new();
    #[cfg(feature = "store")]
    let kept = shared
        .session
        .explain_store(&shared.client, given.as_ref().ok());
    match given {
        Err(why) => _ = writeln!(text, "{why}"),
        Ok(credentials) if shared.configuration.is_none() => {
            text.push_str(&login(credentials, shared));
        }
        Ok(_) => {}
    }
    #[cfg(feature = "store")]
    if let Some(kept) = kept {
        _ = writeln!(text, "{kept}");
    }
    text
}

/// The login as it would be sent.
fn login(credentials: Credentials, shared: &Shared) -> String {
    let auth = shared.session.auth(credentials);
    describe(auth, &shared.client.url.to_string())
}

/// Who says whether the certificates of servers are right.
#[cfg(feature = "reqwest")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum CheckedBy {
    /// The program's transport, in its own way.
    Transport,
    Nobody,
    System,
    /// The CA certificates that the program gave, and the system.
    Program,
}

/// Which CA certificates the certificates of servers are checked with: those of a file that was `given`, if
/// there is one, besides those of the system.
#[cfg(feature = "reqwest")]
pub(crate) fn ca_certificates(verify: bool, given: Option<&str>) -> String {
    if !verify {
        return "certificates of servers are not checked\n".to_owned();
    }
    let system = of_the_system();
    match given {
        Some(given) => format!("CA certificates: those of {given}, and {system}\n"),
        None => format!("CA certificates: {system}\n"),
    }
}

/// Where rustls-native-certs looks, which is only asked on these systems.
#[cfg(all(
    feature = "reqwest",
    unix,
    not(any(target_vendor = "apple", target_os = "android"))
))]
fn of_the_system() -> String {
    let named: Vec<String> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|name| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty())?;
            Some(format!(
                "{} ({name})",
                path.to_string_lossy().escape_debug()
            ))
        })
        .collect();
    match named.is_empty() {
        true => "those that the system trusts".to_owned(),
        false => format!("in place of the system's those of {}", named.join(" and ")),
    }
}

#[cfg(all(
    feature = "reqwest",
    not(all(unix, not(any(target_vendor = "apple", target_os = "android"))))
))]
fn of_the_system() -> String {
    "those that the system trusts".to_owned()
}

/// The request of a login, its body with secrets hidden, also where else they stand; `auth_url` ends in `/v3`.
pub(crate) fn describe(auth: Auth, auth_url: &str) -> String {
    let secrets = secrets_of(&auth);
    let body = redacted_json(&auth).and_then(|auth| {
        let auth = shown_value(auth, &secrets);
        serde_json::to_string_pretty(&serde_json::json!({ "auth": auth }))
    });
    match (GenerateToken::new(auth).request(), body) {
        (Ok(request), Ok(body)) => {
            let base = auth_url.trim_end_matches("/v3");
            format!("{} {base}{}\n{body}\n", request.method(), request.path())
        }
        _ => "the login can't be sent: a value doesn't fit where it belongs\n".to_owned(),
    }
}

fn shown_value(value: Value, secrets: &[Secret]) -> Value {
    match value {
        Value::String(text) => Value::String(shown(&text, secrets)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| shown_value(item, secrets))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, shown_value(value, secrets)))
            .collect(),
        other => other,
    }
}

/// For each type of service in the catalog, which endpoint is chosen and why no other.
fn endpoints(shared: &Shared, catalog: &Catalog, secrets: &[Secret], text: &mut String) {
    let Some(catalog) = catalog.services() else {
        text.push_str("the token has no catalog: it is unscoped, or was asked for without one\n");
        return;
    };
    let mut types: Vec<&str> = catalog
        .iter()
        .map(|service| service.service_type.as_str())
        .collect();
    types.sort_unstable();
    types.dedup();
    for service_type in types.into_iter().take(MOST_TYPES) {
        let services = &shared.services;
        let filter = services.filter(service_type);
        let mut choice = filter.explain_hiding(catalog, secrets);
        let given = services.endpoint_override(service_type);
        choice.endpoint_override = given.map(|url| scrub_setting(url, secrets));
        _ = writeln!(text, "{choice}");
        if shared.client.pipeline.require_https && leads_to_plain_http(&choice) {
            text.push_str(
                "  and nothing is sent there: it is not https, which `require_https` asks for\n",
            );
        }
    }
}

fn leads_to_plain_http(choice: &EndpointChoice) -> bool {
    let given = choice.endpoint_override.as_deref();
    let url = given.or_else(|| choice.chosen()?.url.as_deref());
    let address = url.and_then(|url| Address::parse(url).ok());
    address.is_some_and(|address| address.is_exposed())
}
