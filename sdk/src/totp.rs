//! One-time passcodes from a seed: RFC 6238 with SHA-1, six digits, steps of 30 seconds.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// How long a passcode is good, in seconds.
pub(crate) const STEP: u64 = 30;

/// The passcode of a base32 secret for a step; `None` if the secret is no base32. Padding, spaces and
/// case don't matter.
pub(crate) fn passcode(secret: &str, step: u64) -> Option<String> {
    let secret: String = secret.split_whitespace().collect();
    let secret = secret.trim_end_matches('=').to_ascii_uppercase();
    let key = BASE32_NOPAD
        .decode(secret.as_bytes())
        .ok()
        .filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let word: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}
