//! The address of an Identity service, as people write it.

use std::fmt;

use crate::catalog::address::Address;
use crate::error::Error;

/// The root of an Identity service: `https://host:5000`, `https://host/identity`.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct AuthUrl {
    /// Its path has no slash at its end.
    root: Address,
    /// Whether the address was given with `/v3`, so that there is nothing to find out.
    versioned: bool,
}

impl AuthUrl {
    /// Reads an address with or without `/v3` and slashes at its end.
    pub(crate) fn parse(text: &str) -> Result<AuthUrl, Error> {
        let wrong = |why: &str| Error::input(format!("the auth URL {why}"), HELP);
        let mut root = Address::parse(text).map_err(wrong)?;
        let path = root.path.trim_end_matches('/');
        let mut parts = path.split('/').skip(1);
        if parts.any(|part| matches!(part, "" | "." | "..")) {
            return Err(wrong("has an empty part, or dots for one, in its path"));
        }
        let unversioned = path.strip_suffix("/v3");
        let versioned = unversioned.is_some();
        root.path = unversioned.unwrap_or(path).to_owned();
        Ok(AuthUrl { root, versioned })
    }

    /// The address of the same server whose `/v3` is below another path.
    pub(crate) fn with_root(&self, path: &str) -> Self {
        let root = Address {
            path: path.trim_end_matches('/').to_owned(),
            ..self.root.clone()
        };
        AuthUrl {
            root,
            versioned: true,
        }
    }

    /// Whether `/v3` was given.
    pub(crate) fn is_versioned(&self) -> bool {
        self.versioned
    }

    /// Whether a token of `issuer` may be this server's. Without `/v3`, where below the path it is found
    /// is not known yet.
    pub(crate) fn may_be(&self, issuer: &AuthUrl) -> bool {
        let below = issuer.root.path.strip_prefix(&self.root.path);
        self.root.origin == issuer.root.origin
            && below
                .is_some_and(|rest| rest.is_empty() || (!self.versioned && rest.starts_with('/')))
    }

    /// Without `/v3`; the path has no slash at its end.
    pub(crate) fn root(&self) -> &Address {
        &self.root
    }

    /// Without `/v3` and without a slash at its end.
    pub(crate) fn base(&self) -> String {
        format!("{}{}", self.root.origin, self.root.path)
    }

    /// The host, and the port if it was given.
    pub(crate) fn host(&self) -> &str {
        self.root.host()
    }
}

const HELP: &str = "write it as https://keystone.example:5000/v3 or https://cloud.example/identity";

impl fmt::Display for AuthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/v3", self.base())
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
    fn a_token_may_be_of_the_same_server_only() {
        for (given, issuer, may_be) in [
            ("https://host/v3", "https://host/v3", true),
            ("https://host", "https://HOST:443/v3/", true),
            ("https://host", "https://host/identity/v3", true),
            ("https://host/identity", "https://host/identity/v3", true),
            ("https://host/v3", "https://host/identity/v3", false),
            ("https://host/id", "https://host/identity/v3", false),
            ("https://host/identity", "https://host/v3", false),
            ("https://host", "http://host/v3", false),
            ("https://host", "https://host:5000/v3", false),
            ("https://host", "https://host.example/v3", false),
        ] {
            let (given, issuer) = (AuthUrl::parse(given), AuthUrl::parse(issuer));
            let (given, issuer) = (given.unwrap(), issuer.unwrap());
            assert_eq!(given.may_be(&issuer), may_be, "{given:?} {issuer:?}");
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
            "https://h\u{f6}st/s3cret",
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
