//! Identifiers and opaque token ids in the shapes that Keystone gives them.

use std::hash::{BuildHasher, Hasher, RandomState};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

/// `len` random bytes. Good enough for a test server: unique, not secret.
fn random_bytes(len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // Each RandomState carries fresh keys, so the hash of nothing is a fresh number.
        bytes.extend(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// 32 hexadecimal digits, as Keystone names users, projects and the like.
pub(crate) fn resource_id() -> String {
    HEXLOWER.encode(&random_bytes(16))
}

/// 22 characters of URL-safe base64.
pub(crate) fn audit_id() -> String {
    BASE64URL_NOPAD.encode(&random_bytes(16))
}

/// `req-` and a UUID.
pub(crate) fn request_id() -> String {
    let hex = resource_id();
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("req-{a}-{b}-{c}-{d}-{e}")
}

/// An opaque id of `len` characters that looks like a Fernet token.
pub(crate) fn fernet_like(len: usize) -> String {
    let mut id = String::from("gAAAAAB");
    id.push_str(&BASE64URL_NOPAD.encode(&random_bytes(len)));
    id.truncate(len);
    id
}
