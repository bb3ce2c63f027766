//! What holds secrets, and its `Debug` and `Display`.

use openstack_identity::identity::v3::auth::{Auth, AuthMethod, Federated};
use openstack_identity::identity::v3::tokens::{
    GenerateToken, GetToken, Oauth1Authorization, ReceiptId, RevokeToken, ValidateToken,
};
use openstack_identity::runtime::{Operation, Response, Secret};
use openstack_identity::{
    ApplicationCredential, AuthToken, Credentials, DomainRef, Error, ErrorKind, OpenStack,
    Password, TokenId, Totp, UserRef,
};
use openstack_identity_testing::{
    ApplicationCredential as TestCredential, Fault, IdentityServer, User,
};
use serde_json::json;

use crate::planted::{
    ALL, FEDERATED, OAUTH1, PASSCODE, PASSWORD, RECEIPT, SECRET, SESSION, SUBJECT, check,
    check_debug, session_token,
};
use crate::support::{builder, soon, start};

fn credentials() -> Credentials {
    Credentials::new(Password::by_name(
        "alice",
        DomainRef::by_id("default"),
        PASSWORD,
    ))
    .and(Totp::by_id("u", PASSCODE))
    .and_then(|credentials| {
        credentials.and(ApplicationCredential::by_name(
            "a",
            UserRef::by_id("u"),
            SECRET,
        ))
    })
    .and_then(|credentials| credentials.and(TokenId::new(SESSION)))
    .and_then(|credentials| credentials.and(AuthMethod::Mapped(Federated::by_token(FEDERATED))))
    .unwrap()
}

fn login() -> GenerateToken {
    GenerateToken::new(Auth::new(credentials()))
        .receipt(RECEIPT)
        .oauth1_authorization(OAUTH1)
}

#[test]
fn what_is_sent() {
    let credentials = credentials();
    for method in credentials.members() {
        check_debug(method);
    }
    check_debug(&credentials);
    check_debug(&login());
    check_debug(&GetToken::new(SUBJECT));
    check_debug(&ValidateToken::new(SUBJECT));
    check_debug(&RevokeToken::new(SUBJECT));
    check_debug(&Secret::new(PASSWORD));
    check_debug(&(
        TokenId::new(SUBJECT),
        ReceiptId::new(RECEIPT),
        Oauth1Authorization::new(OAUTH1),
    ));
}

/// Whatever serializes it but a request of the crate.
#[test]
fn what_is_sent_is_serialized_nowhere_else() {
    let mut results = vec![
        serde_json::to_string(&credentials()),
        serde_json::to_string_pretty(&Auth::new(credentials())),
        serde_json::to_string(&(Secret::new(PASSWORD), TokenId::new(SUBJECT))),
        serde_json::to_value(Password::by_id("u", PASSWORD)).map(|value| value.to_string()),
    ];
    // Each method by itself.
    results.extend(
        credentials()
            .members()
            .iter()
            .map(|member| serde_json::to_string(&Credentials::new(member.clone()))),
    );
    for result in results {
        let error = result.unwrap_err();
        check(&error.to_string());
        check_debug(&error);
    }
    let mut written = Vec::new();
    serde_json::to_writer(&mut written, &Auth::new(credentials())).unwrap_err();
    check(&String::from_utf8(written).unwrap());
}

#[test]
fn requests() {
    check_request(&login());
    check_request(&GetToken::new(SUBJECT).allow_expired(true));
    check_request(&ValidateToken::new(SUBJECT));
    check_request(&RevokeToken::new(SUBJECT).cascade(false));
}

/// Headers that carry a secret are marked, and nothing of it is in the address.
fn check_request<O: Operation>(operation: &O) {
    let request = operation
        .request()
        .unwrap()
        .with_session("X-Auth-Token", SESSION)
        .unwrap();
    check_debug(&request);
    let http = request
        .to_http("https://keystone.example/identity")
        .unwrap();
    check(&http.uri().to_string());
    check_debug(http.headers());
    let mut marked = 0;
    for (name, value) in http.headers() {
        let secret = ALL.iter().any(|secret| value == secret);
        assert_eq!(value.is_sensitive(), secret, "{name}");
        marked += usize::from(secret);
    }
    assert!(marked >= 2, "{marked}");
}

