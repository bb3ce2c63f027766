//! Servers that repeat what they were sent, as Keystone does.

use openstack_identity::identity::v3::auth::{Auth, AuthMethod, Federated};
use openstack_identity::identity::v3::tokens::GenerateToken;
use openstack_identity::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use openstack_identity::{
    ApplicationCredential, Credentials, Error, ErrorKind, IdentityV3, OpenStack, Password,
    ProjectScope, TokenId, Totp,
};
use openstack_identity_testing::{Fault, IdentityServer, User};
use serde_json::json;

use crate::planted::{
    ALL, ENCODINGS, FEDERATED, OAUTH1, PASSCODE, PASSWORD, RECEIPT, SECRET, SESSION, SUBJECT,
    check, check_debug, session_token,
};
use crate::support::{administrator, builder, login, openstack, soon, start, start_with, token};

type Answer = Result<http::Response<Vec<u8>>, TransportError>;

/// Answers every request by the same.
struct Canned(Answer);

impl Transport for Canned {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async { self.0.clone().map(|answer| answer.map(Body::from)) })
    }
}

/// The errors of the calls that send this secret: another call can't know what to hide.
async fn errors(answer: Answer, secret: &str) -> Vec<Error> {
    let identity: IdentityV3 = OpenStack::builder("https://keystone.example/v3")
        .cached_token(session_token())
        .retries(0)
        .transport(Canned(answer))
        .build()
        .unwrap()
        .identity_v3();
    let errors = match secret {
        SESSION => vec![identity.get_catalog().await.err()],
        SUBJECT => vec![
            identity.generate_token(TokenId::new(SUBJECT)).await.err(),
            identity.get_token(SUBJECT).await.err(),
            identity.validate_token(SUBJECT).await.err(),
            identity.revoke_token(SUBJECT).await.err(),
        ],
        OAUTH1 => {
            let login = GenerateToken::new(Auth::new(Credentials::new(AuthMethod::Oauth1)))
                .oauth1_authorization(OAUTH1);
            vec![identity.send(login).await.err().map(Error::from)]
        }
        _ => vec![
            identity
                .generate_token(several())
                .receipt(RECEIPT)
                .await
                .err(),
        ],
    };
    errors.into_iter().flatten().collect()
}

fn several() -> Credentials {
    Credentials::new(Password::by_id("u", PASSWORD))
        .and(Totp::by_id("u", PASSCODE))
        .and_then(|credentials| credentials.and(ApplicationCredential::by_id("a", SECRET)))
        .and_then(|credentials| credentials.and(AuthMethod::Mapped(Federated::by_token(FEDERATED))))
        .unwrap()
}

