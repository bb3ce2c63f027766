//! Every scope, had and refused.

use serde_json::{Value, json};
use tests::world::NewTrust;

use super::{Case, call, flow};
use crate::side::{Call, Side, login, password, project, scoped, trust};

/// A login of the user with this scope.
fn scope(side: &Side, scope: &Value) -> Call {
    login(&scoped(&password(&side.world.user), scope))
}

fn scope_with_query(side: &Side, query: &str) -> Call {
    let auth = scoped(
        &password(&side.world.user),
        &project(&side.world.project.id),
    );
    Call::new("POST", format!("/v3/auth/tokens?{query}")).json(&json!({ "auth": auth }))
}

pub fn cases() -> Vec<Case> {
    let mut cases = had();
    cases.extend(refused());
    cases.extend(trusts());
    cases
}

fn had() -> Vec<Case> {
    vec![
        call("unscoped", 201, |s| scope(s, &json!("unscoped"))),
        call("unscoped object", 201, |s| {
            scope(s, &json!({"unscoped": {}}))
        }),
        call("unscoped null", 201, |s| {
            scope(s, &json!({"unscoped": null}))
        }),
        call("unscoped beside unknown kinds", 201, |s| {
            scope(s, &json!({"unscoped": {}, "galaxy": 1}))
        }),
        call("a string with unscoped in it", 201, |s| {
            scope(s, &json!("please unscoped"))
        }),
        call("project by id", 201, |s| {
            scope(s, &project(&s.world.project.id))
        }),
        call("project by name and domain id", 201, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.project.name, "domain": {"id": s.world.domain.id}}}),
            )
        }),
        call("project by name and domain name", 201, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.project.name, "domain": {"name": s.world.domain.name}}}),
            )
        }),
        call("project name wins over id", 201, |s| {
            let w = &s.world;
            scope(
                s,
                &json!({"project": {"id": "bogus", "name": w.project.name, "domain": {"id": w.domain.id}}}),
            )
        }),
        call("project without catalog", 201, |s| {
            scope_with_query(s, "nocatalog")
        }),
        call(
            "project without catalog, by a flag that is false",
            201,
            |s| scope_with_query(s, "nocatalog=false"),
        ),
        call("project with an unknown query", 201, |s| {
            scope_with_query(s, "galaxy=1")
        }),
        call("domain by id", 201, |s| {
            scope(s, &json!({"domain": {"id": s.world.domain.id}}))
        }),
        call("domain by name", 201, |s| {
            scope(s, &json!({"domain": {"name": s.world.domain.name}}))
        }),
        call("domain name wins over id", 201, |s| {
            scope(
                s,
                &json!({"domain": {"id": "bogus", "name": s.world.domain.name}}),
            )
        }),
        call("system", 201, |s| {
            login(&scoped(
                &password(&s.world.admin),
                &json!({"system": {"all": true}}),
            ))
        }),
        call("system of a reader", 201, |s| {
            login(&scoped(
                &password(&s.world.system_reader),
                &json!({"system": {"all": true}}),
            ))
        }),
        call("system without all", 201, |s| {
            login(&scoped(&password(&s.world.admin), &json!({"system": {}})))
        }),
        call("system but not all", 201, |s| {
            login(&scoped(
                &password(&s.world.admin),
                &json!({"system": {"all": false}}),
            ))
        }),
        call("the string system", 201, |s| {
            login(&scoped(&password(&s.world.admin), &json!("system")))
        }),
    ]
}

fn refused() -> Vec<Case> {
    vec![
        call("unknown project", 401, |s| scope(s, &project("bogus"))),
        call("empty project id", 401, |s| scope(s, &project(""))),
        call("unknown project name", 401, |s| {
            scope(
                s,
                &json!({"project": {"name": "bogus", "domain": {"id": s.world.domain.id}}}),
            )
        }),
        call("unknown domain of project", 401, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.project.name, "domain": {"id": "bogus"}}}),
            )
        }),
        call("wrong domain of project", 401, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.project.name, "domain": {"id": "default"}}}),
            )
        }),
        call("project without a role", 401, |s| {
            scope(s, &project(&s.world.foreign_project.id))
        }),
        call("disabled project", 401, |s| {
            scope(s, &project(&s.world.disabled_project.id))
        }),
        call("disabled project by name", 401, |s| {
            scope(
                s,
                &json!({"project": {"name": s.world.disabled_project.name, "domain": {"id": s.world.domain.id}}}),
            )
        }),
        call("project of a disabled domain", 401, |s| {
            scope(s, &project(&s.world.disabled_domain_project.id))
        }),
        call("project that is a domain", 401, |s| {
            scope(s, &project(&s.world.domain.id))
        }),
        call("unknown domain", 401, |s| {
            scope(s, &json!({"domain": {"id": "bogus"}}))
        }),
        call("unknown domain name", 401, |s| {
            scope(s, &json!({"domain": {"name": "bogus"}}))
        }),
        call("disabled domain", 401, |s| {
            scope(s, &json!({"domain": {"id": s.world.disabled_domain.id}}))
        }),
        call("domain without a role", 401, |s| {
            scope(s, &json!({"domain": {"id": "default"}}))
        }),
        call("system without a role", 401, |s| {
            scope(s, &json!({"system": {"all": true}}))
        }),
        call("unknown project and wrong password", 401, |s| {
            let identity = json!({"methods": ["password"], "password": {"user": {"id": s.world.user.id, "password": "x"}}});
            login(&scoped(&identity, &project("bogus")))
        }),
    ]
}

