//! Replies as they come: in pieces, of other kinds, broken, and made to harm.

use std::time::Duration;

use super::protocol::*;

const KEY: &str = "openstack-identity:key";

fn found(value: &[u8], number: u64) -> Reply<Option<Found>> {
    let value = value.to_vec().into();
    Reply::Answer(Some(Found { value, number }))
}

fn value_reply(value: &[u8]) -> Vec<u8> {
    let mut reply = format!("VALUE {KEY} 0 {} 42\r\n", value.len()).into_bytes();
    reply.extend_from_slice(value);
    reply.extend_from_slice(b"\r\nEND\r\n");
    reply
}

#[test]
fn requests_are_what_memcached_reads() {
    let life = Life::Seconds(60);
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(text(get("k")), "gets k\r\n");
    assert_eq!(text(delete("k")), "delete k\r\n");
    assert_eq!(
        text(store(Verb::Set, "k", life, b"a\r\nb")),
        "set k 0 60 4\r\na\r\nb\r\n"
    );
    assert_eq!(
        text(store(Verb::Add, "k", life, b"")),
        "add k 0 60 0\r\n\r\n"
    );
    assert_eq!(
        text(store(Verb::Cas(u64::MAX), "k", Life::Over, b"a")),
        "cas k 0 -1 1 18446744073709551615\r\na\r\n"
    );
}

#[test]
fn a_value_is_read_whole_however_it_is_cut() {
    for value in [
        &b""[..],
        b"plain",
        b"\r\n",
        b"\r\nEND\r\n",
        b"END\r\nVALUE a 0 1 1\r\nx\r\nEND\r\n",
        b"SERVER_ERROR out of memory\r\n",
        &[0, 255, 13, 10, 128],
    ] {
        let reply = value_reply(value);
        for cut in 0..reply.len() {
            assert_eq!(parse_value(&reply[..cut], KEY), Ok(None), "{value:?} {cut}");
        }
        assert_eq!(parse_value(&reply, KEY), Ok(Some(found(value, 42))));
    }
}

#[test]
fn outcomes_are_read_whole_and_only_where_they_fit() {
    const LINES: [&str; 6] = [
        "STORED",
        "NOT_STORED",
        "EXISTS",
        "NOT_FOUND",
        "DELETED",
        "END",
    ];
    let fitting: [(Verb, &[(&str, bool)]); 4] = [
        (Verb::Set, &[("STORED", true)]),
        (Verb::Add, &[("STORED", true), ("NOT_STORED", false)]),
        (
            Verb::Cas(1),
            &[("STORED", true), ("EXISTS", false), ("NOT_FOUND", false)],
        ),
        (Verb::Delete, &[("DELETED", true), ("NOT_FOUND", false)]),
    ];
    for (verb, fitting) in fitting {
        for line in LINES {
            let reply = format!("{line}\r\n");
            for cut in 0..reply.len() {
                let parsed = parse_outcome(&reply.as_bytes()[..cut], verb);
                assert_eq!(parsed, Ok(None), "{verb:?} {line} {cut}");
            }
            let parsed = parse_outcome(reply.as_bytes(), verb);
            match fitting.iter().find(|(fits, _)| *fits == line) {
                Some((_, done)) => assert_eq!(parsed, Ok(Some(Reply::Answer(*done)))),
                None => assert!(parsed.is_err(), "{verb:?} {line}"),
            }
        }
    }
}

#[test]
fn nothing_is_there() {
    assert_eq!(parse_value(b"END\r\n", KEY), Ok(Some(Reply::Answer(None))));
}

#[test]
fn what_is_no_reply_is_refused() {
    let long = vec![b'x'; 2000];
    for reply in [
        &b"\r\n"[..],
        b"HTTP/1.1 400 Bad Request\r\n",
        b"STORED\r\n",
        b"END \r\n",
        b"end\r\n",
        b"END\r\nEND\r\n",
        b"END\r\nx",
        b"VALUE other 0 1 42\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 1\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 1 42 7\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key  0 1 42\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 +1 42\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 -1 42\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key x 1 42\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 1 18446744073709551616\r\nx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 1 42\r\nxEND\r\n",
        b"VALUE openstack-identity:key 0 1 42\r\nxx\r\nEND\r\n",
        b"VALUE openstack-identity:key 0 1 42\r\nx\r\nVALUE",
        b"VALUE openstack-identity:key 0 1 42\r\nx\r\nEND\r\nx",
        b"\xff\xfe\r\n",
        &long,
    ] {
        let shown = String::from_utf8_lossy(reply);
        assert!(parse_value(reply, KEY).is_err(), "{shown:?}");
        assert!(
            parse_outcome(reply, Verb::Add).is_err() || reply == b"STORED\r\n",
            "{shown:?}"
        );
    }
}

