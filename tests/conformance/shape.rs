//! The shape of JSON: keys and types, without values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// All that was seen in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// `null`, `boolean`, `integer`, `number`, `string`, a format of time, `array`, `object`.
    types: BTreeSet<String>,
    /// What objects have, and whether each of them has it.
    members: BTreeMap<String, (Shape, bool)>,
    /// The elements of arrays, all in one.
    elements: Option<Box<Shape>>,
    is_map: bool,
}

/// Objects whose keys are data. Only what both have under the same key is compared.
const MAPS: [&str; 1] = ["resources"];

impl Shape {
    /// The shape of a value.
    pub fn of(value: &Value) -> Self {
        let mut shape = Self::default();
        shape.types.insert(type_of(value));
        match value {
            Value::Array(items) => shape.elements = union(items.iter().map(Self::of)),
            Value::Object(members) => {
                for (name, member) in members {
                    let mut inner = Self::of(member);
                    inner.is_map = MAPS.contains(&name.as_str());
                    shape.members.insert(name.clone(), (inner, true));
                }
            }
            _ => {}
        }
        shape
    }

    fn merge(mut self, other: Self) -> Self {
        let both_objects = self.types.contains("object") && other.types.contains("object");
        self.types.extend(other.types);
        let names: BTreeSet<String> = self
            .members
            .keys()
            .chain(other.members.keys())
            .cloned()
            .collect();
        let mut others = other.members;
        for name in names {
            let merged = match (self.members.remove(&name), others.remove(&name)) {
                (Some((a, always_a)), Some((b, always_b))) => (a.merge(b), always_a && always_b),
                (Some((one, always)), None) | (None, Some((one, always))) => {
                    (one, always && !both_objects)
                }
                (None, None) => continue,
            };
            self.members.insert(name, merged);
        }
        self.elements = match (self.elements, other.elements) {
            (Some(a), Some(b)) => Some(Box::new(a.merge(*b))),
            (one, other) => one.or(other),
        };
        self
    }

    /// How `self` (the first) differs from `other` (the second), a line each, with JSON paths below `path`.
    pub fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
        if self.types != other.types {
            let list = |shape: &Self| shape.types.iter().cloned().collect::<Vec<_>>().join(" or ");
            found.push(format!("{path}: {} against {}", list(self), list(other)));
        }
        for (name, (member, always)) in &self.members {
            let path = format!("{path}.{name}");
            match other.members.get(name) {
                None if self.is_map => {}
                None => found.push(format!("{path}: only the first has it")),
                Some((_, other_always)) if always != other_always => {
                    let word = |always: bool| if always { "always" } else { "sometimes" };
                    found.push(format!(
                        "{path}: {} there against {}",
                        word(*always),
                        word(*other_always)
                    ));
                }
                Some((other, _)) => member.differences(other, &path, found),
            }
        }
        for name in other
            .members
            .keys()
            .filter(|name| !self.is_map && !self.members.contains_key(*name))
        {
            found.push(format!("{path}.{name}: only the second has it"));
        }
        let path = format!("{path}[]");
        match (&self.elements, &other.elements) {
            (Some(a), Some(b)) => a.differences(b, &path, found),
            (Some(_), None) => found.push(format!("{path}: the second is empty")),
            (None, Some(_)) => found.push(format!("{path}: the first is empty")),
            (None, None) => {}
        }
    }
}

fn union(shapes: impl Iterator<Item = Shape>) -> Option<Box<Shape>> {
    shapes.reduce(Shape::merge).map(Box::new)
}

fn type_of(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(text) => return time_format(text).unwrap_or_else(|| "string".to_owned()),
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
    .to_owned()
}

/// The format of a time, with a 0 for each digit; clients parse it, so it is no free value.
fn time_format(text: &str) -> Option<String> {
    let format: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    format.starts_with("0000-00-00T00:00:00").then_some(format)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(a: &Value, b: &Value) -> Vec<String> {
        let mut found = Vec::new();
        Shape::of(a).differences(&Shape::of(b), "$", &mut found);
        found
    }

    #[test]
    fn values_are_free() {
        let a = json!({"id": "a", "n": 1, "list": [{"x": null}, {"x": "y"}], "when": "2026-11-23T13:48:26.000000Z"});
        let b = json!({"id": "b", "n": 2, "list": [{"x": "y"}, {"x": null}], "when": "2001-01-01T00:00:00.000000Z"});
        assert_eq!(differences(&a, &b), Vec::<String>::new());
    }

    #[test]
    fn keys_and_types_are_not() {
        let a = json!({"token": {"a": 1, "b": "x", "t": "2026-11-23T13:48:26.000000Z"}});
        let b = json!({"token": {"a": "1", "c": "x", "t": "2026-11-23T13:48:26"}});
        assert_eq!(
            differences(&a, &b),
            [
                "$.token.a: integer against string",
                "$.token.b: only the first has it",
                "$.token.t: 0000-00-00T00:00:00.000000Z against 0000-00-00T00:00:00",
                "$.token.c: only the second has it",
            ]
        );
    }

    #[test]
    fn maps_are_compared_where_they_meet() {
        let a = json!({"resources": {"x": {"href": "a"}, "y": {"href": "b"}}});
        let b = json!({"resources": {"y": {"href": 1}, "z": {"href": "c"}}});
        assert_eq!(
            differences(&a, &b),
            ["$.resources.y.href: string against integer"]
        );
    }

    #[test]
    fn lists_are_the_union_of_their_elements() {
        let a = json!({"list": [{"x": 1}, {"x": 1, "y": 2}]});
        assert_eq!(
            differences(&a, &json!({"list": [{"x": 1, "y": 2}]})),
            ["$.list[].y: sometimes there against always"]
        );
        assert_eq!(
            differences(&a, &json!({"list": []})),
            ["$.list[]: the second is empty"]
        );
        let nullable = json!([null, "x"]);
        assert_eq!(
            differences(&nullable, &json!(["x"])),
            ["$[]: null or string against string"]
        );
    }
}
