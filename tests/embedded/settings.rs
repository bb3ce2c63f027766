//! What can be set, and how servers live and die.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use openstack_identity_testing::{
    Domain, Endpoint, IdentityServer, Project, Service, Target, Trust, User,
};
use serde_json::{Value, json};

use crate::{admin, by_password, client, demo, post, status, token, validate};

#[tokio::test]
async fn many_run_at_once_and_start_fast() {
    let start = Instant::now();
    let mut servers = Vec::new();
    for _ in 0..20 {
        servers.push(IdentityServer::start().await.unwrap());
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    for server in &servers {
        assert_eq!(status(demo(server)).await, 201);
        assert_eq!(server.count("POST", "/v3/auth/tokens"), 1);
    }
    let theirs = token(demo(&servers[0])).await;
    let url = format!("{}/auth/projects", servers[1].auth_url());
    assert_eq!(
        status(client().get(url).header("X-Auth-Token", theirs)).await,
        401
    );
}

#[tokio::test]
async fn a_blocked_test_does_not_block_it() {
    let server = IdentityServer::start().await.unwrap();
    // Blocking reads on the only thread of this runtime.
    let mut stream = TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"HEAD /v3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "HEAD has no body: {answer}");
    let get = client()
        .get(server.auth_url())
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert!(
        answer.contains(&format!("content-length: {}\r\n", get.len())),
        "{answer}"
    );
}

#[tokio::test]
async fn nobody_listens_after_the_end() {
    let server = IdentityServer::start().await.unwrap();
    let address = server.base_url().trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).unwrap();
    server.shutdown();
    assert!(TcpStream::connect(&address).is_err());
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(idle.read(&mut [0; 1]).unwrap_or(0), 0);
}

#[tokio::test]
async fn methods_can_be_turned_off() {
    let server = IdentityServer::builder()
        .auth_methods(["token"])
        .start()
        .await
        .unwrap();
    let response = demo(&server).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["identity"], json!({"methods": ["token"]}));
}

#[tokio::test]
async fn rescoping_of_scoped_tokens_can_be_turned_off() {
    let server = IdentityServer::builder()
        .allow_rescope_scoped_token(false)
        .start()
        .await
        .unwrap();
    let scope = json!({"project": {"id": server.demo().project_id}});
    let exchange = |id: &str, scope: &Value| {
        post(
            &server,
            &json!({"identity": {"methods": ["token"], "token": {"id": id}}, "scope": scope}),
        )
    };
    let unscoped = token(demo(&server)).await;
    let scoped = token(exchange(&unscoped, &scope)).await;
    assert_eq!(status(exchange(&scoped, &json!("unscoped"))).await, 403);
    assert_eq!(status(exchange(&scoped, &scope)).await, 403);
}

#[tokio::test]
async fn the_remote_user_is_believed_only_if_told_so() {
    let trusting = IdentityServer::builder()
        .remote_user_header()
        .start()
        .await
        .unwrap();
    let wary = IdentityServer::start().await.unwrap();
    let auth = json!({"identity": {"methods": ["external"], "external": {}}});
    for (server, expected) in [(&trusting, 201), (&wary, 401)] {
        assert_eq!(
            status(post(server, &auth).header("X-Test-Remote-User", "demo")).await,
            expected
        );
    }
}

#[tokio::test]
async fn a_world_of_ones_own() {
    let mut builder = IdentityServer::builder();
    let domain = builder.add_domain(Domain::new("Own"));
    let project = builder.add_project(Project::new("p").domain(&domain));
    let acting = builder.add_project(Project::new("acting").acting_as_domain());
    let user = builder.add_user(
        User::new("u")
            .domain(&domain)
            .password("p")
            .default_project(&project),
    );
    builder.assign("member", &user, Target::project(&project));
    builder.assign("member", &user, Target::project(&acting));
    builder.assign("auditor", &user, Target::domain(&domain));
    let server = builder.start().await.unwrap();
    let body: Value = post(&server, &by_password(&user, "p", None))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(body["token"]["project"]["id"], json!(project));
    assert_eq!(
        body["token"]["user"]["domain"],
        json!({"id": domain, "name": "Own"})
    );
    let scope = json!({"domain": {"name": "Own"}});
    let login = post(&server, &by_password(&user, "p", Some(scope)));
    let body: Value = login.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["token"]["roles"][0]["name"], "auditor");
    let acts = post(
        &server,
        &by_password(&user, "p", Some(json!({"project": {"id": acting}}))),
    );
    assert_eq!(status(acts).await, 401);
}

