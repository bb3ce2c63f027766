use super::{DOUBTS, Denied, Fingerprint, MOST, Record};
use crate::error::Refused;
use crate::exchange::clock::{Millis, SECOND};

type R = Record<&'static str>;

fn login(credentials: u64, scope: u64) -> Fingerprint {
    Fingerprint {
        credentials,
        scope,
        one_shots: Vec::new(),
    }
}

fn refuse(record: &mut R, login: &Fingerprint, what: Refused, ticks: Millis) {
    record.refused(login, what, "refused", ticks, 0.0);
}

const COOL_DOWN: Result<(), Denied<&str>> = Err(Denied::CoolDown("refused"));

#[test]
fn refused_credentials_cool_down_for_longer_each_time_unless_they_change() {
    let mut record = R::new();
    let (wrong, other) = (login(1, 0), login(2, 0));
    let (mut now, mut pauses) = (0, Vec::new());
    for _ in 0..10 {
        assert_eq!(record.may_send(&wrong, now), Ok(()));
        refuse(&mut record, &wrong, Refused::Either, now);
        assert_eq!(record.may_send(&wrong, now), COOL_DOWN);
        assert_eq!(
            record.may_send(&other, now),
            Ok(()),
            "changed credentials are sent at once"
        );
        let start = now;
        while record.may_send(&wrong, now).is_err() {
            now += SECOND;
        }
        pauses.push((now - start) / SECOND);
    }
    assert_eq!(pauses[..4], [2, 4, 8, 16]);
    assert_eq!(pauses.last(), Some(&300), "and not for ever");
}

#[test]
fn refused_credentials_are_refused_for_each_scope_and_a_refused_scope_is_not() {
    for what in [Refused::Either, Refused::Credentials] {
        let mut record = R::new();
        refuse(&mut record, &login(1, 0), what, 0);
        assert_eq!(record.may_send(&login(1, 7), 0), COOL_DOWN, "{what:?}");
    }
    let mut record = R::new();
    refuse(&mut record, &login(1, 0), Refused::Scope, 0);
    assert_eq!(record.may_send(&login(1, 0), 0), COOL_DOWN);
    assert_eq!(record.may_send(&login(1, 7), 0), Ok(()));
}

#[test]
fn after_a_login_that_worked_the_scope_is_suspected_for_a_while() {
    let mut record = R::new();
    record.accepted(&login(1, 0));
    for scope in 1..=u64::from(DOUBTS) {
        assert_eq!(record.may_send(&login(1, scope), 0), Ok(()), "{scope}");
        for _ in 0..3 {
            refuse(&mut record, &login(1, scope), Refused::Either, 0);
        }
        assert_eq!(record.may_send(&login(1, scope), 0), COOL_DOWN, "{scope}");
    }
    // So many in a row: the password was changed.
    assert_eq!(record.may_send(&login(1, 8), 0), Ok(()));
    refuse(&mut record, &login(1, 8), Refused::Either, 0);
    assert_eq!(record.may_send(&login(1, 9), 0), COOL_DOWN);

    // Until they work again.
    record.accepted(&login(1, 9));
    assert_eq!(record.may_send(&login(1, 10), 0), Ok(()));
    assert_eq!(
        record.may_send(&login(1, 1), 0),
        COOL_DOWN,
        "which says nothing of another scope"
    );
    // What is certain needs no doubts.
    refuse(&mut record, &login(1, 10), Refused::Credentials, 0);
    assert_eq!(record.may_send(&login(1, 11), 0), COOL_DOWN);
}

#[test]
fn a_passcode_is_sent_once_whatever_comes_with_it() {
    let mut record = R::new();
    let with = |credentials, one_shots: &[u64]| Fingerprint {
        one_shots: one_shots.to_vec(),
        ..login(credentials, 0)
    };
    assert_eq!(record.may_send(&with(1, &[7]), 0), Ok(()));
    for again in [with(1, &[7]), with(2, &[7]), with(2, &[8, 7])] {
        assert_eq!(record.may_send(&again, 3600 * SECOND), Err(Denied::Spent));
    }
    assert_eq!(
        record.may_send(&with(1, &[8]), 0),
        Ok(()),
        "what was not sent is not spent"
    );
}

#[test]
fn credentials_that_cool_down_spend_nothing() {
    let mut record = R::new();
    let passcode = Fingerprint {
        one_shots: vec![7],
        ..login(1, 0)
    };
    refuse(&mut record, &passcode, Refused::Credentials, 0);
    assert_eq!(record.may_send(&passcode, 0), COOL_DOWN);
    assert_eq!(record.may_send(&passcode, 10 * SECOND), Ok(()));
    assert_eq!(record.may_send(&passcode, 10 * SECOND), Err(Denied::Spent));
}

#[test]
fn the_memory_has_an_end() {
    let mut record = R::new();
    let most = u64::try_from(MOST).unwrap();
    for n in 0..2 * most {
        refuse(&mut record, &login(n, 0), Refused::Credentials, 0);
        let spent = Fingerprint {
            one_shots: vec![n],
            ..login(u64::MAX, 0)
        };
        assert_eq!(record.may_send(&spent, 0), Ok(()));
    }
    assert_eq!((record.refusals.len(), record.spent.len()), (MOST, MOST));
    let last = login(2 * most - 1, 0);
    assert_eq!(record.may_send(&last, 0), COOL_DOWN, "the last are kept");
}
