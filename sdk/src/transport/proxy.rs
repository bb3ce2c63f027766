//! The proxies of the environment: reqwest uses them, and this tells which it uses, and which it can't.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use crate::transport::{Proxy, TransportError, TransportErrorKind};

const HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// What the environment says of proxies.
#[derive(Default)]
pub(crate) struct Proxies {
    http: Option<Variable>,
    https: Option<Variable>,
    /// None if no variable is set.
    rules: Option<Rules>,
}

struct Rules {
    used: Matcher,
    /// Tells what would go by a proxy, if there were one for everything.
    not_exempt: Matcher,
}

/// A variable that names a proxy.
#[derive(Clone, Copy)]
struct Variable {
    name: &'static str,
    /// Whether its value is the address of a proxy.
    can_be_used: bool,
}

impl Proxies {
    /// As reqwest reads them, when a client is made.
    pub(crate) fn of_environment() -> Self {
        let (http, https) = (variable(&HTTP), variable(&HTTPS));
        // In CGI anybody sets HTTP_PROXY, by a header, and so none is used.
        let is_cgi = || std::env::var_os("REQUEST_METHOD").is_some();
        if (http.is_none() && https.is_none()) || is_cgi() {
            return Proxies::default();
        }
        let no_proxy = ["NO_PROXY", "no_proxy"];
        let no_proxy = no_proxy.iter().find_map(|name| std::env::var(name).ok());
        let everything = Matcher::builder().all("http://proxy.invalid");
        Proxies {
            http,
            https,
            rules: Some(Rules {
                used: Matcher::from_system(),
                not_exempt: everything.no(no_proxy.unwrap_or_default()).build(),
            }),
        }
    }

    /// The proxy by which a request to this address goes.
    pub(crate) fn of(&self, address: &Uri) -> Option<Proxy> {
        let variable = self.variable(address)?;
        let used = self.rules.as_ref()?.used.intercept(address);
        used.map(|_| Proxy(variable.name))
    }

    /// Refuses an address that should go by a proxy, and can't.
    pub(crate) fn check(&self, address: &Uri) -> Result<(), TransportError> {
        let unusable = self
            .variable(address)
            .filter(|variable| !variable.can_be_used);
        let (Some(variable), Some(rules)) = (unusable, &self.rules) else {
            return Ok(());
        };
        match rules.not_exempt.intercept(address) {
            None => Ok(()),
            Some(_) => {
                let reason = format!(
                    "the variable {} is not the address of a proxy: write it as \
                     http://proxy.example:3128, or unset it",
                    variable.name
                );
                Err(TransportError::new(TransportErrorKind::Setup, reason))
            }
        }
    }

    fn variable(&self, address: &Uri) -> Option<Variable> {
        match address.scheme_str() {
            Some("https") => self.https,
            _ => self.http,
        }
    }
}

/// The first of these variables that is set, unless it is empty.
fn variable(names: &[&'static str]) -> Option<Variable> {
    let (own, all) = names.split_at(names.len() - 2);
    let first = |names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| Some((*name, std::env::var_os(name)?)))
            .filter(|(_, value)| !value.is_empty())
    };
    let (name, value) = first(own).or_else(|| first(all))?;
    let can_be_used = value.to_str().is_some_and(is_proxy);
    Some(Variable { name, can_be_used })
}

/// Whether reqwest takes this for the address of a proxy, and there may be one.
fn is_proxy(value: &str) -> bool {
    let used = Matcher::builder().all(value).build();
    let used = used.intercept(&Uri::from_static("http://host.invalid"));
    let authority = used.as_ref().and_then(|used| used.uri().authority());
    authority.is_some_and(|authority| {
        let port = authority.as_str().rsplit(']').next().unwrap_or_default();
        !authority.host().is_empty() && port.contains(':') == authority.port_u16().is_some()
    })
}
