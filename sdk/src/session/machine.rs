//! The rules of a session: when a token is good, when it is renewed, and by whom. No I/O, no clock and no
//! chance: what the time is and how the dice fell is passed in.

use crate::exchange::clock::{Millis, Now, SECOND};

/// When a token was issued and when it expires, by the server's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Life {
    pub issued: Millis,
    /// [`NEVER`] if that is not known.
    pub expires: Millis,
    /// When it came to this session.
    pub came: Now,
    /// Whether another login would bring one that expires later.
    pub renewable: bool,
}

/// A token that the session has, and the number by which a refusal names it.
#[derive(Clone, Debug)]
pub(crate) struct Held<T> {
    pub token: T,
    pub serial: u64,
    life: Life,
    renew_at: Millis,
}

impl<T> Held<T> {
    pub(crate) fn life(&self) -> Life {
        self.life
    }
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

/// Why there is no token that is good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// There was none.
    Never,
    Expired,
    /// The server has refused it.
    Refused,
    /// It was revoked by us.
    Forgotten,
}

/// A session's state.
#[derive(Debug)]
pub(crate) struct Machine<T, E> {
    held: Option<Held<T>>,
    /// Why there is none that is held.
    absence: Absence,
    serials: u64,
    flights: u64,
    flying: Option<Flight>,
    failed: Option<(Flight, E)>,
    /// How many renewals in a row have failed, and when to try again, in ticks.
    renewal_failures: u32,
    renew_after: Millis,
    /// No login before this moment, in ticks: a token issued in this second is dead on arrival.
    hold_until: Millis,
    /// When a token was refused last; of several in a row, the first.
    refused: Option<Now>,
    /// Nobody is expected to go on: a token is not renewed before it expires.
    closed: bool,
}

/// The end of a token that is used until it is refused.
pub(crate) const NEVER: Millis = Millis::MAX;

/// Whoever gets a token this soon after its issue, or two refusals within this time, may have to do with a
/// revocation that is not over.
const RECENT: Millis = 3 * SECOND;

/// From when on a second is over.
const SECOND_OVER: Millis = SECOND + SECOND / 10;

/// The margin before expiry, at most.
const MARGIN: Millis = 120 * SECOND;

/// The longest time between two attempts to renew, or with refused credentials.
const LONGEST: Millis = 300 * SECOND;

impl<T: Clone, E: Clone> Machine<T, E> {
    pub(crate) fn new() -> Self {
        Machine {
            held: None,
            absence: Absence::Never,
            serials: 0,
            flights: 0,
            flying: None,
            failed: None,
            renewal_failures: 0,
            renew_after: Millis::MIN,
            hold_until: Millis::MIN,
            refused: None,
            closed: false,
        }
    }

