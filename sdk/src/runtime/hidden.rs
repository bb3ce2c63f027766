//! What is hidden in a text without being known: passwords in addresses, the values of queries, PEM, and
//! what is too long for anything but a token.

use std::borrow::Cow;

pub(crate) const HIDDEN: &str = "[secret]";

/// Longer runs of letters and digits than any id that a person needs: tokens.
const LONGEST_WORD: usize = 64;

/// What may end a word in a sentence.
const ENDS: [char; 14] = [
    '"', '\'', '`', '.', ',', ';', ':', '!', ')', ']', '}', '>', '|', '\\',
];

/// Whether a character may reach a terminal: it is no control character, and nothing invisible, such as
/// what turns the text around.
pub(crate) fn is_shown(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
        | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !invisible
}

/// Hides each PEM: it may be a private key.
pub(super) fn without_pem(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "-----BEGIN";
    const END: &str = "-----END";
    let Some(start) = text.find(BEGIN) else {
        return Cow::Borrowed(text);
    };
    let mut rest = text.get(start..).unwrap_or_default();
    let mut clean = text.get(..start).unwrap_or_default().to_owned();
    while let Some(pem) = rest.find(BEGIN) {
        clean.push_str(rest.get(..pem).unwrap_or_default());
        clean.push_str(HIDDEN);
        let end = rest.find(END).map(|end| end + END.len());
        rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        let end = rest.find("-----").map(|end| end + 5);
        rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Hides user and password in addresses: `https://user:password@host`, and the same without a scheme. If
/// the text is one value, it is `whole`; else there may be an address in each word.
pub(super) fn without_user(text: &str, whole: bool) -> Cow<'_, str> {
    match text.contains('@') || text.contains("%40") {
        true => Cow::Owned(each(text, whole, &|word, clean| match user(word) {
            Some((start, end)) => {
                clean.push_str(word.get(..start).unwrap_or_default());
                clean.push_str(HIDDEN);
                clean.push_str(word.get(end..).unwrap_or_default());
            }
            None => clean.push_str(word),
        })),
        false => Cow::Borrowed(text),
    }
}

/// Where user and password are. A password may have anything in it, so that they end at the last `@`.
fn user(word: &str) -> Option<(usize, usize)> {
    let end = word.rfind('@').max(word.rfind("%40"))?;
    let before = word.get(..end)?;
    match scheme(word) {
        Some(start) if start <= end => {
            let rest = word.get(start..)?;
            let authority = rest.split(['/', '?', '#', '\\']).next()?;
            let port = authority.split_once(':').map(|(_, port)| port);
            let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
            let has_user = authority.contains('@') || port.is_some_and(|port| !is_port(port));
            has_user.then_some((start, end))
        }
        Some(_) => None,
        None => before.contains(':').then_some((0, end)),
    }
}

/// Where `https://` ends.
fn scheme(word: &str) -> Option<usize> {
    let end = word.find("://")?;
    let letter = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let before = word.get(..end)?.trim_end_matches(letter);
    // What is before a scheme is no part of the address, unless it is `user:`.
    (before.len() < end && !before.contains(':')).then_some(end + 3)
}

/// Hides the values in the queries of addresses, and what follows a `#`.
pub(super) fn without_query(text: &str, whole: bool) -> Cow<'_, str> {
    match text.contains(['?', '#']) {
        true => Cow::Owned(each(text, whole, &|word, clean| {
            let is_address = whole || word.contains("://") || word.starts_with('/');
            match word.find(['?', '#']).filter(|_| is_address) {
                Some(start) => {
                    clean.push_str(word.get(..start).unwrap_or_default());
                    hide_query(word.get(start..).unwrap_or_default(), clean);
                }
                None => clean.push_str(word),
            }
        })),
        false => Cow::Borrowed(text),
    }
}

fn hide_query(query: &str, clean: &mut String) {
    let mut parts = query.split_inclusive(['?', '#', '&', ';']).peekable();
    while let Some(part) = parts.next() {
        let end = part.chars().last().filter(|_| parts.peek().is_some());
        let text = match end {
            Some(end) => part.strip_suffix(end).unwrap_or(part),
            None => part.trim_end_matches(['?', '#', '&', ';']),
        };
        match text.split_once('=') {
            _ if text.is_empty() => {}
            Some((key, "")) => {
                clean.push_str(key);
                clean.push('=');
            }
            Some((key, _)) => {
                clean.push_str(key);
                clean.push('=');
                clean.push_str(HIDDEN);
            }
            None => clean.push_str(HIDDEN),
        }
        clean.push_str(part.get(text.len()..).unwrap_or_default());
    }
}

