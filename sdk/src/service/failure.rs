//! Errors of services, each of which has a shape of its own for them.

use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use serde_json::Value;

use crate::error::{Context, Error, ErrorKind};
use crate::runtime::{Secret, error_json, scrub};

/// Headers that name a request in a service's log.
pub(super) const REQUEST_IDS: [&str; 3] = [
    "x-openstack-request-id",
    "x-compute-request-id",
    "x-trans-id",
];

/// How far into a page its text is looked for.
const LONGEST_PAGE: usize = 16 << 10;

/// 300 is how services list their versions; 304 is what a conditional request asks for.
pub(super) fn is_success(status: StatusCode) -> bool {
    status.is_success()
        || status == StatusCode::MULTIPLE_CHOICES
        || status == StatusCode::NOT_MODIFIED
}

/// The error that an answer is. Nothing of `secrets` is in it.
pub(super) fn of(answer: &http::Response<Vec<u8>>, secrets: &[Secret], context: Context) -> Error {
    let status = answer.status();
    let header = |name: &str| {
        let text = answer.headers().get(name)?.to_str().ok()?;
        Some(scrub(text, secrets)).filter(|text| !text.is_empty())
    };
    let retry_after = header(RETRY_AFTER.as_str());
    let what = match header(LOCATION.as_str()).filter(|_| status.is_redirection()) {
        Some(location) => {
            let location = location.split('?').next().unwrap_or_default();
            format!("{status} to {location}")
        }
        None => match message(answer, secrets) {
            Some(message) => format!("{status}: {message}"),
            None => status.to_string(),
        },
    };
    // Compute said 413 for "too many requests" before 429 was heard of.
    let throttled = status == StatusCode::PAYLOAD_TOO_LARGE && retry_after.is_some();
    let meaning = if throttled {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        status
    };
    let kind = ErrorKind::of_status(meaning, retry_after.clone());
    Error::answered(kind, context, what, status)
        .with_request_id(REQUEST_IDS.iter().find_map(|name| header(name)))
        .with_retry_after(retry_after)
}

fn message(answer: &http::Response<Vec<u8>>, secrets: &[Secret]) -> Option<String> {
    let media = answer.headers().get(CONTENT_TYPE);
    let media = media
        .and_then(|media| media.to_str().ok())
        .unwrap_or_default();
    let text = match error_json(answer.body()) {
        Some(json) => words(&json)?.into_owned(),
        None => {
            let body = &answer.body()[..answer.body().len().min(LONGEST_PAGE)];
            let text = String::from_utf8_lossy(body);
            let media = media.to_ascii_lowercase();
            if media.contains("html") || text.trim_start().starts_with('<') {
                text_of_page(&text)
            } else if media.starts_with("text/plain") {
                text.into_owned()
            } else {
                return None;
            }
        }
    };
    Some(scrub(&text, secrets)).filter(|text| !text.is_empty())
}

/// The service's own words, in the shapes that services give them:
/// `{"itemNotFound": {"message"}}` (compute, block storage), `{"NeutronError": {"message"}}`,
/// `{"error": {"message"}}`, `{"message"}`, `{"errors": [{"detail"}]}` (placement),
/// `{"error_message": "{\"faultstring\"}"}` (bare metal), `{"faultstring"}`, `{"description"}`.
fn words(json: &Value) -> Option<std::borrow::Cow<'_, str>> {
    const OWN: [&str; 6] = [
        "message",
        "detail",
        "faultstring",
        "description",
        "explanation",
        "title",
    ];
    const AROUND: [&str; 4] = ["error", "errors", "error_message", "fault"];
    match json {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ Value::Object(_)) => words(&inner).map(|text| text.into_owned().into()),
            _ => Some(text.as_str().into()),
        },
        Value::Array(items) => items.first().and_then(words),
        Value::Object(members) => {
            let around = AROUND.iter().filter_map(|key| members.get(*key));
            let around = around.filter(|value| !value.is_string() || members.len() == 1);
            let own = OWN.iter().filter_map(|key| members.get(*key));
            let text = AROUND.iter().filter_map(|key| members.get(*key));
            let only = members.values().filter(|_| members.len() == 1);
            around.chain(own).chain(text).chain(only).find_map(words)
        }
        _ => None,
    }
}

