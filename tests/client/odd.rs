//! Odd parts of answers: a login does without them, and what is shown to a caller is told as it is.

use std::sync::Arc;

use openstack_identity::identity::v3::tokens::AuthMethodName;
use openstack_identity::store::MemoryStore;
use openstack_identity::{
    AuthToken, EndpointFilter, Error, ErrorKind, OpenStack, OpenStackBuilder, Password, Timestamp,
};
use openstack_identity_testing::{Fault, IdentityServer};
use serde_json::{Value, json};
use tests::told::listen;

use crate::assert_error;
use crate::support::{SUBJECT, TOKENS, check, soon, start};

const ID: &str = "gAAAAABsubject";
const PASSWORD: &str = "hunter22-hunter22";

/// A token with everything that one can have.
fn body() -> Value {
    let now = Timestamp::now();
    let domain = json!({"id": "default", "name": "Default"});
    let role = |id: &str| json!({"id": id, "name": id, "domain_id": null, "options": {}});
    let endpoint = |id: &str, interface: &str| {
        json!({"id": id, "interface": interface, "region_id": "R", "region": "R",
            "url": format!("http://127.0.0.1:9/{id}")})
    };
    let service = |kind: &str| {
        json!({"id": kind, "type": kind, "name": kind,
            "endpoints": [endpoint("a", "admin"), endpoint("p", "public")]})
    };
    json!({
        "methods": ["password", "totp"],
        "user": {"id": "u", "name": "pia", "domain": domain, "password_expires_at": null,
            "OS-FEDERATION": {"groups": [{"id": "g"}], "identity_provider": {"id": "i"}, "protocol": {"id": "p"}}},
        "audit_ids": ["one", "two"],
        "issued_at": now.to_string(),
        "expires_at": Timestamp::from_second(now.as_second() + 3600).to_string(),
        "project": {"id": "p", "name": "kiln", "domain": domain},
        "is_domain": false,
        "is_admin_project": true,
        "roles": [role("member"), role("reader")],
        "catalog": [service("compute"), service("object-store")],
        "OS-TRUST:trust": {"id": "t", "impersonation": false, "trustor_user": {"id": "a"}, "trustee_user": {"id": "b"}},
        "application_credential": {"id": "a", "name": "a", "restricted": true,
            "access_rules": [{"service": "compute", "method": "GET", "path": "/"}]},
        "service_providers": [{"id": "s", "auth_url": "https://s/v3", "sp_url": "https://s/sso"}],
    })
}

/// The body with another value in one place, or without what is there.
fn with(body: &Value, pointer: &str, odd: Option<Value>) -> Value {
    let mut body = body.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match (parent, odd) {
        (Value::Object(members), None) => drop(members.remove(last).unwrap()),
        (Value::Array(entries), None) => drop(entries.remove(last.parse().unwrap())),
        (parent, Some(odd)) => match last.parse::<usize>() {
            Ok(at) => parent[at] = odd,
            Err(_) => parent[last] = odd,
        },
        _ => unreachable!(),
    }
    body
}

fn issued(body: &Value) -> Fault {
    Fault::status(201)
        .header(SUBJECT, ID)
        .json(&json!({ "token": body }))
        .on("POST", TOKENS)
}

fn builder(server: &IdentityServer) -> OpenStackBuilder {
    OpenStack::builder(server.auth_url())
        .retries(0)
        .credentials(Password::by_id("u", PASSWORD))
}

/// One login to which the server answers with this.
async fn login(server: &IdentityServer, body: &Value) -> Result<AuthToken, Error> {
    server.clear_faults();
    server.inject(issued(body));
    soon(builder(server).build().unwrap().token()).await
}

/// Each odd part, and the one that is gone from the token because of it.
fn oddities() -> Vec<(&'static str, Option<Value>, &'static str, Option<Value>)> {
    let without = |pointer| (pointer, None);
    let (endpoint, role) = ("/catalog/0/endpoints/0", "/roles/1");
    let mut all = vec![
        (
            "/catalog/0/endpoints/0/url",
            Some(json!(null)),
            without(endpoint),
        ),
        ("/catalog/0/endpoints/0/url", None, without(endpoint)),
        (
            "/catalog/0/endpoints/0",
            Some(json!("x")),
            without(endpoint),
        ),
        (
            "/catalog/0/endpoints/0/id",
            Some(json!(7)),
            without(endpoint),
        ),
        (
            "/catalog/0/endpoints",
            Some(json!(null)),
            without("/catalog/0"),
        ),
        ("/catalog/1/type", None, without("/catalog/1")),
        ("/catalog/1", Some(json!([[]])), without("/catalog/1")),
        ("/roles/1/name", None, without(role)),
        ("/roles/1", Some(json!(null)), without(role)),
        ("/methods/1", Some(json!(7)), without("/methods/1")),
        ("/audit_ids/0", Some(json!(null)), without("/audit_ids/0")),
        (
            "/service_providers/0/auth_url",
            Some(json!(1)),
            without("/service_providers/0"),
        ),
        (
            "/user/OS-FEDERATION/groups/0/id",
            None,
            without("/user/OS-FEDERATION/groups/0"),
        ),
        (
            "/user/OS-FEDERATION/protocol",
            None,
            without("/user/OS-FEDERATION"),
        ),
    ];
    for absent in [
        "/catalog",
        "/roles",
        "/project",
        "/is_domain",
        "/is_admin_project",
        "/OS-TRUST:trust",
        "/application_credential",
        "/service_providers",
        "/catalog/0/name",
        "/catalog/0/endpoints/0/region_id",
        "/roles/1/options",
        "/application_credential/access_rules",
        "/user/OS-FEDERATION",
    ] {
        all.push((absent, Some(json!("false")), without(absent)));
    }
    let names = ["/catalog/0/name", "/catalog/0/endpoints/0/region_id"];
    let numbers = all.into_iter().map(|(pointer, odd, (gone, value))| {
        let odd = odd.map(|odd| {
            if names.contains(&pointer) {
                json!(7)
            } else {
                odd
            }
        });
        (pointer, odd, gone, value)
    });
    numbers.collect()
}

