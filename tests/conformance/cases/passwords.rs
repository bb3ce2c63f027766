//! Users changing their passwords.

use std::time::Duration;

use serde_json::{Value, json};
use tests::world::Account;

use super::{Case, call, flow};
use crate::side::{Call, auth, login, password};

fn change(user_id: &str, user: &Value) -> Call {
    Call::new("POST", format!("/v3/users/{user_id}/password")).json(&json!({ "user": user }))
}

pub fn cases() -> Vec<Case> {
    vec![
        flow("a user changes the password", 204, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("changer").await?;
                s.send(change(
                    &user.id,
                    &json!({"password": "new", "original_password": user.password}),
                ))
                .await
            })
        }),
        flow("a login with the changed password", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("changer").await?;
                s.send(change(
                    &user.id,
                    &json!({"password": "new", "original_password": user.password}),
                ))
                .await?;
                s.world.wait(Duration::from_millis(1_100)).await;
                s.send(login(&auth(&password(&Account {
                    password: "new".to_owned(),
                    ..user
                }))))
                .await
            })
        }),
        flow("a token after its user changed the password", 404, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("changer").await?;
                let token = s.token(&auth(&password(&user))).await?;
                let new = json!({"password": "new", "original_password": user.password});
                s.send(change(&user.id, &new)).await?;
                s.validate(&token).await
            })
        }),
        call("a change with a wrong password", 401, |s| {
            change(
                &s.world.user.id,
                &json!({"password": "new", "original_password": "wrong"}),
            )
        }),
        call("a change for an unknown user", 401, |_| {
            change(
                "bogus",
                &json!({"password": "new", "original_password": "wrong"}),
            )
        }),
        call("a change without the old password", 400, |s| {
            change(&s.world.user.id, &json!({"password": "new"}))
        }),
        call("a change with more than it needs", 400, |s| {
            change(
                &s.world.user.id,
                &json!({"password": "new", "original_password": "wrong", "x": 1}),
            )
        }),
        call("a change of nothing", 400, |s| {
            Call::new("POST", format!("/v3/users/{}/password", s.world.user.id)).json(&json!({}))
        }),
        call("a change of null", 400, |s| {
            change(&s.world.user.id, &json!(null))
        }),
        call("a change to a number", 400, |s| {
            change(
                &s.world.user.id,
                &json!({"password": 1, "original_password": "wrong"}),
            )
        }),
        call("a change for a disabled user", 401, |s| {
            let user = &s.world.disabled_user;
            change(
                &user.id,
                &json!({"password": "new", "original_password": user.password}),
            )
        }),
        call(
            "a change for a disabled user with a wrong password",
            401,
            |s| {
                change(
                    &s.world.disabled_user.id,
                    &json!({"password": "new", "original_password": "wrong"}),
                )
            },
        ),
        flow("a change for a user of a disabled domain", 204, |s| {
            Box::pin(async move {
                let domain = s.world.fresh_domain("closing").await?;
                let user = s.world.fresh_user_in("changer", &domain).await?;
                s.world
                    .change()
                    .set_domain_enabled(&domain.id, false)
                    .await?;
                let new = json!({"password": "new", "original_password": user.password});
                s.send(change(&user.id, &new)).await
            })
        }),
        call("GET a password", 405, |s| {
            Call::new("GET", format!("/v3/users/{}/password", s.world.user.id))
        }),
    ]
}
