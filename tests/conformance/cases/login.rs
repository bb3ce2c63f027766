//! Logging in by password.

use serde_json::{Value, json};
use tests::world::{Account, On};

use super::{Case, call, flow};
use crate::side::{Call, auth, login, password, project, scoped};

fn by_name(user: &Account, domain: &Value) -> Call {
    let user = json!({"name": user.name, "domain": domain, "password": user.password});
    login(&auth(
        &json!({"methods": ["password"], "password": {"user": user}}),
    ))
}

fn user(user: &Value) -> Call {
    login(&auth(
        &json!({"methods": ["password"], "password": {"user": user}}),
    ))
}

pub fn cases() -> Vec<Case> {
    vec![
        call("password by user id", 201, |s| {
            login(&auth(&password(&s.world.user)))
        }),
        call("password by name and domain id", 201, |s| {
            by_name(&s.world.user, &json!({"id": s.world.domain.id}))
        }),
        call("password by name and domain name", 201, |s| {
            by_name(&s.world.user, &json!({"name": s.world.domain.name}))
        }),
        call("domain name wins over domain id", 201, |s| {
            by_name(
                &s.world.user,
                &json!({"name": s.world.domain.name, "id": "bogus"}),
            )
        }),
        call("user name wins over user id", 201, |s| {
            let u = &s.world.user;
            user(
                &json!({"id": "bogus", "name": u.name, "domain": {"id": u.domain.id}, "password": u.password}),
            )
        }),
        call("domain beside a user id is ignored", 201, |s| {
            user(
                &json!({"id": s.world.user.id, "domain": {"id": "bogus"}, "password": s.world.user.password}),
            )
        }),
        call("wrong password", 401, |s| {
            user(&json!({"id": s.world.user.id, "password": "wrong"}))
        }),
        call("empty password", 401, |s| {
            user(&json!({"id": s.world.user.id, "password": ""}))
        }),
        call("unknown user id", 401, |_| {
            user(&json!({"id": "bogus", "password": "x"}))
        }),
        call("unknown user name", 401, |s| {
            user(&json!({"name": "bogus", "domain": {"id": s.world.domain.id}, "password": "x"}))
        }),
        call("unknown domain of user", 401, |s| {
            by_name(&s.world.user, &json!({"id": "bogus"}))
        }),
        call("wrong domain of user", 401, |s| {
            by_name(&s.world.user, &json!({"id": "default"}))
        }),
        call("user name in another case", 401, |s| {
            let u = &s.world.user;
            user(
                &json!({"name": u.name.to_uppercase(), "domain": {"id": u.domain.id}, "password": u.password}),
            )
        }),
        call("disabled user", 401, |s| {
            login(&auth(&password(&s.world.disabled_user)))
        }),
        call("user of a disabled domain", 401, |s| {
            login(&auth(&password(&s.world.disabled_domain_user)))
        }),
        call("user of a disabled domain by name", 401, |s| {
            by_name(
                &s.world.disabled_domain_user,
                &json!({"id": s.world.disabled_domain.id}),
            )
        }),
        call("default project", 201, |s| {
            login(&auth(&password(&s.world.default_project_user)))
        }),
        call("default project without catalog", 201, |s| {
            let body = json!({"auth": auth(&password(&s.world.default_project_user))});
            Call::new("POST", "/v3/auth/tokens?nocatalog").json(&body)
        }),
        call("default project without a role there", 201, |s| {
            login(&auth(&password(&s.world.stray_user)))
        }),
        call("default project and unscoped", 201, |s| {
            login(&scoped(
                &password(&s.world.default_project_user),
                &json!("unscoped"),
            ))
        }),
        flow("default project that is disabled", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("home").await?;
                let home = s.world.fresh_project("home", &user).await?;
                s.world
                    .change()
                    .set_default_project(&user.id, &home.id)
                    .await?;
                s.world
                    .change()
                    .set_project_enabled(&home.id, false)
                    .await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("default project that is deleted", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("home").await?;
                let home = s.world.fresh_project("home", &user).await?;
                s.world
                    .change()
                    .set_default_project(&user.id, &home.id)
                    .await?;
                s.world.change().delete_project(&home.id).await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("a role just given", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("newcomer").await?;
                s.world
                    .change()
                    .assign("reader", &user.id, On::Project(&s.world.foreign_project.id))
                    .await?;
                s.send(login(&scoped(
                    &password(&user),
                    &project(&s.world.foreign_project.id),
                )))
                .await
            })
        }),
    ]
}
