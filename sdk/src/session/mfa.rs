//! More factors: what is missing, and where it comes from.

use std::future::Future;

use crate::identity::v3::auth::AuthMethod;
use crate::identity::v3::tokens::{AuthMethodName, ReceiptRequired};
use crate::runtime::Timestamp;
use crate::transport::BoxError;
use crate::transport::BoxFuture;

impl ReceiptRequired {
    /// The methods that were proved already.
    #[must_use]
    pub fn completed(&self) -> &[AuthMethodName] {
        &self.partial.receipt.methods
    }

    /// For each rule that fits, the methods that are still missing; the shortest first.
    #[must_use]
    pub fn missing(&self) -> Vec<Vec<AuthMethodName>> {
        let proved = self.completed();
        let missing = |rule: &Vec<AuthMethodName>| {
            rule.iter()
                .filter(|method| !proved.contains(method))
                .cloned()
                .collect()
        };
        let mut rules: Vec<Vec<AuthMethodName>> = self
            .partial
            .required_auth_methods
            .iter()
            .map(missing)
            .collect();
        rules.sort_by_key(Vec::len);
        rules
    }

    /// Until when the receipt is good, by the server's clock.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.partial.receipt.expires_at
    }

    /// What is missing by the shortest rule that these methods can satisfy.
    #[must_use]
    pub fn shortest_with(&self, at_hand: &[AuthMethodName]) -> Option<Vec<AuthMethodName>> {
        let possible = |rule: &Vec<AuthMethodName>| {
            !rule.is_empty() && rule.iter().all(|method| at_hand.contains(method))
        };
        self.missing().into_iter().find(possible)
    }
}

/// A factor that is supplied when the server wants it, and not before.
pub trait Factor: Send + Sync + 'static {
    /// The method that it is.
    fn method(&self) -> AuthMethodName;

    /// The factor, for the user and the rules in `needed`; `now` is the server's clock as far as it is
    /// known. It is given up when the receipt expires. A one-time passcode that was sent before is not
    /// sent again.
    fn supply<'a>(
        &'a self,
        needed: &'a ReceiptRequired,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<AuthMethod, BoxError>>;
}

