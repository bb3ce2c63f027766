//! A server that answers at once: what it costs is in a process of its own, and counts for nobody.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::Failure;

/// Serves until it is killed, over https if there is a file for the certificate. Prints its port.
pub async fn serve(certificate: Option<&Path>) -> Result<(), Failure> {
    let tls = certificate.map(acceptor).transpose()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    println!("{port}");
    std::io::stdout().flush()?;
    let answers = Arc::new(Answers::new());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (answers, tls) = (answers.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => answers.serve(stream).await,
                Some(tls) => answers.serve(tls.accept(stream).await?).await,
            }
        });
    }
}

/// A certificate for this machine, written to the file, where clients find it.
fn acceptor(file: &Path) -> Result<TlsAcceptor, Failure> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    std::fs::write(file, made.cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The answers, ready to be sent.
struct Answers {
    issued: Vec<u8>,
    valid: Vec<u8>,
    many: Vec<u8>,
}

impl Answers {
    fn new() -> Self {
        let many = json!({"error": {"code": 400, "title": "Bad Request", "message": "no",
            "identity": {"methods": vec!["a"; 1_000_000]}}});
        Answers {
            issued: answer("201 Created\r\nX-Subject-Token: subject", &token()),
            valid: answer("200 OK", &Value::Null),
            many: answer("400 Bad Request", &many),
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
            if stream.read_line(&mut first).await? == 0 {
                return Ok(());
            }
            while stream.read_line(&mut line).await? > 2 {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap_or_default();
                }
                line.clear();
            }
            stream.read_exact(&mut vec![0; length]).await?;
            let answer = match first.split_once(' ') {
                Some(("POST", path)) if path.starts_with("/many/") => &self.many,
                Some(("POST", _)) => &self.issued,
                _ => &self.valid,
            };
            stream.write_all(answer).await?;
            stream.flush().await?;
        }
    }
}

fn answer(head: &str, body: &Value) -> Vec<u8> {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Vary: X-Auth-Token\r\nX-Openstack-Request-Id: req-1\r\n\r\n"
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// What Keystone says of a token for a project, with a catalog of usual length.
fn token() -> Value {
    let domain = json!({"id": "default", "name": "Default"});
    let endpoint = |service: &str, interface: &str| {
        json!({"id": format!("{service}-{interface}"), "interface": interface, "region": "RegionOne",
            "region_id": "RegionOne", "url": format!("https://{service}.example/{interface}")})
    };
    let service = |name: &str| {
        let interfaces = ["public", "internal", "admin"];
        json!({"id": name, "type": name, "name": name,
            "endpoints": interfaces.map(|interface| endpoint(name, interface))})
    };
    let services = [
        "identity",
        "compute",
        "image",
        "network",
        "block-storage",
        "object-store",
    ];
    json!({"token": {
        "methods": ["password"], "audit_ids": ["one"], "is_domain": false,
        "issued_at": moment(Duration::ZERO), "expires_at": moment(Duration::from_secs(8 * 3600)),
        "user": {"id": "a1b2", "name": "demo", "domain": domain, "password_expires_at": null},
        "project": {"id": "c3d4", "name": "demo", "domain": domain},
        "roles": [{"id": "r", "name": "member"}],
        "catalog": services.map(service),
    }})
}

/// So long after now, as OpenStack writes it.
fn moment(later: Duration) -> String {
    openstack_identity::Timestamp::from(SystemTime::now() + later).to_string()
}
