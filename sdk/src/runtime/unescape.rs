//! Text in which something is looked for as it may have been written: with escapes, or escapes of
//! escapes.

use std::ops::Range;

/// How often escapes may be nested: JSON in JSON in a URL.
const LEVELS: usize = 3;

/// A text as it reads at one level of escapes, and where in the original each byte of it began.
pub(super) struct View {
    bytes: Vec<u8>,
    /// One entry a byte, and one for the end.
    origin: Vec<usize>,
}

impl View {
    /// The text, and what it reads like without its escapes, without theirs, and so on.
    pub(super) fn of(text: &str) -> Vec<View> {
        let mut views = vec![View {
            bytes: text.as_bytes().to_vec(),
            origin: (0..=text.len()).collect(),
        }];
        for level in 0..LEVELS {
            let next = views[level].unescaped();
            if next.bytes == views[level].bytes {
                break;
            }
            views.push(next);
        }
        views
    }

    /// Where in the original a text stands, in upper or lower case, with `+` for a space or without;
    /// only where neither letter nor digit is beside it, if it is wanted `alone`.
    pub(super) fn find(&self, text: &[u8], alone: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = 0;
        while !text.is_empty() && start + text.len() <= self.bytes.len() {
            let end = start + text.len();
            let beside = |at: Option<usize>| {
                at.and_then(|at| self.bytes.get(at))
                    .is_some_and(u8::is_ascii_alphanumeric)
            };
            if same(&self.bytes[start..end], text)
                && !(alone && (beside(start.checked_sub(1)) || beside(Some(end))))
            {
                found.push(self.origin[start]..self.origin[end]);
                start = end;
            } else {
                start += 1;
            }
        }
        found
    }

    fn unescaped(&self) -> View {
        let mut view = View {
            bytes: Vec::with_capacity(self.bytes.len()),
            origin: Vec::with_capacity(self.origin.len()),
        };
        let mut at = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let (meant, length) = unescape(&self.bytes[at..]).unwrap_or((Meant::Byte(byte), 1));
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
        view
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    let plain = |byte: u8| match byte {
        b'+' => b' ',
        byte => byte.to_ascii_lowercase(),
    };
    one.iter()
        .zip(other)
        .all(|(&one, &other)| plain(one) == plain(other))
}

enum Meant {
    Byte(u8),
    Char(char),
}

/// What the escape at the start means, and how long it is.
fn unescape(bytes: &[u8]) -> Option<(Meant, usize)> {
    let byte = |meant| Some((Meant::Byte(meant), 2));
    match bytes {
        [b'%', ..] => {
            let meant = u8::try_from(hex(bytes.get(1..3)?)?).ok()?;
            Some((Meant::Byte(meant), 3))
        }
        [b'\\', b'n', ..] => byte(b'\n'),
        [b'\\', b'r', ..] => byte(b'\r'),
        [b'\\', b't', ..] => byte(b'\t'),
        [b'\\', b'x', ..] => Some((Meant::Char(character(bytes.get(2..4)?)?), 4)),
        [b'\\', b'u', ..] => utf16(bytes),
        [b'\\', b'U', ..] => Some((Meant::Char(character(bytes.get(2..10)?)?), 10)),
        [b'\\', quoted @ (b'\\' | b'"' | b'\'' | b'/'), ..] => byte(*quoted),
        [b'&', ..] => entity(bytes),
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

fn entity(bytes: &[u8]) -> Option<(Meant, usize)> {
    let end = bytes.iter().take(12).position(|&byte| byte == b';')?;
    let c = match &bytes[1..end] {
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
    Some((Meant::Char(c), end + 1))
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
