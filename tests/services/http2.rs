//! HTTP/2: agreed on over TLS, forced, forbidden.

use http::Version;
use openstack_identity::{Error, ErrorKind, HttpVersion, OpenStack, Password, ProjectScope};
use openstack_identity_testing::{Endpoint, IdentityServer, Service};

use crate::stub::{STUB, Stub, builder};
use crate::tls::Front;

/// An Identity server and a service, each behind TLS that offers these protocols.
struct Cloud {
    identity: IdentityServer,
    identity_front: Front,
    stub: Stub,
    stub_front: Front,
}

impl Cloud {
    async fn start(offers: &[&str]) -> Cloud {
        let stub = Stub::well().await;
        let stub_front = Front::start(&stub.url, offers).await;
        let mut identity = IdentityServer::builder();
        let endpoint = Endpoint::new("public", &*stub_front.url).region("RegionOne");
        identity.add_service(Service::new(STUB, "ironic").endpoint(endpoint));
        let identity = identity.start().await.unwrap();
        let identity_front = Front::start(identity.base_url(), offers).await;
        Cloud {
            identity,
            identity_front,
            stub,
            stub_front,
        }
    }

    /// A login, two calls to Identity and five to the service, some at the same time.
    async fn call(&self, version: Option<HttpVersion>) -> Result<(), Error> {
        let demo = self.identity.demo();
        let mut builder = OpenStack::builder(&self.identity_front.url)
            .ca_certificate_pem(&*self.identity_front.authority)
            .ca_certificate_pem(&*self.stub_front.authority)
            .credentials(Password::by_id(&demo.user_id, &*demo.password))
            .scope(ProjectScope::by_id(&demo.project_id));
        if let Some(version) = version {
            builder = builder.http_version(version);
        }
        let openstack = builder.build()?;
        openstack.identity_v3().list_auth_projects().await?;
        let service = openstack.service(STUB);
        service.post("nodes").json("first").await?;
        let calls: Vec<_> = (0..4)
            .map(|n| tokio::spawn(service.get(format!("nodes/{n}")).into_future()))
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap()?.status(), 200);
        }
        Ok(())
    }

    /// All versions that the servers saw, each once.
    fn seen(&self) -> Vec<Version> {
        let requests = self.identity.requests();
        let logins = requests.iter().filter(|it| it.path == "/v3/auth/tokens");
        assert_eq!(logins.count(), 1);
        assert_eq!(self.stub.seen().len(), 5);
        let mut seen: Vec<_> = requests.iter().map(|request| request.version).collect();
        seen.extend(self.stub.seen().iter().map(|request| request.version));
        seen.dedup();
        seen
    }
}

#[tokio::test]
async fn over_tls_it_is_agreed_on() {
    let cloud = Cloud::start(&["h2", "http/1.1"]).await;
    cloud.call(None).await.unwrap();
    assert_eq!(cloud.seen(), [Version::HTTP_2]);
    // One connection bears all requests, however many there are at a time.
    let h2 = [Some("h2".to_owned())];
    assert_eq!(cloud.identity_front.agreed(), h2);
    assert_eq!(cloud.stub_front.agreed(), h2);
}

#[tokio::test]
async fn a_server_without_it_is_spoken_to_as_before() {
    for (offers, agreed) in [(&["http/1.1"][..], Some("http/1.1")), (&[], None)] {
        let cloud = Cloud::start(offers).await;
        cloud.call(None).await.unwrap();
        assert_eq!(cloud.seen(), [Version::HTTP_11]);
        let agreed = agreed.map(str::to_owned);
        assert_eq!(cloud.identity_front.agreed()[0], agreed);
        assert_eq!(cloud.stub_front.agreed()[0], agreed);
    }
}

#[tokio::test]
async fn it_can_be_forbidden() {
    let cloud = Cloud::start(&["h2", "http/1.1"]).await;
    cloud.call(Some(HttpVersion::Http1)).await.unwrap();
    assert_eq!(cloud.seen(), [Version::HTTP_11]);
    assert_eq!(cloud.stub_front.agreed()[0].as_deref(), Some("http/1.1"));
}

#[tokio::test]
async fn over_plain_http_it_is_spoken_only_if_that_is_known_before() {
    for (version, seen) in [
        (HttpVersion::Negotiated, Version::HTTP_11),
        (HttpVersion::Http1, Version::HTTP_11),
        (HttpVersion::Http2, Version::HTTP_2),
    ] {
        let server = IdentityServer::start().await.unwrap();
        let openstack = builder(&server).http_version(version).build().unwrap();
        openstack.identity_v3().list_auth_projects().await.unwrap();
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests.iter().all(|request| request.version == seen));
    }
}

#[tokio::test]
async fn forced_on_a_server_without_it_nothing_gets_through() {
    let cloud = Cloud::start(&["http/1.1"]).await;
    let error = cloud.call(Some(HttpVersion::Http2)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable), "{error}");
    assert!(error.to_string().contains("HTTP/2"), "{error}");

    // One that hears something unheard of, and answers as HTTP/1.1 servers do.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v3", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer =
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let openstack = OpenStack::builder(url)
        .http_version(HttpVersion::Http2)
        .build()
        .unwrap();
    let call = openstack
        .identity_v3()
        .generate_token(Password::by_id("a1", "demo-password"));
    let error = call.await.unwrap_err();
    assert!(error.to_string().contains("HTTP/2"), "{error}");
    server.abort();
}
