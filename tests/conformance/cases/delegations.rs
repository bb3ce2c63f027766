//! What becomes of delegated tokens when the delegation goes.

use serde_json::Value;
use tests::world::{Account, Failure, Named, NewApplicationCredential, NewTrust, On};

use super::{Case, flow};
use crate::side::{Call, Side, auth, by_credential, login, password, scoped, trust};

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
        flow(
            "a trust token after its trustor got another password",
            404,
            |s| Box::pin(async move { s.validate(&token_of_revoked_trustor(s).await?).await }),
        ),
        flow(
            "a trust token as caller after its trustor got another password",
            401,
            |s| {
                Box::pin(async move { s.send(projects(&token_of_revoked_trustor(s).await?)).await })
            },
        ),
        flow("an application credential of a disabled user", 401, |s| {
            Box::pin(async move {
                let (user, _, credential) = own_credential(s).await?;
                s.world.change().set_user_enabled(&user.id, false).await?;
                s.send(login(&auth(&credential))).await
            })
        }),
        flow(
            "an application credential of a disabled project",
            404,
            |s| {
                Box::pin(async move {
                    let (_, project, credential) = own_credential(s).await?;
                    s.world
                        .change()
                        .set_project_enabled(&project.id, false)
                        .await?;
                    s.send(login(&auth(&credential))).await
                })
            },
        ),
        flow("an application credential of a deleted project", 404, |s| {
            Box::pin(async move {
                let (_, project, credential) = own_credential(s).await?;
                s.world.change().delete_project(&project.id).await?;
                s.send(login(&auth(&credential))).await
            })
        }),
    ]
}

/// A fresh user, a fresh project, and what logs in with a credential of the user for the project.
async fn own_credential(side: &Side) -> Result<(Account, Named, Value), Failure> {
    let user = side.world.fresh_user("owner").await?;
    let project = side.world.fresh_project("home", &user).await?;
    let name = side.world.change().unique("credential");
    let new = NewApplicationCredential::new(name, &user, &project.id);
    let credential = side.world.change().add_application_credential(new).await?;
    let identity = by_credential(&credential.id, &credential.secret);
    Ok((user, project, identity))
}

async fn token_of_revoked_trustor(side: &Side) -> Result<String, Failure> {
    let trustor = side.world.fresh_user("trustor").await?;
    let new = NewTrust::new(&trustor, &side.world.trustee.id, &side.world.project.id);
    let id = side.world.change().add_trust(new).await?;
    let token = side
        .token(&scoped(&password(&side.world.trustee), &trust(&id)))
        .await?;
    side.world
        .change()
        .set_password(&trustor.id, "other")
        .await?;
    Ok(token)
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
