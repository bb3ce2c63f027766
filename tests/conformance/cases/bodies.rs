//! Bodies that are no request for a token.

use serde_json::{Value, json};

use super::{Case, call};
use crate::side::{Call, Side, auth, login, password, scoped};

fn raw(content_type: &'static str, body: &str) -> Call {
    Call::new("POST", "/v3/auth/tokens")
        .header("Content-Type", content_type)
        .body(body)
}

fn body(body: &Value) -> Call {
    Call::new("POST", "/v3/auth/tokens").json(body)
}

fn valid(side: &Side) -> String {
    json!({"auth": auth(&password(&side.world.user))}).to_string()
}

/// A login of the user with this scope.
fn scope(side: &Side, scope: &Value) -> Call {
    login(&scoped(&password(&side.world.user), scope))
}

/// A login by password with this as `user`.
fn user(user: &Value) -> Call {
    login(&auth(
        &json!({"methods": ["password"], "password": {"user": user}}),
    ))
}

pub fn cases() -> Vec<Case> {
    let mut cases = media();
    cases.extend(envelopes());
    cases.extend(identities());
    cases.extend(scopes());
    cases
}

fn media() -> Vec<Case> {
    vec![
        call("text/plain", 400, |s| raw("text/plain", &valid(s))),
        call("form", 400, |s| {
            raw("application/x-www-form-urlencoded", &valid(s))
        }),
        call("JSON with a charset", 201, |s| {
            raw("application/json; charset=utf-8", &valid(s))
        }),
        call("JSON in capitals", 201, |s| {
            raw("Application/JSON", &valid(s))
        }),
        call("something+json", 201, |s| {
            raw("application/vnd.x+json", &valid(s))
        }),
        call("text/x+json", 400, |s| raw("text/x+json", &valid(s))),
        call("no content type", 201, |s| {
            Call::new("POST", "/v3/auth/tokens").body(valid(s))
        }),
        call("empty content type", 201, |s| raw("", &valid(s))),
        call("broken JSON", 400, |_| {
            raw("application/json", "{\"auth\": ")
        }),
        call("not UTF-8", 400, |_| {
            Call::new("POST", "/v3/auth/tokens")
                .header("Content-Type", "application/json")
                .body(vec![b'"', 0xff, b'"'])
        }),
        call("JSON list", 400, |_| raw("application/json", "[]")),
        call("JSON null", 400, |_| raw("application/json", "null")),
        call("JSON string", 400, |_| raw("application/json", "\"auth\"")),
        call("broken JSON on GET", 400, |s| {
            Call::new("GET", "/v3/auth/projects")
                .auth(&s.tokens.project)
                .header("Content-Type", "application/json")
                .body("{")
        }),
        call("text on GET", 400, |_| {
            Call::new("GET", "/v3")
                .header("Content-Type", "text/plain")
                .body("x")
        }),
        call("JSON on GET", 200, |_| {
            Call::new("GET", "/v3").json(&json!({"x": 1}))
        }),
        call("broken JSON on an unknown path", 400, |_| {
            Call::new("GET", "/v3/nothing")
                .header("Content-Type", "application/json")
                .body("{")
        }),
        call("broken JSON with the wrong method", 400, |_| {
            Call::new("PUT", "/v3/auth/tokens")
                .header("Content-Type", "application/json")
                .body("{")
        }),
    ]
}

fn envelopes() -> Vec<Case> {
    vec![
        call("empty body", 400, |_| Call::new("POST", "/v3/auth/tokens")),
        call("empty body of JSON", 400, |_| raw("application/json", "")),
        call("empty object", 400, |_| body(&json!({}))),
        call("auth is null", 400, |_| body(&json!({"auth": null}))),
        call("auth is empty", 400, |_| body(&json!({"auth": {}}))),
        call("auth is a list", 400, |_| body(&json!({"auth": []}))),
        call("auth is a string", 400, |_| body(&json!({"auth": "x"}))),
        call("auth is false", 400, |_| body(&json!({"auth": false}))),
        call("identity is null", 400, |_| login(&auth(&json!(null)))),
        call("identity is a list", 400, |_| login(&auth(&json!([])))),
        call("identity is empty", 400, |_| login(&auth(&json!({})))),
        call("unknown members everywhere", 201, |s| {
            let user = json!({"id": s.world.user.id, "password": s.world.user.password, "x": 1});
            let identity =
                json!({"methods": ["password"], "password": {"user": user, "x": 1}, "x": 1});
            body(
                &json!({"auth": {"identity": identity, "scope": {"unscoped": {}, "x": 1}, "x": 1}, "x": 1}),
            )
        }),
    ]
}