fn trusts() -> Vec<Case> {
    vec![
        call("trust", 201, |s| {
            login(&scoped(
                &password(&s.world.trustee),
                &trust(&s.world.trust_id),
            ))
        }),
        call("trust with impersonation", 201, |s| {
            login(&scoped(
                &password(&s.world.trustee),
                &trust(&s.world.impersonating_trust_id),
            ))
        }),
        call("trust without catalog", 201, |s| {
            let auth = scoped(&password(&s.world.trustee), &trust(&s.world.trust_id));
            Call::new("POST", "/v3/auth/tokens?nocatalog").json(&json!({ "auth": auth }))
        }),
        call("trust of the trustor's own", 403, |s| {
            scope(s, &trust(&s.world.trust_id))
        }),
        call("trust of others", 403, |s| {
            login(&scoped(
                &password(&s.world.stray_user),
                &trust(&s.world.trust_id),
            ))
        }),
        call("unknown trust", 401, |s| scope(s, &trust("bogus"))),
        call("trust with an empty id", 400, |s| scope(s, &trust(""))),
        flow("trust for one use, once", 201, |s| {
            Box::pin(async move {
                let new = NewTrust::new(&s.world.user, &s.world.trustee.id, &s.world.project.id);
                let id = s
                    .world
                    .change()
                    .add_trust(NewTrust {
                        remaining_uses: Some(1),
                        ..new
                    })
                    .await?;
                s.send(login(&scoped(&password(&s.world.trustee), &trust(&id))))
                    .await
            })
        }),
        flow("trust for one use, twice", 401, |s| {
            Box::pin(async move {
                let new = NewTrust::new(&s.world.user, &s.world.trustee.id, &s.world.project.id);
                let id = s
                    .world
                    .change()
                    .add_trust(NewTrust {
                        remaining_uses: Some(1),
                        ..new
                    })
                    .await?;
                s.token(&scoped(&password(&s.world.trustee), &trust(&id)))
                    .await?;
                s.send(login(&scoped(&password(&s.world.trustee), &trust(&id))))
                    .await
            })
        }),
        flow("token of a trust that is used up", 404, |s| {
            Box::pin(async move {
                let new = NewTrust::new(&s.world.user, &s.world.trustee.id, &s.world.project.id);
                let id = s
                    .world
                    .change()
                    .add_trust(NewTrust {
                        remaining_uses: Some(1),
                        ..new
                    })
                    .await?;
                let token = s
                    .token(&scoped(&password(&s.world.trustee), &trust(&id)))
                    .await?;
                s.validate(&token).await
            })
        }),
        flow("trust of a disabled trustor", 403, |s| {
            Box::pin(async move {
                let trustor = s.world.fresh_user("trustor").await?;
                let new = NewTrust::new(&trustor, &s.world.trustee.id, &s.world.project.id);
                let id = s.world.change().add_trust(new).await?;
                s.world
                    .change()
                    .set_user_enabled(&trustor.id, false)
                    .await?;
                s.send(login(&scoped(&password(&s.world.trustee), &trust(&id))))
                    .await
            })
        }),
        flow("trust of a trustor who lost the role", 403, |s| {
            Box::pin(async move {
                let trustor = s.world.fresh_user("trustor").await?;
                let new = NewTrust::new(&trustor, &s.world.trustee.id, &s.world.project.id);
                let id = s.world.change().add_trust(new).await?;
                let on = tests::world::On::Project(&s.world.project.id);
                s.world.change().unassign("member", &trustor.id, on).await?;
                s.send(login(&scoped(&password(&s.world.trustee), &trust(&id))))
                    .await
            })
        }),
    ]
}
