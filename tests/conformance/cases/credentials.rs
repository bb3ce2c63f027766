//! The methods other than password and token.

use std::time::Duration;

use serde_json::{Value, json};
use tests::world::{Account, NewApplicationCredential, On};

use super::{Case, call, flow};
use crate::side::{Call, Side, auth, by_credential, login, password, project, scoped};

fn credential(payload: &Value) -> Call {
    login(&auth(
        &json!({"methods": ["application_credential"], "application_credential": payload}),
    ))
}

fn totp(payload: &Value) -> Call {
    login(&auth(&json!({"methods": ["totp"], "totp": payload})))
}

/// `identity` with a one-time passcode.
pub fn by_passcode(user: &Account, passcode: &str) -> Value {
    json!({"methods": ["totp"], "totp": {"user": {"id": user.id, "passcode": passcode}}})
}

fn external(identity: &Value, remote_user: &str) -> Call {
    login(&auth(identity)).header("X-Test-Remote-User", remote_user)
}

pub fn cases() -> Vec<Case> {
    let mut cases = application_credentials();
    cases.extend(application_credential_flows());
    cases.extend(passcodes());
    cases.extend(others());
    cases
}

fn application_credentials() -> Vec<Case> {
    vec![
        call("application credential by id", 201, |s| {
            let c = &s.world.application_credential;
            login(&auth(&by_credential(&c.id, &c.secret)))
        }),
        call("application credential with access rules", 201, |s| {
            let c = &s.world.limited_credential;
            login(&auth(&by_credential(&c.id, &c.secret)))
        }),
        call("application credential without catalog", 201, |s| {
            let c = &s.world.application_credential;
            let body = json!({"auth": auth(&by_credential(&c.id, &c.secret))});
            Call::new("POST", "/v3/auth/tokens?nocatalog").json(&body)
        }),
        call("application credential by name and user id", 201, |s| {
            let c = &s.world.application_credential;
            credential(
                &json!({"name": c.name, "secret": c.secret, "user": {"id": s.world.user.id}}),
            )
        }),
        call("application credential by name and user name", 201, |s| {
            let (c, u) = (&s.world.application_credential, &s.world.user);
            let user = json!({"name": u.name, "domain": {"name": u.domain.name}});
            credential(&json!({"name": c.name, "secret": c.secret, "user": user}))
        }),
        call("application credential by id and another user", 201, |s| {
            let c = &s.world.application_credential;
            credential(&json!({"id": c.id, "secret": c.secret, "user": {"id": s.world.admin.id}}))
        }),
        call("application credential with a wrong secret", 401, |s| {
            login(&auth(&by_credential(
                &s.world.application_credential.id,
                "wrong",
            )))
        }),
        call("application credential without secret", 401, |s| {
            credential(&json!({"id": s.world.application_credential.id}))
        }),
        call("unknown application credential", 404, |_| {
            login(&auth(&by_credential("bogus", "x")))
        }),
        call("unknown name of application credential", 401, |s| {
            credential(&json!({"name": "bogus", "secret": "x", "user": {"id": s.world.user.id}}))
        }),
        call("application credential of an unknown user id", 401, |s| {
            let c = &s.world.application_credential;
            credential(&json!({"name": c.name, "secret": c.secret, "user": {"id": "bogus"}}))
        }),
        call("application credential of an unknown user name", 404, |s| {
            let c = &s.world.application_credential;
            let user = json!({"name": "bogus", "domain": {"id": s.world.domain.id}});
            credential(&json!({"name": c.name, "secret": c.secret, "user": user}))
        }),
        call("application credential of an unknown domain", 401, |s| {
            let user = json!({"name": s.world.user.name, "domain": {"id": "bogus"}});
            credential(&json!({"name": "x", "secret": "x", "user": user}))
        }),
        call("application credential name without user", 400, |s| {
            credential(&json!({"name": s.world.application_credential.name, "secret": "x"}))
        }),
        call(
            "application credential user name without domain",
            400,
            |s| {
                credential(
                    &json!({"name": "x", "secret": "x", "user": {"name": s.world.user.name}}),
                )
            },
        ),
        call("application credential without id or name", 400, |_| {
            credential(&json!({"secret": "x"}))
        }),
        call("application credential that is empty", 400, |_| {
            credential(&json!({}))
        }),
        call("application credential that is null", 400, |_| {
            credential(&json!(null))
        })
        .crashing(),
        call("application credential that is a string", 400, |_| {
            credential(&json!("x"))
        })
        .crashing(),
        call("application credential with a scope", 401, |s| {
            let c = &s.world.application_credential;
            login(&scoped(
                &by_credential(&c.id, &c.secret),
                &project(&s.world.project.id),
            ))
        }),
        call("application credential with the scope unscoped", 401, |s| {
            let c = &s.world.application_credential;
            login(&scoped(
                &by_credential(&c.id, &c.secret),
                &json!("unscoped"),
            ))
        }),
        call("application credential and password", 201, |s| {
            let c = &s.world.application_credential;
            let mut identity = password(&s.world.user);
            identity["methods"] = json!(["password", "application_credential"]);
            identity["application_credential"] = json!({"id": c.id, "secret": c.secret});
            login(&auth(&identity))
        }),
        call("application credential and another's password", 401, |s| {
            let c = &s.world.application_credential;
            let mut identity = password(&s.world.stray_user);
            identity["methods"] = json!(["password", "application_credential"]);
            identity["application_credential"] = json!({"id": c.id, "secret": c.secret});
            login(&auth(&identity))
        }),
    ]
}

