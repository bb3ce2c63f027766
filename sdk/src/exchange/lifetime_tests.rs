use super::*;

const T0: Millis = 1_700_000_000_000;
const HOUR: Millis = 3_600 * SECOND;
const DAY: Millis = 24 * HOUR;

fn at(millis: Millis) -> Timestamp {
    Timestamp::from_millisecond(millis)
}

/// How long a token lives whose times are so far from the server's clock.
fn lives(issued: Millis, expires: Millis) -> Option<Millis> {
    let life = Lifetime::of_new(at(T0 + issued), at(T0 + expires), T0);
    life.until.map(|until| until - T0)
}

#[test]
fn the_smaller_positive_length_counts() {
    for (issued, expires, lives_for) in [
        (0, HOUR, Some(HOUR)),
        // An older token, with what is left of its life.
        (-HOUR / 2, HOUR / 2, Some(HOUR / 2)),
        // Issued tomorrow, in 1970, in 9999.
        (DAY, 12 * SECOND, Some(12 * SECOND)),
        (-T0, 12 * SECOND, Some(12 * SECOND)),
        (8_000 * 365 * DAY, 12 * SECOND, Some(12 * SECOND)),
        // Local times written as UTC, ahead and behind.
        (3 * HOUR, 4 * HOUR, Some(HOUR)),
        (-5 * HOUR, -4 * HOUR, Some(HOUR)),
        // Nothing can be made of these.
        (0, 0, None),
        (HOUR, -HOUR, None),
        (-HOUR, -2 * HOUR, None),
    ] {
        assert_eq!(lives(issued, expires), lives_for, "{issued} {expires}");
    }
    let never = Lifetime::of_new(at(T0), Timestamp::NEVER, T0);
    assert_eq!(never.until, Some(Timestamp::NEVER.as_millisecond()));
}

#[test]
fn sound_times_stay_as_they_are() {
    for behind in [-900, 0, 900] {
        let (issued, expires) = (at(T0), at(T0 + HOUR));
        let life = Lifetime::of_new(issued, expires, T0 + behind);
        assert_eq!(life, Lifetime::told(issued, expires), "{behind}");
    }
    // It begins when it comes, whatever it says.
    assert_eq!(Lifetime::of_new(at(0), at(T0 + HOUR), T0).from, T0);
}

#[test]
fn what_is_left_is_never_negative_and_has_an_end() {
    let life = Lifetime::told(at(T0), at(T0 + HOUR));
    assert_eq!(life.left(T0 + HOUR / 4), HOUR * 3 / 4);
    assert_eq!(life.left(T0 + DAY), 0);
    let unknown = Lifetime {
        from: T0,
        until: None,
    };
    assert_eq!(unknown.left(T0 + DAY), UNKNOWN);
    for odd in [Millis::MIN, 0, Millis::MAX] {
        assert!(life.left(odd) >= 0, "{odd}");
    }
}

#[test]
fn only_what_contradicts_itself_is_implausible() {
    let plausible =
        |issued, expires, now, is_new| is_plausible(at(T0 + issued), at(T0 + expires), now, is_new);
    assert!(
        plausible(DAY, 2 * DAY, None, true),
        "nothing speaks against it"
    );
    assert!(!plausible(DAY, 0, None, true));
    let now = Some(T0);
    assert!(plausible(0, HOUR, now, true) && plausible(-60 * SECOND, HOUR, now, true));
    // One that was issued long ago, and is looked at now.
    assert!(plausible(-DAY, HOUR, now, false) && !plausible(-DAY, HOUR, now, true));
    for (issued, expires) in [
        (DAY, 12 * SECOND),
        (3 * HOUR, 4 * HOUR),
        (-60 * SECOND, -30 * SECOND),
    ] {
        for is_new in [true, false] {
            assert!(
                !plausible(issued, expires, now, is_new),
                "{issued} {expires}"
            );
        }
    }
}
