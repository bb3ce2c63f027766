//! The address that was asked, as an error shows it.

use http::Uri;

use crate::catalog::address::is_version;
use crate::runtime::{Secret, scrub_setting};

/// The address without its user, and without the values of its query. A name without a value is a flag,
/// such as `nocatalog`.
pub(super) fn shown(address: &Uri, secrets: &[Secret]) -> String {
    let text = address.to_string();
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (&*text, None),
    };
    let mut shown = scrub_setting(path, secrets);
    let Some(query) = query else { return shown };
    let is_flag = |name: &str| {
        name.len() <= 20
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let parts = query
        .split('&')
        .take(20)
        .map(|part| match part.split_once('=') {
            Some((name, _)) => format!("{}=[secret]", scrub_setting(name, secrets)),
            None if is_flag(part) => scrub_setting(part, secrets),
            None => "[secret]".to_owned(),
        });
    shown.push('?');
    shown.push_str(&parts.collect::<Vec<_>>().join("&"));
    shown
}

/// What may be wrong with a path that has two versions, one after the other: that of an endpoint, and one
/// that was given with the path.
pub(super) fn hint(address: &str) -> Option<String> {
    let path = address.split('?').next()?;
    let parts: Vec<_> = path.split('/').skip(3).collect();
    let (first, second) = parts.windows(2).find_map(|pair| match pair {
        [first, second] if is_version(first) && is_version(second) => Some((first, second)),
        _ => None,
    })?;
    Some(match first == second {
        true => format!("the path has the version {first} twice: give it without"),
        false => format!(
            "the path has two versions, {first} and {second}: the address of the service ends in {first}"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        let secrets = [Secret::new("hunter22")];
        for (address, expected) in [
            (
                "https://h:5000/v3/auth/tokens?nocatalog",
                "https://h:5000/v3/auth/tokens?nocatalog",
            ),
            (
                "https://h/x?limit=1&tok=a%20b&S3",
                "https://h/x?limit=[secret]&tok=[secret]&[secret]",
            ),
            (
                "https://h/hunter22/x?hunter22",
                "https://h/[secret]/x?[secret]",
            ),
            ("https://u:p@h/x", "https://[secret]@h/x"),
        ] {
            assert_eq!(shown(&address.parse().unwrap(), &secrets), expected);
        }
    }

    #[test]
    fn two_versions_in_a_row_are_noticed() {
        for (address, parts) in [
            ("http://h/v2.0/v2.0/networks", Some("v2.0 twice")),
            ("http://h/identity/v2.0/v3/users", Some("v2.0 and v3")),
            ("http://h/network/v2.0?x=/v2.0/v2.0", None),
            ("http://h/v1/AUTH_v1/v1", None),
            ("http://v2/v3/x", None),
        ] {
            let hint = hint(address);
            assert_eq!(hint.is_some(), parts.is_some(), "{address}");
            assert!(hint.is_none_or(|hint| hint.contains(parts.unwrap_or_default())));
        }
    }
}