/// A login with a credential of a fresh user, after a change.
macro_rules! after {
    ($side:ident, $user:ident, $credential:ident, $change:expr) => {
        Box::pin(async move {
            let $user = $side.world.fresh_user("owner").await?;
            let new = new_credential($side, &$user);
            let $credential = $side.world.change().add_application_credential(new).await?;
            $change;
            $side
                .send(login(&auth(&by_credential(
                    &$credential.id,
                    &$credential.secret,
                ))))
                .await
        })
    };
}

fn new_credential(side: &Side, user: &Account) -> NewApplicationCredential {
    NewApplicationCredential::new(
        side.world.change().unique("credential"),
        user,
        &side.world.project.id,
    )
}

fn application_credential_flows() -> Vec<Case> {
    vec![
        flow("application credential that has expired", 401, |s| {
            Box::pin(async move {
                let soon = s.world.now() + Duration::from_secs(5);
                let new = NewApplicationCredential {
                    expires_at: Some(soon),
                    ..new_credential(s, &s.world.user)
                };
                let c = s.world.change().add_application_credential(new).await?;
                s.world.wait(Duration::from_secs(6)).await;
                s.send(login(&auth(&by_credential(&c.id, &c.secret)))).await
            })
        }),
        flow("application credential that will expire", 201, |s| {
            Box::pin(async move {
                let later = s.world.now() + Duration::from_secs(60);
                let new = NewApplicationCredential {
                    expires_at: Some(later),
                    ..new_credential(s, &s.world.user)
                };
                let c = s.world.change().add_application_credential(new).await?;
                s.send(login(&auth(&by_credential(&c.id, &c.secret)))).await
            })
        }),
        flow("application credential of a disabled user", 401, |s| {
            after!(
                s,
                user,
                credential,
                s.world.change().set_user_enabled(&user.id, false).await?
            )
        }),
        flow(
            "application credential of a user without the role",
            401,
            |s| {
                after!(s, user, credential, {
                    let on = On::Project(&s.world.project.id);
                    s.world.change().unassign("member", &user.id, on).await?;
                })
            },
        ),
        flow("application credential of a deleted user", 404, |s| {
            after!(
                s,
                user,
                credential,
                s.world.change().delete_user(&user.id).await?
            )
        }),
        flow("application credential that is deleted", 404, |s| {
            after!(s, user, credential, {
                s.world
                    .change()
                    .delete_application_credential(&user, &credential.id)
                    .await?;
            })
        }),
        flow(
            "application credential after a change of password",
            201,
            |s| {
                after!(s, user, credential, {
                    s.world.change().set_password(&user.id, "another").await?;
                    s.world.wait(Duration::from_millis(1_100)).await;
                })
            },
        ),
        flow("application credential of a disabled project", 404, |s| {
            Box::pin(async move {
                let user = s.world.fresh_user("owner").await?;
                let project = s.world.fresh_project("shut", &user).await?;
                let new = NewApplicationCredential {
                    project_id: project.id.clone(),
                    ..new_credential(s, &user)
                };
                let c = s.world.change().add_application_credential(new).await?;
                s.world
                    .change()
                    .set_project_enabled(&project.id, false)
                    .await?;
                s.send(login(&auth(&by_credential(&c.id, &c.secret)))).await
            })
        }),
    ]
}

