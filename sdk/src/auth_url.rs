//! The address of an Identity service, as people write it.

use std::fmt;

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
        if uri.query().is_some() || text.contains('#') {
            return wrong("has a query or a fragment");
        }
        if uri.path().trim_end_matches('/').contains("//") {
            return wrong("has an empty part in its path");
        }
        let path = uri.path().trim_end_matches('/');
        let path = path
            .strip_suffix("/v3")
            .unwrap_or(path)
            .trim_end_matches('/');
        let host = authority.as_str().to_ascii_lowercase();
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
        ] {
            let error = AuthUrl::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("the auth URL"), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
