//! Looking at tokens.

use super::{Case, call};
use crate::side::Call;

fn get(caller: &str, subject: &str) -> Call {
    Call::new("GET", "/v3/auth/tokens")
        .auth(caller)
        .subject(subject)
}

fn head(caller: &str, subject: &str) -> Call {
    Call::new("HEAD", "/v3/auth/tokens")
        .auth(caller)
        .subject(subject)
}

fn with_query(caller: &str, subject: &str, query: &str) -> Call {
    Call::new("GET", format!("/v3/auth/tokens?{query}"))
        .auth(caller)
        .subject(subject)
}

const RULES: &str = "OpenStack-Identity-Access-Rules";

pub fn cases() -> Vec<Case> {
    let mut cases = subjects();
    cases.extend(callers());
    cases.extend(headers());
    cases
}

fn subjects() -> Vec<Case> {
    vec![
        call("GET an unscoped token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.unscoped)
        }),
        call("GET a project token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.project)
        }),
        call("GET a domain token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.domain)
        }),
        call("GET a system token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.admin_system)
        }),
        call("GET a trust token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.trust)
        }),
        call("GET a trust token with impersonation", 200, |s| {
            get(&s.tokens.admin, &s.tokens.impersonating)
        }),
        call("GET an application credential token", 200, |s| {
            get(&s.tokens.admin, &s.tokens.application_credential)
        }),
        call("GET without catalog", 200, |s| {
            with_query(&s.tokens.admin, &s.tokens.project, "nocatalog")
        }),
        call("GET without catalog, by a flag that is false", 200, |s| {
            with_query(&s.tokens.admin, &s.tokens.project, "nocatalog=0")
        }),
        call("GET allowing expired", 200, |s| {
            with_query(&s.tokens.admin, &s.tokens.project, "allow_expired=1")
        }),
        call("GET allowing expired, by a flag without value", 200, |s| {
            with_query(&s.tokens.admin, &s.tokens.project, "allow_expired")
        }),
        call("GET with an unknown query", 200, |s| {
            with_query(&s.tokens.admin, &s.tokens.project, "galaxy=1")
        }),
        call("HEAD a project token", 200, |s| {
            head(&s.tokens.admin, &s.tokens.project)
        }),
        call("HEAD an unscoped token", 200, |s| {
            head(&s.tokens.admin, &s.tokens.unscoped)
        }),
        call("GET an unknown token", 404, |s| {
            get(&s.tokens.admin, "bogus")
        }),
        call("GET an unknown token allowing expired", 404, |s| {
            with_query(&s.tokens.admin, "bogus", "allow_expired=1")
        }),
        call("HEAD an unknown token", 404, |s| {
            head(&s.tokens.admin, "bogus")
        }),
        call("GET a token that was tampered with", 404, |s| {
            let token = &s.tokens.project;
            let swapped = if token[100..].starts_with('x') {
                "y"
            } else {
                "x"
            };
            get(
                &s.tokens.admin,
                &format!("{}{swapped}{}", &token[..100], &token[101..]),
            )
        }),
        call("GET an unknown token as a user", 404, |s| {
            get(&s.tokens.project, "bogus")
        }),
    ]
}

