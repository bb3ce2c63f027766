//! Paths of requests, which lead nowhere but to the endpoint.

use std::fmt::Write as _;

use crate::catalog::address::Address;

/// A path below an endpoint, or an address that must be at the endpoint's origin.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    Below(String),
    At { origin: String, path: String },
}

impl Target {
    /// Reads what the caller wrote, and percent-encodes what no address can hold. The error says what is
    /// wrong with the path.
    pub(super) fn parse(text: &str) -> Result<Target, &'static str> {
        if text.contains('#') {
            return Err("has a fragment: write # as %23");
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let (origin, path) = match scheme_end(path) {
            Some(_) => {
                let address = Address::parse(&encoded(path))?;
                (Some(address.origin), address.path)
            }
            None if path.starts_with("//") => {
                return Err("begins with two slashes, and so with a host");
            }
            None => (None, encoded(path)),
        };
        if path.split(['/', '\\']).any(is_dots) {
            return Err("has dots for a part of it, and so would lead somewhere else");
        }
        let path = match query {
            Some(query) => format!("{path}?{}", encoded(query)),
            None => path,
        };
        Ok(match origin {
            Some(origin) => Target::At { origin, path },
            None => Target::Below(path),
        })
    }

    /// The whole address, at this endpoint.
    pub(super) fn at(&self, endpoint: &Address) -> Result<String, &'static str> {
        let Address { origin, path: base } = endpoint;
        match self {
            Target::At { origin: other, .. } if other != origin => {
                Err("is at another origin than the endpoint")
            }
            Target::At { path, .. } => Ok(format!("{origin}{path}")),
            Target::Below(path) if path.is_empty() || path.starts_with('?') => {
                Ok(format!("{origin}{base}{path}"))
            }
            Target::Below(path) => {
                let (base, path) = (base.trim_end_matches('/'), path.trim_start_matches('/'));
                Ok(format!("{origin}{base}/{path}"))
            }
        }
    }
}

/// Adds a key and a value to the query of a path.
pub(super) fn with_query(path: &mut String, key: &str, value: &str) {
    path.push(if path.contains('?') { '&' } else { '?' });
    for (text, end) in [(key, "="), (value, "")] {
        for byte in text.bytes() {
            match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                true => path.push(char::from(byte)),
                false => _ = write!(path, "%{byte:02X}"),
            }
        }
        path.push_str(end);
    }
}

/// Where `https://` ends, if the text begins like that.
fn scheme_end(text: &str) -> Option<usize> {
    let end = text.find("://")?;
    let scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (end > 0 && text[..end].chars().all(scheme)).then_some(end + 3)
}

/// What can't stand in an address, as `%xx`. What is encoded already stays as it is.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | ..=b' ' | 0x7f.. => {
                _ = write!(encoded, "%{byte:02X}");
            }
            _ => encoded.push(char::from(byte)),
        }
    }
    encoded
}

/// Whether a part is `.` or `..`, in any spelling: readers of addresses take `%2e` for a dot.
fn is_dots(part: &str) -> bool {
    let part = part.to_ascii_lowercase().replace("%2e", ".");
    part.replace("%5c", "/")
        .split('/')
        .any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::{Target, with_query};
    use crate::catalog::address::Address;

    fn join(endpoint: &str, path: &str) -> Result<String, &'static str> {
        Target::parse(path)?.at(&Address::parse(endpoint).unwrap())
    }

    #[test]
    fn slashes_are_neither_doubled_nor_lost() {
        for (endpoint, path, joined) in [
            (
                "https://h/compute/v2.1",
                "servers",
                "https://h/compute/v2.1/servers",
            ),
            (
                "https://h/compute/v2.1/",
                "servers",
                "https://h/compute/v2.1/servers",
            ),
            (
                "https://h/compute/v2.1",
                "/servers/",
                "https://h/compute/v2.1/servers/",
            ),
            (
                "https://h/compute/v2.1//",
                "/servers",
                "https://h/compute/v2.1/servers",
            ),
            ("https://h", "servers", "https://h/servers"),
            ("https://h/", "/", "https://h/"),
            ("https://h/v1", "/", "https://h/v1/"),
            ("https://h/v1", "", "https://h/v1"),
            ("https://h/v1/", "", "https://h/v1/"),
            ("https://h/v1", "?limit=1", "https://h/v1?limit=1"),
            ("https://h/v1", "c/a//b", "https://h/v1/c/a//b"),
            (
                "https://h/v1",
                "a b/ü%20?q=a b&r=../x",
                "https://h/v1/a%20b/%C3%BC%20?q=a%20b&r=../x",
            ),
            ("https://h/v1", "a\r\nX: y", "https://h/v1/a%0D%0AX:%20y"),
            (
                "https://h/v1",
                "servers:action",
                "https://h/v1/servers:action",
            ),
            ("https://h/v1", "c/http://x", "https://h/v1/c/http://x"),
            ("https://h/v1", "..a/b..", "https://h/v1/..a/b.."),
            (
                "https://h/v1",
                "https://H:443/v1/x?marker=1",
                "https://h/v1/x?marker=1",
            ),
        ] {
            assert_eq!(
                join(endpoint, path).as_deref(),
                Ok(joined),
                "{endpoint} {path}"
            );
        }
    }

    #[test]
    fn nothing_leads_out_of_the_endpoint() {
        for path in [
            "..",
            "../x",
            "a/../x",
            "a/..",
            "./x",
            "a/%2e%2E/x",
            "a/.%2e",
            "..?x",
            "a\\..\\x",
            "a/..%5cx",
            "//evil/x",
            "https://evil/x",
            "http://h/x",
            "https://h:8443/x",
            "https://h.evil/x",
            "https://h@evil/x",
            "https://user:s3cret@h/x",
            "ftp://h/x",
            "https:///x",
            "x#y",
            "https://h/../x",
        ] {
            let why = join("https://h/v1", path).unwrap_err();
            assert!(!why.contains("s3cret"), "{path}: {why}");
        }
    }

    #[test]
    fn a_query_is_encoded() {
        let mut path = "servers?a=b".to_owned();
        with_query(&mut path, "na me", "x&y=ü#/");
        assert_eq!(path, "servers?a=b&na%20me=x%26y%3D%C3%BC%23%2F");
    }
}
