//! What a client would do and why, for a person, without secrets.

use std::fmt::Write as _;

use crate::catalog::EndpointChoice;
use crate::catalog::address::Address;
use crate::error::Context;
use crate::identity::v3::auth::Credentials;
use crate::runtime::{Secret, scrub_setting};
use crate::service::cloud::Cloud;
use crate::session::Catalog;
use crate::session::describe::describe;
#[cfg(feature = "reqwest")]
use crate::transport::trust::{CheckedBy, ca_certificates};

/// How many types of services are shown: more than there are.
const MOST_TYPES: usize = 200;

/// The configuration, the login, where its token is kept, and the endpoints.
pub(crate) async fn explain(cloud: &Cloud) -> String {
    let mut text = match &cloud.configuration {
        Some(configuration) => configuration(),
        None => given(cloud),
    };
    // Not asked for if nothing here shows them.
    if cloud.configuration.is_none() || keeps_tokens(cloud) {
        text.push_str(&credentials(cloud).await);
    }
    if cloud.client.pipeline.require_https {
        text.push_str(
            "nothing is sent over plain http, except on this machine (`require_https`)\n",
        );
    }
    if let Some(why) = cloud.session.passed_over() {
        _ = writeln!(text, "{why}, so it is not used");
    }
    text.push('\n');
    match cloud.session.at_hand() {
        Some(token) => {
            let secrets = cloud.session.secrets(&token);
            endpoints(cloud, &cloud.session.catalog(&token), &secrets, &mut text);
        }
        None => {
            text.push_str("endpoints are known after the login, which nothing has needed yet\n")
        }
    }
    text
}

fn keeps_tokens(cloud: &Cloud) -> bool {
    #[cfg(feature = "store")]
    return cloud.session.keeps_tokens();
    #[cfg(not(feature = "store"))]
    return {
        _ = cloud;
        false
    };
}

/// What the program gave, where no file or variable did.
fn given(cloud: &Cloud) -> String {
    let mut text = format!("auth URL {}, given by the program\n", cloud.client.url);
    _ = writeln!(
        text,
        "region {}",
        scrub_setting(cloud.services.region.as_deref().unwrap_or("any"), &[])
    );
    #[cfg(feature = "reqwest")]
    text.push_str(&match cloud.checked_by {
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
async fn credentials(cloud: &Cloud) -> String {
    let asked = async { Ok(cloud.session.credentials().await) };
    let context = Context::default();
    let given = match cloud.client.pipeline.within(&context, asked).await {
        Ok(Some(Ok(credentials))) => Ok(credentials),
        Err(why) => Err(format!("no credentials: {why}")),
        Ok(Some(Err(why))) => Err(format!("no credentials: {why}")),
        Ok(None) => Err("no credentials were given".to_owned()),
    };
    let mut text = String::new();
    #[cfg(feature = "store")]
    let kept = cloud
        .session
        .explain_store(&cloud.client, given.as_ref().ok());
    match given {
        Err(why) => _ = writeln!(text, "{why}"),
        Ok(credentials) if cloud.configuration.is_none() => {
            text.push_str(&login(credentials, cloud));
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
fn login(credentials: Credentials, cloud: &Cloud) -> String {
    let auth = cloud.session.auth(credentials);
    describe(auth, &cloud.client.url.to_string())
}

/// For each type of service in the catalog, which endpoint is chosen and why no other.
fn endpoints(cloud: &Cloud, catalog: &Catalog, secrets: &[Secret], text: &mut String) {
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
        let services = &cloud.services;
        let filter = services.filter(service_type);
        let mut choice = filter.explain_hiding(catalog, secrets);
        let given = services.endpoint_override(service_type);
        choice.endpoint_override = given.map(|url| scrub_setting(url, secrets));
        _ = writeln!(text, "{choice}");
        if cloud.client.pipeline.require_https && leads_to_plain_http(&choice) {
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