#[tokio::test]
async fn catalogs_fill_in_and_leave_out() {
    let mut builder = IdentityServer::builder();
    let service = Service::new("volume", "")
        .endpoint(Endpoint::new("public", "http://h/%(tenant_id)s/$(user_id)s").region("R"))
        .endpoint(Endpoint::new("internal", "http://h/plain"))
        .endpoint(Endpoint::new("admin", "http://h/off").disabled());
    builder.add_service(service);
    builder.add_service(Service::new("off", "off").disabled());
    let server = builder.start().await.unwrap();
    let demo = server.demo();
    let volume = |body: Value| -> Value {
        let catalog = body["token"]["catalog"].as_array().unwrap().clone();
        assert!(catalog.iter().all(|service| service["type"] != "off"));
        catalog
            .into_iter()
            .find(|service| service["type"] == "volume")
            .unwrap()
    };
    let login = |scope: Value| {
        post(
            &server,
            &by_password(&demo.admin_id, &demo.admin_password, Some(scope)),
        )
    };
    let scope = json!({"project": {"id": demo.admin_project_id}});
    let mine = volume(login(scope).send().await.unwrap().json().await.unwrap());
    let url = format!("http://h/{}/{}", demo.admin_project_id, demo.admin_id);
    assert_eq!(mine["endpoints"][0]["url"], json!(url));
    assert_eq!(
        (
            &mine["endpoints"][0]["region"],
            &mine["endpoints"][1]["region_id"]
        ),
        (&json!("R"), &Value::Null)
    );
    assert_eq!(mine["endpoints"].as_array().unwrap().len(), 2);
    let system = volume(
        login(json!({"system": {"all": true}}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap(),
    );
    assert_eq!(system["endpoints"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_trust_without_a_project_makes_no_token() {
    let server = IdentityServer::start().await.unwrap();
    let demo = server.demo();
    let trustee = server.add_user(User::new("t").password("p"));
    let trust = server.add_trust(Trust::new(&demo.user_id, &trustee, "x").without_project());
    let login = by_password(
        &trustee,
        "p",
        Some(json!({"OS-TRUST:trust": {"id": trust}})),
    );
    assert_eq!(status(post(&server, &login)).await, 404);
}

#[tokio::test]
async fn changes_to_what_is_not_there_say_so() {
    let server = IdentityServer::start().await.unwrap();
    let error = server.disable_user("nobody").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server has no user with the id nobody"
    );
    assert!(server.delete_project("nothing").is_err());
    assert!(
        server
            .unassign("sorcerer", "nobody", &Target::System)
            .is_err()
    );
}

#[tokio::test]
async fn a_port_of_the_callers_choice() {
    let first = IdentityServer::start().await.unwrap();
    let port = first.base_url().rsplit(':').next().unwrap();
    let port: u16 = port.parse().unwrap();
    let taken = IdentityServer::builder().port(port).start().await;
    let error = taken.expect_err("the port is taken");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let text = error.to_string();
    assert!(
        text.contains(&format!("127.0.0.1:{port}")) && text.contains("choose another port"),
        "{text}"
    );
    first.shutdown();
    let second = IdentityServer::builder().port(port).start().await.unwrap();
    assert_eq!(second.auth_url(), format!("http://127.0.0.1:{port}/v3"));
}

/// What becomes of a child when its parent is revoked.
async fn child_of_revoked(server: &IdentityServer) -> u16 {
    let parent = token(demo(server)).await;
    let scope = json!({"project": {"id": server.demo().project_id}});
    let identity = json!({"methods": ["token"], "token": {"id": parent}});
    let child = token(post(server, &json!({"identity": identity, "scope": scope}))).await;
    let admin = admin(server).await;
    let url = format!("{}/auth/tokens", server.auth_url());
    let revocation = client()
        .delete(url)
        .header("X-Auth-Token", &admin)
        .header("X-Subject-Token", &parent);
    assert_eq!(status(revocation).await, 204);
    assert_eq!(validate(server, &admin, &parent, "").await, 404);
    validate(server, &admin, &child, "").await
}

async fn revoke_all_of_a_user(server: &IdentityServer) -> u16 {
    let token = token(demo(server)).await;
    let url = format!(
        "{}/users/{}/tokens",
        server.auth_url(),
        server.demo().user_id
    );
    status(client().delete(url).header("X-Auth-Token", token)).await
}

async fn resources(server: &IdentityServer) -> String {
    let home = client()
        .get(server.auth_url())
        .header("Accept", "application/json-home");
    home.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn releases_before_30_revoke_one_token_at_a_time() {
    let before = IdentityServer::builder()
        .before_release_30()
        .start()
        .await
        .unwrap();
    assert_eq!(child_of_revoked(&before).await, 200);
    assert_eq!(revoke_all_of_a_user(&before).await, 404);
    assert!(!resources(&before).await.contains("rel/user_tokens"));
    let now = IdentityServer::start().await.unwrap();
    assert_eq!(child_of_revoked(&now).await, 404);
    assert_eq!(revoke_all_of_a_user(&now).await, 204);
    assert!(resources(&now).await.contains("rel/user_tokens"));
}
