//! The rules of a session: when a token is good, when it is renewed, by whom, and when credentials are
//! not sent again. No I/O, no clock and no chance: what the time is and how the dice fell is passed in.

/// Milliseconds since 1970 by some clock.
pub(crate) type Millis = i64;

/// When a token was issued and when it expires, by the server's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Life {
    pub issued: Millis,
    pub expires: Millis,
}

/// A token that the session has, and the number by which a refusal names it.
#[derive(Clone, Debug)]
pub(crate) struct Held<T> {
    pub token: T,
    pub serial: u64,
    life: Life,
    renew_at: Millis,
}

/// What a caller who needs a token does next.
#[derive(Clone, Debug)]
pub(crate) enum Step<T, E> {
    /// Use this one.
    Use(Held<T>),
    /// Use this one, and get a new one meanwhile: nobody else does.
    Renew(Held<T>, Flight),
    /// Log in: nobody else does.
    LogIn(Flight),
    /// Wait for the login that is under way.
    Wait(Flight),
    /// The login that was waited for has failed.
    Failed(E),
}

/// The number of a login.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Flight(u64);

/// Why credentials are not sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Denied<E> {
    /// They were refused, and it is too early to try them again; this was the refusal.
    CoolDown(E),
    /// They work once, and were sent already.
    Spent,
}

/// Credentials as far as the session has to tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint {
    pub hash: u64,
    /// They hold a passcode, which works once.
    pub one_shot: bool,
}

#[derive(Debug)]
struct Refusal<E> {
    of: u64,
    times: u32,
    until: Millis,
    error: E,
}

/// A session's state.
#[derive(Debug)]
pub(crate) struct Machine<T, E> {
    held: Option<Held<T>>,
    serials: u64,
    flights: u64,
    flying: Option<Flight>,
    failed: Option<(Flight, E)>,
    /// How many renewals in a row have failed, and when to try again.
    renewal_failures: u32,
    renew_after: Millis,
    refusal: Option<Refusal<E>>,
    spent: Option<u64>,
    /// How far the server's clock is ahead of ours.
    skew: Millis,
    /// No login before this moment: a token issued in this second is dead on arrival.
    hold_until: Millis,
}

const SECOND: Millis = 1_000;

/// The margin before expiry, at most.
const MARGIN: Millis = 120 * SECOND;

/// The longest time between two attempts to renew, or with refused credentials.
const LONGEST: Millis = 300 * SECOND;

impl<T: Clone, E: Clone> Machine<T, E> {
    pub(crate) fn new() -> Self {
        Machine {
            held: None,
            serials: 0,
            flights: 0,
            flying: None,
            failed: None,
            renewal_failures: 0,
            renew_after: 0,
            refusal: None,
            spent: None,
            skew: 0,
            hold_until: 0,
        }
    }

    /// What to do at `now`; `waited` is the login that the caller has waited for, if it has.
    pub(crate) fn step(&mut self, now: Millis, waited: Option<Flight>) -> Step<T, E> {
        let now = self.server_now(now);
        if let Some(held) = self.held.clone().filter(|held| now < held.life.expires) {
            let due = now >= held.renew_at && now >= self.renew_after;
            return match due && self.flying.is_none() {
                true => Step::Renew(held, self.take_off()),
                false => Step::Use(held),
            };
        }
        // First the error: who waited for a login that failed doesn't wait for the next one too.
        match (&self.failed, self.flying) {
            (Some((failed, error)), _) if waited.is_some_and(|waited| waited <= *failed) => {
                Step::Failed(error.clone())
            }
            (_, Some(flight)) => Step::Wait(flight),
            (_, None) => Step::LogIn(self.take_off()),
        }
    }

    fn take_off(&mut self) -> Flight {
        self.flights += 1;
        let flight = Flight(self.flights);
        self.flying = Some(flight);
        flight
    }

    /// Ends a login. Its leader may have been given up meanwhile, and another have started.
    fn land(&mut self, flight: Flight) {
        if self.flying == Some(flight) {
            self.flying = None;
        }
    }

    /// A login has brought a token. `server_now` is the server's clock at `now`; `chance` is from 0 to
    /// 1, so that the programs of a fleet don't renew in the same second.
    pub(crate) fn logged_in(
        &mut self,
        flight: Flight,
        (token, life): (T, Life),
        now: Millis,
        server_now: Option<Millis>,
        chance: f64,
    ) {
        self.land(flight);
        if let Some(server_now) = server_now {
            self.skew = server_now.saturating_sub(now);
        }
        self.renewal_failures = 0;
        self.renew_after = 0;
        self.refusal = None;
        self.hold(token, life, chance);
    }

