//! `require_https`: what is sent over plain http, and what is not.

use std::sync::{Arc, Mutex};

use openstack_identity::transport::{Body, BoxFuture, Transport, TransportError};
use openstack_identity::{Error, ErrorKind, OpenStack, OpenStackBuilder, ProjectScope};
use openstack_identity_testing::{Endpoint, IdentityServer, Service};

use crate::support::{demo, soon};
use crate::transport::Shared;

/// Leads every host to one server, and keeps the addresses that were asked for.
#[derive(Clone)]
struct Leading {
    to: String,
    seen: Arc<Mutex<Vec<String>>>,
    way: Shared,
}

impl Transport for Leading {
    fn send(
        &self,
        mut request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let address = request.uri().to_string();
        let path = request.uri().path_and_query().unwrap().as_str();
        *request.uri_mut() = format!("{}{path}", self.to).parse().unwrap();
        self.seen.lock().unwrap().push(address);
        self.way.send(request)
    }
}

impl Leading {
    fn to(server: &IdentityServer) -> Self {
        Leading {
            to: server.base_url().to_owned(),
            seen: Arc::default(),
            way: Shared::default(),
        }
    }

    /// What was asked for since the last look.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// Its catalog leads over plain http to another host, to the Identity host, and to this machine.
async fn start() -> IdentityServer {
    let mut builder = IdentityServer::builder();
    for (service_type, url) in [
        ("network", "http://network.example:9696"),
        ("image", "http://keystone.example/image"),
        ("baremetal", "http://localhost:6385/v1"),
        ("orchestration", "https://heat.example/v1"),
    ] {
        let endpoint = Endpoint::new("public", url).region("RegionOne");
        builder.add_service(Service::new(service_type, service_type).endpoint(endpoint));
    }
    builder.start().await.unwrap()
}

fn builder(server: &IdentityServer, way: &Leading) -> OpenStackBuilder {
    OpenStack::builder("https://keystone.example")
        .credentials(demo(server))
        .scope(ProjectScope::by_id(&server.demo().project_id))
        .transport(way.clone())
}

fn check_refused(error: &Error, host: &str) {
    let text = error.to_string();
    assert!(matches!(error.kind(), ErrorKind::InvalidInput), "{text}");
    for part in [
        &format!("http://{host} is not https") as &str,
        "`require_https`",
        "`endpoint_override`",
        "nothing was sent",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn nothing_goes_over_plain_http_where_https_is_required() {
    let server = start().await;
    let way = Leading::to(&server);
    let builder = builder(&server, &way).require_https(true);
    let openstack = builder
        .endpoint_override("dns", "http://dns.example")
        .build()
        .unwrap();
    soon(openstack.token()).await.unwrap();
    way.seen();

    for (service_type, host) in [
        ("network", "network.example:9696"),
        ("image", "keystone.example"),
        ("dns", "dns.example"),
    ] {
        let service = openstack.service(service_type);
        let whole = format!("http://{host}/image/v2/next?marker=1");
        let calls = [
            service.get("v2/things"),
            service.post("v2/things"),
            service.get(whole),
        ];
        for call in calls {
            // An address that isn't at the endpoint is refused for that.
            let Err(error) = soon(call).await else {
                unreachable!("{host} was asked")
            };
            if !error.to_string().contains("origin") {
                check_refused(&error, host);
            }
        }
        check_refused(&soon(service.versions()).await.unwrap_err(), host);
    }
    let own = openstack
        .service("compute")
        .endpoint_override("http://own.example");
    check_refused(&soon(own.get("servers")).await.unwrap_err(), "own.example");
    assert_eq!(way.seen(), [] as [String; 0]);

    _ = soon(openstack.service("baremetal").get("nodes")).await;
    _ = soon(openstack.service("orchestration").get("stacks")).await;
    assert_eq!(
        way.seen(),
        [
            "http://localhost:6385/v1/nodes",
            "https://heat.example/v1/stacks"
        ]
    );
}

#[tokio::test]
async fn what_is_refused_is_explained() {
    let server = start().await;
    let way = Leading::to(&server);
    let openstack = builder(&server, &way).require_https(true).build().unwrap();
    soon(openstack.token()).await.unwrap();
    let text = openstack.explain().await;
    assert!(text.contains("(`require_https`)"), "{text}");
    let refused = text.matches("nothing is sent there").count();
    assert_eq!(refused, 2, "network and image: {text}");
}

#[tokio::test]
async fn plain_http_is_taken_unless_that_is_said() {
    let server = start().await;
    let way = Leading::to(&server);
    let openstack = builder(&server, &way).build().unwrap();
    _ = soon(openstack.service("network").get("v2.0/networks")).await;
    let seen = way.seen();
    let last = seen.last().unwrap();
    assert_eq!(last, "http://network.example:9696/v2.0/networks");
    assert!(!openstack.explain().await.contains("require_https"));
}

#[test]
fn an_auth_url_over_plain_http_is_refused_but_for_this_machine() {
    for (url, refused) in [
        ("http://keystone.example:5000/v3", true),
        ("http://10.0.0.5/identity", true),
        ("http://127.evil.example", true),
        ("http://localhost:5000", false),
        ("http://[::1]:5000/v3", false),
        ("https://keystone.example", false),
    ] {
        let built = OpenStack::builder(url).require_https(true).build();
        assert_eq!(built.is_err(), refused, "{url}");
        assert!(OpenStack::builder(url).require_https(false).build().is_ok());
    }
}
