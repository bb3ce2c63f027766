//! Tokens that other clients kept, and bare ids.

use openstack_identity::identity::v3::auth::{DomainScope, SystemScope, TrustScope};
use openstack_identity::{
    ApplicationCredential, AuthToken, ErrorKind, OpenStack, OpenStackBuilder, Password, Scope,
};
use openstack_identity_testing::Fault;
use serde_json::{Value, json};
use tests::world::World;

use crate::assert_error;
use crate::support::{SUBJECT, TOKENS, admin, check, openstack, soon, start, token};

const URL: &str = "https://keystone.example:5000/v3";

/// What php-opencloud's `Token::export()` holds, as JSON.
fn php(export: &Value) -> Value {
    let mut array = export["token"].clone();
    array["id"] = export["id"].clone();
    array
}

fn keystoneauth(export: &Value) -> Value {
    json!({"auth_token": export["id"], "body": {"token": export["token"]}})
}

#[tokio::test]
async fn each_form_is_known_by_its_keys() {
    let server = start().await;
    let token = token(&server).await;
    let export = token.export();
    let url = server.auth_url();
    let ours = AuthToken::import(export.clone(), &url).unwrap();
    assert_eq!(ours, token);
    for kept in [export.clone(), php(&export), keystoneauth(&export)] {
        let imported = AuthToken::import(kept, &url).unwrap();
        assert_eq!(imported.id().expose(), token.id().expose());
        assert_eq!(imported.export()["token"], export["token"]);
        let openstack = OpenStack::builder(&*url).cached_token(imported);
        let openstack = openstack.build().unwrap();
        assert_eq!(server.requests(), []);
        soon(openstack.identity_v3().list_auth_projects())
            .await
            .unwrap();
        server.clear_requests();
    }
    // The address can be written otherwise.
    for url in [server.base_url().to_owned(), format!("{url}/")] {
        let of_php = AuthToken::import(php(&export), &url).unwrap();
        assert_eq!(of_php.export()["token"], export["token"]);
        assert_eq!(AuthToken::import(export.clone(), &url).unwrap(), token);
    }
}

/// To PHP a table without members is a list, and so it writes it.
#[tokio::test]
async fn an_empty_table_of_php_is_one_again() {
    let server = start().await;
    let mut export = token(&server).await.export();
    let role = |options| json!({"id": "r", "name": "r", "domain_id": null, "description": null, "options": options});
    export["token"]["roles"] = json!([role(json!({})), role(json!({"immutable": true}))]);
    let mut kept = php(&export);
    kept["roles"][0] = role(json!([]));
    let token = AuthToken::import(kept, &server.auth_url()).unwrap();
    assert_eq!(token.export()["token"], export["token"]);
}

