//! Application credentials with values of the wrong types, and named in odd ways; and other members outside the schema of a
//! login.

use serde_json::{Value, json};

use super::{Case, call};
use crate::side::{Call, auth, login};

fn credential(payload: &Value) -> Call {
    login(&auth(
        &json!({"methods": ["application_credential"], "application_credential": payload}),
    ))
}

fn totp(user: &Value) -> Call {
    login(&auth(&json!({"methods": ["totp"], "totp": {"user": user}})))
}

fn mapped_by(id: &Value) -> Call {
    login(&auth(&json!({"methods": ["mapped"], "mapped": {"id": id}})))
}

pub fn cases() -> Vec<Case> {
    vec![
        call("application credential with a number as id", 404, |_| {
            credential(&json!({"id": 1, "secret": "x"}))
        }),
        call("application credential with a list as id", 400, |_| {
            credential(&json!({"id": ["x"], "secret": "x"}))
        })
        .crashing(),
        call("application credential with a number as secret", 400, |s| {
            credential(&json!({"id": s.world.application_credential.id, "secret": 1}))
        }),
        call("application credential without a secret", 401, |s| {
            credential(&json!({"id": s.world.application_credential.id}))
        }),
        call("application credential with a number as name", 400, |s| {
            credential(&json!({"name": 1, "user": {"id": s.world.user.id}, "secret": "x"}))
        }),
        call("application credential of an unknown name", 404, |s| {
            let user = json!({"name": "bogus", "domain": {"id": s.world.domain.id}});
            let name = &s.world.application_credential.name;
            credential(&json!({"name": name, "user": user, "secret": "x"}))
        }),
        call(
            "application credential of an id and a name without domain",
            400,
            |s| {
                let user = json!({"id": s.world.user.id, "name": s.world.user.name});
                let c = &s.world.application_credential;
                credential(&json!({"name": c.name, "user": user, "secret": c.secret}))
            },
        ),
        call(
            "application credential of a user whose domain's name is true",
            401,
            |s| {
                let domain = json!({"id": s.world.domain.id, "name": true});
                let user = json!({"name": s.world.user.name, "domain": domain});
                let c = &s.world.application_credential;
                credential(&json!({"name": c.name, "user": user, "secret": c.secret}))
            },
        ),
        call(
            "totp of a user whose domain has a number as name",
            401,
            |s| totp(&json!({"name": s.world.user.name, "domain": {"name": 7}})),
        ),
        call("totp of a user whose domain has false as name", 400, |s| {
            totp(&json!({"name": s.world.user.name, "domain": {"name": false}}))
        }),
        call("totp of a user whose domain has a list as id", 401, |s| {
            totp(&json!({"name": s.world.user.name, "domain": {"id": ["x"]}}))
        }),
        call("mapped with true as id", 400, |_| mapped_by(&json!(true))),
        call("mapped with a number as id", 400, |_| {
            mapped_by(&json!(1.5))
        }),
        call("mapped with zero as id", 404, |_| mapped_by(&json!(0))),
        call("mapped with null as id", 404, |_| mapped_by(&Value::Null)),
    ]
}