fn callers() -> Vec<Case> {
    vec![
        call("GET oneself", 200, |s| {
            get(&s.tokens.project, &s.tokens.project)
        }),
        call("GET oneself, unscoped", 200, |s| {
            get(&s.tokens.unscoped, &s.tokens.unscoped)
        }),
        call("GET oneself, domain", 200, |s| {
            get(&s.tokens.domain, &s.tokens.domain)
        }),
        call("GET another token of one's own", 200, |s| {
            get(&s.tokens.unscoped, &s.tokens.project)
        }),
        call("HEAD oneself", 200, |s| {
            head(&s.tokens.project, &s.tokens.project)
        }),
        call("GET another's token", 403, |s| {
            get(&s.tokens.project, &s.tokens.trustee)
        }),
        call("HEAD another's token", 403, |s| {
            head(&s.tokens.project, &s.tokens.trustee)
        }),
        call("GET as admin of the system", 200, |s| {
            get(&s.tokens.admin_system, &s.tokens.project)
        }),
        call("GET as reader of the system", 200, |s| {
            get(&s.tokens.system_reader, &s.tokens.project)
        }),
        call("HEAD as reader of the system", 200, |s| {
            head(&s.tokens.system_reader, &s.tokens.project)
        }),
        call("GET as a service", 200, |s| {
            get(&s.tokens.service, &s.tokens.project)
        }),
        call("HEAD as a service", 403, |s| {
            head(&s.tokens.service, &s.tokens.project)
        }),
        call("GET oneself by trust", 200, |s| {
            get(&s.tokens.trust, &s.tokens.trust)
        }),
        call("GET oneself by trust with impersonation", 403, |s| {
            get(&s.tokens.impersonating, &s.tokens.impersonating)
        }),
        call(
            "GET a trust token with impersonation as the trustee",
            200,
            |s| get(&s.tokens.trustee, &s.tokens.impersonating),
        ),
        call(
            "GET a trust token with impersonation as the trustor",
            403,
            |s| get(&s.tokens.project, &s.tokens.impersonating),
        ),
        call("GET oneself by application credential", 200, |s| {
            get(
                &s.tokens.application_credential,
                &s.tokens.application_credential,
            )
        }),
        call("GET by nobody", 401, |s| {
            Call::new("GET", "/v3/auth/tokens").subject(&s.tokens.project)
        }),
        call("HEAD by nobody", 401, |s| {
            Call::new("HEAD", "/v3/auth/tokens").subject(&s.tokens.project)
        }),
        call("GET by a token that is none", 401, |s| {
            get("bogus", &s.tokens.project)
        }),
        call("GET by an empty token", 401, |s| get("", &s.tokens.project)),
        call("GET of nothing by nobody", 401, |_| {
            Call::new("GET", "/v3/auth/tokens")
        }),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        call("GET without a subject as admin", 404, |s| {
            Call::new("GET", "/v3/auth/tokens").auth(&s.tokens.admin)
        }),
        call("HEAD without a subject as admin", 404, |s| {
            Call::new("HEAD", "/v3/auth/tokens").auth(&s.tokens.admin)
        }),
        call("GET without a subject as a service", 404, |s| {
            Call::new("GET", "/v3/auth/tokens").auth(&s.tokens.service)
        }),
        call("GET without a subject as a user", 403, |s| {
            Call::new("GET", "/v3/auth/tokens").auth(&s.tokens.project)
        }),
        call("GET with an empty subject as admin", 404, |s| {
            get(&s.tokens.admin, "")
        }),
        call("GET with an empty subject as a user", 404, |s| {
            get(&s.tokens.project, "")
        }),
        call(
            "GET a token with access rules, speaking of them",
            200,
            |s| get(&s.tokens.admin, &s.tokens.limited).header(RULES, "1.0"),
        ),
        call(
            "GET a token with access rules, speaking of later ones",
            200,
            |s| get(&s.tokens.admin, &s.tokens.limited).header(RULES, "2"),
        ),
        call(
            "GET a token with access rules, not speaking of them",
            404,
            |s| get(&s.tokens.admin, &s.tokens.limited),
        ),
        call(
            "GET a token with access rules, speaking of earlier ones",
            404,
            |s| get(&s.tokens.admin, &s.tokens.limited).header(RULES, "0.9"),
        ),
        call(
            "GET a token with access rules, speaking nonsense",
            404,
            |s| get(&s.tokens.admin, &s.tokens.limited).header(RULES, "abc"),
        )
        .crashing(),
        call(
            "GET a token without access rules, speaking nonsense",
            200,
            |s| get(&s.tokens.admin, &s.tokens.project).header(RULES, "abc"),
        ),
        call("GET oneself with access rules", 200, |s| {
            get(&s.tokens.limited, &s.tokens.limited).header(RULES, "1.0")
        }),
        call("HEAD oneself with access rules", 401, |s| {
            head(&s.tokens.limited, &s.tokens.limited).header(RULES, "1.0")
        }),
    ]
}