fn identities() -> Vec<Case> {
    vec![
        call("methods missing", 400, |s| {
            let mut identity = password(&s.world.user);
            identity
                .as_object_mut()
                .map(|identity| identity.remove("methods"));
            login(&auth(&identity))
        }),
        call("methods is a string", 400, |_| {
            login(&auth(&json!({"methods": "password", "password": {}})))
        }),
        call("a method is a number", 400, |_| {
            login(&auth(&json!({"methods": [1]})))
        }),
        call("methods is null", 400, |_| {
            login(&auth(&json!({"methods": null})))
        }),
        call("no methods", 401, |_| login(&auth(&json!({"methods": []})))),
        call("a method without its object", 400, |_| {
            login(&auth(&json!({"methods": ["password"]})))
        }),
        call("an unknown method without its object", 400, |_| {
            login(&auth(&json!({"methods": ["sorcery"]})))
        }),
        call("an unknown method", 401, |_| {
            login(&auth(&json!({"methods": ["sorcery"], "sorcery": {}})))
        }),
        call("a method that isn't enabled", 401, |_| {
            login(&auth(&json!({"methods": ["kerberos"], "kerberos": {}})))
        }),
        call("an unknown method beside a good one", 401, |s| {
            let mut identity = password(&s.world.user);
            identity["methods"] = json!(["password", "sorcery"]);
            identity["sorcery"] = json!(null);
            login(&auth(&identity))
        }),
        call("objects of methods that aren't listed", 201, |s| {
            let mut identity = password(&s.world.user);
            identity["totp"] = json!(7);
            identity["sorcery"] = json!([]);
            login(&auth(&identity))
        }),
        call(
            "token of a method that isn't listed without its id",
            400,
            |s| {
                let mut identity = password(&s.world.user);
                identity["token"] = json!({});
                login(&auth(&identity))
            },
        ),
        call("a method twice", 201, |s| {
            let mut identity = password(&s.world.user);
            identity["methods"] = json!(["password", "password"]);
            login(&auth(&identity))
        }),
        call("password is null", 400, |_| {
            login(&auth(&json!({"methods": ["password"], "password": null})))
        }),
        call("password is empty", 400, |_| {
            login(&auth(&json!({"methods": ["password"], "password": {}})))
        }),
        call("user is null", 400, |_| user(&json!(null))),
        call("user is empty", 400, |_| user(&json!({}))),
        call("user without id or name", 400, |_| {
            user(&json!({"password": "x"}))
        }),
        call("user id is a number", 400, |_| {
            user(&json!({"id": 1, "password": "x"}))
        }),
        call("user id is empty", 400, |_| {
            user(&json!({"id": "", "password": "x"}))
        }),
        call("user name without domain", 400, |_| {
            user(&json!({"name": "x", "password": "x"}))
        }),
        call("user domain is empty", 400, |_| {
            user(&json!({"name": "x", "password": "x", "domain": {}}))
        }),
        call("user domain is a string", 400, |_| {
            user(&json!({"name": "x", "password": "x", "domain": "x"}))
        }),
        call("user domain with an empty id", 400, |_| {
            user(&json!({"name": "x", "password": "x", "domain": {"id": ""}}))
        }),
        call("user id with an empty domain", 400, |s| {
            user(&json!({"id": s.world.user.id, "password": s.world.user.password, "domain": {}}))
        }),
        call("user password is null", 400, |s| {
            user(&json!({"id": s.world.user.id, "password": null}))
        }),
        call("user password is a number", 400, |s| {
            user(&json!({"id": s.world.user.id, "password": 1}))
        }),
        call("user password missing", 401, |s| {
            user(&json!({"id": s.world.user.id}))
        }),
        call("token without id", 400, |_| {
            login(&auth(&json!({"methods": ["token"], "token": {}})))
        }),
        call("token id is a number", 400, |_| {
            login(&auth(&json!({"methods": ["token"], "token": {"id": 1}})))
        }),
        call("token is null", 400, |_| {
            login(&auth(&json!({"methods": ["token"], "token": null})))
        }),
    ]
}

fn scopes() -> Vec<Case> {
    vec![
        call("scope is null", 400, |s| scope(s, &json!(null))),
        call("scope is a number", 400, |s| scope(s, &json!(1))),
        call("scope is a list", 400, |s| scope(s, &json!([]))),
        call("scope is empty", 400, |s| scope(s, &json!({}))),
        call("scope is of an unknown kind", 400, |s| {
            scope(s, &json!({"galaxy": {}}))
        }),
        call("scope is an unknown string", 400, |s| {
            scope(s, &json!("galaxy"))
        }),
        call("scope is the string project", 400, |s| {
            scope(s, &json!("project"))
        }),
        call("scope is the string domain", 400, |s| {
            scope(s, &json!("domain"))
        }),
        call("scope is the string of a trust", 400, |s| {
            scope(s, &json!("OS-TRUST:trust"))
        }),
        call("scope has two kinds", 400, |s| {
            scope(
                s,
                &json!({"project": {"id": s.world.project.id}, "domain": {"id": s.world.domain.id}}),
            )
        }),
        call("scope is unscoped and system", 400, |s| {
            scope(s, &json!({"unscoped": {}, "system": {"all": true}}))
        }),
        call("project is a string", 400, |s| {
            scope(s, &json!({"project": s.world.project.id}))
        }),
        call("project is empty", 400, |s| {
            scope(s, &json!({"project": {}}))
        }),
        call("project id is a number", 400, |s| {
            scope(s, &json!({"project": {"id": 1}}))
        }),
        call("project name without domain", 400, |s| {
            scope(s, &json!({"project": {"name": s.world.project.name}}))
        }),
        call("project domain is empty", 400, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.project.name, "domain": {}}}),
            )
        }),
        call("domain is empty", 400, |s| scope(s, &json!({"domain": {}}))),
        call("domain is null", 400, |s| {
            scope(s, &json!({"domain": null}))
        }),
        call("system is a string", 400, |s| {
            scope(s, &json!({"system": "all"}))
        }),
        call("system all is a string", 400, |s| {
            scope(s, &json!({"system": {"all": "true"}}))
        }),
        call("trust without id", 400, |s| {
            scope(s, &json!({"OS-TRUST:trust": {}}))
        }),
        call("trust id is a number", 400, |s| {
            scope(s, &json!({"OS-TRUST:trust": {"id": 1}}))
        }),
    ]
}
