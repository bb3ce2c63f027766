//! The typed part of a token request. Keystone checks only this much: unknown members pass, other methods' objects too.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::error::{ApiError, Outcome};

enum Shape {
    Text,
    Flag,
    Texts,
    /// Members by name, and the required ones.
    Object(&'static [(&'static str, Shape)], &'static [&'static str]),
    /// The same with none required, or any string.
    ObjectOrText(&'static [(&'static str, Shape)]),
    /// Members by name, all of them required, and no others.
    Closed(&'static [(&'static str, Shape)]),
}

use Shape::{Closed, Flag, Object, ObjectOrText, Text, Texts};

const ID_OR_NAME: Shape = Object(&[("id", Text), ("name", Text)], &[]);

const USER: Shape = Object(
    &[
        ("id", Text),
        ("name", Text),
        ("password", Text),
        ("domain", ID_OR_NAME),
    ],
    &[],
);

const IDENTITY: Shape = Object(
    &[
        ("methods", Texts),
        ("password", Object(&[("user", USER)], &[])),
        ("token", Object(&[("id", Text)], &["id"])),
    ],
    &["methods"],
);

const SCOPE: Shape = ObjectOrText(&[
    (
        "project",
        Object(&[("name", Text), ("id", Text), ("domain", ID_OR_NAME)], &[]),
    ),
    ("domain", ID_OR_NAME),
    ("OS-TRUST:trust", Object(&[("id", Text)], &[])),
    ("system", Object(&[("all", Flag)], &[])),
]);

const AUTH: Shape = Object(&[("identity", IDENTITY), ("scope", SCOPE)], &["identity"]);

const PASSWORDS: Shape = Closed(&[("original_password", Text), ("password", Text)]);

/// Where objects must have an id or a name, if they are there.
const ID_OR_NAME_AT: [&str; 5] = [
    "identity/password/user",
    "identity/password/user/domain",
    "scope/project",
    "scope/project/domain",
    "scope/domain",
];

/// Checks what stands under `auth`.
pub(crate) fn check(auth: &Value) -> Outcome<()> {
    check_shape(&AUTH, auth, &mut Vec::new())?;
    for path in ID_OR_NAME_AT {
        let object = auth.pointer(&format!("/{path}")).and_then(Value::as_object);
        if object.is_some_and(|object| !object.contains_key("id") && !object.contains_key("name")) {
            return Err(ApiError::bad_request(format!(
                "Invalid input for field {path}: id or name must be present."
            )));
        }
    }
    Ok(())
}

/// The original and the new password of a request to change it.
pub(crate) fn check_passwords(body: &Value) -> Outcome<[&str; 2]> {
    let Some(user) = body.get("user") else {
        let what = "'original_password' is a required property";
        return Err(wrong(&[], what, "required", &Value::Object(Map::new())));
    };
    check_shape(&PASSWORDS, user, &mut Vec::new())?;
    Ok(["original_password", "password"].map(|name| user[name].as_str().unwrap_or_default()))
}

fn check_shape<'v>(shape: &Shape, value: &'v Value, path: &mut Vec<&'v str>) -> Outcome<()> {
    let (members, required): (&[(&str, Shape)], &[&str]) = match (shape, value) {
        (Text, Value::String(_)) | (Flag, Value::Bool(_)) | (ObjectOrText(_), Value::String(_)) => {
            return Ok(());
        }
        (Texts, Value::Array(items)) => return check_texts(items, path),
        (Object(members, required), Value::Object(_)) => (members, required),
        (Closed(members) | ObjectOrText(members), Value::Object(_)) => (members, &[]),
        _ => {
            return Err(wrong(
                path,
                &format!("{} is not of type {}", repr(value), shape.name()),
                "type",
                value,
            ));
        }
    };
    for (name, shape) in members {
        if let Some(member) = value.get(name) {
            path.push(name);
            check_shape(shape, member, path)?;
            path.pop();
        }
    }
    let closed = matches!(shape, Closed(_));
    let all = members.iter().map(|(name, _)| name).filter(|_| closed);
    if let Some(name) = all.chain(required).find(|name| value.get(name).is_none()) {
        let what = format!("'{name}' is a required property");
        return Err(wrong(path, &what, "required", value));
    }
    let known = |name: &str| members.iter().any(|(member, _)| *member == name);
    let mut given = value.as_object().into_iter().flat_map(Map::keys);
    match given.find(|name| closed && !known(name)) {
        Some(name) => {
            let what = format!("Additional properties are not allowed ('{name}' was unexpected)");
            Err(wrong(path, &what, "additionalProperties", value))
        }
        None => Ok(()),
    }
}

