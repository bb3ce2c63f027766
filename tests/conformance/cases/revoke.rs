//! Revoking tokens.

use serde_json::json;
use tests::world::Failure;

use super::{Case, call, flow};
use crate::side::{Call, Side, auth, by_token, password, project, scoped};

fn delete(caller: &str, subject: &str) -> Call {
    Call::new("DELETE", "/v3/auth/tokens")
        .auth(caller)
        .subject(subject)
}

/// A token of one's own.
async fn token(side: &Side) -> Result<String, Failure> {
    side.token(&scoped(&password(&side.world.user), &json!("unscoped")))
        .await
}

/// A token made from another.
async fn child(side: &Side, parent: &str) -> Result<String, Failure> {
    side.token(&scoped(&by_token(parent), &project(&side.world.project.id)))
        .await
}

/// Revokes the first of three generations with this query; gives all.
async fn family(side: &Side, query: &str) -> Result<[String; 3], Failure> {
    let first = token(side).await?;
    let second = child(side, &first).await?;
    let third = child(side, &second).await?;
    let call = Call::new("DELETE", format!("/v3/auth/tokens{query}"))
        .auth(&side.tokens.admin)
        .subject(&first);
    let status = side.send(call).await?.status;
    if status == 204 {
        Ok([first, second, third])
    } else {
        Err(format!("DELETE: {status}").into())
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = refused();
    cases.extend(own());
    cases.extend(cascades());
    cases.extend(of_users());
    cases
}

fn refused() -> Vec<Case> {
    vec![
        call("DELETE by nobody", 401, |s| {
            Call::new("DELETE", "/v3/auth/tokens").subject(&s.tokens.project)
        }),
        call("DELETE another's token", 403, |s| {
            delete(&s.tokens.project, &s.tokens.trustee)
        }),
        call("DELETE as a service", 403, |s| {
            delete(&s.tokens.service, &s.tokens.project)
        }),
        call("DELETE as reader of the system", 403, |s| {
            delete(&s.tokens.system_reader, &s.tokens.project)
        }),
        call("DELETE an unknown token", 404, |s| {
            delete(&s.tokens.admin, "bogus")
        }),
        call("DELETE an unknown token as a user", 404, |s| {
            delete(&s.tokens.project, "bogus")
        }),
        call("DELETE without a subject as admin", 404, |s| {
            Call::new("DELETE", "/v3/auth/tokens").auth(&s.tokens.admin)
        }),
        call("DELETE without a subject as a user", 403, |s| {
            Call::new("DELETE", "/v3/auth/tokens").auth(&s.tokens.project)
        }),
        call(
            "DELETE a trust token with impersonation by itself",
            403,
            |s| delete(&s.tokens.impersonating, &s.tokens.impersonating),
        ),
        call(
            "DELETE a token with access rules, not speaking of them",
            404,
            |s| delete(&s.tokens.admin, &s.tokens.limited),
        ),
        call(
            "DELETE a token with access rules, speaking of them",
            404,
            |s| {
                delete(&s.tokens.admin, &s.tokens.limited)
                    .header("OpenStack-Identity-Access-Rules", "1.0")
            },
        ),
    ]
}

fn own() -> Vec<Case> {
    vec![
        flow("DELETE oneself", 204, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&token, &token)).await
            })
        }),
        flow("DELETE another token of one's own", 204, |s| {
            Box::pin(async move { s.send(delete(&s.tokens.project, &token(s).await?)).await })
        }),
        flow("DELETE as admin", 204, |s| {
            Box::pin(async move { s.send(delete(&s.tokens.admin, &token(s).await?)).await })
        }),
        flow("a revoked token as caller", 401, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&token, &token)).await?;
                s.send(Call::new("GET", "/v3/auth/projects").auth(&token))
                    .await
            })
        }),
        flow("a revoked token as subject", 404, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&token, &token)).await?;
                s.validate(&token).await
            })
        }),
        flow("a revoked token as subject, allowing expired", 404, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&token, &token)).await?;
                let path = "/v3/auth/tokens?allow_expired=1";
                s.send(Call::new("GET", path).auth(&s.tokens.admin).subject(&token))
                    .await
            })
        }),
        flow("a revoked token on discovery", 200, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&token, &token)).await?;
                s.send(Call::new("GET", "/v3").auth(&token)).await
            })
        }),
        flow("DELETE twice", 404, |s| {
            Box::pin(async move {
                let token = token(s).await?;
                s.send(delete(&s.tokens.admin, &token)).await?;
                s.send(delete(&s.tokens.admin, &token)).await
            })
        }),
    ]
}

