//! Text that others gave, as a person may see it.

use crate::runtime::{HIDDEN, Secret, has_secret, is_shown};

/// The same with an escape in place of each character that steers a terminal or can't be seen.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unseen(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// Whether it is a control character, or an invisible one that may turn the text around.
pub(crate) fn is_unseen(c: char) -> bool {
    !is_shown(c)
}

/// A value: escaped, without the secrets that are known, without the user and password of an address,
/// and without PEM.
pub(crate) fn shown(text: &str, secrets: &[&Secret]) -> String {
    let secrets: Vec<Secret> = secrets.iter().copied().cloned().collect();
    if has_secret(text, &secrets) || is_pem(text) {
        return HIDDEN.to_owned();
    }
    escaped(&without_user(text))
}

/// Whether it is the content of a file with certificates or keys.
pub(crate) fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("PRIVATE KEY")
}

/// An address without what doesn't belong there. One that begins with a user and a password doesn't need a
/// scheme for that.
fn without_user(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let rest = match rest.rsplit_once('@') {
        Some((user, rest)) if !scheme.is_empty() || user.contains(':') => rest,
        _ => rest,
    };
    let end = match scheme.is_empty() {
        true => None,
        false => rest.find(['?', '#']),
    };
    let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    format!("{scheme}{rest}")
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
            ("pia@c.example", "pia@c.example"),
            ("-----BEGIN PRIVATE KEY-----\\nTUFE", "[secret]"),
            ("pa55", "[secret]"),
            ("x-pa55-y", "[secret]"),
            ("east", "east"),
        ] {
            let secrets = [Secret::new("pa55"), Secret::new("e")];
            assert_eq!(shown(text, &[&secrets[0], &secrets[1]]), expected);
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
