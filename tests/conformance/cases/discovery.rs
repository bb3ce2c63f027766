//! Versions, and what HTTP itself can get wrong.

use serde_json::json;

use super::{Case, call};
use crate::side::{Call, auth, login, password};

pub fn cases() -> Vec<Case> {
    vec![
        call("GET /", 300, |_| Call::new("GET", "/")),
        call("HEAD /", 300, |_| Call::new("HEAD", "/")),
        call("GET / as JSON Home", 200, |_| {
            Call::new("GET", "/").header("Accept", "application/json-home")
        }),
        call("GET / as anything else", 300, |_| {
            Call::new("GET", "/").header("Accept", "text/html")
        }),
        call("GET /v3", 200, |_| Call::new("GET", "/v3")),
        call("GET /v3/", 200, |_| Call::new("GET", "/v3/")),
        call("GET /v3///", 200, |_| Call::new("GET", "/v3///")),
        call("HEAD /v3", 200, |_| Call::new("HEAD", "/v3")),
        call("GET /v3 as JSON Home", 200, |_| {
            Call::new("GET", "/v3").header("Accept", "application/json-home")
        }),
        call("GET /v3 as JSON rather than JSON Home", 200, |_| {
            Call::new("GET", "/v3").header(
                "Accept",
                "application/json-home;q=0.3, application/json;q=0.5",
            )
        }),
        call("GET /v3 with a token that is none", 200, |_| {
            Call::new("GET", "/v3").auth("bogus")
        }),
        call("GET /v3 with an empty token", 200, |_| {
            Call::new("GET", "/v3").auth("")
        }),
        call("GET /v3 with a token", 200, |s| {
            Call::new("GET", "/v3").auth(&s.tokens.project)
        }),
        call("GET /v3 with a service token that is none", 200, |_| {
            Call::new("GET", "/v3").header("X-Service-Token", "bogus")
        }),
        call("OPTIONS /", 200, |_| Call::new("OPTIONS", "/")),
        call("OPTIONS /v3", 200, |_| Call::new("OPTIONS", "/v3")),
        call("OPTIONS tokens", 200, |_| {
            Call::new("OPTIONS", "/v3/auth/tokens")
        }),
        call("OPTIONS projects", 200, |_| {
            Call::new("OPTIONS", "/v3/auth/projects")
        }),
        call("POST /", 405, |_| Call::new("POST", "/")),
        call("POST /v3", 405, |_| Call::new("POST", "/v3")),
        call("DELETE /v3", 405, |_| Call::new("DELETE", "/v3")),
        call("PUT tokens", 405, |_| Call::new("PUT", "/v3/auth/tokens")),
        call("PATCH tokens", 405, |_| {
            Call::new("PATCH", "/v3/auth/tokens")
        }),
        call("POST catalog", 405, |_| {
            Call::new("POST", "/v3/auth/catalog")
        }),
        call("DELETE projects", 405, |_| {
            Call::new("DELETE", "/v3/auth/projects")
        }),
        call("POST system with a token", 405, |s| {
            Call::new("POST", "/v3/auth/system").auth(&s.tokens.project)
        }),
        call("unknown path", 404, |_| Call::new("GET", "/v3/nothing")),
        call("unknown path with a token", 404, |s| {
            Call::new("GET", "/v3/nothing").auth(&s.tokens.project)
        }),
        call("HEAD unknown path", 404, |_| {
            Call::new("HEAD", "/v3/nothing")
        }),
        call("version 2", 404, |_| Call::new("GET", "/v2.0")),
        call("tokens of version 2", 404, |_| {
            Call::new("POST", "/v2.0/tokens").json(&json!({}))
        }),
        call("capital path", 404, |_| Call::new("GET", "/V3")),
        call("doubled slash", 308, |_| {
            Call::new("GET", "/v3//auth/tokens")
        }),
        call("doubled slash with a query", 308, |_| {
            Call::new("GET", "/v3//auth/tokens?nocatalog")
        }),
        call("doubled slash at the beginning", 401, |_| {
            Call::new("GET", "//v3/auth/tokens")
        }),
        call("doubled slash on POST", 308, |s| {
            let body = json!({"auth": auth(&password(&s.world.user))});
            Call::new("POST", "/v3//auth/tokens").json(&body)
        }),
        call("doubled slash in an unknown path", 404, |_| {
            Call::new("GET", "/v3//nothing")
        }),
        call("doubled slash with the wrong method", 405, |_| {
            Call::new("PUT", "/v3//auth/tokens")
        })
        .crashing(),
        call("tokens with a slash at the end", 201, |s| {
            let body = json!({"auth": auth(&password(&s.world.user))});
            Call::new("POST", "/v3/auth/tokens/").json(&body)
        }),
        call("body too large", 413, |_| {
            Call::new("POST", "/v3/auth/tokens")
                .header("Content-Type", "application/json")
                .body(vec![b' '; 114_689])
        }),
        call("body too large, in JSON", 413, |_| {
            Call::new("POST", "/v3/auth/tokens")
                .header("Accept", "application/json")
                .body(vec![b' '; 114_689])
        }),
        call("body too large, in text", 413, |_| {
            Call::new("POST", "/v3/auth/tokens")
                .header("Accept", "text/plain")
                .body(vec![b' '; 114_689])
        }),
        call("body just not too large", 400, |_| {
            Call::new("POST", "/v3/auth/tokens")
                .header("Content-Type", "application/json")
                .body(vec![b' '; 114_688])
        }),
        call("revoked tokens", 403, |_| {
            Call::new("GET", "/v3/auth/tokens/OS-PKI/revoked")
        }),
        call("HEAD revoked tokens", 403, |_| {
            Call::new("HEAD", "/v3/auth/tokens/OS-PKI/revoked")
        }),
        call("certificate of the authority", 410, |_| {
            Call::new("GET", "/v3/OS-SIMPLE-CERT/ca")
        }),
        call("certificates", 410, |_| {
            Call::new("GET", "/v3/OS-SIMPLE-CERT/certificates")
        }),
        call("POST with a token that is none", 201, |s| {
            login(&auth(&password(&s.world.user))).auth("bogus")
        }),
        call("POST with a token", 201, |s| {
            login(&auth(&password(&s.world.user))).auth(&s.tokens.project)
        }),
    ]
}
