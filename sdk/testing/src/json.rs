//! JSON in the encodings that Python's parser tells apart.

use serde_json::Value;

/// How many bytes a unit has, and whether the most significant one comes first.
enum Encoding {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

/// A JSON text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark; `None` if it is none.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    let text = match encoding(bytes) {
        Encoding::Utf8 => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            return serde_json::from_slice(bytes).ok();
        }
        Encoding::Utf16 { big } => utf16(bytes, big)?,
        Encoding::Utf32 { big } => utf32(bytes, big)?,
    };
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()
}

/// By the byte order mark, or by where the zeros of the first characters are: JSON begins with ASCII.
fn encoding(bytes: &[u8]) -> Encoding {
    match *bytes {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] => Encoding::Utf32 { big: true },
        [0xff, 0xfe, 0, 0, ..] | [_, 0, 0, 0, ..] => Encoding::Utf32 { big: false },
        [0xfe, 0xff, ..] | [0, _, ..] => Encoding::Utf16 { big: true },
        [0xff, 0xfe, ..] | [_, 0, _, _, ..] | [_, 0] => Encoding::Utf16 { big: false },
        _ => Encoding::Utf8,
    }
}

fn utf16(bytes: &[u8], big: bool) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| {
        if big {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        }
    };
    let units: Vec<u16> = pairs.iter().map(unit).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

fn utf32(bytes: &[u8], big: bool) -> Option<String> {
    let (quads, rest) = bytes.as_chunks::<4>();
    let unit = |quad: &[u8; 4]| {
        if big {
            u32::from_be_bytes(*quad)
        } else {
            u32::from_le_bytes(*quad)
        }
    };
    quads
        .iter()
        .map(|quad| char::from_u32(unit(quad)))
        .collect::<Option<String>>()
        .filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn encodings() {
        let text = "{\"é\": 1}";
        let value = serde_json::json!({"é": 1});
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let utf32: Vec<u32> = text.chars().map(u32::from).collect();
        let spellings: [Vec<u8>; 6] = [
            text.into(),
            format!("\u{feff}{text}").into(),
            utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            [0xfeff]
                .iter()
                .chain(&utf16)
                .flat_map(|unit| unit.to_le_bytes())
                .collect(),
            utf32.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            [0xfeff]
                .iter()
                .chain(&utf32)
                .flat_map(|unit| unit.to_be_bytes())
                .collect(),
        ];
        for bytes in spellings {
            assert_eq!(parse(&bytes).as_ref(), Some(&value), "{bytes:?}");
        }
        assert_eq!(parse(b"\xe9"), None);
        assert_eq!(parse(&[0, b'{', 0]), None);
    }
}
