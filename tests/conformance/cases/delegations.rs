//! What becomes of delegated tokens when the delegation goes.

use tests::world::{Failure, NewApplicationCredential, NewTrust, On};

use super::{Case, flow};
use crate::side::{Call, Side, auth, by_credential, password, scoped, trust};

fn projects(token: &str) -> Call {
    Call::new("GET", "/v3/auth/projects").auth(token)
}

fn discovery(token: &str) -> Call {
    Call::new("GET", "/v3").auth(token)
}

pub fn cases() -> Vec<Case> {
    vec![
        flow(
            "a token as subject after its application credential was deleted",
            404,
            |s| Box::pin(async move { s.validate(&token_of_deleted_credential(s).await?).await }),
        ),
        flow(
            "a token on discovery after its application credential was deleted",
            404,
            |s| {
                Box::pin(async move {
                    s.send(discovery(&token_of_deleted_credential(s).await?))
                        .await
                })
            },
        ),
        flow("a token as subject after its trust was deleted", 404, |s| {
            Box::pin(async move { s.validate(&token_of_deleted_trust(s).await?).await })
        }),
        flow(
            "a token on discovery after its trust was deleted",
            404,
            |s| Box::pin(async move { s.send(discovery(&token_of_deleted_trust(s).await?)).await }),
        ),
        flow(
            "a trust token as subject after its trustor lost the role",
            403,
            |s| Box::pin(async move { s.validate(&token_of_poor_trustor(s).await?).await }),
        ),
        flow(
            "a trust token as caller after its trustor lost the role",
            403,
            |s| Box::pin(async move { s.send(projects(&token_of_poor_trustor(s).await?)).await }),
        ),
    ]
}

async fn token_of_deleted_credential(side: &Side) -> Result<String, Failure> {
    let user = side.world.fresh_user("owner").await?;
    let name = side.world.change().unique("credential");
    let new = NewApplicationCredential::new(name, &user, &side.world.project.id);
    let credential = side.world.change().add_application_credential(new).await?;
    let token = side
        .token(&auth(&by_credential(&credential.id, &credential.secret)))
        .await?;
    side.world
        .change()
        .delete_application_credential(&user, &credential.id)
        .await?;
    Ok(token)
}

async fn token_of_deleted_trust(side: &Side) -> Result<String, Failure> {
    let new = NewTrust::new(
        &side.world.user,
        &side.world.trustee.id,
        &side.world.project.id,
    );
    let id = side.world.change().add_trust(new).await?;
    let token = side
        .token(&scoped(&password(&side.world.trustee), &trust(&id)))
        .await?;
    side.world
        .change()
        .delete_trust(&side.world.user, &id)
        .await?;
    Ok(token)
}

async fn token_of_poor_trustor(side: &Side) -> Result<String, Failure> {
    let trustor = side.world.fresh_user("trustor").await?;
    let new = NewTrust::new(&trustor, &side.world.trustee.id, &side.world.project.id);
    let id = side.world.change().add_trust(new).await?;
    let token = side
        .token(&scoped(&password(&side.world.trustee), &trust(&id)))
        .await?;
    side.world
        .change()
        .unassign("member", &trustor.id, On::Project(&side.world.project.id))
        .await?;
    Ok(token)
}