/// A factor that is asked for: of a person, or of another program.
///
/// ```no_run
/// use openstack_identity::identity::v3::tokens::AuthMethodName;
/// use openstack_identity::{OpenStack, Password, Totp, factor_from};
///
/// # async fn ask(_: &str) -> std::io::Result<String> { Ok(String::new()) }
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let passcode = factor_from(AuthMethodName::Totp, |user_id| async move {
///     Ok(Totp::by_id(&user_id, ask("Passcode: ").await?).into())
/// });
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
///     .credentials(Password::by_id("a1b2", "secret"))
///     .factor(passcode)
///     .build()?;
/// # Ok(()) }
/// ```
pub fn factor_from<F, A>(method: AuthMethodName, ask: F) -> impl Factor
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<AuthMethod, BoxError>> + Send + 'static,
{
    Asked { method, ask }
}

struct Asked<F> {
    method: AuthMethodName,
    ask: F,
}

impl<F, A> Factor for Asked<F>
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<AuthMethod, BoxError>> + Send + 'static,
{
    fn method(&self) -> AuthMethodName {
        self.method.clone()
    }

    fn supply<'a>(
        &'a self,
        needed: &'a ReceiptRequired,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<AuthMethod, BoxError>> {
        Box::pin((self.ask)(needed.partial.receipt.user.id.clone()))
    }
}

#[cfg(feature = "totp")]
pub use self::seed::{TotpSeed, TotpSeedError};

#[cfg(feature = "totp")]
mod seed {
    use std::fmt;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use super::{BoxError, BoxFuture, Factor};
    use crate::exchange::timer;
    use crate::identity::v3::auth::{AuthMethod, Totp};
    use crate::identity::v3::tokens::{AuthMethodName, ReceiptRequired};
    use crate::runtime::Secret;
    use crate::runtime::Timestamp;
    use crate::totp;

    /// A secret from which one-time passcodes are computed, as an authenticator application does.
    ///
    /// A passcode works once: if that of this half minute was used, the next one is waited for, unless
    /// the server's receipt expires before. One seed can serve several clients at a time.
    pub struct TotpSeed {
        seed: Secret,
        /// The last step whose passcode was used.
        spent: Mutex<Option<u64>>,
    }

    impl TotpSeed {
        /// Takes the seed in base32, as it was shown when the credential was made. Padding, spaces and
        /// case don't matter.
        ///
        /// # Errors
        ///
        /// It is no base32.
        pub fn new(base32: impl Into<String>) -> Result<Self, TotpSeedError> {
            let seed = Secret::new(base32);
            match totp::passcode(seed.expose(), 0) {
                Some(_) => Ok(TotpSeed {
                    seed,
                    spent: Mutex::new(None),
                }),
                None => Err(TotpSeedError),
            }
        }

        /// The step of this second, which nobody else gets; else how long it is to the next one that is
        /// free. Nothing is used up by waiting.
        pub(super) fn take(&self, second: u64) -> Result<u64, Duration> {
            let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
            let present = second / totp::STEP;
            match *spent {
                Some(last) if last >= present => {
                    let next = last.saturating_add(1).saturating_mul(totp::STEP);
                    Err(Duration::from_secs(next.saturating_sub(second)))
                }
                _ => {
                    *spent = Some(present);
                    Ok(present)
                }
            }
        }

        /// A passcode that was not used, before `end`. `now` is the server's clock at present.
        async fn passcode(&self, now: Timestamp, end: Timestamp) -> Result<String, BoxError> {
            let began = Instant::now();
            let left = end.since(now);
            loop {
                let gone = began.elapsed();
                let second = now.as_second().saturating_add_unsigned(gone.as_secs());
                match self.take(u64::try_from(second).unwrap_or(0)) {
                    Ok(step) => {
                        return Ok(totp::passcode(self.seed.expose(), step).unwrap_or_default());
                    }
                    Err(wait) if gone + wait >= left => {
                        let why = "the passcode of this half minute was used, and the receipt expires \
                                   before the next one: log in again later";
                        return Err(why.into());
                    }
                    Err(_) if !timer::is_there() => {
                        let why = "the passcode of this half minute was used, and the next one can be \
                                   waited for in a Tokio runtime only";
                        return Err(why.into());
                    }
                    Err(wait) => timer::pause(wait).await,
                }
            }
        }
    }

    impl fmt::Debug for TotpSeed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("TotpSeed([secret])")
        }
    }

    /// The seed of one-time passcodes is no base32.
    #[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
    #[error("the seed is no base32: it has letters from A to Z and digits from 2 to 7")]
    pub struct TotpSeedError;

    impl Factor for TotpSeed {
        fn method(&self) -> AuthMethodName {
            AuthMethodName::Totp
        }

        fn supply<'a>(
            &'a self,
            needed: &'a ReceiptRequired,
            now: Timestamp,
        ) -> BoxFuture<'a, Result<AuthMethod, BoxError>> {
            Box::pin(async move {
                let passcode = self.passcode(now, needed.expires_at()).await?;
                Ok(Totp::by_id(&needed.partial.receipt.user.id, passcode).into())
            })
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn no_passcode_is_used_twice() {
            let seed = TotpSeed::new("gezd gnbv gy3t qojq").unwrap();
            assert_eq!(seed.take(1_000), Ok(33));
            assert_eq!(seed.take(1_001), Err(Duration::from_secs(19)));
            // Who waits and gives up costs nothing, and of two who wait one gets it.
            assert_eq!(seed.take(1_002), Err(Duration::from_secs(18)));
            assert_eq!(seed.take(1_020), Ok(34));
            assert_eq!(seed.take(1_020), Err(Duration::from_secs(30)));
            assert_eq!(seed.take(9_000), Ok(300));
            // A clock that goes back makes no passcode good again.
            assert_eq!(seed.take(8_999), Err(Duration::from_secs(31)));
            assert!(seed.take(u64::MAX).is_ok() && seed.take(u64::MAX).is_err());
            assert_eq!(format!("{seed:?}"), "TotpSeed([secret])");
            assert!(TotpSeed::new("not base32!").is_err() && TotpSeed::new("").is_err());
        }
    }
}
