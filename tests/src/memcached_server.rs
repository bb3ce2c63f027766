//! A real memcached for a test, of its own: on a free port of the loopback or on a Unix socket.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Where it listens.
#[derive(Clone, Debug)]
enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A running memcached, killed when this is dropped.
#[derive(Debug)]
pub struct MemcachedServer {
    place: Place,
    arguments: Vec<String>,
    process: Child,
}

impl MemcachedServer {
    /// Starts it on 127.0.0.1, and waits until it listens.
    #[must_use]
    pub fn start() -> Self {
        MemcachedServer::start_with(&[])
    }

    /// Starts it with more arguments, such as `-m 8`.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        MemcachedServer::on_free_port(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), arguments)
    }

    /// Starts it on `[::1]`.
    #[must_use]
    pub fn start_ipv6() -> Self {
        MemcachedServer::on_free_port(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), &[])
    }

    /// Starts it on a Unix socket.
    #[must_use]
    pub fn start_unix(path: impl Into<PathBuf>) -> Self {
        let place = Place::Unix(path.into());
        let process = listening(&place, &[]).expect("memcached doesn't start");
        MemcachedServer {
            place,
            arguments: Vec::new(),
            process,
        }
    }

    fn on_free_port(any: SocketAddr, arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        // Another program may take the port first.
        for _ in 0..20 {
            let free = TcpListener::bind(any).and_then(|listener| listener.local_addr());
            let place = Place::Tcp(free.expect("no free port"));
            if let Some(process) = listening(&place, &arguments) {
                return MemcachedServer {
                    place,
                    arguments,
                    process,
                };
            }
        }
        panic!("memcached {arguments:?} doesn't start");
    }

    /// As a store's server is written: `127.0.0.1:11211` or `unix:/path`.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.to_string(),
            Place::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    /// The address of one that listens on TCP.
    #[must_use]
    pub fn socket_address(&self) -> SocketAddr {
        match &self.place {
            Place::Tcp(address) => *address,
            Place::Unix(path) => panic!("it listens on {}", path.display()),
        }
    }

    /// Kills it: connections break, and what it kept is gone.
    pub fn kill(&mut self) {
        // It may be dead already.
        _ = self.process.kill();
        _ = self.process.wait();
    }

    /// Starts it again at the same address, empty.
    pub fn restart(&mut self) {
        self.kill();
        let end = Instant::now() + Duration::from_secs(30);
        self.process = loop {
            if let Some(process) = listening(&self.place, &self.arguments) {
                break process;
            }
            assert!(Instant::now() < end, "{:?} isn't free again", self.place);
            thread::sleep(Duration::from_millis(100));
        };
    }

    /// Stops it where it is: connections stay, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
        // Each thread of it stops when it notices.
        let end = Instant::now() + Duration::from_secs(30);
        while !self.is_stopped() {
            assert!(Instant::now() < end, "it doesn't stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn is_stopped(&self) -> bool {
        let threads = format!("/proc/{}/task", self.process.id());
        fs::read_dir(threads).expect("no /proc").all(|thread| {
            let path = thread.expect("no thread").path().join("stat");
            // Its name, in parentheses, and a letter for its state.
            fs::read_to_string(path).is_ok_and(|stat| stat.contains(") T "))
        })
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        assert!(status.expect("no kill").success(), "kill {signal} {id}");
    }
}

impl Drop for MemcachedServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process that listens there; none if it ended because it can't.
fn listening(place: &Place, arguments: &[String]) -> Option<Child> {
    let mut command = Command::new("memcached");
    match place {
        Place::Tcp(address) => command
            .arg(format!("--listen={}", address.ip()))
            .arg(format!("--port={}", address.port())),
        Place::Unix(path) => command.arg("--unix-socket").arg(path),
    };
    // Root is told to name a user. It stays who it is, as it has to read the tests' files.
    command.args(["--user=root", "--udp-port=0", "--threads=2", "-vv"]);
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let child = command.stderr(Stdio::piped()).spawn();
    let mut process = child.expect("there is no memcached: tests/run installs it");
    let log = process.stderr.take().expect("no standard error");
    let mut log = BufReader::new(log).lines();
    let is_listening = |line: &str| line.contains("server listening");
    if !log
        .by_ref()
        .map_while(Result::ok)
        .any(|line| is_listening(&line))
    {
        _ = process.kill();
        _ = process.wait();
        return None;
    }
    // It tells of every request, and would stand still if nobody read that.
    thread::spawn(move || log.map_while(Result::ok).for_each(drop));
    Some(process)
}