/// Goes through the words of a text, each without what may end it in a sentence; through the text, if it
/// is one value.
fn each(text: &str, whole: bool, clean_word: &dyn Fn(&str, &mut String)) -> String {
    let mut clean = String::with_capacity(text.len());
    if whole {
        clean_word(text, &mut clean);
        return clean;
    }
    for word in text.split_inclusive(char::is_whitespace) {
        let core = word.trim_end().trim_end_matches(ENDS);
        clean_word(core, &mut clean);
        clean.push_str(word.get(core.len()..).unwrap_or_default());
    }
    clean
}

/// Hides words that are too long for anything but a token. An address is not one word but many.
pub(super) fn without_tokens(line: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::super::scrub::{scrub, scrub_setting};
    use super::*;

    #[test]
    fn no_password_of_an_address_is_shown() {
        for (text, shown) in [
            ("https://u:S3CRET@host/v3", "https://[secret]@host/v3"),
            ("https://S3CRET@host/v3", "https://[secret]@host/v3"),
            (
                "https://u:S3/CR@ET@host:5000/v3",
                "https://[secret]@host:5000/v3",
            ),
            ("https://u:S3/CRET@host", "https://[secret]@host"),
            ("https://u:S3CRET%40host/v3", "https://[secret]%40host/v3"),
            ("HTTP+x://:S3CRET@[::1]/", "HTTP+x://[secret]@[::1]/"),
            ("u:S3CRET@host/v3", "[secret]@host/v3"),
            ("u:x://S3CRET@host/v3", "[secret]@host/v3"),
            ("//u:S3CRET@host", "[secret]@host"),
            ("https:\\/\\/u:S3CRET@host", "[secret]@host"),
            (
                "https://host/v3?token=S3CRET&b=&S3CRET",
                "https://host/v3?token=[secret]&b=&[secret]",
            ),
            (
                "https://host/v3?a=S3CRET#S3CRET",
                "https://host/v3?a=[secret]#[secret]",
            ),
            (
                "https://host/?S3CRET=1?x=S3CRET",
                "https://host/?S3CRET=[secret]?x=[secret]",
            ),
        ] {
            assert_eq!(scrub_setting(text, &[]), shown, "{text}");
            assert_eq!(scrub(text, &[]), shown, "{text}");
            let sentence = scrub(&format!("can't reach '{text}', or \"{text}\"."), &[]);
            assert!(
                !sentence.contains("CRET@") && !sentence.contains("=S3CRET"),
                "{sentence}"
            );
        }
        assert_eq!(
            scrub_setting("https://u:S3 CRET@host/v3", &[]),
            "https://[secret]@host/v3"
        );
        for plain in [
            "https://host:5000/v3/users/alice@example.org",
            "mail admin@example.org, or see https://host/help.",
            "Could not find user: alice@example.org (really?)",
            "at 12:30:00 by alice@example.org",
            "is it /v3 or /v2.0?",
            "RegionOne",
        ] {
            assert_eq!(scrub(plain, &[]), plain);
        }
    }

    #[test]
    fn no_pem_is_shown() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIS3CRET\nS3CRET\n-----END PRIVATE KEY-----\n";
        for text in [
            pem.to_owned(),
            pem.replace('\n', "\\n"),
            pem.replace('\n', " "),
            format!("a {pem} b {pem}"),
            "-----BEGIN RSA PRIVATE KEY-----\nS3CRET".to_owned(),
        ] {
            for shown in [scrub(&text, &[]), scrub_setting(&text, &[])] {
                assert!(
                    shown.contains(HIDDEN) && !shown.contains("S3CRET"),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn nothing_invisible_reaches_a_terminal() {
        let text = "a\u{1b}]0;x\u{7}b\0\r\u{9b}\u{202e}c\u{2066}\u{61c}\u{e0041}\nd";
        assert_eq!(scrub(text, &[]), "a]0;xbc");
        let escaped = scrub_setting(text, &[]);
        assert!(
            escaped.starts_with("a\\u{1b}]0;x\\u{7}b\\u{0}\\r"),
            "{escaped}"
        );
        assert!(escaped.chars().all(is_shown), "{escaped:?}");
        assert_eq!(scrub_setting("Zürich – 東京", &[]), "Zürich – 東京");
    }
}
