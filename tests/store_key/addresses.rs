//! Random auth URLs: the same key exactly where they are the same server's, however they are written.

use openstack_identity::store::StoreKey;
use openstack_identity::{Credentials, Password};
use proptest::prelude::*;
use proptest::sample::select;

use crate::random::config;

/// The parts of an auth URL, as everybody reads them.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Address {
    secure: bool,
    host: &'static str,
    port: u16,
    path: String,
}

const HOSTS: [&str; 6] = ["a", "ab", "a.b", "127.0.0.1", "[::1]", "[::2]"];
const PORTS: [u16; 5] = [1, 80, 443, 5000, 50000];

fn address() -> impl Strategy<Value = Address> {
    let path = "(/(a|A|v3|V3|v3v3|%76)){0,3}";
    let parts = (any::<bool>(), select(&HOSTS[..]), select(&PORTS[..]), path);
    parts.prop_map(|(secure, host, port, path)| Address {
        secure,
        host,
        port,
        path,
    })
}

impl Address {
    /// With some parts of another one.
    fn with(self, other: &Address, same: [bool; 4]) -> Self {
        Address {
            secure: if same[0] { other.secure } else { self.secure },
            host: if same[1] { other.host } else { self.host },
            port: if same[2] { other.port } else { self.port },
            path: if same[3] {
                other.path.clone()
            } else {
                self.path
            },
        }
    }

    /// In small or in large letters, with slashes at the end, and with the usual port or without.
    fn written(&self, upper: bool, slashes: u8, port: bool) -> String {
        let (scheme, usual) = if self.secure {
            ("https", 443)
        } else {
            ("http", 80)
        };
        let mut origin = format!("{scheme}://{}", self.host);
        if port || self.port != usual {
            origin += &format!(":{}", self.port);
        }
        if upper {
            origin = origin.to_ascii_uppercase();
        }
        format!("{origin}{}{}", self.path, "/".repeat(usize::from(slashes)))
    }
}

fn key(url: &str) -> StoreKey {
    let credentials = Credentials::from(Password::by_id("x", "x"));
    StoreKey::new(url, &credentials, None).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_addresses_share_a_key_if_they_are_the_same_server(
        one in address(),
        other in address(),
        same in any::<[bool; 4]>(),
        ways in any::<[(bool, bool); 2]>(),
        slashes in (0..3_u8, 0..3_u8),
    ) {
        let other = other.with(&one, same);
        let one_key = key(&one.written(ways[0].0, slashes.0, ways[0].1));
        let other_key = key(&other.written(ways[1].0, slashes.1, ways[1].1));
        prop_assert_eq!(one_key == other_key, one == other);
    }
}

#[test]
fn what_is_no_address_has_no_key() {
    for url in [
        "",
        "host",
        "ftp://host",
        "https://user:secret@host/v3",
        "https://host/v3?a",
        "https://host//v3",
    ] {
        let credentials = Credentials::from(Password::by_id("x", "x"));
        assert_eq!(StoreKey::new(url, &credentials, None), None, "{url}");
    }
}