fn response(status: u16, media: &str, body: &str) -> http::Response<Vec<u8>> {
    let mut response = http::Response::new(body.as_bytes().to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
        .headers_mut()
        .insert("Content-Type", media.parse().unwrap());
    response
}

/// Each place in an answer where a text of the server can end up in an error.
fn answers(text: &str) -> Vec<http::Response<Vec<u8>>> {
    let mut answers = Vec::new();
    for status in [400, 401, 403, 404, 409, 500, 503] {
        let bodies = [
            json!({"error": {"code": status, "title": text, "message": format!("No: {text}.")}}),
            json!({"error": {"message": "No.", "identity": {text: [text], "methods": [text]}}}),
            json!({"error": text, "error_description": text}),
            json!({"message": text}),
            json!({text: text}),
        ];
        answers.extend(bodies.map(|body| response(status, "application/json", &body.to_string())));
        answers.push(response(status, "text/html", &format!("<p>{text}</p>")));
        answers.push(response(status, "text/plain", text));
    }
    let bodies = [
        json!({"token": {"methods": text}, "catalog": text}),
        json!({"token": {"methods": [], "user": text}, "catalog": {text: text}}),
        json!({"token": {text: {text: 1}}, "catalog": [{"id": text, "type": [text]}]}),
        json!(text),
    ];
    for status in [200, 201, 204, 300] {
        answers.extend(
            bodies
                .iter()
                .map(|body| response(status, "application/json", &body.to_string())),
        );
        answers.push(response(
            status,
            "application/json",
            &format!("{{\"token\": {{{text}"),
        ));
    }
    for name in [
        "Location",
        "X-Openstack-Request-Id",
        "Retry-After",
        "Content-Type",
        "WWW-Authenticate",
    ] {
        for text in [
            text.to_owned(),
            format!("https://host/{text}/x?token={text}"),
        ] {
            let Ok(value) = http::HeaderValue::from_bytes(text.as_bytes()) else {
                continue;
            };
            for status in [201, 302, 400, 404, 429, 503] {
                let mut answer = response(status, "application/json", "{}");
                answer.headers_mut().insert(name, value.clone());
                answers.push(answer);
            }
        }
    }
    answers
}

#[tokio::test]
async fn anywhere_in_an_answer_in_any_writing() {
    let mut count = 0;
    for (name, encode) in ENCODINGS {
        for secret in ALL {
            for answer in answers(&encode(secret)) {
                for error in errors(Ok(answer), secret).await {
                    let text = format!("{error} {error:?}");
                    assert!(text.len() < 3_000, "{name}: {text}");
                    check(&text);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 10_000, "{count}");
}

/// A 401 with a receipt is read into values, which a program may show.
#[tokio::test]
async fn anywhere_in_a_receipt() {
    for (name, encode) in ENCODINGS {
        for secret in [PASSWORD, PASSCODE, SECRET, FEDERATED] {
            let text = encode(secret);
            let named = json!({"id": text, "name": text});
            let body = json!({
                "receipt": {
                    "methods": ["password", text],
                    "user": {"id": text, "name": text, "domain": named, "OS-FEDERATION": {
                        "groups": [{"id": text}], "identity_provider": {"id": text}, "protocol": {"id": text}}},
                    "expires_at": "2999-12-31T23:59:59Z",
                    "issued_at": "2026-11-23T13:48:26Z",
                },
                "required_auth_methods": [["password", text], [text]],
            });
            let mut answer = response(401, "application/json", &body.to_string());
            let receipt = http::HeaderValue::from_static(RECEIPT);
            answer
                .headers_mut()
                .insert("Openstack-Auth-Receipt", receipt);
            for error in errors(Ok(answer), secret).await {
                let ErrorKind::MfaRequired(needed) = error.kind() else {
                    panic!("{name}: {error}")
                };
                let missing = needed.missing();
                check(&format!("{error} {error:?} {needed:?} {missing:?}"));
                let names = needed.partial.required_auth_methods.iter().flatten();
                let names: Vec<_> = names.map(|name| name.as_str()).collect();
                assert_eq!(names[0], "password");
                check(&names.join(" "));
            }
        }
    }
}

#[tokio::test]
async fn in_the_words_of_a_transport() {
    for (_, encode) in ENCODINGS {
        for kind in [TransportErrorKind::Broken, TransportErrorKind::Setup] {
            for secret in ALL {
                let reason = format!("can't send {}\nto you", encode(secret));
                let errors = errors(Err(TransportError::new(kind, reason)), secret).await;
                assert!(!errors.is_empty());
                errors
                    .iter()
                    .for_each(|error| check(&format!("{error} {error:?}")));
            }
        }
    }
}

#[tokio::test]
async fn the_dump_of_a_refused_schema() {
    let instance = format!(
        "{:?}",
        json!({"password": {"user": {"id": 7, "password": PASSWORD}}})
    );
    let message = format!(
        "Invalid input for field 'identity/password/user/id': 7 is not of type 'string'\n\nFailed validating 'type' in \
         schema['properties']['identity']:\n    {{'type': 'string'}}\n\nOn instance['identity']:\n    {instance}\n    \
         {{'password': {{'user': {{'password': '{PASSWORD}'}}}}}}"
    );
    let body = json!({"error": {"code": 400, "title": "Bad Request", "message": message}});
    let errors = errors(
        Ok(response(400, "application/json", &body.to_string())),
        PASSWORD,
    )
    .await;
    let text = errors[0].to_string();
    check(&format!("{text} {:?}", errors[0]));
    assert!(text.contains("7 is not of type 'string'"), "{text}");
    assert!(!text.contains("Failed validating"), "{text}");
}

#[tokio::test]
async fn a_token_id_in_a_404() {
    let server = start().await;
    let token = token(&server).await;
    server.disable_user(&server.demo().user_id).unwrap();
    let identity = administrator(&server).identity_v3();
    let errors = [
        soon(identity.get_token(token.id())).await.unwrap_err(),
        soon(identity.revoke_token(token.id())).await.unwrap_err(),
        soon(identity.generate_token(token.id().clone()))
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.status(), Some(404));
        let text = format!("{error} {error:?}");
        assert!(!text.contains(token.id().expose()), "{text}");
    }
}

#[tokio::test]
async fn a_receipt_id_in_a_401() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let call = identity
        .generate_token(crate::support::demo(&server))
        .receipt(RECEIPT);
    // Keystone looks at the receipt only if it needs one.
    match soon(call).await {
        Ok(token) => check_debug(&token),
        Err(error) => check(&format!("{error} {error:?}")),
    }
    let mut world = IdentityServer::builder();
    let user = User::new("careful")
        .password(PASSWORD)
        .mfa_rule(["password", "totp"]);
    let id = world.add_user(user.totp_secret("GEZDGNBVGY3TQOJQ"));
    let server = world.start().await.unwrap();
    let identity = builder(&server).build().unwrap().identity_v3();
    let call = identity
        .generate_token(Password::by_id(id, PASSWORD))
        .receipt(RECEIPT);
    let error = soon(call).await.unwrap_err();
    let text = format!("{error} {error:?}");
    check(&text);
    assert!(text.contains("receipt"), "{text}");
}

#[tokio::test]
async fn a_password_that_is_a_word_of_the_server() {
    // It may show where it stands, and it must not change what the refusal means.
    let messages = [
        "The password is expired and needs to be changed for user: a1.",
        "The request you have made requires authentication.",
    ];
    for password in [
        "password",
        "The",
        "expired",
        "e",
        " ",
        "secret",
        "authentication",
    ] {
        for message in messages {
            let body = json!({"error": {"code": 401, "title": "Unauthorized", "message": message}});
            let server = start_with(Fault::status(401).json(&body)).await;
            let identity = builder(&server).build().unwrap().identity_v3();
            let error = soon(identity.generate_token(Password::by_id("a1", password)))
                .await
                .unwrap_err();
            let expired = matches!(error.kind(), ErrorKind::PasswordExpired);
            assert_eq!(
                expired,
                message.starts_with("The password is expired"),
                "{error}"
            );
            assert!(!error.to_string().contains("[["), "{error}");
        }
        let methods =
            json!({"error": {"message": "No.", "identity": {"methods": ["password", "token"]}}});
        let server = start_with(Fault::status(401).json(&methods)).await;
        let identity = builder(&server).build().unwrap().identity_v3();
        let error = soon(identity.generate_token(Password::by_id("a1", password)))
            .await
            .unwrap_err();
        let ErrorKind::MethodNotEnabled(methods) = error.kind() else {
            panic!("{error}")
        };
        assert_eq!(
            methods
                .iter()
                .map(|method| method.as_str())
                .collect::<Vec<_>>(),
            ["password", "token"]
        );
    }
}

#[tokio::test]
async fn what_is_not_secret_stays_readable() {
    let message = "Could not find project: 0b7d3b9c6d0c4c4a9d873c1d2f0e9a11.";
    let body = json!({"error": {"code": 404, "title": "Not Found", "message": message}});
    let fault = Fault::status(404).json(&body).header(
        "X-Openstack-Request-Id",
        "req-0b7d3b9c-6d0c-4c4a-9d87-3c1d2f0e9a11",
    );
    let server = start_with(fault).await;
    let error = login(&server).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(message) && text.contains("req-0b7d3b9c-6d0c-4c4a-9d87-3c1d2f0e9a11"),
        "{text}"
    );
    let scope = ProjectScope::by_id("0b7d3b9c6d0c4c4a9d873c1d2f0e9a11");
    assert!(format!("{scope:?}").contains("0b7d3b9c6d0c4c4a9d873c1d2f0e9a11"));
}
