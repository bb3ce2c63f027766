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

/// A Fernet token as Python decodes it, leniently: what is no base64 is skipped, and what follows after padding is ignored.
/// `None` if the padding, which Keystone completes by the length of all, is wrong.
pub(crate) fn decoded_fernet(text: &str) -> Option<String> {
    let missing = text.chars().count().wrapping_neg() % 4;
    let mut id = String::new();
    let mut pads = 0;
    for c in text.chars().chain(std::iter::repeat_n('=', missing)) {
        match c {
            '=' if id.len() % 4 >= 2 => {
                pads += 1;
                if id.len() % 4 + pads >= 4 {
                    return Some(id);
                }
            }
            '+' => id.push('-'),
            '/' => id.push('_'),
            '-' | '_' => id.push(c),
            _ if c.is_ascii_alphanumeric() => id.push(c),
            _ => {}
        }
    }
    id.len().is_multiple_of(4).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::decoded_fernet;

    #[test]
    fn what_python_makes_of_a_fernet_token() {
        assert_eq!(decoded_fernet("abcd").as_deref(), Some("abcd"));
        assert_eq!(decoded_fernet("abc").as_deref(), Some("abc"));
        assert_eq!(decoded_fernet("abcd,").as_deref(), Some("abcd"));
        assert_eq!(decoded_fernet("abc,é").as_deref(), Some("abc"));
        assert_eq!(decoded_fernet("abc=rest").as_deref(), Some("abc"));
        assert_eq!(decoded_fernet("abc,"), None);
        assert_eq!(decoded_fernet("ab,"), None);
        assert_eq!(decoded_fernet("abc,abc"), None);
    }
}
