//! What a token leads to, page by page, and what needs no token.

use openstack_identity::identity::v3::auth::SystemScope;
use openstack_identity::identity::v3::service::{GetVersion, VersionStatus};
use openstack_identity::{ErrorKind, ProjectScope};
use openstack_identity_testing::Fault;
use serde_json::json;

use crate::assert_error;
use crate::support::{TOKENS, admin, builder, check, openstack, soon, start, token};

#[tokio::test]
async fn what_a_token_leads_to() {
    let server = start().await;
    let identity = openstack(&server).identity_v3();
    let projects = soon(identity.list_auth_projects()).await.unwrap();
    assert_eq!(
        projects
            .iter()
            .map(|project| &project.id)
            .collect::<Vec<_>>(),
        [&server.demo().project_id]
    );
    assert_eq!(soon(identity.list_auth_domains()).await.unwrap(), []);
    assert!(!soon(identity.get_auth_system()).await.unwrap());
    // The user has no default project, so the token is unscoped, and has no catalog.
    let error = soon(identity.get_catalog()).await.unwrap_err();
    check(&error, "get_catalog", &server);
    assert_error!(error, ErrorKind::Forbidden);
    assert_eq!(server.count("POST", TOKENS), 1);

    let project = ProjectScope::by_id(&server.demo().project_id);
    let scoped = builder(&server)
        .scope(project)
        .build()
        .unwrap()
        .identity_v3();
    let catalog = soon(scoped.get_catalog()).await.unwrap();
    let types: Vec<&str> = catalog
        .iter()
        .map(|service| &*service.service_type)
        .collect();
    assert!(
        types.contains(&"compute") && types.contains(&"object-store"),
        "{types:?}"
    );

    let administrator = builder(&server)
        .credentials(admin(&server))
        .scope(SystemScope::new());
    assert!(
        soon(
            administrator
                .build()
                .unwrap()
                .identity_v3()
                .get_auth_system()
        )
        .await
        .unwrap()
    );
}

#[tokio::test]
async fn lists_are_followed_to_their_end() {
    let server = start().await;
    let project = |id: &str| json!({"id": id, "name": id, "enabled": true});
    for (ids, next) in [
        (
            &["a", "b"][..],
            json!("http://elsewhere.example/v3/auth/projects?marker=b&limit=2"),
        ),
        (&[], json!("?marker=c")),
        (&["d"], json!(null)),
    ] {
        let projects: Vec<_> = ids.iter().map(|id| project(id)).collect();
        let page =
            json!({"projects": projects, "links": {"self": "x", "next": next, "previous": null}});
        server.inject(
            Fault::status(200)
                .json(&page)
                .on("GET", "/v3/auth/projects"),
        );
    }
    let projects = soon(openstack(&server).identity_v3().list_auth_projects())
        .await
        .unwrap();
    assert_eq!(
        projects
            .iter()
            .map(|project| &*project.id)
            .collect::<Vec<_>>(),
        ["a", "b", "d"]
    );
    let pages: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "GET")
        .collect();
    let queries: Vec<_> = pages
        .iter()
        .map(|request| request.query.as_deref())
        .collect();
    assert_eq!(queries, [None, Some("marker=b&limit=2"), Some("marker=c")]);
    assert!(
        pages
            .iter()
            .all(|request| request.header("X-Auth-Token") == pages[0].header("X-Auth-Token"))
    );
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let server = start().await;
    let page = json!({"projects": [], "links": {"next": "?page=2"}});
    server.inject(
        Fault::status(200)
            .json(&page)
            .on("GET", "/v3/auth/projects"),
    );
    server.inject(Fault::status(503).on("GET", "/v3/auth/projects"));
    let error = soon(openstack(&server).identity_v3().list_auth_projects())
        .await
        .unwrap_err();
    assert_error!(error, ErrorKind::ServerError);
}

#[tokio::test]
async fn versions_need_no_token_and_get_none() {
    let server = start().await;
    // Not even one that is at hand.
    let token = token(&server).await;
    let identity = builder(&server)
        .cached_token(token)
        .build()
        .unwrap()
        .identity_v3();
    let versions = soon(identity.list_versions()).await.unwrap();
    assert_eq!(
        (versions[0].id.as_str(), &versions[0].status),
        ("v3.14", &VersionStatus::Stable)
    );
    assert_eq!(
        soon(identity.send(GetVersion::new())).await.unwrap().id,
        "v3.14"
    );
    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|request| &*request.path).collect();
    assert_eq!(paths, ["/", "/v3"]);
    assert!(
        requests
            .iter()
            .all(|request| request.header("X-Auth-Token").is_none())
    );
}
