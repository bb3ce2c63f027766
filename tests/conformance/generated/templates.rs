//! The valid requests.

use serde_json::{Value, json};

/// A valid request, in its parts.
#[derive(Clone)]
pub struct Template {
    pub method: &'static str,
    /// With placeholders, which stand for whole segments.
    pub path: &'static str,
    pub query: &'static [&'static str],
    pub headers: Vec<(&'static str, &'static str)>,
    pub json: Option<Value>,
    /// Whether it can change something.
    pub fresh: bool,
}

const TOKENS: &str = "/v3/auth/tokens";

fn get(path: &'static str, token: &'static str) -> Template {
    Template {
        method: "GET",
        path,
        query: &[],
        headers: vec![("X-Auth-Token", token)],
        json: None,
        fresh: false,
    }
}

fn subject(
    caller: &'static str,
    subject: &'static str,
    query: &'static [&'static str],
) -> Template {
    let mut template = get(TOKENS, caller);
    template.headers.push(("X-Subject-Token", subject));
    template.query = query;
    template
}

fn post(path: &'static str, json: Value) -> Template {
    Template {
        method: "POST",
        path,
        query: &[],
        headers: vec![("Content-Type", "application/json")],
        json: Some(json),
        fresh: false,
    }
}

fn login(identity: Value, scope: Option<Value>) -> Template {
    let mut auth = json!({ "identity": identity });
    if let Some(scope) = scope {
        auth["scope"] = scope;
    }
    post(TOKENS, json!({ "auth": auth }))
}

fn by_password(user: Value, scope: Option<Value>) -> Template {
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    login(identity, scope)
}

fn by_credential(credential: Value) -> Template {
    let identity =
        json!({"methods": ["application_credential"], "application_credential": credential});
    login(identity, None)
}

fn fresh(template: Template) -> Template {
    Template {
        fresh: true,
        ..template
    }
}

/// All of them; what is used most has most.
pub fn all() -> Vec<Template> {
    let mut all = passwords();
    all.extend(methods());
    all.extend(credentials());
    all.extend(looks());
    all.extend(lists());
    all.extend(changes());
    all
}

fn passwords() -> Vec<Template> {
    let by_id = json!({"id": "«user.id»", "password": "«user.password»"});
    let by_name = json!({
        "name": "«user.name»", "domain": {"id": "«domain.id»"}, "password": "«user.password»",
    });
    let project = json!({"project": {"id": "«project.id»"}});
    let named = json!({"project": {"name": "«project.name»", "domain": {"name": "«domain.name»"}}});
    let admin = json!({"id": "«admin.id»", "password": "«admin.password»"});
    let trustee = json!({"id": "«trustee.id»", "password": "«trustee.password»"});
    let defaulter = json!({"id": "«defaulter.id»", "password": "«defaulter.password»"});
    let disabled = json!({"id": "«disabled.id»", "password": "«disabled.password»"});
    vec![
        by_password(by_id.clone(), Some(project.clone())),
        by_password(by_id.clone(), Some(named.clone())),
        by_password(by_name.clone(), Some(named)),
        by_password(by_name, None),
        by_password(by_id.clone(), Some(json!("unscoped"))),
        by_password(
            by_id.clone(),
            Some(json!({"domain": {"id": "«domain.id»"}})),
        ),
        by_password(
            by_id.clone(),
            Some(json!({"domain": {"name": "«domain.name»"}})),
        ),
        by_password(
            by_id.clone(),
            Some(json!({"project": {"id": "«project.disabled»"}})),
        ),
        by_password(by_id, Some(json!({"project": {"id": "«project.foreign»"}}))),
        by_password(admin, Some(json!({"system": {"all": true}}))),
        by_password(
            trustee,
            Some(json!({"OS-TRUST:trust": {"id": "«trust.id»"}})),
        ),
        by_password(defaulter, None),
        by_password(disabled, Some(project)),
    ]
}

