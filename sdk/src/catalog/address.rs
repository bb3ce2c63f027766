//! Addresses as people and catalogs write them, read in one way only.

#[cfg(feature = "client")]
use std::net::IpAddr;
use std::net::Ipv6Addr;

use http::Uri;

/// An http or https address without a user, a query or a fragment.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Address {
    /// Scheme, host and port: `https://host:5000`. Equal origins are equal texts.
    pub(crate) origin: String,
    /// The path as it was written; begins with a slash.
    pub(crate) path: String,
}

impl Address {
    /// Reads an address. The error says what the address is or has, and shows nothing of it.
    pub(crate) fn parse(text: &str) -> Result<Address, &'static str> {
        let text = text.trim();
        if has_international_host(text) {
            return Err(
                "has an international host name: write it in the letters of DNS, as xn--...",
            );
        }
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("has no scheme or no host");
        };
        if !matches!(scheme, "http" | "https") {
            return Err("must start with http:// or https://");
        }
        if authority.as_str().contains('@') {
            return Err("has a user or a password in it, which don't belong there");
        }
        if !is_host(authority.host()) {
            return Err("has no host, or one that can't be");
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => "",
            Some(port) if is_port(port) => match (scheme, port) {
                ("http", ":80") | ("https", ":443") => "",
                _ => port,
            },
            _ => return Err("has a port that can't be"),
        };
        if uri.query().is_some() || text.contains('#') {
            return Err("has a query or a fragment");
        }
        let host = authority.host().to_ascii_lowercase();
        Ok(Address {
            origin: format!("{scheme}://{host}{port}"),
            path: uri.path().to_owned(),
        })
    }

    /// The host, and the port if it was given.
    pub(crate) fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    /// Whether what is sent there goes over a network in the clear.
    #[cfg(feature = "client")]
    pub(crate) fn is_exposed(&self) -> bool {
        let host = self.origin.strip_prefix("http://");
        host.is_some_and(|host| !is_loopback(host))
    }

    /// Says once a host that secrets go over the network in the clear.
    #[cfg(feature = "client")]
    pub(crate) fn warn_of_plain_http(&self) {
        use std::collections::BTreeSet;
        use std::sync::{Mutex, PoisonError};

        static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let host = self.host();
        if !self.is_exposed() {
            return;
        }
        let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(host.to_owned()) {
            tracing::warn!(host, "passwords and tokens go over plain http: use https");
        }
    }
}

/// What one reader of URLs maps to the letters of DNS, another refuses: so it is left to a person.
fn has_international_host(text: &str) -> bool {
    let after = text.split_once("://").map(|(_, rest)| rest);
    let host = after.and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| !host.is_ascii())
}

/// Whether what is sent to a host, with or without a port, stays on this machine. A name that only begins
/// like an address of it, such as `127.evil.example`, can lead anywhere.
#[cfg(feature = "client")]
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// As [`Address::is_exposed`], of the address of a request.
#[cfg(feature = "client")]
pub(crate) fn is_exposed(uri: &Uri) -> bool {
    uri.scheme_str() != Some("https") && !uri.host().is_some_and(is_loopback)
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

/// Whether a part of a path is a version: `v3`, `v2.1`.
#[cfg(feature = "client")]
pub(crate) fn is_version(part: &str) -> bool {
    let numbers = part.strip_prefix('v').unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers.split('.').all(is_number)
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::Address;

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, local) in [
            ("localhost", true),
            ("LOCALHOST:5000", true),
            ("127.0.0.1", true),
            ("127.0.0.1:5000", true),
            ("127.9.9.9", true),
            ("[::1]", true),
            ("[::1]:5000", true),
            ("[::ffff:127.0.0.1]:5000", true),
            ("127.evil.example", false),
            ("127.0.0.1.evil.example:5000", false),
            ("127.0.1", false),
            ("localhost.evil.example", false),
            ("10.0.0.1:5000", false),
            ("[::2]:5000", false),
            ("[2001:db8::1]", false),
            ("keystone.example", false),
        ] {
            let address = Address::parse(&format!("http://{host}/v3")).unwrap();
            assert_eq!(address.is_exposed(), !local, "{host}");
            let uri = format!("http://{host}/v3?a=b").parse().unwrap();
            assert_eq!(super::is_exposed(&uri), !local, "{host}");
            let address = Address::parse(&format!("https://{host}/v3")).unwrap();
            assert!(!address.is_exposed(), "{host}");
        }
    }
}
