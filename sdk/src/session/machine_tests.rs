use super::{Absence, Flight, Life, Machine, Millis, NEVER, Now, SECOND, Step};

type M = Machine<&'static str, &'static str>;

const T0: Millis = 1_700_000_000_000;

fn life(seconds: Millis) -> Life {
    Life {
        issued: T0,
        expires: T0 + seconds * SECOND,
        came: at(0),
        renewable: true,
    }
}

/// So many milliseconds after `T0`, by both clocks.
fn at(millis: Millis) -> Now {
    Now {
        server: T0 + millis,
        ticks: millis,
    }
}

fn log_in(machine: &mut M, now: Now) -> Flight {
    match machine.step(now, None) {
        Step::LogIn(flight) | Step::Renew(_, flight) => flight,
        other => panic!("{other:?}"),
    }
}

/// A session that got a token at `T0` which lives so many seconds.
fn with_token(seconds: Millis, chance: f64) -> M {
    let mut machine = M::new();
    let flight = log_in(&mut machine, at(0));
    machine.logged_in(flight, ("first", life(seconds)), chance);
    machine
}

fn uses(machine: &mut M, now: Now) -> Option<&'static str> {
    match machine.step(now, None) {
        Step::Use(held) => Some(held.token),
        _ => None,
    }
}

#[test]
fn one_logs_in_and_the_others_wait() {
    let mut machine = M::new();
    let flight = log_in(&mut machine, at(0));
    assert!(matches!(machine.step(at(0), None), Step::Wait(other) if other == flight));
    machine.logged_in(flight, ("first", life(3600)), 0.0);
    assert!(matches!(machine.step(at(0), Some(flight)), Step::Use(held) if held.token == "first"));
}

#[test]
fn who_waits_shares_the_error_and_who_comes_later_tries_again() {
    let mut machine = M::new();
    let flight = log_in(&mut machine, at(0));
    machine.failed(flight, "down", at(0), 0.0);
    assert!(matches!(
        machine.step(at(0), Some(flight)),
        Step::Failed("down")
    ));
    let next = log_in(&mut machine, at(0));
    // Also while the next one tries.
    assert!(matches!(
        machine.step(at(0), Some(flight)),
        Step::Failed("down")
    ));
    assert!(matches!(machine.step(at(0), Some(next)), Step::Wait(_)));
}

#[test]
fn a_leader_that_gave_up_is_followed_by_another() {
    let mut machine = M::new();
    let first = log_in(&mut machine, at(0));
    machine.abandoned(first);
    let second = match machine.step(at(0), Some(first)) {
        Step::LogIn(flight) => flight,
        other => panic!("{other:?}"),
    };
    // What the first one still says changes nothing about the second.
    machine.abandoned(first);
    assert!(matches!(machine.step(at(0), None), Step::Wait(flight) if flight == second));
}

#[test]
fn renewal_comes_before_expiry_by_the_smaller_margin() {
    // An hour: 120 s. Five minutes: a tenth. By chance up to half as much earlier.
    for (life, chance, margin) in [
        (3600, 0.0, 120),
        (3600, 1.0, 180),
        (300, 0.0, 30),
        (300, 1.0, 45),
    ] {
        let mut machine = with_token(life, chance);
        let renew_at = (life - margin) * SECOND;
        assert_eq!(
            uses(&mut machine, at(renew_at - 1)),
            Some("first"),
            "{life} {chance}"
        );
        assert!(
            matches!(machine.step(at(renew_at), None), Step::Renew(..)),
            "{life} {chance}"
        );
        // One renews, the others go on with the token that lives.
        assert_eq!(
            uses(&mut machine, at(renew_at)),
            Some("first"),
            "{life} {chance}"
        );
    }
}

#[test]
fn a_failed_renewal_is_tried_again_later_and_later_until_expiry() {
    let mut machine = with_token(3600, 0.0);
    let mut attempts = Vec::new();
    for second in 3480..3600 {
        let now = at(second * SECOND);
        match machine.step(now, None) {
            Step::Renew(held, flight) => {
                assert_eq!(held.token, "first", "which is good meanwhile");
                machine.failed(flight, "down", now, 0.0);
                attempts.push(second);
            }
            step => assert!(matches!(step, Step::Use(_)), "{step:?}"),
        }
    }
    assert_eq!(attempts, [3480, 3485, 3495, 3515, 3555]);
    assert!(
        matches!(machine.step(at(3600 * SECOND), None), Step::LogIn(_)),
        "dead at expiry"
    );
}

