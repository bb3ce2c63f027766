//! The address of an Identity service, as people write it.

use std::fmt;
use std::net::Ipv6Addr;

use http::Uri;

use crate::error::Error;

/// The root of an Identity service: `https://host:5000`, `https://host/identity`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct AuthUrl {
    base: String,
    host: String,
}

impl AuthUrl {
    /// Reads an address with or without `/v3` and slashes at its end.
    pub(crate) fn parse(text: &str) -> Result<AuthUrl, Error> {
        let wrong = |why: &str| Err(Error::input(format!("the auth URL {why}"), HELP));
        let Ok(uri) = text.trim().parse::<Uri>() else {
            return wrong("is no URL");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return wrong("has no scheme or no host");
        };
        if !matches!(scheme, "http" | "https") {
            return wrong("must start with http:// or https://");
        }
        if authority.as_str().contains('@') {
            return wrong("has a user or a password in it, which don't belong there");
        }
        if !is_host(authority.host()) {
            return wrong("has no host, or one that can't be");
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => "",
            Some(port) if is_port(port) => match (scheme, port) {
                ("http", ":80") | ("https", ":443") => "",
                _ => port,
            },
            _ => return wrong("has a port that can't be"),
        };
        if uri.query().is_some() || text.contains('#') {
            return wrong("has a query or a fragment");
        }
        let path = uri.path().trim_end_matches('/');
        let mut parts = path.split('/').skip(1);
        if parts.any(|part| matches!(part, "" | "." | "..")) {
            return wrong("has an empty part, or dots for one, in its path");
        }
        let path = path
            .strip_suffix("/v3")
            .unwrap_or(path)
            .trim_end_matches('/');
        let host = format!("{}{port}", authority.host().to_ascii_lowercase());
        let base = format!("{scheme}://{host}{path}");
        Ok(AuthUrl { base, host })
    }

    /// Without `/v3` and without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The host, and the port if it was given.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

/// Only what every reader of URLs takes for the same host.
fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let usual = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            host.chars().all(usual) && host.chars().any(|c| c.is_ascii_alphanumeric())
        }
    }
}

/// `:5000`
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or_default();
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<u16>().is_ok_and(|port| port != 0)
}

const HELP: &str = "write it as https://keystone.example:5000/v3 or https://cloud.example/identity";

impl fmt::Display for AuthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/v3", self.base)
    }
}

impl fmt::Debug for AuthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::AuthUrl;

    #[test]
    fn every_spelling_leads_to_the_root() {
        let cases = [
            ("https://host:5000/v3", "https://host:5000"),
            ("https://host:5000/v3/", "https://host:5000"),
            ("https://host:5000", "https://host:5000"),
            ("https://HOST:5000/", "https://host:5000"),
            ("https://host/identity/v3//", "https://host/identity"),
            ("http://[::1]:5000/identity/", "http://[::1]:5000/identity"),
            (" https://host ", "https://host"),
            ("HTTPS://host:443/v3", "https://host"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://host:80/v3v3", "https://host:80/v3v3"),
        ];
        for (text, base) in cases {
            assert_eq!(AuthUrl::parse(text).unwrap().base(), base, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_shown() {
        for text in [
            "",
            "host",
            "host:5000/v3",
            "ftp://host",
            "https://",
            "https://user:s3cret@host",
            "https://host/?token=s3cret",
            "https://host/#s3cret",
            "https://host//identity",
            "https://ho st",
            "https://host:",
            "https://host:0",
            "https://host:+1",
            "https://host:65536",
            "https://host:s3cret",
            "https://:5000",
            "https://[::1",
            "https://[s3cret]",
            "https://...",
            "https://host\\s3cret",
            "https://ho%73t/s3cret",
            "https://h\u{f6}st",
            "https://host/../v3",
            "https://host/./v3",
            "https://host/\r\nX-Auth-Token: s3cret",
            "https://host\0",
        ] {
            let error = AuthUrl::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("the auth URL"), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
