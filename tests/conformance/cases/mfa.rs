//! Multi-factor authentication.

use serde_json::{Value, json};
use tests::world::NewApplicationCredential;

use super::credentials::by_passcode;
use super::{Case, call, flow};
use crate::side::{Side, auth, by_credential, by_token, login, password, project, scoped};

fn passcode(side: &Side) -> Value {
    by_passcode(
        &side.world.mfa_user,
        &side.world.passcode(&side.world.mfa_secret),
    )
}

fn both(side: &Side) -> Value {
    let mut identity = password(&side.world.mfa_user);
    identity["methods"] = json!(["password", "totp"]);
    identity["totp"] = passcode(side)["totp"].clone();
    identity
}

pub fn cases() -> Vec<Case> {
    let mut cases = single();
    cases.extend(receipts());
    cases.extend(rules());
    cases
}

fn single() -> Vec<Case> {
    vec![
        call("only the password", 401, |s| {
            login(&auth(&password(&s.world.mfa_user)))
        }),
        call("only the passcode", 401, |s| login(&auth(&passcode(s)))),
        call("only the password, with a project", 401, |s| {
            login(&scoped(
                &password(&s.world.mfa_user),
                &project(&s.world.project.id),
            ))
        }),
        call("only the password, with a bad project", 401, |s| {
            login(&scoped(&password(&s.world.mfa_user), &project("bogus")))
        }),
        call(
            "only the password, with a project without a role",
            401,
            |s| {
                login(&scoped(
                    &password(&s.world.mfa_user),
                    &project(&s.world.foreign_project.id),
                ))
            },
        ),
        call("both factors", 201, |s| login(&auth(&both(s)))),
        call("both factors and a project", 201, |s| {
            login(&scoped(&both(s), &project(&s.world.project.id)))
        }),
        call("both factors, one wrong", 401, |s| {
            let mut identity = both(s);
            identity["totp"]["user"]["passcode"] = json!("000");
            login(&auth(&identity))
        }),
        call("a receipt that is none", 401, |s| {
            login(&auth(&passcode(s))).receipt("bogus")
        }),
        call(
            "a receipt that is none, of a user without rules",
            401,
            |s| login(&auth(&password(&s.world.user))).receipt("bogus"),
        ),
        call("an empty receipt", 201, |s| {
            login(&auth(&password(&s.world.user))).receipt("")
        }),
    ]
}

fn receipts() -> Vec<Case> {
    vec![
        flow("password, then passcode with the receipt", 201, |s| {
            Box::pin(async move {
                let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                s.send(login(&auth(&passcode(s))).receipt(&receipt)).await
            })
        }),
        flow(
            "password, then passcode with the receipt and a project",
            201,
            |s| {
                Box::pin(async move {
                    let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                    s.send(
                        login(&scoped(&passcode(s), &project(&s.world.project.id)))
                            .receipt(&receipt),
                    )
                    .await
                })
            },
        ),
        flow("a receipt twice", 201, |s| {
            Box::pin(async move {
                let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                s.send(login(&auth(&passcode(s))).receipt(&receipt)).await?;
                s.send(login(&auth(&passcode(s))).receipt(&receipt)).await
            })
        }),
        flow("the same factor with its receipt", 401, |s| {
            Box::pin(async move {
                let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                s.send(login(&auth(&password(&s.world.mfa_user))).receipt(&receipt))
                    .await
            })
        }),
        flow("another's receipt", 401, |s| {
            Box::pin(async move {
                let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                s.send(login(&auth(&password(&s.world.user))).receipt(&receipt))
                    .await
            })
        }),
        flow("a token in place of a receipt", 401, |s| {
            Box::pin(async move {
                s.send(login(&auth(&passcode(s))).receipt(&s.tokens.unscoped))
                    .await
            })
        }),
        flow("a receipt in place of a token", 401, |s| {
            Box::pin(async move {
                let receipt = s.receipt(&auth(&password(&s.world.mfa_user))).await?;
                s.send(crate::side::Call::new("GET", "/v3/auth/projects").auth(&receipt))
                    .await
            })
        }),
    ]
}

fn rules() -> Vec<Case> {
    vec![
        flow("a token exchanged after rules came", 401, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("late").await?;
                let token = s.token(&auth(&password(&user))).await?;
                s.world
                    .change()
                    .set_mfa_rules(&user.id, &[&["password", "totp"]])
                    .await?;
                s.send(login(&auth(&by_token(&token)))).await
            })
        }),
        flow("rules of which none can be met", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("bogus-rules").await?;
                s.world
                    .change()
                    .set_mfa_rules(&user.id, &[&["sorcery"], &["kerberos"]])
                    .await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("a rule that can be met in part", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("half-rule").await?;
                s.world
                    .change()
                    .set_mfa_rules(&user.id, &[&["password", "sorcery"]])
                    .await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("a rule met by chance beside others", 201, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("two-rules").await?;
                s.world
                    .change()
                    .set_mfa_rules(&user.id, &[&["totp", "token"], &["password"]])
                    .await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("two rules with the method, one without", 401, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("three-rules").await?;
                let rules: [&[&str]; 3] = [
                    &["password", "totp"],
                    &["password", "token"],
                    &["totp", "external"],
                ];
                s.world.change().set_mfa_rules(&user.id, &rules).await?;
                s.send(login(&auth(&password(&user)))).await
            })
        }),
        flow("application credential of a user with rules", 401, |s| {
            Box::pin(async move {
                let (_, answer) = credential_under_rules(s).await?;
                Ok(answer)
            })
        }),
        flow(
            "the receipt of an application credential, then the password",
            400,
            |s| {
                Box::pin(async move {
                    let (user, answer) = credential_under_rules(s).await?;
                    let receipt = answer
                        .headers
                        .get("openstack-auth-receipt")
                        .cloned()
                        .unwrap_or_default();
                    s.send(login(&auth(&password(&user))).receipt(&receipt))
                        .await
                })
            },
        )
        .crashing(),
    ]
}

/// A user whose rule is password and totp logs in with an application credential.
async fn credential_under_rules(
    side: &Side,
) -> Result<(tests::world::Account, crate::side::Answer), tests::world::Failure> {
    let user = side.world.fresh_user("strict").await?;
    let name = side.world.change().unique("credential");
    let new = NewApplicationCredential::new(name, &user, &side.world.project.id);
    let credential = side.world.change().add_application_credential(new).await?;
    side.world
        .change()
        .set_mfa_rules(&user.id, &[&["password", "totp"]])
        .await?;
    let answer = side
        .send(login(&auth(&by_credential(
            &credential.id,
            &credential.secret,
        ))))
        .await?;
    Ok((user, answer))
}