fn check_texts(items: &[Value], path: &[&str]) -> Outcome<()> {
    match items.iter().enumerate().find(|(_, item)| !item.is_string()) {
        None => Ok(()),
        Some((index, item)) => {
            let index = index.to_string();
            let path: Vec<&str> = path.iter().copied().chain([index.as_str()]).collect();
            Err(wrong(
                &path,
                &format!("{} is not of type 'string'", repr(item)),
                "type",
                item,
            ))
        }
    }
}

impl Shape {
    fn name(&self) -> &'static str {
        match self {
            Text => "'string'",
            Flag => "'boolean'",
            Texts => "'array'",
            Object(..) | Closed(_) => "'object'",
            ObjectOrText(_) => "'object', 'string'",
        }
    }
}

/// The message dumps the offending value in full, passwords included: clients have to live with that, so it is shown here
/// too.
fn wrong(path: &[&str], what: &str, keyword: &str, value: &Value) -> ApiError {
    let mut message = String::new();
    if !path.is_empty() {
        message.push_str(&format!("Invalid input for field '{}': ", path.join("/")));
    }
    let schema: String = path
        .iter()
        .map(|name| format!("['properties']['{name}']"))
        .collect();
    let instance: String = path.iter().map(|name| format!("['{name}']")).collect();
    message.push_str(&format!(
        "{what}\n\nFailed validating '{keyword}' in schema{schema}\n\nOn instance{instance}:\n    {}",
        repr(value)
    ));
    ApiError::bad_request(message)
}

/// The value as Python prints it.
pub(crate) fn repr(value: &Value) -> String {
    let mut text = String::new();
    write_repr(value, &mut text);
    text
}

fn write_repr(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => _ = write!(out, "{number}"),
        Value::String(text) => _ = write!(out, "'{}'", text.replace('\'', "\\'")),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_repr(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                _ = write!(out, "{}'{name}': ", if index > 0 { ", " } else { "" });
                write_repr(member, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(auth: &Value) -> String {
        check(auth).map_or_else(|error| error.message, |()| String::new())
    }

    #[test]
    fn says_where_and_dumps_the_value() {
        let auth = json!({"identity": {"password": {"user": {"password": "hunter2"}}}});
        let message = message(&auth);
        assert!(
            message.starts_with(
                "Invalid input for field 'identity': 'methods' is a required property"
            ),
            "{message}"
        );
        assert!(
            message.contains("{'user': {'password': 'hunter2'}}"),
            "{message}"
        );
    }

    #[test]
    fn unknown_members_pass() {
        let auth = json!({"identity": {"methods": [], "totp": 7, "x": null}, "scope": "unscoped", "y": []});
        assert_eq!(message(&auth), "");
    }

    #[test]
    fn id_or_name_where_an_object_is() {
        let auth =
            json!({"identity": {"methods": []}, "scope": {"project": {"id": "p", "domain": {}}}});
        assert_eq!(
            message(&auth),
            "Invalid input for field scope/project/domain: id or name must be present."
        );
    }

    #[test]
    fn wrong_types() {
        for auth in [
            json!([]),
            json!({"identity": []}),
            json!({"identity": {"methods": [1]}}),
            json!({"identity": {"methods": []}, "scope": null}),
        ] {
            assert_eq!(
                check(&auth).map_err(|error| error.status),
                Err(400),
                "{auth}"
            );
        }
    }
}
