//! Secrets that are recognized wherever they turn up.

use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use openstack_identity::AuthToken;
use serde_json::json;

/// Part of each planted secret, of characters that no encoding but base64 must change.
const MARK: &str = "S3NT1NEL";

pub const PASSWORD: &str = "pw S3NT1NEL-a \"q\" 'z' \\ <&> \u{fc}/=+%41";
pub const PASSCODE: &str = "S3NT1NEL-b";
pub const SESSION: &str = "gAAAA-S3NT1NEL-c";
pub const SUBJECT: &str = "S3NT1NEL-d.jws";
pub const RECEIPT: &str = "S3NT1NEL-e";
pub const SECRET: &str = "S3NT1NEL-f~!*()";
pub const FEDERATED: &str = "S3NT1NEL-g";
pub const OAUTH1: &str = "OAuth S3NT1NEL-h=\"x\"";

pub const ALL: [&str; 8] = [
    PASSWORD, PASSCODE, SESSION, SUBJECT, RECEIPT, SECRET, FEDERATED, OAUTH1,
];

/// Fails if a planted secret is in the text, as it is or encoded.
pub fn check(text: &str) {
    let plain: String = text.chars().filter(|c| c.is_ascii_graphic()).collect();
    let plain = plain.to_ascii_uppercase();
    assert!(!plain.contains(MARK), "{text}");
    for before in 0..3 {
        let encoded = BASE64.encode(&[&vec![0; before][..], MARK.as_bytes()].concat());
        let part = &encoded[before + usize::from(before > 0)..8];
        assert!(!text.contains(part), "{text}");
    }
    for encode in [percent as Encode, unicode] {
        assert!(
            !plain.contains(&encode(MARK).to_ascii_uppercase()),
            "{text}"
        );
    }
}

/// Fails if the value shows a planted secret.
pub fn check_debug(value: &dyn std::fmt::Debug) {
    check(&format!("{value:?} {value:#?}"));
}

/// A token whose id is [`SESSION`], of a server that nobody asks.
pub fn session_token() -> AuthToken {
    AuthToken::from_export(json!({
        "format": 1,
        "auth_url": "https://keystone.example/v3",
        "id": SESSION,
        "token": {
            "methods": ["password"],
            "user": {"id": "u", "name": "alice", "domain": {"id": "default", "name": "Default"}},
            "audit_ids": ["a"],
            "expires_at": "9999-12-31T23:59:59Z",
            "issued_at": "2026-11-23T13:48:26Z",
        },
    }))
    .unwrap()
}

pub type Encode = fn(&str) -> String;

/// Each way in which a server, or a proxy before it, may write what it was sent.
pub const ENCODINGS: [(&str, Encode); 14] = [
    ("as it is", str::to_owned),
    ("upper case", str::to_ascii_uppercase),
    ("JSON", json_text),
    ("JSON in JSON", |text| json_text(&json_text(text))),
    ("JSON, all escaped", unicode),
    ("Python", |text| {
        format!("{text:?}")
            .replace('\'', "\\'")
            .replace("\\\"", "\"")
    }),
    ("URL", |text| percent_but(text, b"-._~")),
    ("form", |text| percent_but(text, b"-._~ ").replace(' ', "+")),
    ("URL, all escaped", percent),
    ("HTML", |text| {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', "&#39;")
    }),
    ("HTML in URL", |text| {
        percent_but(&text.replace('&', "&amp;"), b"-._~")
    }),
    ("base64", |text| {
        BASE64.encode(format!("alice:{text}").as_bytes())
    }),
    ("base64 for URLs", |text| {
        BASE64URL_NOPAD.encode(format!("{{\"a\":\"{text}\"}}").as_bytes())
    }),
    ("with a NUL inside", |text| text.replace("S3NT", "S3\0NT")),
];

fn json_text(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn unicode(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut text, unit| {
        let _ = write!(text, "\\u{unit:04x}");
        text
    })
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02x}");
        text
    })
}

fn percent_but(text: &str, plain: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[test]
fn each_encoding_is_recognized() {
    for (name, encode) in ENCODINGS {
        for secret in ALL {
            let shown = format!("x {} y", encode(secret));
            let found = std::panic::catch_unwind(|| check(&shown));
            assert!(found.is_err(), "{name}: {shown}");
        }
    }
}
