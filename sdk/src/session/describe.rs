//! A login as it would be sent, for a person, without its secrets.

use serde_json::Value;

use crate::identity::v3::auth::Auth;
use crate::identity::v3::tokens::GenerateToken;
use crate::runtime::foreign::shown;
use crate::runtime::{Operation, Secret, redacted_json, secrets_of};

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
