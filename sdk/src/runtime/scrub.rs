//! Server text without secrets: Keystone repeats passwords, token ids and receipts in its errors.

use super::Secret;

const HIDDEN: &str = "[secret]";

/// Longer runs of letters and digits than any id that a person needs: tokens.
const LONGEST_WORD: usize = 64;

/// Longer texts than anybody reads: dumps of schemas and pages of proxies.
const LONGEST_TEXT: usize = 300;

/// The first line of the text, without the known secrets and without what looks like a token.
///
/// Only the first line, because Keystone appends a dump of the refused request to it.
pub(crate) fn scrub(text: &str, secrets: &[Secret]) -> String {
    let mut line = text.trim().lines().next().unwrap_or_default().to_owned();
    let mut known: Vec<&str> = secrets.iter().map(Secret::expose).collect();
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in known.into_iter().filter(|secret| !secret.is_empty()) {
        line = line.replace(secret, HIDDEN);
        // As JSON shows it, with its escapes.
        let escaped = serde_json::to_string(secret).unwrap_or_default();
        line = line.replace(escaped.trim_matches('"'), HIDDEN);
    }
    shorten(&without_tokens(&line))
}

fn without_tokens(line: &str) -> String {
    let mut clean = String::new();
    let mut word = String::new();
    for c in line.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_ascii_alphanumeric() || "-_=.+/".contains(c) => word.push(c),
            other => {
                clean.push_str(if word.len() > LONGEST_WORD {
                    HIDDEN
                } else {
                    &word
                });
                word.clear();
                clean.extend(other.filter(|c| !c.is_control()));
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
    use super::{Secret, scrub};

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
    fn what_looks_like_a_token_is_hidden() {
        let token = "g".repeat(183);
        let text = format!("Could not find token: {token}.");
        assert_eq!(scrub(&text, &[]), "Could not find token: [secret]");
        let id = "req-0b7d3b9c-6d0c-4c4a-9d87-3c1d2f0e9a11";
        assert_eq!(scrub(id, &[]), id);
    }

    #[test]
    fn only_the_first_line_is_kept_and_not_all_of_it() {
        assert_eq!(
            scrub("one\n\nFailed validating: {'password': 1}", &[]),
            "one"
        );
        assert_eq!(scrub(&"word ".repeat(100), &[]).chars().count(), 304);
        assert_eq!(scrub("", &[Secret::new("")]), "");
    }
}