#[test]
fn the_entry_point() {
    let builder = OpenStack::builder("https://keystone.example/v3")
        .credentials(credentials())
        .cached_token(session_token());
    check_debug(&builder);
    let openstack = builder.build().unwrap();
    let identity = openstack.identity_v3();
    check_debug(&openstack);
    check_debug(&identity);
    check_debug(&identity.generate_token(credentials()).receipt(RECEIPT));
}

#[test]
fn an_auth_url_with_a_password() {
    let builder = OpenStack::builder(format!("https://alice:{SECRET}@keystone.example/v3"));
    check_debug(&builder);
    let error = builder.build().unwrap_err();
    check(&error.to_string());
    check_debug(&error);
    let error = GetToken::new("t")
        .request()
        .unwrap()
        .to_http(&format!("ftp://alice:{SECRET}@host"));
    let error = error.unwrap_err();
    check(&error.to_string());
    check_debug(&error);
}

#[test]
fn a_token() {
    let token = session_token();
    check_debug(&token);
    // What the server said of it can be shown: it is no secret.
    check_debug(&*token);
    assert!(token.export().to_string().contains(SESSION));
}

#[test]
fn an_export_that_can_not_be_read() {
    let export = session_token().export();
    let spoilt: [(&str, serde_json::Value); 6] = [
        ("format", json!(SESSION)),
        ("auth_url", json!([SESSION])),
        ("id", json!({ SESSION: 1 })),
        ("token", json!(SESSION)),
        ("token", json!({"methods": SESSION})),
        (
            "token",
            json!({"methods": [], "user": {"id": {SESSION: SESSION}}}),
        ),
    ];
    for (key, value) in spoilt {
        let mut export = export.clone();
        export[key] = value;
        let error = AuthToken::from_export(export).unwrap_err();
        check(&error.to_string());
        check_debug(&error);
        assert!(error.to_string().contains(key), "{error}");
    }
    let mut export = export;
    export["token"]["catalog"] =
        json!([{"id": "s", "type": "t", "endpoints": [{"id": SESSION, "url": SESSION}]}]);
    // It can do without that.
    let token = AuthToken::from_export(export.clone()).unwrap();
    check_debug(&token);
    check(&format!("{:?}", *token));
    export["token"]["expires_at"] = json!(SESSION);
    check(&AuthToken::from_export(export).unwrap_err().to_string());
}

/// Also what other clients kept.
#[test]
fn a_kept_token_that_can_not_be_read() {
    let export = session_token().export();
    let url = "https://keystone.example/v3";
    let mut php = export["token"].clone();
    php["id"] = json!(SESSION);
    let state = json!({"auth_token": SESSION, "body": {"token": export["token"]}});
    for kept in [&php, &state] {
        let token = AuthToken::import(kept.clone(), url).unwrap();
        assert_eq!(token, session_token());
        check_debug(&token);
    }
    let secret_url = format!("https://keystone.example/{SECRET}?{SECRET}");
    let mut wrong = vec![
        AuthToken::import(json!(SESSION), url),
        AuthToken::import(json!({"id": SESSION, SESSION: SESSION}), url),
        AuthToken::import(json!({"auth_token": SESSION, "body": SESSION}), url),
        AuthToken::import(php.clone(), &secret_url),
        AuthToken::import(php.clone(), SESSION),
    ];
    for key in ["id", "methods", "user", "expires_at"] {
        for value in [
            json!([{SESSION: SESSION}]),
            json!({SESSION: SESSION}),
            json!(17),
        ] {
            if key == "methods" && value.is_array() {
                // An odd entry, without which it can do.
                continue;
            }
            let mut php = php.clone();
            php[key] = value.clone();
            wrong.push(AuthToken::import(php, url));
            let mut state = state.clone();
            state["body"]["token"][key] = value;
            // The body of a state has no id.
            if key != "id" {
                wrong.push(AuthToken::import(state, url));
            }
        }
    }
    let mut spoilt = export.clone();
    spoilt["fingerprint"] = json!([SESSION]);
    wrong.push(AuthToken::import(spoilt, url));
    let mut elsewhere = export;
    elsewhere["auth_url"] = json!(format!("https://other.example/{SESSION}"));
    wrong.push(AuthToken::import(elsewhere, url));
    for result in wrong {
        let error = result.unwrap_err();
        check(&error.to_string());
        check_debug(&error);
    }
}

