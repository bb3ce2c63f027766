//! A gate before a server, which can be shut, opened, and led to another server: what a client sees
//! when a server restarts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

pub struct Proxy {
    pub address: SocketAddr,
    target: Arc<Mutex<Option<String>>>,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Leads to the server at this address, such as `http://127.0.0.1:5000`.
    pub async fn to(base_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(Some(authority(base_url))));
        let connections: Arc<Mutex<Vec<AbortHandle>>> = Arc::default();
        let (to, open) = (target.clone(), connections.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Without a target the connection is closed at once.
                let Some(target) = to.lock().unwrap().clone() else {
                    continue;
                };
                let connection = tokio::spawn(forward(client, target));
                open.lock().unwrap().push(connection.abort_handle());
            }
        });
        Proxy {
            address,
            target,
            connections,
            accepting,
        }
    }

    /// Cuts every connection and takes no more.
    pub fn shut(&self) {
        *self.target.lock().unwrap() = None;
        self.connections
            .lock()
            .unwrap()
            .drain(..)
            .for_each(|connection| connection.abort());
    }

    /// How many connections came so far, since it was shut last.
    pub fn taken(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Takes connections again, for this server.
    pub fn lead_to(&self, base_url: &str) {
        *self.target.lock().unwrap() = Some(authority(base_url));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shut();
        self.accepting.abort();
    }
}

fn authority(base_url: &str) -> String {
    base_url
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

async fn forward(mut client: TcpStream, target: String) {
    if let Ok(mut server) = TcpStream::connect(target).await {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}
