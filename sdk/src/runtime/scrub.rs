//! Foreign text: what a server, a catalog or a file gave, before anybody reads it.
//!
//! Keystone repeats passwords, token ids and receipts in its errors; catalogs and files have passwords in
//! addresses. Nothing of them goes into an error, a log or an account for a person but through here.

use std::borrow::Cow;
use std::ops::Range;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use serde_json::Value;

use super::Secret;
use super::hidden::{HIDDEN, is_shown, without_pem, without_query, without_tokens, without_user};
use super::unescape::View;

/// Longer texts than anybody reads: dumps of schemas and pages of proxies.
const LONGEST_TEXT: usize = 300;

/// How many bytes of a text may be shown, at most: those that [`LONGEST_TEXT`] characters can have.
const SHOWN: usize = 2 << 10;

/// How far into a text is looked, at most, which is far beyond what is shown.
const WINDOW: usize = 16 << 10;

/// How much longer a secret may be for the escapes in it.
const ESCAPED: usize = 12;

/// Shorter secrets are hidden where they stand alone: else half of all words would have a hole.
const SHORTEST_PART: usize = 4;

/// Shorter secrets are not looked for in base64, where by chance they would be everywhere.
const SHORTEST_BASE64: usize = 6;

/// How many values of a structure are looked at, and how many bytes of texts.
const MOST_VALUES: usize = 128;
const MOST_BYTES: usize = 8 << 10;

/// The first line of the text, without the known secrets and without what looks like one: the password
/// in an address, the values of a query, PEM, a token. Control characters are left out.
///
/// Only the first line, because Keystone appends a dump of the refused request to it. A secret is
/// found in any case, with the escapes of JSON, Python, HTML and URLs, and inside base64.
pub(crate) fn scrub(text: &str, secrets: &[Secret]) -> String {
    Needles::of(secrets).scrub(text)
}

/// The value with each text in it scrubbed. Of a large one only the beginning is left.
pub(crate) fn scrub_value(value: &Value, secrets: &[Secret]) -> Value {
    let mut left = Left {
        values: MOST_VALUES,
        bytes: MOST_BYTES,
    };
    Needles::of(secrets).scrub_value(value, &mut left)
}

/// One value of a file, a variable or a catalog, such as a name or an address: the whole of it is one
/// text. Secrets are hidden as [`scrub`] does it, and control characters are written as escapes, so that
/// a person sees them.
pub(crate) fn scrub_setting(text: &str, secrets: &[Secret]) -> String {
    let needles = Needles::of(secrets);
    let clean: String = window(text, WINDOW)
        .chars()
        .filter(|&c| is_shown(c))
        .collect();
    let hidden = needles.without_known(&clean, SHOWN);
    let text = match hidden == window(&clean, SHOWN) {
        // Nothing was hidden, so that the control characters don't hide anything either.
        true => window(text, SHOWN),
        false => &hidden,
    };
    let text = without_pem(text);
    let text = without_user(&text, true);
    let text = without_query(&text, true);
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            let escape = (!is_shown(c)).then(|| c.escape_default());
            let plain = is_shown(c).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect();
    shorten(&without_tokens(&escaped))
}

/// Whether one of the secrets is in a text, in any writing.
pub(crate) fn has_secret(text: &str, secrets: &[Secret]) -> bool {
    Needles::of(secrets).without_known(text, WINDOW) != window(text, WINDOW)
}

/// How much of a structure may still be looked at.
struct Left {
    values: usize,
    bytes: usize,
}

impl Left {
    fn value(&mut self) -> bool {
        let some = self.values > 0;
        self.values = self.values.saturating_sub(1);
        some
    }

    fn text<'t>(&mut self, text: &'t str) -> &'t str {
        let text = window(text, self.bytes);
        self.bytes -= text.len();
        text
    }
}

/// What is looked for: each secret, as it is and in base64.
struct Needles<'s> {
    secrets: Vec<Cow<'s, str>>,
    /// How far into a text one of them may reach that begins where text is shown.
    window: usize,
}

impl<'s> Needles<'s> {
    fn of(secrets: &'s [Secret]) -> Self {
        let secrets = secrets.iter().map(|secret| secret.expose().trim());
        let longest = secrets.clone().map(str::len).max().unwrap_or_default();
        // The control characters are gone from the text.
        let clean = secrets
            .clone()
            .filter(|secret| !secret.chars().all(is_shown))
            .map(|secret| Cow::Owned(on_lines(secret)));
        Needles {
            window: WINDOW.min(SHOWN + ESCAPED * longest),
            secrets: secrets.clone().map(Cow::Borrowed).chain(clean).collect(),
        }
    }

