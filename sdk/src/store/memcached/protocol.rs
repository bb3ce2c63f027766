//! memcached's text protocol, which every version speaks: requests as bytes, and bytes as replies. No I/O.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

/// The longest key that memcached takes, in bytes.
pub(super) const LONGEST_KEY: usize = 250;

/// The largest value that is read, whatever the server says.
pub(super) const LARGEST_VALUE: usize = 16 << 20;

/// A value's first line has 300 bytes at most; an error's is shorter.
const LONGEST_LINE: usize = 1024;

/// A time beyond 30 days is taken for a date.
const LONGEST_LIFE: u64 = 30 * 24 * 60 * 60;

/// How long something is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Life {
    /// memcached counts whole seconds by a clock that ticks once a second, so one second of it may pass
    /// at once: `Seconds(n)` lasts more than n - 1 and at most n seconds.
    Seconds(u64),
    /// It is over: what is stored so is never found.
    Over,
}

impl Life {
    /// For an entry: no longer than this; none if that is too short to count.
    pub(super) fn at_most(time: Duration) -> Option<Life> {
        let seconds = time.as_secs().min(LONGEST_LIFE);
        (seconds > 0).then_some(Life::Seconds(seconds))
    }

    /// For a lease: this time, or up to a second less. At least a second, as nobody could keep it up
    /// otherwise.
    pub(super) fn of_lease(time: Duration) -> Life {
        let up = u64::from(time.subsec_nanos() > 0);
        Life::Seconds(time.as_secs().saturating_add(up).clamp(2, LONGEST_LIFE))
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Life::Seconds(seconds) => seconds.fmt(f),
            Life::Over => f.write_str("-1"),
        }
    }
}

/// What is done to a value, and on what condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    /// Stored, whatever is there.
    Set,
    /// Stored if nothing is there.
    Add,
    /// Stored if what is there still is what had this number.
    Cas(u64),
    /// Removed.
    Delete,
}

/// What may be in a request, so it is overwritten when it is dropped.
pub(super) type Bytes = Zeroizing<Vec<u8>>;

/// Asks for the value of a key.
pub(super) fn get(key: &str) -> Bytes {
    Zeroizing::new(format!("gets {key}\r\n").into_bytes())
}

/// Removes the value of a key.
pub(super) fn delete(key: &str) -> Bytes {
    Zeroizing::new(format!("delete {key}\r\n").into_bytes())
}

/// Stores a value.
pub(super) fn store(verb: Verb, key: &str, life: Life, value: &[u8]) -> Bytes {
    let length = value.len();
    let (word, condition) = match verb {
        Verb::Add => ("add", String::new()),
        Verb::Cas(number) => ("cas", format!(" {number}")),
        Verb::Set | Verb::Delete => ("set", String::new()),
    };
    let line = format!("{word} {key} 0 {life} {length}{condition}\r\n");
    // All at once: what grows leaves copies behind.
    let mut request = Zeroizing::new(Vec::with_capacity(line.len() + length + 2));
    request.extend_from_slice(line.as_bytes());
    request.extend_from_slice(value);
    request.extend_from_slice(b"\r\n");
    request
}

/// A whole reply.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Reply<T> {
    Answer(T),
    Error(ServerError),
}

/// A value that was found.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Found {
    pub(super) value: Bytes,
    /// Changes with each change of the value; 0 if the server doesn't count them.
    pub(super) number: u64,
}

/// The server says that it didn't do it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct ServerError {
    /// In its words, as far as they can be shown.
    pub(super) text: String,
    /// Whether it is sure that it has read the whole request.
    pub(super) in_step: bool,
}

/// No reply to this request: what follows on this connection can't be trusted.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// None if there is more to come.
pub(super) type Parsed<T> = Result<Option<Reply<T>>, Unreadable>;

const STRANGE: Unreadable =
    Unreadable("the reply is none of memcached's: does something else listen there?");