#[tokio::test]
async fn a_login_does_without_odd_parts_and_warns_once() {
    let server = start().await;
    let well = body();
    for (pointer, odd, gone, left) in oddities() {
        let told = listen();
        let body = with(&well, pointer, odd);
        let token = login(&server, &body).await;
        let token = token.unwrap_or_else(|error| panic!("{pointer}: {error}"));
        let clean = AuthToken::import(
            json!({"auth_token": ID, "body": {"token": with(&well, gone, left)}}),
            &server.auth_url(),
        );
        assert_eq!(**clean.as_ref().unwrap(), *token, "{pointer}");
        // As the server sent it.
        assert_eq!(token.export()["token"], body, "{pointer}");
        let warnings: Vec<_> = told.lines();
        let warnings: Vec<_> = warnings
            .iter()
            .filter(|line| line.starts_with("WARN"))
            .collect();
        let [warning] = &warnings[..] else {
            panic!("{pointer}: {warnings:?}")
        };
        let keys = pointer.split('/').filter(|key| key.parse::<u8>().is_err());
        let place = keys.collect::<Vec<_>>()[1..].join(".");
        let without_numbers: String = warning
            .chars()
            .filter(|c| !c.is_ascii_digit() && !"[]".contains(*c))
            .collect();
        let above = place.rsplit_once('.').map_or("", |(above, _)| above);
        assert!(without_numbers.contains(above), "{place}: {warning}");
        assert!(warning.contains("generate_token"), "{warning}");
    }
    let told = listen();
    login(&server, &well).await.unwrap();
    assert!(!told.lines().iter().any(|line| line.starts_with("WARN")));
}

#[tokio::test]
async fn no_secret_is_in_the_warning() {
    let server = start().await;
    let mut body = body();
    body["roles"][0]["name"] = json!({ PASSWORD: PASSWORD });
    body["roles"][1]["options"] = json!(PASSWORD);
    body["is_domain"] = json!(format!("x{PASSWORD}"));
    body["catalog"][0]["endpoints"][0]["url"] = json!([PASSWORD]);
    let told = listen();
    let token = login(&server, &body).await.unwrap();
    assert_eq!(token.roles.as_ref().unwrap().len(), 1);
    let lines = told.lines().join("\n");
    assert!(lines.contains("and 3 more parts"), "{lines}");
    assert!(!lines.contains(PASSWORD), "{lines}");
    assert!(!lines.contains(ID), "{lines}");
}

#[tokio::test]
async fn what_a_login_needs_stays_required() {
    let server = start().await;
    let mut odd = body();
    odd["is_domain"] = json!("false");
    odd["roles"] = json!([7]);
    for (pointer, value, place) in [
        (
            "/expires_at",
            None,
            "missing field `expires_at`, at `token`",
        ),
        ("/expires_at", Some(json!(null)), "at `token.expires_at`"),
        ("/issued_at", Some(json!("noon")), "at `token.issued_at`"),
        ("/user", None, "missing field `user`, at `token`"),
        ("/user/id", Some(json!(7)), "at `token.user.id`"),
        ("/user/name", None, "missing field `name`, at `token.user`"),
        (
            "/user/domain/id",
            None,
            "missing field `id`, at `token.user.domain`",
        ),
        ("/methods", Some(json!("password")), "at `token.methods`"),
    ] {
        let error = login(&server, &with(&odd, pointer, value))
            .await
            .unwrap_err();
        assert_error!(
            error,
            ErrorKind::UnexpectedResponse,
            place,
            "the 201 answer"
        );
        assert_eq!(error.operation(), "generate_token");
    }
}