fn cascades() -> Vec<Case> {
    vec![
        flow("the child of a revoked token", 404, |s| {
            Box::pin(async move { s.validate(&family(s, "").await?[1]).await })
        }),
        flow("the grandchild of a revoked token", 404, |s| {
            Box::pin(async move { s.validate(&family(s, "").await?[2]).await })
        }),
        flow("the child of a token revoked without cascade", 200, |s| {
            Box::pin(async move { s.validate(&family(s, "?cascade=false").await?[1]).await })
        }),
        flow("the child of a token revoked with cascade 0", 200, |s| {
            Box::pin(async move { s.validate(&family(s, "?cascade=0").await?[1]).await })
        }),
        flow(
            "the child of a token revoked with cascade without a value",
            404,
            |s| Box::pin(async move { s.validate(&family(s, "?cascade").await?[1]).await }),
        ),
        flow(
            "the child of a token revoked with cascade nonsense",
            404,
            |s| Box::pin(async move { s.validate(&family(s, "?cascade=maybe").await?[1]).await }),
        ),
        flow("a token revoked without cascade", 404, |s| {
            Box::pin(async move { s.validate(&family(s, "?cascade=false").await?[0]).await })
        }),
        flow("the parent of a revoked token", 200, |s| {
            Box::pin(async move {
                let first = token(s).await?;
                let second = child(s, &first).await?;
                s.send(delete(&s.tokens.admin, &second)).await?;
                s.validate(&first).await
            })
        }),
        flow("the child of a revoked token that has a parent", 200, |s| {
            Box::pin(async move {
                let first = token(s).await?;
                let second = child(s, &first).await?;
                let third = child(s, &second).await?;
                s.send(delete(&s.tokens.admin, &second)).await?;
                s.validate(&third).await
            })
        }),
    ]
}

fn of_users() -> Vec<Case> {
    vec![
        flow("DELETE all tokens of oneself", 204, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("tidy").await?;
                let token = s.token(&auth(&password(&user))).await?;
                s.send(Call::new("DELETE", format!("/v3/users/{}/tokens", user.id)).auth(&token))
                    .await
            })
        }),
        flow(
            "a token of a user whose tokens were all revoked",
            404,
            |s| {
                Box::pin(async move {
                    let user = s.world.fresh_user("tidy").await?;
                    let token = s.token(&auth(&password(&user))).await?;
                    let call = Call::new("DELETE", format!("/v3/users/{}/tokens", user.id))
                        .auth(&s.tokens.admin);
                    s.send(call).await?;
                    s.validate(&token).await
                })
            },
        ),
        call("DELETE all tokens of another", 403, |s| {
            Call::new("DELETE", format!("/v3/users/{}/tokens", s.world.admin.id))
                .auth(&s.tokens.project)
        }),
        call("DELETE all tokens by nobody", 401, |s| {
            Call::new("DELETE", format!("/v3/users/{}/tokens", s.world.user.id))
        }),
        call("DELETE all tokens of an unknown user", 404, |s| {
            Call::new("DELETE", "/v3/users/bogus/tokens").auth(&s.tokens.admin)
        }),
        call("GET all tokens of a user", 405, |s| {
            Call::new("GET", format!("/v3/users/{}/tokens", s.world.user.id))
                .auth(&s.tokens.project)
        }),
    ]
}