#[test]
fn a_clock_that_is_set_delays_no_renewal() {
    let mut machine = with_token(3600, 0.0);
    let due = at(3500 * SECOND);
    let flight = log_in(&mut machine, due);
    machine.failed(flight, "down", due, 0.0);
    let later = |server: Millis| Now {
        server: T0 + server,
        ticks: due.ticks + 5 * SECOND,
    };
    // Back by ten seconds, which is before the failure, and after the token was due.
    assert!(matches!(
        machine.step(later(3490 * SECOND), None),
        Step::Renew(..)
    ));

    // The same for a token that was dead on arrival.
    let mut machine = with_token(3600, 0.0);
    machine.token_refused(1, at(300));
    let day_before = Now {
        server: T0 - 86_400 * SECOND,
        ticks: 300 + 2 * SECOND,
    };
    assert_eq!(machine.hold_back(day_before), 0);
}

#[test]
fn a_token_whose_renewal_brings_nothing_is_not_renewed_again() {
    let fixed = Life {
        renewable: false,
        ..life(3600)
    };
    for known in [true, false] {
        let mut machine = match known {
            true => M::new(),
            false => with_token(3600, 0.0),
        };
        let due = at(3500 * SECOND);
        let flight = log_in(&mut machine, due);
        // The same expiry once more, as with a token for credentials.
        let renewed = if known { fixed } else { life(3600) };
        machine.logged_in(flight, ("second", renewed), 1.0);
        for millis in [3500 * SECOND, 3599 * SECOND, 3600 * SECOND - 1] {
            assert_eq!(uses(&mut machine, at(millis)), Some("second"), "{millis}");
        }
        let end = at(3600 * SECOND);
        let flight = log_in(&mut machine, end);
        machine.logged_in(flight, ("third", life(7200)), 0.0);
        let due = machine.step(at(7100 * SECOND), None);
        assert!(matches!(due, Step::Renew(..)), "one that gains is renewed");
    }
}

#[test]
fn a_closed_session_renews_nothing_until_somebody_logs_in() {
    let mut machine = with_token(3600, 0.0);
    machine.close();
    assert_eq!(uses(&mut machine, at(3599 * SECOND)), Some("first"));
    let end = at(3600 * SECOND);
    let flight = log_in(&mut machine, end);
    machine.logged_in(flight, ("second", life(7200)), 0.0);
    assert!(matches!(
        machine.step(at(7100 * SECOND), None),
        Step::Renew(..)
    ));
}

#[test]
fn why_there_is_no_token_is_known() {
    assert_eq!(M::new().absence(), Absence::Never);
    let mut machine = with_token(3600, 0.0);
    assert_eq!(machine.absence(), Absence::Expired);
    machine.token_refused(1, at(60 * SECOND));
    assert_eq!(machine.absence(), Absence::Refused);
    let flight = log_in(&mut machine, at(60 * SECOND));
    machine.logged_in(flight, ("second", life(3600)), 0.0);
    machine.token_refused(1, at(60 * SECOND));
    assert_eq!(machine.absence(), Absence::Expired, "that was another");
    machine.forget(2);
    assert_eq!(machine.absence(), Absence::Forgotten);
}

#[test]
fn a_refusal_throws_away_the_refused_token_only() {
    let mut machine = with_token(3600, 0.0);
    let Step::Use(old) = machine.step(at(0), None) else {
        panic!()
    };
    let late = at(60 * SECOND);
    machine.token_refused(old.serial, late);
    let flight = log_in(&mut machine, late);
    machine.logged_in(flight, ("second", life(3600)), 0.0);
    // A slow answer of a request that used the old one.
    machine.token_refused(old.serial, late);
    assert_eq!(uses(&mut machine, late), Some("second"));
}

#[test]
fn a_token_that_is_dead_on_arrival_is_waited_out() {
    let mut machine = with_token(3600, 0.0);
    let Step::Use(held) = machine.step(at(0), None) else {
        panic!()
    };
    machine.token_refused(held.serial, at(300));
    let wait = machine.hold_back(at(300));
    assert!((700..=2 * SECOND).contains(&wait), "{wait}");
    assert_eq!(machine.hold_back(at(2 * SECOND)), 0);

    let mut machine = with_token(3600, 0.0);
    let Step::Use(held) = machine.step(at(0), None) else {
        panic!()
    };
    machine.token_refused(held.serial, at(60 * SECOND));
    assert_eq!(
        machine.hold_back(at(60 * SECOND)),
        0,
        "an old token's refusal is not that"
    );
}

