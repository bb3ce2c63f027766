//! Settings that others gave, as a person may see them.

#[cfg(feature = "config")]
use crate::runtime::is_shown;
use crate::runtime::{Secret, scrub_setting};

/// The same with an escape in place of each character that steers a terminal or can't be seen.
#[cfg(feature = "config")]
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_shown(c) {
            true => shown.push(c),
            false => shown.extend(c.escape_default()),
        }
    }
    shown
}

/// A value on one line without secrets, and an address without what doesn't belong in one.
pub(crate) fn shown(text: &str, secrets: &[Secret]) -> String {
    scrub_setting(&without_user(text), secrets)
}

/// The user, password and query of an address are of no use to a person. Without a scheme only what has a user
/// and a password is one.
fn without_user(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains([':', '@']) => (scheme, rest),
        _ => ("", text),
    };
    let rest = match rest.rsplit_once('@') {
        Some((user, rest)) if !scheme.is_empty() || user.contains(':') => rest,
        _ => rest,
    };
    match scheme {
        "" => rest.to_owned(),
        scheme => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            format!("{scheme}://{rest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, shown};
    use crate::runtime::Secret;

    #[test]
    fn no_password_of_an_address_is_shown() {
        for (text, expected) in [
            ("https://c.example/v2", "https://c.example/v2"),
            ("https://pia:pw@c.example/v2", "https://c.example/v2"),
            ("https://pia:p/w@c.example/v2", "https://c.example/v2"),
            ("https://c.example/v2?key=pw", "https://c.example/v2"),
            ("pia:pw@c.example/v2", "c.example/v2"),
            ("pia:p@w@c.example", "c.example"),
            ("pia:x://pw@c.example", "c.example"),
            ("pia@c.example", "pia@c.example"),
            ("-----BEGIN PRIVATE KEY-----\\nTUFE", "[secret]"),
            ("pa55", "[secret]"),
            ("x-pa55-y", "x-[secret]-y"),
            ("east\r", "east\\r"),
        ] {
            let secrets = [Secret::new("pa55"), Secret::new("e")];
            assert_eq!(shown(text, &secrets), expected);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(
            escaped("lab\r\u{1b}[31m\u{7}\0\u{9b}\u{202e}ö'\""),
            "lab\\r\\u{1b}[31m\\u{7}\\u{0}\\u{9b}\\u{202e}ö'\""
        );
    }
}
