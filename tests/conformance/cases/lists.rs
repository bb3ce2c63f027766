//! What a token is good for: catalog, projects, domains, system.

use super::{Case, call};
use crate::side::Call;

fn get(path: &str, token: &str) -> Call {
    Call::new("GET", path).auth(token)
}

fn head(path: &str, token: &str) -> Call {
    Call::new("HEAD", path).auth(token)
}

const CATALOG: &str = "/v3/auth/catalog";
const PROJECTS: &str = "/v3/auth/projects";
const DOMAINS: &str = "/v3/auth/domains";
const SYSTEM: &str = "/v3/auth/system";

pub fn cases() -> Vec<Case> {
    let mut cases = catalogs();
    cases.extend(lists());
    cases.extend(limited());
    cases
}

fn catalogs() -> Vec<Case> {
    vec![
        call("catalog of a project token", 200, |s| {
            get(CATALOG, &s.tokens.project)
        }),
        call("HEAD catalog", 200, |s| head(CATALOG, &s.tokens.project)),
        call("catalog of a trust token", 200, |s| {
            get(CATALOG, &s.tokens.trust)
        }),
        call("catalog of a trust token with impersonation", 200, |s| {
            get(CATALOG, &s.tokens.impersonating)
        }),
        call("catalog of an application credential token", 200, |s| {
            get(CATALOG, &s.tokens.application_credential)
        }),
        call("catalog of an unscoped token", 403, |s| {
            get(CATALOG, &s.tokens.unscoped)
        }),
        call("catalog of a domain token", 403, |s| {
            get(CATALOG, &s.tokens.domain)
        }),
        call("catalog of a system token", 403, |s| {
            get(CATALOG, &s.tokens.admin_system)
        }),
        call("catalog of nobody", 401, |_| Call::new("GET", CATALOG)),
        call("HEAD catalog of nobody", 401, |_| {
            Call::new("HEAD", CATALOG)
        }),
        call("catalog of a token that is none", 401, |_| {
            get(CATALOG, "bogus")
        }),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        call("projects of a project token", 200, |s| {
            get(PROJECTS, &s.tokens.project)
        }),
        call("projects of an unscoped token", 200, |s| {
            get(PROJECTS, &s.tokens.unscoped)
        }),
        call("projects of a system token", 200, |s| {
            get(PROJECTS, &s.tokens.admin_system)
        }),
        call("projects of a user without any", 200, |s| {
            get(PROJECTS, &s.tokens.system_reader)
        }),
        call("projects of a trust token with impersonation", 200, |s| {
            get(PROJECTS, &s.tokens.impersonating)
        }),
        call("projects of an application credential token", 200, |s| {
            get(PROJECTS, &s.tokens.application_credential)
        }),
        call("projects with filters and limit", 200, |s| {
            get(
                "/v3/auth/projects?name=x&limit=1&marker=y",
                &s.tokens.project,
            )
        }),
        call("projects with a slash at the end", 200, |s| {
            get("/v3/auth/projects/", &s.tokens.project)
        }),
        call("HEAD projects", 200, |s| head(PROJECTS, &s.tokens.project)),
        call("projects of nobody", 401, |_| Call::new("GET", PROJECTS)),
        call("projects by the federated path", 200, |s| {
            get("/v3/OS-FEDERATION/projects", &s.tokens.project)
        }),
        call("HEAD projects by the federated path", 200, |s| {
            head("/v3/OS-FEDERATION/projects", &s.tokens.project)
        }),
        call("projects by the federated path, of nobody", 401, |_| {
            Call::new("GET", "/v3/OS-FEDERATION/projects")
        }),
        call("domains of a project token", 200, |s| {
            get(DOMAINS, &s.tokens.project)
        }),
        call("domains of a user without any", 200, |s| {
            get(DOMAINS, &s.tokens.system_reader)
        }),
        call("HEAD domains", 200, |s| head(DOMAINS, &s.tokens.project)),
        call("domains of nobody", 401, |_| Call::new("GET", DOMAINS)),
        call("domains by the federated path", 200, |s| {
            get("/v3/OS-FEDERATION/domains", &s.tokens.project)
        }),
        call("system of a user with a role there", 200, |s| {
            get(SYSTEM, &s.tokens.admin)
        }),
        call("system of a user without", 200, |s| {
            get(SYSTEM, &s.tokens.project)
        }),
        call("HEAD system", 200, |s| head(SYSTEM, &s.tokens.admin)),
        call("system of nobody", 401, |_| Call::new("GET", SYSTEM)),
    ]
}

fn limited() -> Vec<Case> {
    vec![
        call("what an access rule allows", 200, |s| {
            get(PROJECTS, &s.tokens.limited)
        }),
        call("HEAD of what an access rule allows to GET", 401, |s| {
            head(PROJECTS, &s.tokens.limited)
        }),
        call("what no access rule allows", 401, |s| {
            get(DOMAINS, &s.tokens.limited)
        }),
        call("discovery that no access rule allows", 401, |s| {
            get("/v3", &s.tokens.limited)
        }),
        call("an unknown path that no access rule allows", 401, |s| {
            get("/v3/nothing", &s.tokens.limited)
        }),
    ]
}