    /// What to do at `now`; `waited` is the login that the caller has waited for, if it has.
    pub(crate) fn step(&mut self, now: Now, waited: Option<Flight>) -> Step<T, E> {
        if let Some(held) = self.ready(now) {
            return Step::Use(held.clone());
        }
        if let Some(held) = self.alive(now).cloned() {
            return Step::Renew(held, self.take_off());
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

    /// The token at hand, if it is good and nobody has to renew it now.
    pub(crate) fn ready(&self, now: Now) -> Option<&Held<T>> {
        let due = |held: &Held<T>| now.server >= held.renew_at && now.ticks >= self.renew_after;
        let free = self.flying.is_none() && !self.closed;
        self.alive(now).filter(|held| !(free && due(held)))
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

    /// A login has brought a token. `chance` is from 0 to 1, so that the programs of a fleet don't renew
    /// in the same second.
    pub(crate) fn logged_in(&mut self, flight: Flight, (token, mut life): (T, Life), chance: f64) {
        self.land(flight);
        self.closed = false;
        // Otherwise the next renewal would bring as little, and so on until expiry.
        let before = self.held.as_ref();
        life.renewable &= before.is_none_or(|before| before.life.expires < life.expires);
        self.renewal_failures = 0;
        self.renew_after = Millis::MIN;
        self.hold(token, life, chance);
    }

    /// Starts from a token that was issued earlier.
    pub(crate) fn hold(&mut self, token: T, life: Life, chance: f64) {
        let margin = margin(life);
        let jitter = scaled(margin / 2, chance);
        self.serials += 1;
        let renew_at = life.expires.saturating_sub(margin + jitter);
        let serial = self.serials;
        self.held = Some(Held {
            token,
            serial,
            life,
            renew_at,
        });
    }

    /// A login has failed. Who waits for it gets the error; a token that still lives goes on living.
    pub(crate) fn failed(&mut self, flight: Flight, error: E, now: Now, chance: f64) {
        self.land(flight);
        let pause = backoff(self.renewal_failures, 5 * SECOND, chance);
        self.renew_after = now.ticks.saturating_add(pause);
        self.renewal_failures = self.renewal_failures.saturating_add(1);
        self.failed = Some((flight, error));
    }

    /// A login was given up before its end: the next who asks takes it over.
    pub(crate) fn abandoned(&mut self, flight: Flight) {
        self.land(flight);
    }

    /// A service has refused the token with this serial. A newer one is not thrown away for it.
    pub(crate) fn token_refused(&mut self, serial: u64, now: Now) {
        let Some(Held { life, .. }) = self.drop_held(serial, Absence::Refused) else {
            return;
        };
        // Keystone revokes by whole seconds: what is issued in the second of a password change is
        // refused at once, and another of the same second would be too. So the next login waits until a
        // second has gone by since this token came if it was new, or since another was refused just before.
        let was_new = life.came.server.saturating_sub(life.issued) < RECENT;
        let came = was_new.then_some(life.came.ticks);
        if let Some(since) = came.max(self.refused_before(now)) {
            self.hold_until = since.saturating_add(SECOND_OVER);
        }
    }

    /// A token that somebody else has got is refused: after a refusal of our own, the next would be too.
    #[cfg(feature = "store")]
    pub(crate) fn another_refused(&mut self, now: Now) {
        if let Some(since) = self.refused_before(now) {
            self.hold_until = self.hold_until.max(since.saturating_add(SECOND_OVER));
        }
    }

    /// When a refusal that has come now was preceded by others, in ticks.
    fn refused_before(&mut self, now: Now) -> Option<Millis> {
        let is_recent = |before: &Now| now.ticks.saturating_sub(before.ticks) < RECENT;
        let before = self.refused.filter(is_recent);
        self.refused = before.or(Some(now));
        before.map(|before| before.ticks)
    }

    /// Whether a token that somebody else has got is likely to be refused as the last one was: while a
    /// revocation is waited out, what is of the second of the refusal, or older.
    #[cfg(feature = "store")]
    pub(crate) fn doubts(&self, issued: Millis, now: Now) -> bool {
        let second = |millis: Millis| millis.div_euclid(SECOND);
        let is_of_it = |refused: Now| second(issued) <= second(refused.server);
        self.hold_back(now) > 0 && self.refused.is_some_and(is_of_it)
    }

    /// Forgets the token with this serial, as after revoking it.
    pub(crate) fn forget(&mut self, serial: u64) {
        self.drop_held(serial, Absence::Forgotten);
    }

    /// The session is being closed: no renewal begins until somebody logs in again.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    fn drop_held(&mut self, serial: u64, absence: Absence) -> Option<Held<T>> {
        let held = self.held.take_if(|held| held.serial == serial)?;
        self.absence = absence;
        Some(held)
    }

    /// How long to wait before a login would bring a token that works.
    pub(crate) fn hold_back(&self, now: Now) -> Millis {
        self.hold_until.saturating_sub(now.ticks).max(0)
    }

    /// The token at hand, if it is good.
    pub(crate) fn alive(&self, now: Now) -> Option<&Held<T>> {
        self.held
            .as_ref()
            .filter(|held| now.server < held.life.expires)
    }

    /// The token at hand, good or not.
    pub(crate) fn held(&self) -> Option<&Held<T>> {
        self.held.as_ref()
    }

    /// Why there is no token that is good, given that there is none.
    pub(crate) fn absence(&self) -> Absence {
        match self.held {
            Some(_) => Absence::Expired,
            None => self.absence,
        }
    }
}

/// How long before its expiry a token is renewed, at the latest.
pub(super) fn margin(life: Life) -> Millis {
    match life.renewable {
        true => MARGIN
            .min(life.expires.saturating_sub(life.issued) / 10)
            .max(0),
        false => 0,
    }
}

/// `first`, doubled for each failure before, with up to a quarter more by chance, and at most
/// [`LONGEST`].
pub(super) fn backoff(failures: u32, first: Millis, chance: f64) -> Millis {
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
