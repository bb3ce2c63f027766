//! The cases, by what they are about.

mod connection;
mod domains;
mod methods;
mod scopes;
mod sources;
mod values;

use serde_json::{Value, json};

use crate::case::Case;

pub fn all() -> Vec<Case> {
    [
        sources::cases(),
        methods::cases(),
        scopes::cases(),
        domains::cases(),
        values::cases(),
        connection::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The user `demo` of this domain.
fn demo(domain: Value) -> Value {
    json!({
        "methods": ["password"],
        "password": {
            "user": { "name": "demo", "domain": domain, "password": "s3cret" },
        },
    })
}

/// A login of `demo` of the domain `Default` for the project `lab` there.
fn demo_for_lab() -> Value {
    json!({
        "identity": demo(json!({ "name": "Default" })),
        "scope": { "project": { "name": "lab", "domain": { "name": "Default" } } },
    })
}

/// A login of the user with this id, for nothing in particular.
fn by_id(id: &str) -> Value {
    json!({
        "identity": {
            "methods": ["password"],
            "password": { "user": { "id": id, "password": "s3cret" } },
        },
    })
}

/// With a scope.
fn scoped(mut auth: Value, scope: Value) -> Value {
    auth["scope"] = scope;
    auth
}
