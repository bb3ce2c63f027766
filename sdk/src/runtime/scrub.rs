//! Server text without secrets: Keystone repeats passwords, token ids and receipts in its errors.

use std::ops::Range;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use serde_json::Value;

use super::Secret;
use super::unescape::View;

const HIDDEN: &str = "[secret]";

/// Longer runs of letters and digits than any id that a person needs: tokens.
const LONGEST_WORD: usize = 64;

/// Longer texts than anybody reads: dumps of schemas and pages of proxies.
const LONGEST_TEXT: usize = 300;

/// How far into a text is looked, which is far beyond what is shown.
const WINDOW: usize = 16 << 10;

/// Shorter secrets are hidden where they stand alone: else half of all words would have a hole.
const SHORTEST_PART: usize = 4;

/// Shorter secrets are not looked for in base64, where by chance they would be everywhere.
const SHORTEST_BASE64: usize = 6;

/// The first line of the text, without the known secrets and without what looks like a token.
///
/// Only the first line, because Keystone appends a dump of the refused request to it. A secret is
/// found in any case, with the escapes of JSON, Python, HTML and URLs, and inside base64.
pub(crate) fn scrub(text: &str, secrets: &[Secret]) -> String {
    let text: String = window(text.trim())
        .chars()
        .filter(|&c| c == '\n' || is_shown(c))
        .collect();
    let text = without_known(&text, secrets);
    let line = text.trim().lines().next().unwrap_or_default();
    shorten(&without_tokens(line))
}

/// The value with each text in it scrubbed.
pub(crate) fn scrub_value(value: &Value, secrets: &[Secret]) -> Value {
    match value {
        Value::String(text) => Value::String(scrub(text, secrets)),
        Value::Array(items) => items
            .iter()
            .map(|item| scrub_value(item, secrets))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (scrub(key, secrets), scrub_value(value, secrets)))
            .collect(),
        other => other.clone(),
    }
}

fn window(text: &str) -> &str {
    let mut end = text.len().min(WINDOW);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether a character may reach a terminal: it is no control character, and nothing invisible that
/// turns the text around.
fn is_shown(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !invisible
}

fn without_known(text: &str, secrets: &[Secret]) -> String {
    let views = View::of(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    for secret in secrets.iter().map(|secret| secret.expose().trim()) {
        for view in &views {
            // The control characters are gone from the text.
            let clean: String = secret
                .chars()
                .filter(|&c| c == '\n' || is_shown(c))
                .collect();
            found.extend(view.find(secret.as_bytes(), secret.len() < SHORTEST_PART));
            found.extend(view.find(clean.as_bytes(), clean.len() < SHORTEST_PART));
            for encoded in base64_parts(secret.as_bytes()) {
                let parts = view.find(encoded.as_bytes(), false);
                found.extend(parts.into_iter().map(|part| whole_word(text, part)));
            }
        }
    }
    found.sort_by_key(|range| range.start);
    let mut clean = String::new();
    let mut shown_to = 0;
    for range in found {
        if range.start >= shown_to {
            clean.push_str(&text[shown_to..range.start]);
            clean.push_str(HIDDEN);
        }
        shown_to = shown_to.max(range.end);
    }
    clean.push_str(&text[shown_to..]);
    clean
}

/// What base64 makes of a secret that stands anywhere in a longer text, without the letters that
/// depend on its neighbours.
fn base64_parts(secret: &[u8]) -> Vec<String> {
    if secret.len() < SHORTEST_BASE64 {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for before in 0..3 {
        let bytes = [&vec![0; before][..], secret].concat();
        let whole = bytes.len() / 3 * 4;
        let first = [0, 2, 3][before];
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            let encoded = encoding.encode(&bytes);
            parts.push(encoded[first..whole].to_owned());
        }
    }
    parts
}

/// Takes in the letters beside a part, which hold the rest of the secret.
fn whole_word(text: &str, part: Range<usize>) -> Range<usize> {
    let outside = |c: char| !(c.is_ascii_alphanumeric() || "+/-_=%".contains(c));
    let start = text[..part.start].rfind(outside).map_or(0, |at| {
        at + text[at..].chars().next().map_or(0, char::len_utf8)
    });
    let end = text[part.end..].find(outside);
    start..end.map_or(text.len(), |at| part.end + at)
}

/// Hides words that are too long for anything but a token. An address is not one word but many.
fn without_tokens(line: &str) -> String {
    let mut clean = String::new();
    let mut word = String::new();
    for c in line.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_ascii_alphanumeric() || "-_=.+/%~".contains(c) => word.push(c),
            other => {
                let parts = if word.starts_with('/') { '/' } else { '\0' };
                let parts: Vec<&str> = word
                    .split(parts)
                    .map(|part| {
                        if part.len() > LONGEST_WORD {
                            HIDDEN
                        } else {
                            part
                        }
                    })
                    .collect();
                clean.push_str(&parts.join("/"));
                word.clear();
                clean.extend(other);
            }
        }
    }
    clean
}

