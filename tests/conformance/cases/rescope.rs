//! Tokens made from tokens.

use serde_json::{Value, json};
use tests::world::Failure;

use super::{Case, call, flow};
use crate::side::{Answer, Call, Side, auth, by_token, login, password, project, scoped, trust};

fn exchange(token: &str, scope: &Value) -> Call {
    login(&scoped(&by_token(token), scope))
}

pub fn cases() -> Vec<Case> {
    let mut cases = allowed();
    cases.extend(refused());
    cases
}

fn allowed() -> Vec<Case> {
    vec![
        call("unscoped to project", 201, |s| {
            exchange(&s.tokens.unscoped, &project(&s.world.project.id))
        }),
        call("unscoped to project by name", 201, |s| {
            let scope = json!({"project": {"name": s.world.project.name, "domain": {"id": s.world.domain.id}}});
            exchange(&s.tokens.unscoped, &scope)
        }),
        call("unscoped to domain", 201, |s| {
            exchange(
                &s.tokens.unscoped,
                &json!({"domain": {"id": s.world.domain.id}}),
            )
        }),
        call("unscoped to no scope", 201, |s| {
            login(&auth(&by_token(&s.tokens.unscoped)))
        }),
        call("unscoped to trust", 201, |s| {
            exchange(&s.tokens.trustee, &trust(&s.world.trust_id))
        }),
        call("project to another project", 201, |s| {
            exchange(&s.tokens.project, &project(&s.world.second_project.id))
        }),
        call("project to domain", 201, |s| {
            exchange(
                &s.tokens.project,
                &json!({"domain": {"id": s.world.domain.id}}),
            )
        }),
        call("project to unscoped", 201, |s| {
            exchange(&s.tokens.project, &json!("unscoped"))
        }),
        call("project to no scope", 201, |s| {
            login(&auth(&by_token(&s.tokens.project)))
        }),
        call("project to system", 201, |s| {
            exchange(&s.tokens.admin, &json!({"system": {"all": true}}))
        }),
        call("domain to project", 201, |s| {
            exchange(&s.tokens.domain, &project(&s.world.project.id))
        }),
        call("system to unscoped", 201, |s| {
            exchange(&s.tokens.admin_system, &json!("unscoped"))
        }),
        call("system to system", 201, |s| {
            exchange(&s.tokens.admin_system, &json!({"system": {"all": true}}))
        }),
        call("system to no scope", 201, |s| {
            login(&auth(&by_token(&s.tokens.admin_system)))
        }),
        call("token and password", 201, |s| {
            let mut identity = password(&s.world.user);
            identity["methods"] = json!(["token", "password"]);
            identity["token"] = json!({"id": s.tokens.unscoped});
            login(&auth(&identity))
        }),
        flow("a token of the third generation", 201, |s| {
            Box::pin(async move {
                let second = s
                    .token(&scoped(
                        &by_token(&s.tokens.unscoped),
                        &project(&s.world.project.id),
                    ))
                    .await?;
                s.send(exchange(&second, &project(&s.world.second_project.id)))
                    .await
            })
        }),
        flow("validating a token of the second generation", 200, |s| {
            Box::pin(async move {
                let second = s
                    .token(&scoped(
                        &by_token(&s.tokens.unscoped),
                        &project(&s.world.project.id),
                    ))
                    .await?;
                s.validate(&second).await
            })
        }),
        flow(
            "the end of a token of the second generation is that of the first",
            201,
            |s| Box::pin(keeps_its_end(s)),
        ),
        flow(
            "the chain of a token of the third generation leads to the first",
            201,
            |s| Box::pin(keeps_its_chain(s)),
        ),
    ]
}

fn member(answer: &Answer, pointer: &str) -> Value {
    answer
        .json()
        .and_then(|body| body.pointer(pointer).cloned())
        .unwrap_or_default()
}

async fn keeps_its_end(s: &Side) -> Result<Answer, Failure> {
    let first = s.validate(&s.tokens.unscoped).await?;
    s.world.wait(std::time::Duration::from_millis(1_100)).await;
    let second = s
        .send(exchange(&s.tokens.unscoped, &project(&s.world.project.id)))
        .await?;
    let end = "/token/expires_at";
    if member(&first, end) == member(&second, end) {
        Ok(second)
    } else {
        Err("the second ends at another time".into())
    }
}

async fn keeps_its_chain(s: &Side) -> Result<Answer, Failure> {
    let first = s.validate(&s.tokens.unscoped).await?;
    let second = s
        .token(&scoped(
            &by_token(&s.tokens.unscoped),
            &project(&s.world.project.id),
        ))
        .await?;
    let third = s
        .send(exchange(&second, &project(&s.world.second_project.id)))
        .await?;
    let mut methods: Vec<String> = serde_json::from_value(member(&third, "/token/methods"))?;
    methods.sort();
    if member(&first, "/token/audit_ids/0") != member(&third, "/token/audit_ids/1") {
        return Err("the chain leads elsewhere".into());
    }
    if methods == ["password", "token"] {
        Ok(third)
    } else {
        Err(format!("methods are {methods:?}").into())
    }
}

fn refused() -> Vec<Case> {
    vec![
        call("unknown token", 404, |_| login(&auth(&by_token("bogus")))),
        call("empty token", 404, |_| login(&auth(&by_token("")))),
        call("token and a project without a role", 401, |s| {
            exchange(&s.tokens.unscoped, &project(&s.world.foreign_project.id))
        }),
        call("token and a disabled project", 401, |s| {
            exchange(&s.tokens.unscoped, &project(&s.world.disabled_project.id))
        }),
        call("unknown token and unknown project", 401, |_| {
            exchange("bogus", &project("bogus"))
        }),
        call("token and another's password", 401, |s| {
            let mut identity = password(&s.world.stray_user);
            identity["methods"] = json!(["token", "password"]);
            identity["token"] = json!({"id": s.tokens.unscoped});
            login(&auth(&identity))
        }),
        call("system to project", 403, |s| {
            exchange(&s.tokens.admin_system, &project(&s.world.admin_project.id))
        }),
        call("system to domain", 403, |s| {
            exchange(
                &s.tokens.admin_system,
                &json!({"domain": {"id": s.world.domain.id}}),
            )
        }),
        call("trust to project", 403, |s| {
            exchange(&s.tokens.trust, &project(&s.world.project.id))
        }),
        call("trust to unscoped", 403, |s| {
            exchange(&s.tokens.trust, &json!("unscoped"))
        }),
        call("trust to no scope", 403, |s| {
            login(&auth(&by_token(&s.tokens.trust)))
        }),
        call("trust to trust", 403, |s| {
            exchange(&s.tokens.trust, &trust(&s.world.trust_id))
        }),
        call("application credential to project", 403, |s| {
            exchange(
                &s.tokens.application_credential,
                &project(&s.world.project.id),
            )
        }),
        call("application credential to unscoped", 403, |s| {
            exchange(&s.tokens.application_credential, &json!("unscoped"))
        }),
        call("application credential to no scope", 403, |s| {
            login(&auth(&by_token(&s.tokens.application_credential)))
        }),
        call(
            "application credential with access rules to no scope",
            404,
            |s| login(&auth(&by_token(&s.tokens.limited))),
        ),
        flow("revoked token", 404, |s| {
            Box::pin(async move {
                let token = s.token(&auth(&password(&s.world.user))).await?;
                s.send(
                    Call::new("DELETE", "/v3/auth/tokens")
                        .auth(&token)
                        .subject(&token),
                )
                .await?;
                s.send(login(&auth(&by_token(&token)))).await
            })
        }),
    ]
}