fn passcodes() -> Vec<Case> {
    vec![
        call("passcode by user id", 201, |s| {
            login(&auth(&by_passcode(
                &s.world.totp_user,
                &s.world.passcode(&s.world.totp_secret),
            )))
        }),
        call("passcode by user name", 201, |s| {
            let u = &s.world.totp_user;
            let passcode = s.world.passcode(&s.world.totp_secret);
            totp(
                &json!({"user": {"name": u.name, "domain": {"id": u.domain.id}, "passcode": passcode}}),
            )
        }),
        call("passcode and project", 201, |s| {
            let identity = by_passcode(&s.world.totp_user, &s.world.passcode(&s.world.totp_secret));
            login(&scoped(&identity, &project(&s.world.project.id)))
        }),
        call("wrong passcode", 401, |s| {
            login(&auth(&by_passcode(&s.world.totp_user, "abcdef")))
        }),
        call("passcode of a user without a secret", 401, |s| {
            login(&auth(&by_passcode(&s.world.user, "123456")))
        }),
        call("passcode that is a number", 401, |s| {
            totp(&json!({"user": {"id": s.world.totp_user.id, "passcode": 123_456}}))
        }),
        call("passcode that is missing", 401, |s| {
            totp(&json!({"user": {"id": s.world.totp_user.id}}))
        }),
        call("passcode of an unknown user", 401, |_| {
            totp(&json!({"user": {"id": "bogus", "passcode": "123456"}}))
        }),
        call("passcode of a user name without domain", 400, |_| {
            totp(&json!({"user": {"name": "x", "passcode": "123456"}}))
        }),
        call("passcode of a user without id or name", 400, |_| {
            totp(&json!({"user": {"passcode": "123456"}}))
        }),
        call("passcode with an empty domain", 400, |_| {
            totp(&json!({"user": {"name": "x", "domain": {}, "passcode": "123456"}}))
        }),
        call("passcode without user", 400, |_| totp(&json!({}))),
        call("passcode payload is null", 400, |_| totp(&json!(null))),
        call("passcode payload is a number", 400, |_| totp(&json!(1))),
        call("passcode payload is a string", 400, |_| totp(&json!("x"))),
        call("passcode user is null", 400, |_| {
            totp(&json!({"user": null}))
        })
        .crashing(),
        call("passcode user is a string", 400, |_| {
            totp(&json!({"user": "x"}))
        })
        .crashing(),
    ]
}

fn others() -> Vec<Case> {
    vec![
        call("external", 201, |_| {
            external(&json!({"methods": ["external"], "external": {}}), "admin")
        }),
        call("external without being listed", 201, |_| {
            external(&json!({"methods": []}), "admin")
        }),
        call("external of nobody", 401, |_| {
            login(&auth(&json!({"methods": ["external"], "external": {}})))
        }),
        call("external of an unknown user", 401, |_| {
            external(&json!({"methods": ["external"], "external": {}}), "bogus")
        }),
        call(
            "external of an unknown user, without being listed",
            401,
            |_| external(&json!({"methods": []}), "bogus"),
        ),
        call("external and another's password", 401, |s| {
            external(&password(&s.world.user), "admin")
        }),
        call("external of an unknown user and a password", 201, |s| {
            external(&password(&s.world.user), "bogus")
        }),
        call("external and the password of the same", 201, |s| {
            external(&password(&s.world.admin), "admin")
        }),
        call("oauth1 without authorization", 400, |_| {
            login(&auth(&json!({"methods": ["oauth1"], "oauth1": {}})))
        })
        .crashing(),
        call("oauth1 with an unknown token", 404, |_| {
            let header =
                "OAuth oauth_consumer_key=\"c\", oauth_token=\"bogus\", oauth_signature=\"s\"";
            login(&auth(&json!({"methods": ["oauth1"], "oauth1": {}})))
                .header("Authorization", header)
        }),
        call("oauth1 without a token", 400, |_| {
            let header = "OAuth oauth_consumer_key=\"c\"";
            login(&auth(&json!({"methods": ["oauth1"], "oauth1": {}})))
                .header("Authorization", header)
        }),
        call("mapped that is empty", 400, |_| {
            login(&auth(&json!({"methods": ["mapped"], "mapped": {}})))
        }),
        call("mapped that is a list", 400, |_| {
            login(&auth(&json!({"methods": ["mapped"], "mapped": ["id"]})))
        }),
        call("mapped that is a string", 400, |_| {
            login(&auth(&json!({"methods": ["mapped"], "mapped": "id"})))
        }),
        call("mapped without a protocol", 400, |_| {
            login(&auth(
                &json!({"methods": ["mapped"], "mapped": {"identity_provider": "x"}}),
            ))
        }),
        call("mapped of an unknown provider", 404, |_| {
            login(&auth(
                &json!({"methods": ["mapped"], "mapped": {"identity_provider": "x", "protocol": "mapped"}}),
            ))
        }),
        call("mapped of an ordinary token", 400, |s| {
            login(&auth(
                &json!({"methods": ["mapped"], "mapped": {"id": s.tokens.unscoped}}),
            ))
        }),
        call("mapped of an unknown token", 404, |_| {
            login(&auth(
                &json!({"methods": ["mapped"], "mapped": {"id": "x"}}),
            ))
        }),
    ]
}
