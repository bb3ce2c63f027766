//! What the gateway in front of Keystone makes of headers, paths and queries.

use serde_json::json;
use tests::world::{Failure, NewApplicationCredential};

use super::{Case, call, flow};
use crate::side::{Answer, Call, Side, auth, by_credential, login, password};

fn subject(caller: &str, subject: &str) -> Call {
    Call::new("GET", "/v3/auth/tokens")
        .auth(caller)
        .subject(subject)
}

fn get(path: &str, token: &str) -> Call {
    Call::new("GET", path).auth(token)
}

pub fn cases() -> Vec<Case> {
    let mut cases = headers();
    cases.extend(paths());
    cases.extend(access_rules());
    cases
}

fn headers() -> Vec<Case> {
    vec![
        call("X-Auth-Token twice", 401, |s| {
            subject(&s.tokens.admin, &s.tokens.project).auth(&s.tokens.admin)
        }),
        call("X-Subject-Token twice", 404, |s| {
            subject(&s.tokens.admin, &s.tokens.project).subject(&s.tokens.project)
        }),
        call("the header of a receipt twice", 401, |s| {
            login(&auth(&password(&s.world.mfa_user)))
                .receipt(&s.tokens.receipt)
                .receipt(&s.tokens.receipt)
        }),
        call("access rules twice", 404, |s| {
            subject(&s.tokens.admin, &s.tokens.limited)
                .header("OpenStack-Identity-Access-Rules", "1")
                .header("OpenStack-Identity-Access-Rules", "0")
        })
        .crashing(),
        call("a receipt beyond ASCII", 401, |s| {
            login(&auth(&password(&s.world.user))).receipt("é")
        }),
        call("a receipt in Latin-1", 401, |s| {
            login(&auth(&password(&s.world.user))).raw_header("Openstack-Auth-Receipt", vec![0xe9])
        }),
        call("X-Auth-Token beyond ASCII", 401, |s| {
            subject("é", &s.tokens.project)
        }),
        call("X-Subject-Token beyond ASCII", 404, |s| {
            subject(&s.tokens.admin, "é")
        }),
        call("JSON in UTF-16", 201, |s| {
            let body = json!({"auth": auth(&password(&s.world.user))}).to_string();
            let body: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
            Call::new("POST", "/v3/auth/tokens")
                .header("Content-Type", "application/json")
                .body(body)
        }),
    ]
}

fn paths() -> Vec<Case> {
    vec![
        call("an encoded letter", 200, |s| {
            get("/v3/auth/%70rojects", &s.tokens.project)
        }),
        call("an encoded slash", 200, |s| {
            get("/v3/auth%2Fprojects", &s.tokens.project)
        }),
        call("an encoded slash at the end", 200, |s| {
            get("/v3/auth/projects%2F", &s.tokens.project)
        }),
        call("an encoded slash in the id of a user", 404, |_| {
            Call::new("GET", "/v3/users/a%2Fb/password")
        }),
        call("an encoded letter beyond ASCII", 405, |_| {
            Call::new("GET", "/v3/users/%C3%A9/password")
        }),
        call("an encoded question mark", 404, |s| {
            get("/v3/auth/projects%3Fx", &s.tokens.project)
        }),
        call("an encoded parameter", 200, |s| {
            get("/v3/auth/tokens?%6Eocatalog", &s.tokens.admin).subject(&s.tokens.project)
        }),
        call("an encoded value of a parameter", 200, |s| {
            get("/v3/auth/tokens?allow_expired=%31", &s.tokens.admin).subject(&s.tokens.project)
        }),
        call("a list with a query", 200, |s| {
            get("/v3/auth/projects?x=%20y", &s.tokens.project)
        }),
    ]
}

/// What `path` gives with the token of an application credential that is limited to `GET` of `pattern`.
async fn limited(side: &Side, pattern: &'static str, path: &str) -> Result<Answer, Failure> {
    let name = side.world.change().unique("limited");
    let new = NewApplicationCredential {
        access_rules: vec![("identity", "GET", pattern)],
        ..NewApplicationCredential::new(name, &side.world.user, &side.world.project.id)
    };
    let credential = side.world.change().add_application_credential(new).await?;
    let token = side
        .token(&auth(&by_credential(&credential.id, &credential.secret)))
        .await?;
    side.send(get(path, &token)).await
}

/// A case of [`limited`].
macro_rules! rule {
    ($pattern:literal, $path:literal, $status:literal) => {
        flow(concat!("rule ", $pattern, " and ", $path), $status, |s| {
            Box::pin(limited(s, $pattern, $path))
        })
    };
}

fn access_rules() -> Vec<Case> {
    vec![
        rule!("/v3/auth/*s", "/v3/auth/projects", 200),
        rule!("/v3/auth/*s", "/v3/auth/projects/", 200),
        rule!("/v3/auth/*s", "/v3/auth/system", 401),
        rule!("/v3/auth/projects/", "/v3/auth/projects/", 401),
        rule!("/v3/au{x}/projects", "/v3/auth/projects", 200),
        rule!("/v3/**projects", "/v3/auth/%70rojects", 200),
        rule!("/v3/**projects", "//v3/auth/projects", 401),
        rule!("/v3/auth/projects*", "/v3/auth/projects", 401),
        rule!("/v3/auth/projects**", "/v3/auth/projects", 200),
        rule!("/v3/auth/***", "/v3/auth/projects?x=1", 200),
        rule!("/v3.auth.projects", "/v3/auth/projects", 200),
        rule!("/v3/auth/(projects", "/v3/auth/projects", 401).crashing(),
    ]
}