/// The length is refused as soon as it is known, so that nothing is read or kept for it.
#[test]
fn huge_lengths_are_refused_at_once() {
    for length in [LARGEST_VALUE as u64 + 1, u64::from(u32::MAX), u64::MAX] {
        let line = format!("VALUE {KEY} 0 {length} 42\r\n");
        assert!(parse_value(line.as_bytes(), KEY).is_err(), "{length}");
    }
    let line = format!("VALUE {KEY} 0 {LARGEST_VALUE} 42\r\n");
    assert_eq!(parse_value(line.as_bytes(), KEY), Ok(None));
}

#[test]
fn errors_say_what_the_server_says_and_whether_it_is_in_step() {
    for (line, text, in_step) in [
        ("ERROR", "ERROR", false),
        (
            "ERROR Too many open connections",
            "ERROR Too many open connections",
            false,
        ),
        (
            "CLIENT_ERROR unauthenticated",
            "CLIENT_ERROR unauthenticated",
            false,
        ),
        (
            "SERVER_ERROR object too large for cache",
            "SERVER_ERROR object too large for cache",
            true,
        ),
        (
            "SERVER_ERROR out of memory storing object",
            "SERVER_ERROR out of memory storing object",
            true,
        ),
        (
            "SERVER_ERROR out of memory writing get response",
            "SERVER_ERROR out of memory writing get response",
            false,
        ),
        // What may be a token isn't shown.
        ("SERVER_ERROR bad value gAAAAABk1x", "SERVER_ERROR", false),
        (
            "CLIENT_ERROR abcdefghijklmnopqrstuvwxyz",
            "CLIENT_ERROR",
            false,
        ),
        ("CLIENT_ERROR \u{1b}[2J", "CLIENT_ERROR", false),
    ] {
        let text = text.to_owned();
        let error = || ServerError {
            text: text.clone(),
            in_step,
        };
        let reply = format!("{line}\r\n");
        let parsed = parse_value(reply.as_bytes(), KEY);
        assert_eq!(parsed, Ok(Some(Reply::Error(error()))));
        let parsed = parse_outcome(reply.as_bytes(), Verb::Set);
        assert_eq!(parsed, Ok(Some(Reply::Error(error()))));
    }
}

/// No bytes make it panic, and what is refused or complete stays so with more to come.
#[test]
fn garbage_does_no_harm() {
    let mut state = 7_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap()
    };
    let seeds = [
        value_reply(b"some value"),
        b"STORED\r\n".to_vec(),
        b"SERVER_ERROR object too large for cache\r\n".to_vec(),
    ];
    for round in 0..20_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=next() % 4 {
            let at = next() % bytes.len();
            match next() % 3 {
                0 => bytes[at] = next().to_le_bytes()[0],
                1 => bytes.insert(at, next().to_le_bytes()[0]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut settled = false;
        for cut in 0..=bytes.len() {
            let value = parse_value(&bytes[..cut], KEY);
            assert!(!settled || value.is_err(), "{bytes:?} {cut}");
            settled |= value != Ok(None);
            let _ = parse_outcome(&bytes[..cut], Verb::Cas(1));
        }
    }
}

#[test]
fn times_are_whole_seconds_within_thirty_days() {
    let at_most = |millis| Life::at_most(Duration::from_millis(millis));
    assert_eq!(at_most(0), None);
    assert_eq!(at_most(999), None);
    assert_eq!(at_most(1000), Some(Life::Seconds(1)));
    assert_eq!(at_most(1999), Some(Life::Seconds(1)));
    assert_eq!(at_most(2_592_000_000), Some(Life::Seconds(2_592_000)));
    assert_eq!(Life::at_most(Duration::MAX), Some(Life::Seconds(2_592_000)));

    let lease = |millis| Life::of_lease(Duration::from_millis(millis));
    assert_eq!(lease(0), Life::Seconds(2));
    assert_eq!(lease(2000), Life::Seconds(2));
    assert_eq!(lease(2001), Life::Seconds(3));
    assert_eq!(Life::of_lease(Duration::MAX), Life::Seconds(2_592_000));
}