    fn scrub(&self, text: &str) -> String {
        let trimmed = text.trim();
        let looked_at = on_lines(window(trimmed, self.window));
        let text = without_pem(&self.without_known(&looked_at, SHOWN)).into_owned();
        let line = text.trim().lines().next().unwrap_or_default();
        let line = without_query(&without_user(line, false), false).into_owned();
        shorten(&without_tokens(&line))
    }

    fn scrub_value(&self, value: &Value, left: &mut Left) -> Value {
        match value {
            Value::String(text) => Value::String(self.scrub(left.text(text))),
            Value::Array(items) => {
                let mut clean = Vec::new();
                for item in items {
                    if !left.value() {
                        break;
                    }
                    clean.push(self.scrub_value(item, left));
                }
                Value::Array(clean)
            }
            Value::Object(members) => {
                let mut clean = serde_json::Map::new();
                for (key, value) in members {
                    if !left.value() {
                        break;
                    }
                    let key = self.scrub(left.text(key));
                    clean.insert(key, self.scrub_value(value, left));
                }
                Value::Object(clean)
            }
            other => other.clone(),
        }
    }

    /// The first bytes of the text, with each secret in it hidden that begins there.
    fn without_known(&self, text: &str, shown: usize) -> String {
        let mut found: Vec<Range<usize>> = Vec::new();
        if !text.is_empty() && !self.secrets.is_empty() {
            let views = View::of(text);
            for secret in &self.secrets {
                found.extend(places(secret, text, &views));
            }
        }
        found.sort_by_key(|range| range.start);
        let end = window(text, shown).len();
        let mut clean = String::new();
        let mut shown_to = 0;
        for range in found.into_iter().take_while(|range| range.start < end) {
            if range.start >= shown_to {
                clean.push_str(&text[shown_to..range.start]);
                clean.push_str(HIDDEN);
            }
            shown_to = shown_to.max(range.end);
        }
        clean.push_str(text.get(shown_to..end).unwrap_or_default());
        clean
    }
}

/// Where a secret stands in a text, of which these are the views.
fn places(secret: &str, text: &str, views: &[View]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for view in views {
        view.find(secret.as_bytes(), secret.len() < SHORTEST_PART, &mut found);
    }
    // Each three bytes are four letters, and a letter at each end may be its neighbours'.
    let encoded = secret.len() / 3 * 4;
    if secret.len() >= SHORTEST_BASE64 && text.len() >= encoded.saturating_sub(4) {
        let known = found.len();
        for encoded in base64_parts(secret.as_bytes()) {
            for view in views {
                view.find(encoded.as_bytes(), false, &mut found);
            }
        }
        for part in &mut found[known..] {
            *part = whole_word(text, part.clone());
        }
    }
    found
}

/// The text without its control characters, but on as many lines.
fn on_lines(text: &str) -> String {
    text.chars().filter(|&c| c == '\n' || is_shown(c)).collect()
}

/// As much of the text as that, in whole characters.
fn window(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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

fn shorten(line: &str) -> String {
    match line.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, scrub, scrub_setting, scrub_value};
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

    #[test]
    fn a_setting_hides_secrets_however_they_are_written() {
        let secrets = [Secret::new("hunter22")];
        for written in ["hunter22", "HUNTER22", "hun\u{1b}ter22", "hunter%32%32"] {
            let shown = scrub_setting(&format!("RegionOf {written}\u{7}"), &secrets);
            assert_eq!(shown, "RegionOf [secret]", "{written}");
        }
        assert_eq!(scrub_setting("a\u{7}", &secrets), "a\\u{7}");
    }

    #[test]
    fn a_large_value_takes_no_longer_than_a_small_one() {
        let secrets: Vec<_> = ["a password", "gAAAA-a-token", "x"].map(Secret::new).into();
        let many = json!({"of": vec!["ab"; 1_000_000], "more": {"a": vec!["x".repeat(99); 9_999]}});
        let clean = scrub_value(&many, &secrets).to_string();
        assert!(clean.len() < 20_000, "{}", clean.len());
        let long = json!(vec!["%5c%5cu0061&amp;".repeat(1_000); 1_000]);
        let clean = scrub_value(&long, &secrets).to_string();
        assert!(clean.len() < 20_000, "{}", clean.len());
    }

    #[test]
    fn a_secret_that_reaches_beyond_what_is_shown_is_hidden() {
        let secrets = [Secret::new("S3CRET".repeat(100))];
        let long = format!("{} {}", "x ".repeat(1_000), secrets[0].expose());
        assert!(!scrub(&long, &secrets).contains("S3"));
        let again = format!("{0} {0} {0} {0} {0} {0}", secrets[0].expose());
        assert!(!scrub(&again, &secrets).contains("S3"));
    }
}
