//! The log of requests, and what must not be seen in it.

use openstack_identity_testing::{ApplicationCredential, Fault, IdentityServer, User};
use serde_json::json;

use crate::{client, demo, status, token};

#[tokio::test]
async fn requests_are_recorded_as_they_come() {
    let server = IdentityServer::start().await.unwrap();
    let url = format!("{}/auth/tokens?nocatalog&x=%20y", server.auth_url());
    let body = json!({"auth": {}});
    assert_eq!(
        status(client().post(url).header("X-Mine", "1").json(&body)).await,
        400
    );
    let [request] = &server.requests()[..] else {
        panic!("{:?}", server.requests())
    };
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v3/auth/tokens")
    );
    assert_eq!(request.query.as_deref(), Some("nocatalog&x=%20y"));
    assert_eq!(request.header("x-mine"), Some("1"));
    assert_eq!(request.json(), Some(body));
}

#[tokio::test]
async fn faulty_requests_count_too() {
    let server = IdentityServer::start().await.unwrap();
    server.inject(Fault::drop_connection());
    assert!(demo(&server).send().await.is_err());
    assert_eq!(status(demo(&server)).await, 201);
    assert_eq!(status(client().get(server.auth_url())).await, 200);
    assert_eq!(server.count("POST", "/v3/auth/tokens"), 2);
    assert_eq!(server.count("GET", "/v3"), 1);
    assert_eq!(server.count("GET", "/v3/auth/tokens"), 0);
    server.clear_requests();
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let server = IdentityServer::start().await.unwrap();
    let token = token(demo(&server)).await;
    let url = format!("{}/auth/tokens", server.auth_url());
    let secret_headers = [
        "X-Auth-Token",
        "X-Subject-Token",
        "X-Service-Token",
        "Openstack-Auth-Receipt",
        "Authorization",
    ];
    let request = secret_headers
        .iter()
        .fold(client().get(url), |request, name| {
            request.header(*name, &token)
        });
    assert_eq!(status(request).await, 200);
    let user = User::new("u")
        .password("pass-of-u")
        .totp_secret("JBSWY3DPEHPK3PXP");
    let credential = ApplicationCredential::new("u", "p").secret("secret-of-u");
    let seen = format!(
        "{:?} {server:?} {:?} {user:?} {credential:?}",
        server.requests(),
        server.demo()
    );
    let demo = server.demo();
    let secrets = [
        token.as_str(),
        demo.password.as_str(),
        demo.admin_password.as_str(),
        demo.application_credential_secret.as_str(),
        "pass-of-u",
        "JBSWY3DPEHPK3PXP",
        "secret-of-u",
    ];
    for secret in secrets {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    assert!(
        seen.contains("/v3/auth/tokens") && seen.contains(server.base_url()),
        "{seen}"
    );
}
