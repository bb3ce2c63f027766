//! TLS in front of a server, and what it agreed on with each client.

use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Takes TLS off connections and hands them on to a server behind it.
pub struct Front {
    pub url: String,
    /// The certificate, as PEM.
    pub authority: String,
    agreed: Arc<Mutex<Vec<Option<String>>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Front {
    /// Before the server at `behind` (`http://host:port`), offering these protocols; none of them means
    /// that it doesn't know ALPN.
    pub async fn start(behind: &str, offers: &[&str]) -> Front {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::from(key))
            .unwrap();
        config.alpn_protocols = offers.iter().map(|name| name.as_bytes().to_vec()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let agreed = Arc::default();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let behind = behind.trim_start_matches("http://").to_owned();
        let task = tokio::spawn(forward(listener, acceptor, behind, Arc::clone(&agreed)));
        Front {
            url,
            authority: made.cert.pem(),
            agreed,
            task,
        }
    }

    /// What each connection agreed on.
    pub fn agreed(&self) -> Vec<Option<String>> {
        self.agreed.lock().unwrap().clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    behind: String,
    agreed: Arc<Mutex<Vec<Option<String>>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, behind, agreed) = (acceptor.clone(), behind.clone(), agreed.clone());
        tokio::spawn(async move {
            let mut outside = acceptor.accept(stream).await?;
            let protocol = outside.get_ref().1.alpn_protocol();
            let protocol = protocol.map(|name| String::from_utf8_lossy(name).into_owned());
            agreed.lock().unwrap().push(protocol);
            let mut inside = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut outside, &mut inside).await
        });
    }
}
