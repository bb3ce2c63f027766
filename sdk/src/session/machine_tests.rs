use super::{Denied, Fingerprint, Flight, Life, Machine, Millis, SECOND, Step};

type M = Machine<&'static str, &'static str>;

const T0: Millis = 1_700_000_000_000;

fn life(seconds: Millis) -> Life {
    Life {
        issued: T0,
        expires: T0 + seconds * SECOND,
    }
}

fn log_in(machine: &mut M, now: Millis) -> Flight {
    match machine.step(now, None) {
        Step::LogIn(flight) | Step::Renew(_, flight) => flight,
        other => panic!("{other:?}"),
    }
}

/// A session that got a token at `T0` which lives so many seconds.
fn with_token(seconds: Millis, chance: f64) -> M {
    let mut machine = M::new();
    let flight = log_in(&mut machine, T0);
    machine.logged_in(flight, ("first", life(seconds)), T0, Some(T0), chance);
    machine
}

fn uses(machine: &mut M, now: Millis) -> Option<&'static str> {
    match machine.step(now, None) {
        Step::Use(held) => Some(held.token),
        _ => None,
    }
}

#[test]
fn one_logs_in_and_the_others_wait() {
    let mut machine = M::new();
    let flight = log_in(&mut machine, T0);
    assert!(matches!(machine.step(T0, None), Step::Wait(other) if other == flight));
    machine.logged_in(flight, ("first", life(3600)), T0, None, 0.0);
    assert!(matches!(machine.step(T0, Some(flight)), Step::Use(held) if held.token == "first"));
}

#[test]
fn who_waits_shares_the_error_and_who_comes_later_tries_again() {
    let mut machine = M::new();
    let flight = log_in(&mut machine, T0);
    machine.failed(flight, "down", T0, 0.0);
    assert!(matches!(
        machine.step(T0, Some(flight)),
        Step::Failed("down")
    ));
    let next = log_in(&mut machine, T0);
    // Also while the next one tries.
    assert!(matches!(
        machine.step(T0, Some(flight)),
        Step::Failed("down")
    ));
    assert!(matches!(machine.step(T0, Some(next)), Step::Wait(_)));
}

#[test]
fn a_leader_that_gave_up_is_followed_by_another() {
    let mut machine = M::new();
    let first = log_in(&mut machine, T0);
    machine.abandoned(first);
    let second = match machine.step(T0, Some(first)) {
        Step::LogIn(flight) => flight,
        other => panic!("{other:?}"),
    };
    // What the first one still says changes nothing about the second.
    machine.abandoned(first);
    assert!(matches!(machine.step(T0, None), Step::Wait(flight) if flight == second));
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
        let renew_at = T0 + (life - margin) * SECOND;
        assert_eq!(
            uses(&mut machine, renew_at - 1),
            Some("first"),
            "{life} {chance}"
        );
        assert!(
            matches!(machine.step(renew_at, None), Step::Renew(..)),
            "{life} {chance}"
        );
        // One renews, the others go on with the token that lives.
        assert_eq!(
            uses(&mut machine, renew_at),
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
        let now = T0 + second * SECOND;
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
        matches!(machine.step(T0 + 3600 * SECOND, None), Step::LogIn(_)),
        "dead at expiry"
    );
}

#[test]
fn the_servers_clock_decides() {
    // Ours is an hour behind the server's, and a day ahead.
    for skew in [3600 * SECOND, -86_400 * SECOND] {
        let mut machine = M::new();
        let ours = T0 - skew;
        let flight = log_in(&mut machine, ours);
        machine.logged_in(flight, ("first", life(300)), ours, Some(T0), 0.0);
        assert_eq!(
            uses(&mut machine, ours + 269 * SECOND),
            Some("first"),
            "{skew}"
        );
        assert!(
            matches!(machine.step(ours + 270 * SECOND, None), Step::Renew(..)),
            "{skew}"
        );
        let dead = machine.step(ours + 300 * SECOND, None);
        assert!(
            matches!(dead, Step::Wait(_)),
            "{skew}: for the renewal under way"
        );
    }
}

#[test]
fn a_refusal_throws_away_the_refused_token_only() {
    let mut machine = with_token(3600, 0.0);
    let Step::Use(old) = machine.step(T0, None) else {
        panic!()
    };
    let late = T0 + 60 * SECOND;
    machine.token_refused(old.serial, late);
    let flight = log_in(&mut machine, late);
    machine.logged_in(flight, ("second", life(3600)), late, Some(late), 0.0);
    // A slow answer of a request that used the old one.
    machine.token_refused(old.serial, late);
    assert_eq!(uses(&mut machine, late), Some("second"));
}

#[test]
fn a_token_that_is_dead_on_arrival_is_waited_out() {
    let mut machine = with_token(3600, 0.0);
    let Step::Use(held) = machine.step(T0, None) else {
        panic!()
    };
    machine.token_refused(held.serial, T0 + 300);
    let wait = machine.hold_back(T0 + 300);
    assert!((700..=2 * SECOND).contains(&wait), "{wait}");
    assert_eq!(machine.hold_back(T0 + 2 * SECOND), 0);

    let mut machine = with_token(3600, 0.0);
    let Step::Use(held) = machine.step(T0, None) else {
        panic!()
    };
    machine.token_refused(held.serial, T0 + 60 * SECOND);
    assert_eq!(
        machine.hold_back(T0 + 60 * SECOND),
        0,
        "an old token's refusal is not that"
    );
}

#[test]
fn refused_credentials_cool_down_for_longer_each_time_unless_they_change() {
    let mut machine = M::new();
    let (wrong, other) = (
        Fingerprint {
            hash: 1,
            one_shot: false,
        },
        Fingerprint {
            hash: 2,
            one_shot: false,
        },
    );
    let mut now = T0;
    let mut pauses = Vec::new();
    for _ in 0..10 {
        assert_eq!(machine.may_send(wrong, now), Ok(()));
        machine.credentials_refused(wrong, "refused", now, 0.0);
        assert_eq!(
            machine.may_send(wrong, now),
            Err(Denied::CoolDown("refused"))
        );
        assert_eq!(
            machine.may_send(other, now),
            Ok(()),
            "changed credentials are sent at once"
        );
        let start = now;
        while machine.may_send(wrong, now).is_err() {
            now += SECOND;
        }
        pauses.push((now - start) / SECOND);
    }
    assert_eq!(pauses[..4], [2, 4, 8, 16]);
    assert_eq!(pauses.last(), Some(&300), "and not for ever");
}

#[test]
fn a_passcode_is_sent_once() {
    let mut machine = M::new();
    let passcode = Fingerprint {
        hash: 7,
        one_shot: true,
    };
    assert_eq!(machine.may_send(passcode, T0), Ok(()));
    assert_eq!(
        machine.may_send(passcode, T0 + 3600 * SECOND),
        Err(Denied::Spent)
    );
    assert_eq!(
        machine.may_send(
            Fingerprint {
                hash: 8,
                one_shot: true
            },
            T0
        ),
        Ok(())
    );
}

#[test]
fn odd_lives_do_no_harm() {
    for (issued, expires) in [
        (T0, T0),
        (T0 + SECOND, T0),
        (0, Millis::MAX / 4),
        (T0, T0 + 1),
    ] {
        let mut machine = M::new();
        let flight = log_in(&mut machine, T0);
        machine.logged_in(flight, ("odd", Life { issued, expires }), T0, Some(T0), 1.0);
        let step = machine.step(T0, None);
        assert!(!matches!(step, Step::Wait(_) | Step::Failed(_)), "{step:?}");
    }
}
