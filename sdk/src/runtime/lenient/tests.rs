use std::cell::Cell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::{Value, json};

use super::lenient;

thread_local! {
    /// How often a name was read.
    static READ: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug, PartialEq)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(READ.get() + 1);
        let name = String::deserialize(deserializer)?;
        match name.is_empty() {
            true => Err(D::Error::custom("expected a name")),
            false => Ok(Name(name)),
        }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Cloud {
    id: Name,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    place: Option<Place>,
    #[serde(default)]
    parts: Option<Vec<Part>>,
    #[serde(default)]
    rules: Vec<Vec<Name>>,
    #[serde(default)]
    tags: BTreeMap<String, Tag>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Place {
    street: Name,
    #[serde(flatten)]
    extra: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Part {
    name: Name,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    parts: Option<Vec<Part>>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Tag {
    #[serde(default)]
    name: Option<Name>,
}

/// The odd parts of `value`, and what it is read as: the same as `clean`.
fn dropped<T: DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &Value,
    clean: Value,
) -> String {
    let (read, odd) = lenient::<T>(value).unwrap();
    assert_eq!(read, serde_json::from_value(clean).unwrap(), "{value}");
    odd.map(|odd| odd.text(&[])).unwrap_or_default()
}

fn refused<T: DeserializeOwned + std::fmt::Debug>(value: &Value) -> String {
    let fault = lenient::<T>(value).unwrap_err();
    format!("{}: {}", fault.path(&[]), fault.reason(&[]))
}

#[test]
fn a_value_that_is_well_is_read_as_it_is() {
    let value =
        json!({"id": "a", "size": 1, "parts": [{"name": "p"}], "tags": {"t": {"name": "n"}}});
    assert_eq!(dropped::<Cloud>(&value, value.clone()), "");
}

#[test]
fn odd_optionals_are_absent() {
    for (key, odd, text) in [
        (
            "size",
            json!("7"),
            "`size`: invalid type: string, expected u64",
        ),
        (
            "size",
            json!(-7),
            "`size`: invalid value: integer `-7`, expected u64",
        ),
        (
            "place",
            json!([]),
            "`place`: invalid type: sequence, expected",
        ),
        (
            "place",
            json!({"street": 7}),
            "`place.street`: invalid type: integer `7`",
        ),
        (
            "place",
            json!({"town": "x"}),
            "`place`: missing field `street`",
        ),
        (
            "parts",
            json!({"name": "p"}),
            "`parts`: invalid type: map, expected a sequence",
        ),
        ("parts", json!(7), "`parts`: invalid type: integer"),
    ] {
        let told = dropped::<Cloud>(&json!({"id": "a", key: odd}), json!({"id": "a"}));
        assert!(told.starts_with(text), "{told}");
    }
    // Beside others, which stay.
    let value = json!({"id": "a", "size": "x", "place": {"street": "s", "more": "x"}, "tags": {"t": {"name": 7}, "u": {"name": "n"}}});
    let clean = json!({"id": "a", "place": {"street": "s", "more": "x"}, "tags": {"t": {}, "u": {"name": "n"}}});
    assert_eq!(
        dropped::<Cloud>(&value, clean),
        "`size`: invalid type: string, expected u64; and another part"
    );
}

#[test]
fn odd_entries_are_dropped_at_their_innermost() {
    let part = |name: Value| json!({"name": name, "parts": [{"name": "in"}, {"name": name}]});
    let value = json!({"id": "a", "size": "x", "parts": [
        null, 7, "x", [], {}, {"name": ""}, {"name": "p", "size": "x"},
        {"name": "p", "parts": [{"name": "in", "parts": [{"size": 1}]}, part(json!(null)), {"name": "last"}]},
        part(json!([])), {"name": "p", "parts": 7}, {"name": "last", "size": 1},
    ]});
    let clean = json!({"id": "a", "parts": [
        {"name": "p"}, {"name": "p", "parts": [{"name": "in", "parts": []}, {"name": "last"}]},
        {"name": "p"}, {"name": "last", "size": 1},
    ]});
    let told = dropped::<Cloud>(&value, clean);
    assert!(told.starts_with("`parts[0]`: invalid type: null"), "{told}");
    let value = json!([{"name": "p"}, {"name": "p", "parts": [{"name": "q"}, {"name": "q", "size": 7}, {}]}]);
    let clean =
        json!([{"name": "p"}, {"name": "p", "parts": [{"name": "q"}, {"name": "q", "size": 7}]}]);
    assert_eq!(
        dropped::<Vec<Part>>(&value, clean),
        "`[1].parts[2]`: missing field `name`"
    );
}

#[test]
fn a_list_inside_a_list_is_one_entry() {
    let value = json!({"id": "a", "rules": [["x", "y"], ["x", 7], [], "x", ["z"]]});
    let clean = json!({"id": "a", "rules": [["x", "y"], [], ["z"]]});
    assert_eq!(
        dropped::<Cloud>(&value, clean),
        "`rules[1][1]`: invalid type: integer `7`, expected a string; and another part"
    );
}

#[test]
fn what_is_required_stays_required() {
    for (value, text) in [
        (json!(null), ": invalid type: null, expected struct Cloud"),
        (json!({}), ": missing field `id`"),
        (
            json!({"id": 7}),
            "id: invalid type: integer `7`, expected a string",
        ),
        (
            json!({"id": "", "parts": [7, {}], "size": "x"}),
            "id: expected a name",
        ),
        (json!({"size": "x", "parts": [7]}), ": missing field `id`"),
        (
            json!({"id": "a", "rules": 7}),
            "rules: invalid type: integer `7`, expected a sequence",
        ),
        (
            json!({"id": "a", "size": "x", "tags": {"t": {}, "u": 7}}),
            "tags.u: invalid type: integer",
        ),
    ] {
        let told = refused::<Cloud>(&value);
        assert!(told.starts_with(text), "{told}");
    }
}

/// How many names are read, at most, for each that is there.
const OFTEN: usize = 6;

#[test]
fn many_odd_parts_take_no_more_than_their_number() {
    let many = 20_000;
    let list = |entry: &Value| Value::from(vec![entry.clone(); many]);
    let well = json!({"name": "p"});
    let odd = json!({"name": ""});
    let mixed: Vec<Value> = (0..many)
        .map(|at| json!({"name": if at % 2 == 0 { "p" } else { "" }, "size": "x"}))
        .collect();
    let deep: Vec<Value> = (0..many / 10)
        .map(|_| json!({"name": "p", "size": "x", "parts": [well, odd, {"name": "p", "size": "x"}, well, odd, odd, odd, odd]}))
        .collect();
    let map: serde_json::Map<String, Value> = (0..many)
        .map(|at| (at.to_string(), json!({"name": ""})))
        .collect();
    let mut unknown: serde_json::Map<String, Value> = (0..many)
        .map(|at| (format!("a{at}"), json!(null)))
        .collect();
    unknown.insert("id".to_owned(), json!("a"));
    unknown.insert("parts".to_owned(), list(&odd));
    for (what, value, names, left) in [
        ("odd", json!({"id": "a", "parts": list(&odd)}), many, 0),
        (
            "well",
            json!({"id": "a", "parts": list(&well), "size": "x"}),
            many,
            many,
        ),
        ("mixed", json!({"id": "a", "parts": mixed}), many, many / 2),
        ("deep", json!({"id": "a", "parts": deep}), many, many / 10),
        ("map", json!({"id": "a", "tags": map, "parts": []}), many, 0),
        ("unknown", unknown.into(), many, 0),
    ] {
        READ.set(0);
        let (cloud, odd) = lenient::<Cloud>(&value).unwrap();
        assert_eq!(cloud.parts.map(|parts| parts.len()), Some(left), "{what}");
        assert!(odd.is_some());
        assert!(READ.get() <= OFTEN * names, "{what}: {} times", READ.get());
    }
}