fn methods() -> Vec<Template> {
    let project = json!({"project": {"id": "«project.id»"}});
    let token = json!({"methods": ["token"], "token": {"id": "«token.unscoped»"}});
    let delegated = json!({"methods": ["token"], "token": {"id": "«token.credential»"}});
    let totp = json!({
        "methods": ["totp"],
        "totp": {"user": {"id": "«totp.id»", "passcode": "«totp.passcode»"}},
    });
    let password = json!({"user": {"id": "«mfa.id»", "password": "«mfa.password»"}});
    let passcode = json!({"user": {"id": "«mfa.id»", "passcode": "«mfa.passcode»"}});
    let both = json!({"methods": ["password", "totp"], "password": password, "totp": passcode});
    let first = json!({"methods": ["password"], "password": password});
    let second = json!({"methods": ["totp"], "totp": passcode});
    let named = json!({
        "name": "«totp.name»", "domain": {"name": "«domain.name»"}, "passcode": "«totp.passcode»",
    });
    let by_name = json!({"methods": ["totp"], "totp": {"user": named}});
    let twice = json!({
        "methods": ["token", "password"],
        "token": {"id": "«token.project»"},
        "password": {"user": {"id": "«user.id»", "password": "«user.password»"}},
    });
    let mapped = json!({
        "methods": ["mapped"],
        "mapped": {"identity_provider": "x", "protocol": "mapped"},
    });
    let mut with_receipt = login(second, Some(project.clone()));
    with_receipt
        .headers
        .push(("Openstack-Auth-Receipt", "«mfa.receipt»"));
    vec![
        login(token.clone(), Some(project.clone())),
        login(token, None),
        login(delegated, Some(json!("unscoped"))),
        login(totp, Some(project.clone())),
        login(both, Some(project)),
        login(by_name, None),
        login(twice, None),
        login(mapped, None),
        login(first, None),
        with_receipt,
    ]
}

fn credentials() -> Vec<Template> {
    let secret = "«credential.secret»";
    let named = |user: Value| {
        by_credential(json!({"name": "«credential.name»", "user": user, "secret": secret}))
    };
    vec![
        by_credential(json!({"id": "«credential.id»", "secret": secret})),
        named(json!({"id": "«user.id»"})),
        named(json!({"name": "«user.name»", "domain": {"id": "«domain.id»"}})),
    ]
}

fn looks() -> Vec<Template> {
    let head = |template: Template| Template {
        method: "HEAD",
        ..template
    };
    let mut rules = subject("«token.admin»", "«token.limited»", &[]);
    rules
        .headers
        .push(("OpenStack-Identity-Access-Rules", "1.0"));
    vec![
        subject("«token.admin»", "«token.project»", &[]),
        subject("«token.project»", "«token.project»", &["nocatalog"]),
        subject("«token.service»", "«token.domain»", &["allow_expired=1"]),
        subject(
            "«token.reader»",
            "«token.trust»",
            &["allow_expired=true", "nocatalog=1"],
        ),
        head(subject("«token.system»", "«token.impersonating»", &[])),
        rules,
    ]
}

fn lists() -> Vec<Template> {
    let mut served = get("/v3/auth/projects", "«token.limited»");
    served.headers.push(("X-Service-Token", "«token.service»"));
    let mut root = get("/", "«token.project»");
    root.headers = vec![("Accept", "application/json")];
    let mut version = get("/v3", "«token.project»");
    version.headers.push(("Accept", "application/json-home"));
    vec![
        get("/v3/auth/catalog", "«token.project»"),
        get("/v3/auth/projects", "«token.unscoped»"),
        get("/v3/OS-FEDERATION/projects", "«token.credential»"),
        get("/v3/auth/domains", "«token.domain»"),
        get("/v3/auth/system", "«token.reader»"),
        get("/v3/auth/projects", "«token.limited»"),
        served,
        root,
        version,
    ]
}

fn changes() -> Vec<Template> {
    let mut revoke = fresh(subject(
        "«token.admin»",
        "«fresh.token»",
        &["cascade=false"],
    ));
    revoke.method = "DELETE";
    let mut own = fresh(get("/v3/users/«fresh.id»/tokens", "«fresh.token»"));
    own.method = "DELETE";
    let change =
        |password: &str| json!({"user": {"password": "new", "original_password": password}});
    vec![
        revoke,
        own,
        fresh(post(
            "/v3/users/«fresh.id»/password",
            change("«fresh.password»"),
        )),
        fresh(post(
            "/v3/users/«fresh.id»/password",
            change("«fresh.password»"),
        )),
        post(
            "/v3/users/«disabled.id»/password",
            change("«disabled.password»"),
        ),
    ]
}