    /// Starts from a token that was issued earlier.
    pub(crate) fn hold(&mut self, token: T, life: Life, chance: f64) {
        let margin = margin(life);
        let jitter = scaled(margin / 2, chance);
        self.serials += 1;
        let (serial, renew_at) = (self.serials, life.expires - margin - jitter);
        self.held = Some(Held {
            token,
            serial,
            life,
            renew_at,
        });
    }

    /// A login has failed. Who waits for it gets the error; a token that still lives goes on living.
    pub(crate) fn failed(&mut self, flight: Flight, error: E, now: Millis, chance: f64) {
        self.land(flight);
        self.renew_after =
            self.server_now(now) + backoff(self.renewal_failures, 5 * SECOND, chance);
        self.renewal_failures = self.renewal_failures.saturating_add(1);
        self.failed = Some((flight, error));
    }

    /// A login was given up before its end: the next who asks takes it over.
    pub(crate) fn abandoned(&mut self, flight: Flight) {
        self.land(flight);
    }

    /// A service has refused the token with this serial. A newer one is not thrown away for it.
    pub(crate) fn token_refused(&mut self, serial: u64, now: Millis) {
        let server_now = self.server_now(now);
        if let Some(held) = self.held.take_if(|held| held.serial == serial) {
            // Keystone revokes by whole seconds: what is issued in the second of a password change
            // is refused at once, and another of the same second would be too.
            if server_now < held.life.issued + 2 * SECOND {
                self.hold_until = held.life.issued + SECOND + SECOND / 10;
            }
        }
    }

    /// Forgets the token with this serial, as after revoking it.
    pub(crate) fn forget(&mut self, serial: u64) {
        self.held.take_if(|held| held.serial == serial);
    }

    /// How long to wait before a login would bring a token that works.
    pub(crate) fn hold_back(&self, now: Millis) -> Millis {
        self.hold_until
            .saturating_sub(self.server_now(now))
            .clamp(0, 2 * SECOND)
    }

    /// Whether these credentials may be sent at `now`. What works once counts as sent from here on.
    pub(crate) fn may_send(
        &mut self,
        credentials: Fingerprint,
        now: Millis,
    ) -> Result<(), Denied<E>> {
        if credentials.one_shot && self.spent == Some(credentials.hash) {
            return Err(Denied::Spent);
        }
        match &self.refusal {
            Some(refusal) if refusal.of == credentials.hash && now < refusal.until => {
                Err(Denied::CoolDown(refusal.error.clone()))
            }
            _ => {
                if credentials.one_shot {
                    self.spent = Some(credentials.hash);
                }
                Ok(())
            }
        }
    }

    /// The server has refused these credentials: they are not sent again for a growing time.
    pub(crate) fn credentials_refused(
        &mut self,
        credentials: Fingerprint,
        error: E,
        now: Millis,
        chance: f64,
    ) {
        let before = self
            .refusal
            .take()
            .filter(|refusal| refusal.of == credentials.hash);
        let times = before.map_or(0, |refusal| refusal.times);
        let until = now + backoff(times, 2 * SECOND, chance);
        let times = times.saturating_add(1);
        self.refusal = Some(Refusal {
            of: credentials.hash,
            times,
            until,
            error,
        });
    }

    /// The server's clock at `now`, as far as it is known.
    pub(crate) fn server_now(&self, now: Millis) -> Millis {
        now.saturating_add(self.skew)
    }

    /// The token at hand, if it is good.
    pub(crate) fn alive(&self, now: Millis) -> Option<&Held<T>> {
        let now = self.server_now(now);
        self.held.as_ref().filter(|held| now < held.life.expires)
    }

    /// The token at hand, good or not.
    pub(crate) fn held(&self) -> Option<&Held<T>> {
        self.held.as_ref()
    }
}

/// How long before its expiry a token is renewed, at the latest.
pub(crate) fn margin(life: Life) -> Millis {
    let tenth = life.expires.saturating_sub(life.issued) / 10;
    MARGIN.min(tenth).max(0)
}

/// `first`, doubled for each failure before, with up to a quarter more by chance, and at most
/// [`LONGEST`].
fn backoff(failures: u32, first: Millis, chance: f64) -> Millis {
    let time = first.saturating_mul(1 << failures.min(16)).min(LONGEST);
    time + scaled(time / 4, chance)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn scaled(time: Millis, chance: f64) -> Millis {
    (time as f64 * chance.clamp(0.0, 1.0)) as Millis
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
