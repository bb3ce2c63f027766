//! One-time passcodes: RFC 6238 with SHA-1, six digits, steps of 30 seconds.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// How many seconds a step takes.
const STEP: u64 = 30;

/// The passcode of a base32 secret at a moment, as an authenticator application shows it.
///
/// Steps are 30 seconds, codes are six digits, the hash is SHA-1. `None` if `secret` is no base32; padding and case don't
/// matter.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use openstack_identity_testing::totp_passcode;
///
/// // From RFC 6238: the secret "12345678901234567890", 59 seconds after the epoch.
/// let code = totp_passcode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", UNIX_EPOCH + Duration::from_secs(59));
/// assert_eq!(code.as_deref(), Some("287082"));
/// ```
#[must_use]
pub fn totp_passcode(secret: &str, at: SystemTime) -> Option<String> {
    let seconds = at.duration_since(UNIX_EPOCH).ok()?.as_secs();
    passcode_of_step(secret, seconds / STEP)
}

fn passcode_of_step(secret: &str, step: u64) -> Option<String> {
    let secret: String = secret.split_whitespace().collect();
    let secret = secret.trim_end_matches('=').to_ascii_uppercase();
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // RFC 4226, 5.3: the last four bits say where the 31 bits of the code begin.
    let offset = usize::from(digest.last()? & 0x0f);
    let word: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    Some(format!(
        "{:06}",
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    ))
}

/// Whether `passcode` is the one of this step or of one of the `previous` steps before it.
pub(crate) fn matches(secret: &str, passcode: &str, at: SystemTime, previous: u64) -> bool {
    let Ok(since) = at.duration_since(UNIX_EPOCH) else {
        return false;
    };
    let step = since.as_secs() / STEP;
    (0..=previous)
        .filter_map(|back| step.checked_sub(back))
        .any(|step| passcode_of_step(secret, step).as_deref() == Some(passcode))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_previous_step_counts_and_no_more() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let code = totp_passcode(secret, at(1_000)).unwrap();
        assert!(matches(secret, &code, at(1_000), 1));
        assert!(matches(secret, &code, at(1_030), 1));
        assert!(!matches(secret, &code, at(1_060), 1));
        assert!(!matches(secret, &code, at(970), 1));
    }

    #[test]
    fn a_bad_secret_gives_no_code() {
        assert_eq!(totp_passcode("not base32!", UNIX_EPOCH), None);
    }
}
