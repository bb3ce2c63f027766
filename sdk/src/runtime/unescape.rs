//! Text in which something is looked for as it may have been written: with escapes, or escapes of
//! escapes.

use std::ops::Range;

use memchr::{memchr, memmem};

/// How often escapes may be nested: JSON in JSON in a URL.
const LEVELS: usize = 3;

/// A kind of escapes: what they begin with, what the one at the start means, and how long it is. One kind at a time is
/// undone, since what looks like another may be part of the text.
type Kind = (u8, fn(&[u8]) -> Option<(Meant, usize)>);

const KINDS: [Kind; 3] = [(b'\\', backslash), (b'%', percent), (b'&', entity)];

/// A text as it reads at one level of escapes, and where in the original each byte of it began.
pub(super) struct View {
    bytes: Vec<u8>,
    /// One entry a byte, and one for the end.
    origin: Vec<usize>,
}

impl View {
    /// The text, and what it reads like without escapes of each kind, without theirs, and so on.
    pub(super) fn of(text: &str) -> Vec<View> {
        let mut views = vec![View {
            bytes: text.as_bytes().to_vec(),
            origin: (0..=text.len()).collect(),
        }];
        let mut level = 0..1;
        for _ in 0..LEVELS {
            for index in level.clone() {
                for kind in KINDS {
                    if let Some(view) = views[index].unescaped(kind)
                        && !views.iter().any(|other| other.bytes == view.bytes)
                    {
                        views.push(view);
                    }
                }
            }
            level = level.end..views.len();
        }
        for view in &mut views {
            view.bytes.iter_mut().for_each(|byte| *byte = plain(*byte));
        }
        views
    }

    /// Where in the original a text stands, in upper or lower case, with `+` for a space or without;
    /// only where neither letter nor digit is beside it, if it is wanted `alone`.
    pub(super) fn find(&self, text: &[u8], alone: bool, found: &mut Vec<Range<usize>>) {
        if text.is_empty() || text.len() > self.bytes.len() {
            return;
        }
        let wanted: Vec<u8> = text.iter().copied().map(plain).collect();
        let beside = |at: Option<usize>| {
            at.and_then(|at| self.bytes.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        for first in memmem::find_iter(&self.bytes, &wanted) {
            let end = first + wanted.len();
            if !(alone && (beside(first.checked_sub(1)) || beside(Some(end)))) {
                found.push(self.origin[first]..self.origin[end]);
            }
        }
    }

    /// What it reads like without the escapes of a kind; none if there are none.
    fn unescaped(&self, (mark, kind): Kind) -> Option<View> {
        memchr(mark, &self.bytes)?;
        let mut view = View {
            bytes: Vec::with_capacity(self.bytes.len()),
            origin: Vec::with_capacity(self.origin.len()),
        };
        let mut at = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let (meant, length) = kind(&self.bytes[at..]).unwrap_or((Meant::Byte(byte), 1));
            let before = view.bytes.len();
            match meant {
                Meant::Byte(byte) => view.bytes.push(byte),
                Meant::Char(c) => view
                    .bytes
                    .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            view.origin.resize(
                view.origin.len() + view.bytes.len() - before,
                self.origin[at],
            );
            at += length;
        }
        view.origin.extend(self.origin.last());
        Some(view)
    }
}

fn plain(byte: u8) -> u8 {
    match byte {
        b'+' => b' ',
        byte => byte.to_ascii_lowercase(),
    }
}

enum Meant {
    Byte(u8),
    Char(char),
}

/// `%2F`
fn percent(bytes: &[u8]) -> Option<(Meant, usize)> {
    let digits = bytes.strip_prefix(b"%")?.get(..2)?;
    Some((Meant::Byte(u8::try_from(hex(digits)?).ok()?), 3))
}

/// As JSON and Python have them.
fn backslash(bytes: &[u8]) -> Option<(Meant, usize)> {
    let short = |meant| Some((Meant::Byte(meant), 2));
    match bytes.strip_prefix(b"\\")? {
        [b'n', ..] => short(b'\n'),
        [b'r', ..] => short(b'\r'),
        [b't', ..] => short(b'\t'),
        [quoted @ (b'\\' | b'"' | b'\'' | b'/'), ..] => short(*quoted),
        [b'x', digits @ ..] => Some((Meant::Char(character(digits.get(..2)?)?), 4)),
        [b'U', digits @ ..] => Some((Meant::Char(character(digits.get(..8)?)?), 10)),
        [b'u', ..] => utf16(bytes),
        _ => None,
    }
}

/// `\u00df`, or a pair of surrogates.
fn utf16(bytes: &[u8]) -> Option<(Meant, usize)> {
    let first = hex(bytes.get(2..6)?)?;
    if let Some(c) = char::from_u32(first) {
        return Some((Meant::Char(c), 6));
    }
    let second = bytes.get(6..12)?.strip_prefix(b"\\u").and_then(hex)?;
    let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((Meant::Char(c), 12))
}

/// As HTML has them.
fn entity(bytes: &[u8]) -> Option<(Meant, usize)> {
    let rest = bytes.strip_prefix(b"&")?;
    let end = rest.iter().take(12).position(|&byte| byte == b';')?;
    let c = match &rest[..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => character(digits)?,
        [b'#', digits @ ..] => {
            let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
            char::from_u32(number)?
        }
        _ => return None,
    };
    Some((Meant::Char(c), end + 2))
}

fn character(digits: &[u8]) -> Option<char> {
    char::from_u32(hex(digits)?)
}

fn hex(digits: &[u8]) -> Option<u32> {
    // `from_str_radix` would take a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