#[tokio::test]
async fn a_receipt() {
    let answer = json!({
        "receipt": {
            "methods": ["password"], "expires_at": "2026-11-23T13:48:26Z", "issued_at": "2026-11-23T13:43:26Z",
            "user": {"id": "u", "name": "alice", "domain": {"id": "default", "name": "Default"}},
        },
        "required_auth_methods": [["password", "totp"]],
    });
    let server = start().await;
    server.inject(
        Fault::status(401)
            .json(&answer)
            .header("Openstack-Auth-Receipt", RECEIPT)
            .always(),
    );
    let identity = builder(&server).build().unwrap().identity_v3();
    let error = soon(identity.generate_token(Password::by_id("u", PASSWORD)))
        .await
        .unwrap_err();
    let ErrorKind::MfaRequired(needed) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(needed.id.expose(), RECEIPT);
    let sent = soon(identity.send(login())).await.unwrap_err();
    check(&format!("{error} {sent} {}", Error::from(sent.clone())));
    check_debug(&error);
    check_debug(&sent);
    check_debug(&Error::from(sent));
    check_debug(needed);
}

#[test]
fn errors_of_operations_without_a_client() {
    let request = login().request().unwrap();
    for (status, body) in [
        (
            401,
            json!({"error": {"message": format!("no {PASSWORD}, {RECEIPT}"), "title": SECRET, "identity": [PASSCODE, FEDERATED, OAUTH1]}}),
        ),
        (201, json!({"token": {"methods": PASSWORD}})),
        (
            201,
            json!({"token": {"methods": [], "user": {PASSWORD: 1, "id": 7}}}),
        ),
    ] {
        let answer = http::Response::builder()
            .status(status)
            .header("Content-Type", "application/json");
        let answer = answer
            .header("X-Subject-Token", SUBJECT)
            .body(body.to_string())
            .unwrap();
        let error = GenerateToken::response(&Response::new(answer, &request)).unwrap_err();
        check(&error.to_string());
        check_debug(&error);
    }
}

#[test]
fn panics_show_no_more_than_debug() {
    let message = |result: Result<AuthToken, Error>, unwrap: fn(Result<AuthToken, Error>)| {
        let panic = std::panic::catch_unwind(|| unwrap(result)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let refused = OpenStack::builder(format!("https://{PASSWORD}"))
        .build()
        .unwrap_err();
    check(&message(Err(refused), |result| drop(result.unwrap())));
    check(&message(Ok(session_token()), |result| {
        drop(result.unwrap_err())
    }));
    check(&message(Ok(session_token()), |result| {
        drop(result.expect_err(PASSWORD.split_at(2).0))
    }));
}

#[tokio::test]
async fn the_embedded_server() {
    let user = User::new("alice")
        .password(PASSWORD)
        .totp_secret("GEZDGNBVGY3TQOJQ");
    let credential = TestCredential::new("u", "p").secret(SECRET);
    for text in [format!("{user:?}"), format!("{credential:?}")] {
        check(&text);
        assert!(!text.contains("GEZDGNBV"), "{text}");
    }
    let mut world = IdentityServer::builder();
    let id = world.add_user(user);
    world.add_application_credential(credential);
    let server = world.start().await.unwrap();
    let identity = builder(&server).build().unwrap().identity_v3();
    let password = Password::by_id(id, PASSWORD);
    let refused = identity.generate_token(password.clone()).receipt(RECEIPT);
    let error = soon(refused).await.unwrap_err();
    check(&format!("{error} {error:?}"));
    let token = soon(identity.generate_token(password)).await.unwrap();
    soon(identity.validate_token(token.id())).await.unwrap();
    let text = format!("{server:?} {:?} {:#?}", server.demo(), server.requests());
    check(&text);
    let recorded = server.requests();
    assert!(
        recorded
            .iter()
            .any(|request| request.header("Openstack-Auth-Receipt") == Some(RECEIPT))
    );
    for secret in [
        token.id().expose(),
        &server.demo().password,
        &server.demo().application_credential_secret,
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}
