//! What becomes of tokens when the world changes.

use std::time::Duration;

use serde_json::json;
use tests::world::{Account, Failure, Named, On};

use super::{Case, flow};
use crate::side::{Call, Side, auth, login, password, project, scoped};

/// A fresh user with a token for a fresh project.
async fn settler(side: &Side) -> Result<(Account, Named, String), Failure> {
    let user = side.world.fresh_user("settler").await?;
    let home = side.world.fresh_project("home", &user).await?;
    let token = side
        .token(&scoped(&password(&user), &project(&home.id)))
        .await?;
    Ok((user, home, token))
}

fn projects(token: &str) -> Call {
    Call::new("GET", "/v3/auth/projects").auth(token)
}

fn discovery(token: &str) -> Call {
    Call::new("GET", "/v3").auth(token)
}

/// After a change to a settler, what `$then` gives.
macro_rules! settled {
    ($side:ident, ($user:ident, $home:ident, $token:ident), $change:expr, $then:expr) => {
        Box::pin(async move {
            let ($user, $home, $token) = settler($side).await?;
            let _ = (&$user, &$home, &$token);
            $change;
            $then
        })
    };
}

pub fn cases() -> Vec<Case> {
    let mut cases = users();
    cases.extend(projects_and_roles());
    cases
}

fn users() -> Vec<Case> {
    vec![
        flow(
            "a token as subject after its user got another password",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world.change().set_password(&user.id, "x").await?,
                    s.validate(&token).await
                )
            },
        ),
        flow(
            "a token as caller after its user got another password",
            401,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world.change().set_password(&user.id, "x").await?,
                    s.send(projects(&token)).await
                )
            },
        ),
        flow("a token as subject after its user was disabled", 404, |s| {
            settled!(
                s,
                (user, home, token),
                s.world.change().set_user_enabled(&user.id, false).await?,
                s.validate(&token).await
            )
        }),
        flow("a token as caller after its user was disabled", 401, |s| {
            settled!(
                s,
                (user, home, token),
                s.world.change().set_user_enabled(&user.id, false).await?,
                s.send(projects(&token)).await
            )
        }),
        flow(
            "a token after its user was disabled and enabled",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    {
                        s.world.change().set_user_enabled(&user.id, false).await?;
                        s.world.change().set_user_enabled(&user.id, true).await?;
                    },
                    s.validate(&token).await
                )
            },
        ),
        flow("a login after the user was enabled", 201, |s| {
            settled!(
                s,
                (user, home, token),
                {
                    s.world.change().set_user_enabled(&user.id, false).await?;
                    s.world.change().set_user_enabled(&user.id, true).await?;
                    s.world.wait(Duration::from_millis(1_100)).await;
                },
                s.send(login(&scoped(&password(&user), &project(&home.id))))
                    .await
            )
        }),
        flow("a token as subject after its user was deleted", 404, |s| {
            settled!(
                s,
                (user, home, token),
                s.world.change().delete_user(&user.id).await?,
                s.validate(&token).await
            )
        }),
        flow("a token as caller after its user was deleted", 404, |s| {
            settled!(
                s,
                (user, home, token),
                s.world.change().delete_user(&user.id).await?,
                s.send(projects(&token)).await
            )
        }),
        flow(
            "a token on discovery after its user was deleted",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world.change().delete_user(&user.id).await?,
                    s.send(discovery(&token)).await
                )
            },
        ),
        flow(
            "a token after rules of multi-factor authentication came",
            200,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world
                        .change()
                        .set_mfa_rules(&user.id, &[&["password", "totp"]])
                        .await?,
                    s.validate(&token).await
                )
            },
        ),
    ]
}