/// What a person reads of a page, on one line.
fn text_of_page(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        text.push(' ');
        rest = &rest[start..];
        // Scripts, styles and the title, which the heading repeats, are not read.
        let lower = rest.get(..7).unwrap_or(rest).to_ascii_lowercase();
        let end = ["title", "script", "style"]
            .iter()
            .find(|name| lower[1..].starts_with(**name))
            .and_then(|name| rest[1..].find(&format!("</{name}")).map(|end| end + 1));
        rest = &rest[end.unwrap_or(0)..];
        rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
    }
    text.push_str(rest);
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(status: u16, media: &str, body: &str) -> Error {
        let answer = http::Response::builder()
            .status(status)
            .header(CONTENT_TYPE, media)
            .body(body.as_bytes().to_vec())
            .unwrap();
        of(&answer, &[Secret::new("s3cret")], Context::default())
    }

    #[test]
    fn the_words_of_each_service_are_found() {
        for body in [
            json!({"itemNotFound": {"code": 404, "message": "No x."}}),
            json!({"NeutronError": {"type": "NetworkNotFound", "message": "No x.", "detail": ""}}),
            json!({"NeutronError": "No x."}),
            json!({"error": {"code": 404, "title": "Not Found", "message": "No x."}}),
            json!({"code": 404, "title": "Not Found", "explanation": "It's gone.",
                "error": {"message": "No x.", "traceback": null, "type": "EntityNotFound"}}),
            json!({"error": "not_found", "message": "No x."}),
            json!({"message": "No x.", "code": 404, "type": "zone_not_found"}),
            json!({"errors": [{"status": 404, "title": "Not Found", "detail": "No x."}]}),
            json!({"error_message": "{\"debuginfo\": null, \"faultcode\": \"Client\", \"faultstring\": \"No x.\"}"}),
            json!({"error_message": {"faultstring": "No x.", "faultcode": "Client"}}),
            json!({"debuginfo": null, "faultcode": "Client", "faultstring": "No x."}),
            json!({"title": "Not Found", "description": "No x.", "code": 404}),
            json!("No x."),
        ] {
            let error = error(404, "application/json", &body.to_string()).to_string();
            assert!(error.starts_with("404 Not Found: No x."), "{body}: {error}");
        }
        let page = "<html><head><title>404 Not Found</title><style>b {}</style></head>\n<body>\
            <h1>No</h1>\n x.<br/></body></html>";
        let not_found = error(404, "text/html; charset=UTF-8", page).to_string();
        assert!(not_found.starts_with("404 Not Found: No x."), "{not_found}");
        let plain = error(404, "text/plain", "No x.\nmore").to_string();
        assert!(plain.starts_with("404 Not Found: No x.;"), "{plain}");
    }

    #[test]
    fn other_bodies_have_no_words_and_break_nothing() {
        for (media, body) in [
            ("application/json", "{"),
            ("application/json", "{}"),
            ("application/json", "[]"),
            ("application/json", "{\"message\": 7}"),
            ("text/html", "<title"),
            ("text/html", "<\u{e4}\u{e4}\u{e4}\u{e4}<script>"),
            ("application/octet-stream", "\u{0}\u{1}"),
        ] {
            let error = error(500, media, body).to_string();
            assert!(
                error.starts_with("500 Internal Server Error;"),
                "{body}: {error}"
            );
        }
        let deep = "[".repeat(10_000);
        assert!(error(400, "application/json", &deep).to_string().len() < 200);
    }

    #[test]
    fn kinds_follow_the_status_and_secrets_stay_out() {
        for (status, kind) in [
            (400, "BadRequest"),
            (401, "Unauthorized"),
            (403, "Forbidden"),
            (404, "NotFound"),
            (409, "Conflict"),
            (413, "BadRequest"),
            (429, "RateLimited"),
            (302, "Redirected"),
            (503, "ServerError"),
        ] {
            let error = error(status, "application/json", "{\"message\": \"s3cret\"}");
            assert!(
                format!("{:?}", error.kind()).starts_with(kind),
                "{status}: {error:?}"
            );
            assert_eq!(error.status(), Some(status));
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
        let busy = http::Response::builder()
            .status(413)
            .header(RETRY_AFTER, "7")
            .header("X-Compute-Request-Id", "req-1")
            .body(Vec::new())
            .unwrap();
        let busy = of(&busy, &[], Context::default());
        assert!(
            matches!(busy.kind(), ErrorKind::RateLimited { retry_after: Some(after) } if after == "7")
        );
        assert_eq!(
            (busy.request_id(), busy.retry_after()),
            (Some("req-1"), Some("7"))
        );
    }
}
