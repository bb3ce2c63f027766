//! Where a memcached server listens.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// Where memcached listens unless told otherwise.
const PORT: u16 = 11211;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Address {
    Tcp {
        /// A name in lower case, or an IP address without brackets.
        host: String,
        port: u16,
    },
    Unix(PathBuf),
}

impl Address {
    /// Reads `host`, `host:port`, `[IPv6]:port`, `unix:/path` or `/path`.
    pub(super) fn parse(text: &str) -> Option<Address> {
        let text = text.trim();
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') {
            return Some(Address::Unix(PathBuf::from(path)));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (address, rest) = bracketed.split_once(']')?;
                (address.parse::<Ipv6Addr>().ok()?.to_string(), rest)
            }
            None => match text.parse::<Ipv6Addr>() {
                Ok(address) => (address.to_string(), ""),
                Err(_) => host_and_port(text)?,
            },
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => port_of(digits)?,
            None if port.is_empty() => PORT,
            None => return None,
        };
        Some(Address::Tcp { host, port })
    }

    /// Whether what is sent there stays on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Address::Tcp { host, .. } => {
                let is_loopback = |address: IpAddr| address.is_loopback();
                host == "localhost" || host.parse().is_ok_and(is_loopback)
            }
            Address::Unix(_) => true,
        }
    }

    /// How well it suits this key. Each key is kept by the server that suits it best, so that all who
    /// list the same servers, in any order, agree, and a server more or less moves only its share.
    pub(super) fn suits(&self, key: &str) -> [u8; 32] {
        let address = self.to_string();
        let mut hash = Sha256::new();
        hash.update((address.len() as u64).to_be_bytes());
        hash.update(address);
        hash.update(key);
        hash.finalize().into()
    }
}

fn host_and_port(text: &str) -> Option<(String, &str)> {
    let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
    let usual = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_host = host.chars().all(usual) && host.chars().any(|c| c.is_ascii_alphanumeric());
    is_host.then(|| (host.to_ascii_lowercase(), port))
}

fn port_of(digits: &str) -> Option<u16> {
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.parse().ok()?;
    (only_digits && port != 0).then_some(port)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.to_string())
    }

    #[test]
    fn every_way_to_write_an_address() {
        for (text, address) in [
            ("localhost", "localhost:11211"),
            (" Cache-1.Example:5000 ", "cache-1.example:5000"),
            ("127.0.0.1:11212", "127.0.0.1:11212"),
            ("[::1]:11212", "[::1]:11212"),
            ("[0:0::1]", "[::1]:11211"),
            ("::1", "[::1]:11211"),
            (
                "/run/memcached/memcached.sock",
                "unix:/run/memcached/memcached.sock",
            ),
            ("unix:/run/m.sock", "unix:/run/m.sock"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(address), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":11211",
            "host:",
            "host:0",
            "host:65536",
            "host:+1",
            "host:1:2",
            "user:secret@host:1",
            "memcached://host",
            "[::1",
            "[host]:1",
            "[::1]1",
            "unix:",
            "unix:relative",
            "two hosts",
            "a\r\nb",
        ] {
            assert_eq!(shown(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_what_stays_here_is_local() {
        let local = |text| Address::parse(text).unwrap().is_local();
        assert!(local("localhost") && local("127.0.0.2") && local("::1") && local("/m.sock"));
        assert!(!local("10.0.0.1") && !local("localhost.example") && !local("cache1"));
    }
}