fn projects_and_roles() -> Vec<Case> {
    vec![
        flow(
            "a token as subject after its project was disabled",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    shut(s, &home).await?,
                    s.validate(&token).await
                )
            },
        ),
        flow(
            "a token as caller after its project was disabled",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    shut(s, &home).await?,
                    s.send(projects(&token)).await
                )
            },
        ),
        flow(
            "a token on discovery after its project was disabled",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    shut(s, &home).await?,
                    s.send(discovery(&token)).await
                )
            },
        ),
        flow(
            "a token on an unknown path after its project was disabled",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    shut(s, &home).await?,
                    s.send(Call::new("GET", "/v3/x").auth(&token)).await
                )
            },
        ),
        flow("a token on POST after its project was disabled", 404, |s| {
            settled!(
                s,
                (user, home, token),
                shut(s, &home).await?,
                s.send(login(&auth(&password(&user))).auth(&token)).await
            )
        }),
        flow("a service token after its project was disabled", 404, |s| {
            settled!(
                s,
                (user, home, token),
                shut(s, &home).await?,
                s.send(Call::new("GET", "/v3").header("X-Service-Token", &token))
                    .await
            )
        }),
        flow(
            "a token after its project was disabled and enabled",
            200,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    {
                        shut(s, &home).await?;
                        s.world.change().set_project_enabled(&home.id, true).await?;
                    },
                    s.validate(&token).await
                )
            },
        ),
        flow(
            "a token as subject after its project was deleted",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world.change().delete_project(&home.id).await?,
                    s.validate(&token).await
                )
            },
        ),
        flow(
            "a token on discovery after its project was deleted",
            404,
            |s| {
                settled!(
                    s,
                    (user, home, token),
                    s.world.change().delete_project(&home.id).await?,
                    s.send(discovery(&token)).await
                )
            },
        ),
        flow("a token as subject after its only role went", 404, |s| {
            settled!(
                s,
                (user, home, token),
                strip(s, &user, &home).await?,
                s.validate(&token).await
            )
        }),
        flow("a token as caller after its only role went", 401, |s| {
            settled!(
                s,
                (user, home, token),
                strip(s, &user, &home).await?,
                s.send(projects(&token)).await
            )
        }),
        flow("a token after one of its roles went", 200, |s| {
            settled!(
                s,
                (user, home, token),
                {
                    s.world
                        .change()
                        .assign("service", &user.id, On::Project(&home.id))
                        .await?;
                    strip(s, &user, &home).await?;
                },
                s.validate(&token).await
            )
        }),
        flow("a token after its domain was disabled", 404, |s| {
            Box::pin(async move {
                let (user, domain) = emigrant(s).await?;
                let token = s
                    .token(&scoped(
                        &password(&user),
                        &json!({"domain": {"id": domain.id}}),
                    ))
                    .await?;
                s.world
                    .change()
                    .set_domain_enabled(&domain.id, false)
                    .await?;
                s.validate(&token).await
            })
        }),
        flow(
            "a token on discovery after its user's domain was disabled",
            404,
            |s| {
                Box::pin(async move {
                    let (user, domain) = emigrant(s).await?;
                    let token = s
                        .token(&scoped(&password(&user), &json!("unscoped")))
                        .await?;
                    s.world
                        .change()
                        .set_domain_enabled(&domain.id, false)
                        .await?;
                    s.send(discovery(&token)).await
                })
            },
        ),
    ]
}

async fn shut(side: &Side, home: &Named) -> Result<(), Failure> {
    side.world
        .change()
        .set_project_enabled(&home.id, false)
        .await
}

async fn strip(side: &Side, user: &Account, home: &Named) -> Result<(), Failure> {
    side.world
        .change()
        .unassign("member", &user.id, On::Project(&home.id))
        .await
}

/// A fresh user of a fresh domain, with a role on it.
async fn emigrant(side: &Side) -> Result<(Account, Named), Failure> {
    let domain = side.world.fresh_domain("abroad").await?;
    let user = side.world.fresh_user_in("emigrant", &domain).await?;
    side.world
        .change()
        .assign("member", &user.id, On::Domain(&domain.id))
        .await?;
    Ok((user, domain))
}
