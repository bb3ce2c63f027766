//! What the caller gives: addresses, ids and names that can't be.

use openstack_identity::identity::v3::tokens::GetToken;
use openstack_identity::{
    ApplicationCredential, Credentials, DomainRef, Error, ErrorKind, OpenStack, Password,
    ProjectScope, TokenId, UserRef, Validity,
};

use crate::assert_error;
use crate::support::{check, demo, openstack, soon, start, token};

#[test]
fn an_auth_url_that_is_none() {
    for url in [
        "",
        " ",
        "/",
        "v3",
        "/v3",
        "localhost",
        "localhost:5000",
        "127.0.0.1:5000/v3",
        "//host/v3",
        "http:",
        "http:/host",
        "http://",
        "http:///v3",
        "ftp://host/v3",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://:5000",
        "http://host:",
        "http://host:0",
        "http://host:65536",
        "http://host:99999999999999999999",
        "http://host:-1",
        "http://host:five",
        "http://[::1",
        "http://::1",
        "http://[host]",
        "http://ho st",
        "http://ho\tst",
        "http://ho\nst",
        "http://host\r\nX-Auth-Token: s3cret",
        "http://host/\r\nX-Auth-Token: s3cret",
        "http://host\0",
        "http://h\u{f6}st",
        "http://host\\s3cret",
        "http://user@host",
        "http://user:s3cret@host",
        "http://host?token=s3cret",
        "http://host/v3#s3cret",
        "http://host//v3",
        "http://host/../v3",
        "http://*/",
        "http://%68ost",
        "http://host,other",
        "https://https://host",
        "{auth_url}",
        "<auth_url>",
        "$OS_AUTH_URL",
        "\u{feff}http://host",
    ] {
        let error = match OpenStack::builder(url).build() {
            Err(error) => error,
            Ok(openstack) => panic!("{url:?} became {openstack:?}"),
        };
        assert_error!(
            error,
            ErrorKind::InvalidInput,
            "the auth URL",
            "https://keystone.example:5000/v3",
            "nothing was sent"
        );
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert_eq!(
            (error.operation(), error.host(), error.method()),
            ("", "", None)
        );
    }
}

#[test]
fn an_endless_auth_url() {
    for url in [
        format!("http://{}/v3", "h".repeat(1 << 20)),
        format!("http://host/{}", "p".repeat(1 << 20)),
    ] {
        let error = OpenStack::builder(url).build().unwrap_err();
        assert_error!(error, ErrorKind::InvalidInput, "is no URL");
        assert!(error.to_string().len() < 300);
    }
}

/// What no header can carry, or would carry changed.
const NOT_IN_HEADERS: [&str; 8] = [
    "s3cret\r\nX-Auth-Token: other",
    "s3cret\n",
    "\rs3cret",
    "s3cret\0",
    "s3cr\u{e9}t",
    "s3cret\u{7f}",
    "",
    "  ",
];

fn check_refused(error: &Error, operation: &str, header: &str) {
    assert_error!(
        error,
        ErrorKind::InvalidInput,
        operation,
        header,
        "nothing was sent"
    );
    assert!(!format!("{error} {error:?}").contains("s3cr"), "{error:?}");
    assert_eq!(
        (error.operation(), error.method(), error.status()),
        (operation, None, None)
    );
}

#[tokio::test]
async fn a_token_id_that_no_header_can_carry() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    soon(identity.list_auth_projects()).await.unwrap();
    server.clear_requests();
    for id in NOT_IN_HEADERS {
        check_refused(
            &soon(identity.validate_token(id)).await.unwrap_err(),
            "validate_token",
            "X-Subject-Token",
        );
        check_refused(
            &soon(identity.get_token(id)).await.unwrap_err(),
            "get_token",
            "X-Subject-Token",
        );
        check_refused(
            &soon(identity.revoke_token(id)).await.unwrap_err(),
            "revoke_token",
            "X-Subject-Token",
        );
    }
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_receipt_that_no_header_can_carry() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    for id in NOT_IN_HEADERS {
        let call = identity.generate_token(demo(&server)).receipt(id);
        check_refused(
            &soon(call).await.unwrap_err(),
            "generate_token",
            "Openstack-Auth-Receipt",
        );
    }
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_version_that_no_header_can_carry() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let operation = GetToken::new("token").access_rules_version("1.0\r\nX-Auth-Token: other");
    let error = Error::from(soon(identity.send(operation)).await.unwrap_err());
    assert_error!(
        error,
        ErrorKind::InvalidInput,
        "OpenStack-Identity-Access-Rules"
    );
    // The login may have been sent, the operation not.
    assert_eq!(server.count("GET", "/v3/auth/tokens"), 0);
}

