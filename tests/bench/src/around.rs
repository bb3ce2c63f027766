//! What stands around the measurements: servers, stores, certificates.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Failure;

/// Servers that end with the measurements.
#[derive(Default)]
pub struct Servers(Vec<Child>);

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &mut self.0 {
            _ = server.kill();
            _ = server.wait();
        }
    }
}

impl Servers {
    /// Starts a server, and returns where it is.
    pub fn serve(&mut self, certificate: Option<&Path>) -> Result<String, Failure> {
        let mut server = Command::new(env::current_exe()?)
            .arg("serve")
            .args(certificate)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = server.stdout.take().ok_or("the server has no output")?;
        self.0.push(server);
        let mut port = String::new();
        BufReader::new(output).read_line(&mut port)?;
        let scheme = if certificate.is_some() {
            "https"
        } else {
            "http"
        };
        Ok(format!("{scheme}://127.0.0.1:{}", port.trim()))
    }
}

/// Each kind of store that can be had here, and where it is.
pub fn stores(
    folder: &Path,
    servers: &mut Servers,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut stores = vec![("file", folder.join("tokens").display().to_string())];
    let mut start = |program: &str, arguments: &[&str]| -> Result<Option<String>, Failure> {
        if !is_there(program) {
            eprintln!("not measured: {program} is not there");
            return Ok(None);
        }
        let port = TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port()
            .to_string();
        let arguments = arguments
            .iter()
            .map(|argument| argument.replace("PORT", &port));
        let server = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()?;
        servers.0.push(server);
        let address = format!("127.0.0.1:{port}");
        for _ in 0..100 {
            if std::net::TcpStream::connect(&address).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(Some(address))
    };
    let redis = ["--port", "PORT", "--bind", "127.0.0.1", "--save", ""];
    if let Some(address) = start("redis-server", &redis)? {
        stores.push(("redis", format!("redis://{address}")));
    }
    let memcached = ["-l", "127.0.0.1", "-p", "PORT", "-U", "0", "-u", "nobody"];
    if let Some(address) = start("memcached", &memcached)? {
        stores.push(("memcached", address));
    }
    Ok(stores)
}

/// The system's certificates and this one, in a file.
pub fn trusted(certificate: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let mut all = fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    all.extend(fs::read(certificate)?);
    let file = folder.join("trusted.pem");
    fs::write(&file, all)?;
    Ok(file)
}

pub fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