#[tokio::test]
async fn a_token_that_is_shown_is_told_as_it_is() {
    let server = start().await;
    let well = json!({ "token": body() });
    for (pointer, odd, path) in [
        (
            "/token/catalog/0/endpoints/1/url",
            json!(null),
            "`token.catalog[0].endpoints[1].url`",
        ),
        ("/token/is_domain", json!("false"), "`token.is_domain`"),
        ("/token/roles/1/name", json!(7), "`token.roles[1].name`"),
    ] {
        server.clear_faults();
        server.inject(issued(&body()));
        let answer = Fault::status(200).json(&with(&well, pointer, Some(odd)));
        server.inject(answer.on("GET", TOKENS));
        let identity = builder(&server).build().unwrap().identity_v3();
        let error = soon(identity.get_token("some-token")).await.unwrap_err();
        check(&error, "get_token", &server);
        assert_error!(error, ErrorKind::UnexpectedResponse, path);
    }
    let catalog = json!({"catalog": [{"id": "c", "type": "compute", "endpoints": [{"id": "e"}]}]});
    server.inject(issued(&body()));
    server.inject(
        Fault::status(200)
            .json(&catalog)
            .on("GET", "/v3/auth/catalog"),
    );
    let identity = builder(&server).build().unwrap().identity_v3();
    let error = soon(identity.get_catalog()).await.unwrap_err();
    assert_error!(
        error,
        ErrorKind::UnexpectedResponse,
        "`catalog[0].endpoints[0]`"
    );
}

#[tokio::test]
async fn a_token_that_was_kept_is_read_as_its_login_was() {
    let server = start().await;
    let mut odd = body();
    odd["is_domain"] = json!("false");
    odd["catalog"][1]["endpoints"][1]["url"] = json!(null);
    let store = Arc::new(MemoryStore::new());
    let of_store = || builder(&server).token_store(store.clone()).build().unwrap();
    server.inject(issued(&odd));
    let token = soon(of_store().token()).await.unwrap();
    let told = listen();
    assert_eq!(soon(of_store().token()).await.unwrap(), token);
    assert_eq!(server.count("POST", TOKENS), 1);
    assert!(!told.lines().iter().any(|line| line.starts_with("WARN")));

    let export = token.export();
    assert_eq!(AuthToken::from_export(export.clone()).unwrap(), token);
    let mut php = odd.clone();
    php["id"] = json!(ID);
    let state = json!({"auth_token": ID, "body": {"token": odd}});
    for kept in [export, php, state] {
        let imported = AuthToken::import(kept, &server.auth_url()).unwrap();
        assert_eq!(*imported, *token);
    }
    server.inject(
        Fault::status(200)
            .json(&json!({ "token": odd }))
            .on("GET", TOKENS),
    );
    let nobody = OpenStack::builder(server.auth_url()).build().unwrap();
    let imported = soon(nobody.identity_v3().import_token(ID)).await.unwrap();
    assert_eq!(*imported, *token);
    let compute = EndpointFilter::new("compute");
    assert_eq!(
        compute.find(token.catalog.as_ref().unwrap()).unwrap().id,
        "p"
    );
    // The token of an id alone was not seen before.
    let warnings = told.lines();
    let warnings = warnings.iter().filter(|line| line.starts_with("WARN"));
    assert_eq!(warnings.count(), 1);
}

#[tokio::test]
async fn an_odd_rule_of_a_receipt_is_not_followed() {
    let server = start().await;
    let token = body();
    let receipt = json!({
        "receipt": {"methods": ["password", 7], "user": token["user"], "issued_at": token["issued_at"],
            "expires_at": token["expires_at"]},
        "required_auth_methods": [["password", 7], "password", ["password", "totp"]],
    });
    let answer = Fault::status(401).header("Openstack-Auth-Receipt", "receipt");
    server.inject(answer.json(&receipt).on("POST", TOKENS));
    let openstack = builder(&server).build().unwrap();
    let error = soon(openstack.token()).await.unwrap_err();
    let ErrorKind::MfaRequired(needed) = error.kind() else {
        panic!("{error}")
    };
    let rule = vec![AuthMethodName::Password, AuthMethodName::Totp];
    assert_eq!(needed.partial.required_auth_methods, [rule]);
    assert_eq!(needed.partial.receipt.methods, [AuthMethodName::Password]);
}

#[tokio::test]
async fn hundred_thousand_odd_parts_are_no_burden() {
    let server = start().await;
    let mut odd = body();
    odd["roles"] = vec![json!({"id": 7, "name": ""}); 50_000].into();
    let endpoints =
        json!([{"url": null}, 7, [], {"id": "", "interface": "public", "region": 7, "url": ""}]);
    let service = json!({"id": "", "type": "x", "name": 7, "endpoints": endpoints});
    odd["catalog"] = vec![service; 10_000].into();
    let token = login(&server, &odd).await.unwrap();
    assert_eq!(token.roles.as_ref().unwrap().len(), 0);
    let catalog = token.catalog.as_ref().unwrap();
    assert!(
        catalog
            .iter()
            .all(|service| service.endpoints.len() == 1 && service.name.is_none())
    );
    assert_eq!(catalog.len(), 10_000);
}