#[tokio::test]
async fn what_is_wrong_with_it_is_said() {
    let server = start().await;
    let export = token(&server).await.export();
    let (php, state) = (php(&export), keystoneauth(&export));
    let with = |value: &Value, key: &str, new: Value| {
        let mut value = value.clone();
        value[key] = new;
        value
    };
    let mut without_user = php.clone();
    without_user.as_object_mut().unwrap().remove("user");
    let v2 = json!({"access": {"token": {"id": "t"}}});
    let cases = [
        (json!(null), "neither an export"),
        (json!([]), "neither an export"),
        (json!({}), "neither an export"),
        (json!({"token": export["token"]}), "neither an export"),
        (json!(state.to_string()), "parsed first"),
        (with(&php, "id", json!(null)), "no `id`"),
        (with(&php, "id", json!("")), "no `id`"),
        (with(&php, "expires_at", json!(17)), "`expires_at` is wrong"),
        (with(&php, "methods", json!(1)), "`methods` is wrong"),
        (without_user, "lacks something"),
        (with(&state, "auth_token", json!(null)), "no `auth_token`"),
        (with(&state, "body", json!("x")), "no `body`"),
        (with(&state, "body", json!({"token": []})), "no `token`"),
        (
            with(&state, "body", json!({"token": {}})),
            "`body.token` lacks",
        ),
        (with(&state, "body", v2), "Identity v2"),
        (with(&export, "format", json!(9)), "newer than 2"),
        (with(&export, "token", json!({})), "`token` lacks"),
    ];
    for (value, part) in cases {
        let url = server.auth_url();
        let error = AuthToken::import(value.clone(), &url).unwrap_err();
        assert!(error.to_string().contains(part), "{value}: {error}");
        assert!(error.to_string().contains("; "), "{error}");
    }
    let error = AuthToken::import(export.clone(), URL)
        .unwrap_err()
        .to_string();
    for part in [&*server.auth_url(), URL, "give the auth URL"] {
        assert!(error.contains(part), "{error}");
    }
    for url in ["", "keystone", "https://a:s3cret@keystone.example/v3"] {
        for value in [&export, &php, &state] {
            let error = AuthToken::import(value.clone(), url)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("write it as") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}

fn nobody(world: &World) -> OpenStackBuilder {
    OpenStack::builder(&*world.auth_url)
}

/// Tokens of all scopes. Only that of a trust with impersonation may not look at itself.
async fn every_kind_by_its_id(world: &World) {
    let identity = nobody(world).build().unwrap().identity_v3();
    let scopes: [(_, Option<Scope>); 5] = [
        (&world.user, Some(Scope::Unscoped)),
        (&world.default_project_user, None),
        (
            &world.user,
            Some(DomainScope::by_id(&world.domain.id).into()),
        ),
        (&world.system_reader, Some(SystemScope::new().into())),
        (
            &world.trustee,
            Some(TrustScope::new(&world.trust_id).into()),
        ),
    ];
    let mut tokens = Vec::new();
    for (user, scope) in scopes {
        let call = identity.generate_token(Password::by_id(&user.id, &*user.password));
        let call = match scope {
            Some(scope) => call.scope(scope),
            None => call,
        };
        tokens.push(soon(call).await.unwrap());
    }
    // Access rules never forbid a token to look at itself.
    for credential in [&world.application_credential, &world.limited_credential] {
        let credential = ApplicationCredential::by_id(&credential.id, &*credential.secret);
        tokens.push(soon(identity.generate_token(credential)).await.unwrap());
    }
    for token in tokens {
        let imported = soon(identity.import_token(token.id())).await.unwrap();
        assert_eq!(imported.id().expose(), token.id().expose());
        assert_eq!(imported.auth_url(), token.auth_url());
        // The order of roles is not told.
        let known = |token: &AuthToken| {
            let mut body = token.export()["token"].take();
            for list in ["roles", "methods"] {
                if let Some(items) = body[list].as_array_mut() {
                    items.sort_by_key(Value::to_string);
                }
            }
            body
        };
        assert_eq!(known(&imported), known(&token));
        let again = AuthToken::from_export(imported.export()).unwrap();
        assert_eq!(again, imported);
        let openstack = nobody(world).cached_token(again).build().unwrap();
        soon(openstack.identity_v3().list_auth_projects())
            .await
            .unwrap();
    }
    let trustee = Password::by_id(&world.trustee.id, &*world.trustee.password);
    let call = identity.generate_token(trustee);
    let token = soon(call.scope(TrustScope::new(&world.impersonating_trust_id)));
    let token = token.await.unwrap();
    let error = soon(identity.import_token(token.id())).await.unwrap_err();
    assert_error!(error, ErrorKind::Forbidden, "403");
}

#[tokio::test]
async fn an_id_is_enough() {
    every_kind_by_its_id(&World::embedded().await.unwrap()).await;
}

#[cfg(feature = "servers")]
#[tokio::test]
async fn an_id_is_enough_for_keystone() {
    every_kind_by_its_id(&World::keystone().await.unwrap()).await;
}

#[tokio::test]
async fn an_id_costs_one_request_and_no_login() {
    let server = start().await;
    let token = token(&server).await;
    let openstack = openstack(&server);
    let imported = soon(openstack.identity_v3().import_token(token.id()))
        .await
        .unwrap();
    assert_eq!(*imported, *token);
    let [request] = &server.requests()[..] else {
        panic!("{:?}", server.requests())
    };
    assert_eq!((&*request.method, &*request.path), ("GET", TOKENS));
    for name in [SUBJECT, "X-Auth-Token"] {
        assert_eq!(request.header(name), Some(token.id().expose()));
    }
}

#[tokio::test]
async fn an_id_that_is_no_good_is_told_from_a_server_that_is_not() {
    let server = start().await;
    let own = token(&server).await;
    let identity = openstack(&server).identity_v3();
    server.revoke_user_tokens(&server.demo().user_id).unwrap();
    for id in ["no-such-token", own.id().expose()] {
        let error = soon(identity.import_token(id)).await.unwrap_err();
        check(&error, "import_token", &server);
        assert_error!(error, ErrorKind::Unauthorized, "expired or was revoked");
    }
    server.clear_requests();
    for id in ["", " ", "a\r\nX-Evil: yes"] {
        let error = soon(identity.import_token(id)).await.unwrap_err();
        check(&error, "import_token", &server);
        assert_error!(error, ErrorKind::InvalidInput, "nothing was sent");
    }
    assert_eq!(server.requests(), []);

    let admin = soon(identity.generate_token(admin(&server))).await.unwrap();
    for (fault, kind) in [
        (
            Fault::status(200).json(&json!({"token": {}})),
            "UnexpectedResponse",
        ),
        (Fault::status(200).json(&json!([])), "UnexpectedResponse"),
        (Fault::status(503), "ServerError"),
        (Fault::drop_connection(), "UnexpectedResponse"),
    ] {
        server.inject(fault.on("GET", TOKENS).always());
        let error = soon(identity.import_token(admin.id())).await.unwrap_err();
        check(&error, "import_token", &server);
        assert!(format!("{:?}", error.kind()).starts_with(kind), "{error:?}");
        server.clear_faults();
    }
    let dead = server.auth_url();
    server.shutdown();
    let identity = OpenStack::builder(dead)
        .retries(0)
        .build()
        .unwrap()
        .identity_v3();
    let error = soon(identity.import_token(admin.id())).await.unwrap_err();
    assert_error!(error, ErrorKind::Unreachable);
}

/// What keystoneauth itself keeps of a login at Keystone.
#[cfg(feature = "servers")]
#[tokio::test]
async fn the_state_of_keystoneauth() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let world = World::keystone().await.unwrap();
    for project in [None, Some(&world.project.id)] {
        let question = json!({
            "auth_url": world.auth_url,
            "user_id": world.user.id,
            "password": world.user.password,
            "project_id": project,
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/client/keystoneauth");
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(question.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let state = serde_json::from_slice(&output.stdout).unwrap();
        let token = AuthToken::import(state, &world.auth_url).unwrap();
        assert_eq!(token.user.id, world.user.id);
        assert_eq!(token.project.as_ref().map(|it| &it.id), project);
        let openstack = nobody(&world).cached_token(token.clone()).build().unwrap();
        let identity = openstack.identity_v3();
        let validity = soon(identity.validate_token(token.id())).await.unwrap();
        assert_eq!(validity, openstack_identity::Validity::Valid);
    }
}

/// What php-opencloud keeps of a login at Keystone: what came, and the id that came with it.
#[cfg(feature = "servers")]
#[tokio::test]
async fn the_array_of_php_opencloud() {
    let world = World::keystone().await.unwrap();
    let auth = json!({"auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"id": world.user.id, "password": world.user.password}},
        },
        "scope": {"project": {"id": world.project.id}},
    }});
    let url = format!("{}/auth/tokens", world.auth_url);
    let request = reqwest::Client::new().post(url).json(&auth);
    let answer = soon(request.send()).await.unwrap();
    let id = answer.headers()[SUBJECT].to_str().unwrap().to_owned();
    let body: Value = soon(answer.json()).await.unwrap();
    let kept = php(&json!({"id": id, "token": body["token"]}));
    // PHP escapes slashes too.
    let text = kept.to_string().replace('/', "\\/");
    let token = AuthToken::import(serde_json::from_str(&text).unwrap(), &world.auth_url).unwrap();
    let openstack = nobody(&world).cached_token(token).build().unwrap();
    let projects = soon(openstack.identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert!(projects.iter().any(|it| it.id == world.project.id));
}