/// Reads the reply to [`get`].
pub(super) fn parse_value(bytes: &[u8], key: &str) -> Parsed<Option<Found>> {
    let Some((line, rest)) = split_line(bytes)? else {
        return Ok(None);
    };
    if line == b"END" {
        return whole(rest, Reply::Answer(None));
    }
    if let Some(error) = server_error(line) {
        return whole(rest, Reply::Error(error));
    }
    let line = str::from_utf8(line).map_err(|_| STRANGE)?;
    let words: Vec<&str> = line.split(' ').collect();
    let &["VALUE", there, flags, length, number] = words.as_slice() else {
        return Err(STRANGE);
    };
    let (Some(_), Some(length), Some(number)) =
        (number_of(flags), number_of(length), number_of(number))
    else {
        return Err(STRANGE);
    };
    if there != key {
        return Err(STRANGE);
    }
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= LARGEST_VALUE)
        .ok_or(Unreadable("what is kept there is too large for a token"))?;
    let Some((value, end)) = rest.split_at_checked(length) else {
        return Ok(None);
    };
    const END: &[u8] = b"\r\nEND\r\n";
    if end.len() < END.len() && END.starts_with(end) {
        return Ok(None);
    }
    let rest = end.strip_prefix(END).ok_or(STRANGE)?;
    let value = Zeroizing::new(value.to_vec());
    whole(rest, Reply::Answer(Some(Found { value, number })))
}

/// Reads the reply to what changes a value: whether it was done.
pub(super) fn parse_outcome(bytes: &[u8], verb: Verb) -> Parsed<bool> {
    let Some((line, rest)) = split_line(bytes)? else {
        return Ok(None);
    };
    if let Some(error) = server_error(line) {
        return whole(rest, Reply::Error(error));
    }
    let done = match (verb, line) {
        (Verb::Set | Verb::Add | Verb::Cas(_), b"STORED") | (Verb::Delete, b"DELETED") => true,
        (Verb::Add, b"NOT_STORED")
        | (Verb::Cas(_), b"EXISTS" | b"NOT_FOUND")
        | (Verb::Delete, b"NOT_FOUND") => false,
        _ => return Err(STRANGE),
    };
    whole(rest, Reply::Answer(done))
}

/// One request, one reply: nothing may come after it.
fn whole<T>(rest: &[u8], reply: Reply<T>) -> Parsed<T> {
    match rest.is_empty() {
        true => Ok(Some(reply)),
        false => Err(STRANGE),
    }
}

type Line<'a> = &'a [u8];
type Rest<'a> = &'a [u8];

/// The first line, and what comes after its end; none if it hasn't come whole.
fn split_line(bytes: &[u8]) -> Result<Option<(Line<'_>, Rest<'_>)>, Unreadable> {
    let within = &bytes[..bytes.len().min(LONGEST_LINE)];
    match within.windows(2).position(|end| end == b"\r\n") {
        Some(length) => Ok(Some((&bytes[..length], &bytes[length + 2..]))),
        None if within.len() == LONGEST_LINE => Err(STRANGE),
        None => Ok(None),
    }
}

/// Digits alone: no sign, no space.
fn number_of(word: &str) -> Option<u64> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| digits)
}

fn server_error(line: &[u8]) -> Option<ServerError> {
    let line = str::from_utf8(line).ok()?;
    let (word, text) = line.split_once(' ').unwrap_or((line, ""));
    if !matches!(word, "ERROR" | "CLIENT_ERROR" | "SERVER_ERROR") {
        return None;
    }
    // After these the server has passed over the value; after others it may take it for commands, or hang
    // up.
    let in_step = matches!(
        line,
        "SERVER_ERROR object too large for cache" | "SERVER_ERROR out of memory storing object"
    );
    let text = match is_harmless(text) {
        true => format!("{word} {text}"),
        false => word.to_owned(),
    };
    Some(ServerError {
        text: text.trim_end().to_owned(),
        in_step,
    })
}

/// Whether these are plain words. Tokens and their like, which a server may repeat, have digits in them
/// or are long.
fn is_harmless(text: &str) -> bool {
    let usual = |c: char| c.is_ascii_alphabetic() || " ,.:;-_()'".contains(c);
    text.len() <= 100 && text.chars().all(usual) && text.split(' ').all(|word| word.len() <= 16)
}