fn shorten(line: &str) -> String {
    match line.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, scrub, scrub_value};
    use serde_json::json;

    #[test]
    fn secrets_are_hidden() {
        let secrets = [Secret::new("pa\"ss"), Secret::new("gAAAA")];
        assert_eq!(
            scrub("bad 'pa\"ss' for gAAAA", &secrets),
            "bad '[secret]' for [secret]"
        );
        assert_eq!(
            scrub("dump {\"password\": \"pa\\\"ss\"}", &secrets),
            "dump {\"password\": \"[secret]\"}"
        );
    }

    #[test]
    fn no_writing_of_a_secret_is_shown() {
        let secret = "p&\"'\\ß/ =x7Q\tz";
        for written in [
            r#"p&\"'\\ß/ =x7Q\tz"#,
            r#"p&\"'\\\u00df/ =x7Q\tz"#,
            r#"p&"\'\\\xdf/ =x7Q\tz"#,
            r#"p&\\\"'\\\\ß/ =x7Q\\tz"#,
            "p%26%22%27%5C%C3%9F%2F%20%3Dx7Q%09z",
            "p%26%22%27%5c%c3%9f/+%3dx7Q%09z",
            "p&amp;&quot;&#39;\\ß/ =x7Q\tz",
            "p&amp;&#34;&#x27;\\&#xDF;/ =x7Q&#9;z",
            "P&\"'\\ß/ =X7q\tZ",
            "p&\"'\u{0}\\ß/ =\u{1b}x7\u{200b}Q\tz",
            "cCYiJ1zDny8gPXg3UQl6",
            "dXNlcjpwJiInXMOfLyA9eDdRCXp6eg==",
        ] {
            let shown = scrub(&format!("x {written} y"), &[Secret::new(secret)]);
            assert!(shown.contains("[secret]"), "{written}: {shown}");
            assert!(!shown.contains("x7"), "{written}: {shown}");
            assert!(shown.starts_with("x "), "{written}: {shown}");
        }
    }

    #[test]
    fn one_secret_inside_another_or_inside_the_mark_leaves_no_rest() {
        let secrets = [
            Secret::new("secret"),
            Secret::new("top secret thing"),
            Secret::new("e"),
        ];
        assert_eq!(
            scrub("a top secret thing, secret", &secrets),
            "a [secret], [secret]"
        );
        assert_eq!(
            scrub("the letter e is hidden", &secrets),
            "the letter [secret] is hidden"
        );
    }

    #[test]
    fn a_secret_of_several_lines_does_not_show_its_first() {
        assert_eq!(
            scrub("bad first\nsecond end", &[Secret::new("first\nsecond")]),
            "bad [secret] end"
        );
    }

    #[test]
    fn what_looks_like_a_token_is_hidden() {
        let token = "g".repeat(183);
        let text = format!("Could not find token: {token}.");
        assert_eq!(scrub(&text, &[]), "Could not find token: [secret]");
        let id = "req-0b7d3b9c-6d0c-4c4a-9d87-3c1d2f0e9a11";
        assert_eq!(scrub(id, &[]), id);
        let address = "https://identity.region-one.cloud.example.org/identity/v3/auth/tokens/0b7d3b9c6d0c4c4a9d873c1d2f0e9a11";
        assert_eq!(scrub(address, &[]), address);
        assert_eq!(
            scrub(&format!("https://host/{token}/x"), &[]),
            "https://host/[secret]/x"
        );
    }

    #[test]
    fn only_the_first_line_is_kept_and_not_all_of_it() {
        assert_eq!(
            scrub("one\n\nFailed validating: {'password': 1}", &[]),
            "one"
        );
        assert_eq!(scrub(&"word ".repeat(100), &[]).chars().count(), 304);
        assert_eq!(scrub(&"ß ".repeat(100_000), &[]).chars().count(), 304);
        assert_eq!(scrub("", &[Secret::new("")]), "");
        assert_eq!(scrub("\u{1b}[31mred\u{202e}\r", &[]), "[31mred");
    }

    #[test]
    fn keys_and_texts_of_a_value_are_scrubbed() {
        let value = json!({"hunter22": [1, {"a": "hunter22"}, null]});
        assert_eq!(
            scrub_value(&value, &[Secret::new("hunter22")]),
            json!({"[secret]": [1, {"a": "[secret]"}, null]})
        );
    }
}
