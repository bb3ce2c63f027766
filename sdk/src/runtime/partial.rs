//! JSON of which only the beginning is read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How much of the body of an error is looked at, in bytes: a person reads a line of it.
pub(crate) const LARGEST_ERROR: usize = 64 << 10;

/// The longest of the pieces of JSON that can't be cut: an escape of two surrogates.
const LONGEST_PIECE: usize = 12;

/// The body of an error as JSON; of a larger one the beginning, as far as it goes. None if it is no JSON.
pub(crate) fn error_json(body: &[u8]) -> Option<Value> {
    if body.len() <= LARGEST_ERROR
        && let Ok(whole) = serde_json::from_slice(body)
    {
        return Some(whole);
    }
    let beginning = body.get(..LARGEST_ERROR)?;
    (0..=LONGEST_PIECE).find_map(|cut| {
        let beginning = beginning.get(..LARGEST_ERROR - cut)?;
        let slashes = beginning.iter().rev().take_while(|&&byte| byte == b'\\');
        if slashes.count() % 2 == 1 {
            return None;
        }
        // With a quote a text that ends there is read too; the spaces are no digits of an escape.
        let text = [beginning, b"\"        "].concat();
        let mut value = Value::Null;
        let read = serde_json::Deserializer::from_slice(&text).deserialize_any(Read(&mut value));
        let is_cut = read.is_err_and(|error| error.is_eof()) && !value.is_null();
        is_cut.then_some(value)
    })
}

/// Where a value goes while it is read, so that it is there if the text ends too early.
struct Read<'v>(&'v mut Value);

impl<'de> DeserializeSeed<'de> for Read<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Read<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        *self.0 = Value::Null;
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        *self.0 = Value::Array(Vec::new());
        let Value::Array(read) = self.0 else {
            return Ok(());
        };
        loop {
            let mut item = Value::Null;
            let next = items.next_element_seed(Read(&mut item));
            if !matches!(next, Ok(None)) {
                read.push(item);
            }
            if next?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        *self.0 = Value::Object(Map::new());
        let Value::Object(read) = self.0 else {
            return Ok(());
        };
        while let Some(key) = members.next_key::<String>()? {
            let value = read.entry(key).or_insert(Value::Null);
            members.next_value_seed(Read(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_whole_is_read_as_it_is_and_of_the_rest_the_beginning() {
        for text in [
            "{\"a\": [1, -1, 1.5, true, null, \"x\", {\"b\": {}}]}",
            "[]",
            "\"x\"",
            "7",
            "null",
        ] {
            assert_eq!(
                error_json(text.as_bytes()),
                serde_json::from_str(text).ok(),
                "{text}"
            );
        }
        for text in ["", "{", "[1", "{} x", "{\"a\": tru}", "<html>"] {
            assert_eq!(error_json(text.as_bytes()), None, "{text}");
        }
        let large = json!({"error": {"message": "No x.", "of": vec!["ab"; 1_000_000]}}).to_string();
        let read = error_json(large.as_bytes()).unwrap();
        assert_eq!(read["error"]["message"], "No x.");
        assert!((10_000..20_000).contains(&read["error"]["of"].as_array().unwrap().len()));
        assert_eq!(error_json(&b"x".repeat(1 << 20)), None);
        for part in [
            "ab",
            "\u{fc}",
            "\u{1f600}",
            "\\ud83d\\ude00",
            "\\\\",
            "\\\"",
            "\\u00fc",
            "x\\n",
        ] {
            for before in 0..7 {
                let message = format!("{}{}", "-".repeat(before), part.repeat(100_000));
                let text = format!("{{\"error\": {{\"message\": \"{message}\"}}}}");
                let read = error_json(text.as_bytes()).unwrap();
                let read = read["error"]["message"].as_str().unwrap();
                assert!(read.len() > 10_000, "{part} {before}");
            }
        }
        assert_eq!(error_json("[".repeat(1 << 20).as_bytes()), None);
    }
}