/// A token that came at this moment, and was issued so long before.
fn came(millis: Millis, age: Millis) -> Life {
    Life {
        issued: T0 + millis - age,
        expires: T0 + 3600 * SECOND,
        came: at(millis),
        renewable: true,
    }
}

#[test]
fn a_second_refusal_in_a_row_waits_until_the_second_of_the_first_is_over() {
    for (age_of_second, expected) in [
        // A login of the second of the revocation, and an old one out of a store.
        (0, 50 + 1_100),
        (600 * SECOND, 10 + 1_100),
    ] {
        let mut machine = M::new();
        machine.hold("first", came(-60 * SECOND, 0), 0.0);
        machine.token_refused(1, at(10));
        assert_eq!(
            machine.hold_back(at(10)),
            0,
            "the first is replaced at once"
        );
        machine.hold("second", came(50, age_of_second), 0.0);
        machine.token_refused(2, at(60));
        assert_eq!(machine.hold_back(at(60)), expected - 60, "{age_of_second}");
        // And no longer, however often that is.
        machine.hold("third", came(5 * SECOND, 0), 0.0);
        machine.token_refused(3, at(60 * SECOND));
        assert_eq!(machine.hold_back(at(60 * SECOND)), 0);
    }
}

#[cfg(feature = "store")]
#[test]
fn while_a_second_is_waited_out_its_tokens_are_doubted() {
    let mut machine = M::new();
    machine.hold("first", came(0, 0), 0.0);
    assert!(!machine.doubts(T0, at(0)));
    machine.token_refused(1, at(200));
    assert!(machine.doubts(T0 + 900, at(950)) && machine.doubts(T0 - SECOND, at(950)));
    assert!(!machine.doubts(T0 + SECOND, at(SECOND)));
    // A late refusal of another token of that second says nothing of the next one.
    machine.hold("second", came(600, 0), 0.0);
    machine.token_refused(2, at(1_050));
    assert!(machine.doubts(T0 + 900, at(1_200)) && !machine.doubts(T0 + 1_150, at(1_200)));
    assert!(!machine.doubts(T0 + 900, at(2 * SECOND)), "it is over");
}

#[cfg(feature = "store")]
#[test]
fn after_a_refusal_another_that_was_found_dead_makes_wait() {
    let mut machine = M::new();
    // One that lies in the store from long ago.
    machine.another_refused(at(0));
    assert_eq!(machine.hold_back(at(0)), 0);
    machine.hold("first", came(10 * SECOND, 600 * SECOND), 0.0);
    machine.token_refused(1, at(20 * SECOND));
    assert_eq!(machine.hold_back(at(20 * SECOND)), 0);
    machine.another_refused(at(20 * SECOND + 100));
    assert_eq!(machine.hold_back(at(20 * SECOND + 100)), 1_000);
}

#[test]
fn a_token_of_unknown_end_is_used_until_it_is_refused() {
    let mut machine = M::new();
    let life = Life {
        expires: NEVER,
        ..life(0)
    };
    machine.hold("odd", life, 1.0);
    let late = at(365 * 86_400 * SECOND);
    assert_eq!(uses(&mut machine, late), Some("odd"));
    machine.token_refused(1, late);
    assert!(matches!(machine.step(late, None), Step::LogIn(_)));
}

#[test]
fn odd_lives_do_no_harm() {
    for (issued, expires) in [
        (T0, T0),
        (T0 + SECOND, T0),
        (0, Millis::MAX / 4),
        (T0, NEVER),
        (Millis::MIN, NEVER),
        (T0, T0 + 1),
    ] {
        let mut machine = M::new();
        let flight = log_in(&mut machine, at(0));
        let life = Life {
            issued,
            expires,
            came: at(0),
            renewable: true,
        };
        machine.logged_in(flight, ("odd", life), 1.0);
        let step = machine.step(at(0), None);
        assert!(!matches!(step, Step::Wait(_) | Step::Failed(_)), "{step:?}");
    }
}