#[tokio::test]
async fn a_cached_token_that_no_header_can_carry() {
    let server = start().await;
    let mut export = token(&server).await.export();
    export["id"] = "s3cret\r\nX-Evil: yes".into();
    let token = openstack_identity::AuthToken::from_export(export).unwrap();
    let openstack = OpenStack::builder(server.auth_url())
        .cached_token(token)
        .build()
        .unwrap();
    let error = soon(openstack.identity_v3().get_catalog())
        .await
        .unwrap_err();
    check_refused(&error, "get_catalog", "X-Auth-Token");
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn names_go_into_json_as_they_are() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    for name in [
        "a\r\nX-Evil: yes",
        "\0",
        "\",\"id\":\"admin",
        "../../v3/users",
        "%2e%2e%2f",
        "\u{202e}\u{1f980}",
        "' OR 1=1 --",
    ] {
        server.clear_requests();
        let domain = DomainRef::by_name(name);
        let password = Password::by_name(name, domain.clone(), name);
        let call = identity
            .generate_token(password)
            .scope(ProjectScope::by_name(name, domain));
        let error = soon(call).await.unwrap_err();
        check(&error, "generate_token", &server);
        assert_error!(
            error,
            ErrorKind::CredentialsRejected | ErrorKind::BadRequest
        );
        let [request] = &server.requests()[..] else {
            panic!()
        };
        assert_eq!((&*request.path, &request.query), ("/v3/auth/tokens", &None));
        assert_eq!(request.header("X-Evil"), None);
        let auth = &request.json().unwrap()["auth"];
        assert_eq!(auth["identity"]["password"]["user"]["name"], name);
        assert_eq!(auth["identity"]["password"]["user"]["password"], name);
        assert_eq!(auth["scope"]["project"]["domain"]["name"], name);
    }
}

#[tokio::test]
async fn ids_that_look_like_paths_stay_in_their_header() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    for id in [
        "../users", "%2e%2e/", "a b", "a;b=c", "?x=y", "#", "token: x",
    ] {
        server.clear_requests();
        assert_eq!(
            soon(identity.validate_token(id)).await.unwrap(),
            Validity::Invalid,
            "{id}"
        );
        let checks = server
            .requests()
            .into_iter()
            .filter(|request| request.method == "HEAD");
        // The second one is about the session's own token, since the first was not found.
        let [request, _] = checks.collect::<Vec<_>>().try_into().unwrap();
        assert_eq!((&*request.path, &request.query), ("/v3/auth/tokens", &None));
        assert_eq!(request.header("X-Subject-Token"), Some(id));
    }
}

#[tokio::test]
async fn empty_credentials_are_the_servers_to_refuse() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let id = &server.demo().user_id;
    let given: [Credentials; 5] = [
        Password::by_id("", "pw").into(),
        Password::by_id(id, "").into(),
        Password::by_name("", DomainRef::by_id(""), "").into(),
        ApplicationCredential::by_id("", "").into(),
        ApplicationCredential::by_name("", UserRef::by_id(""), "").into(),
    ];
    for credentials in given {
        let error = soon(identity.generate_token(credentials.clone()))
            .await
            .unwrap_err();
        check(&error, "generate_token", &server);
        assert_error!(
            error,
            ErrorKind::CredentialsRejected | ErrorKind::BadRequest
        );
    }
    let error = soon(identity.generate_token(TokenId::new("")))
        .await
        .unwrap_err();
    assert_error!(
        error,
        ErrorKind::CredentialsRejected | ErrorKind::BadRequest
    );
}

#[tokio::test]
async fn a_password_of_a_megabyte() {
    let server = start().await;
    let password = "p".repeat(1 << 20);
    let call = openstack(&server)
        .identity_v3()
        .generate_token(Password::by_id(&server.demo().user_id, password));
    let error = soon(call).await.unwrap_err();
    check(&error, "generate_token", &server);
    assert_error!(error, ErrorKind::BadRequest, "413");
}

#[tokio::test]
async fn the_same_method_twice() {
    let twice =
        Credentials::new(Password::by_id("a1", "s3cret")).and(Password::by_id("a2", "s3cret"));
    let error = twice.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is a `password` already; each kind can be given once"
    );
}
