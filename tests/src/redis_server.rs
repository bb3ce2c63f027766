//! Redis servers for tests: the real one, each on a free port of the loopback with a folder of its own, ended
//! when dropped.

mod authority;

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use self::authority::Authority;
use tempfile::TempDir;

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_secs(30);

/// A running `redis-server`. It keeps nothing on disk but what a cluster's node or a sentinel must know.
pub struct RedisServer {
    process: Child,
    port: u16,
    folder: TempDir,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Tls,
    Sentinel,
}

impl RedisServer {
    /// A server that lets everybody in.
    pub fn start() -> Self {
        RedisServer::start_with(&[])
    }

    /// A server with these lines in its configuration, such as those of users.
    pub fn start_with(lines: &[&str]) -> Self {
        RedisServer::launch(Kind::Plain, lines, |_| ())
    }

    /// A server that speaks TLS only, with a certificate of this authority for 127.0.0.1 and `localhost`; it
    /// asks its clients for one too if a line says `tls-auth-clients yes`.
    pub fn start_tls(authority: &Authority, lines: &[&str]) -> Self {
        RedisServer::launch(Kind::Tls, lines, |folder| {
            let (certificate, key) = authority.certificate(&["127.0.0.1", "localhost"]);
            fs::write(folder.path().join("server.pem"), certificate).unwrap();
            fs::write(folder.path().join("server.key"), key).unwrap();
            fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        })
    }

    /// A node of a cluster that has no slots and knows no others yet.
    pub fn start_node(lines: &[&str]) -> Self {
        // The second port is 10000 above the first by default, which need not be a port.
        let bus = format!("cluster-port {}", free_port());
        let cluster = ["cluster-enabled yes", "cluster-node-timeout 5000", &bus];
        RedisServer::start_with(&[&cluster, lines].concat())
    }

    /// Three nodes that are a cluster.
    pub fn start_cluster(lines: &[&str]) -> [Self; 3] {
        let nodes = [(); 3].map(|()| RedisServer::start_node(lines));
        for (node, slots) in nodes.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
            assert_eq!(
                node.command(&format!("CLUSTER ADDSLOTSRANGE {slots}")),
                "OK"
            );
            let bus = nodes[0].command("CONFIG GET cluster-port");
            let bus = bus.lines().last().unwrap();
            let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", nodes[0].port);
            assert_eq!(node.command(&meet), "OK");
        }
        nodes.iter().for_each(RedisServer::until_whole);
        nodes
    }

    /// Waits until this node of a cluster knows two others, and that all slots are there.
    pub fn until_whole(&self) {
        wait("a whole cluster", || {
            let info = self.command("CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        });
    }

    /// A sentinel, the only one, that watches the master at this port under the name `mymaster`.
    pub fn start_sentinel(master: u16, lines: &[&str]) -> Self {
        let monitor = format!("sentinel monitor mymaster 127.0.0.1 {master} 1");
        let settings = [
            &monitor,
            "sentinel down-after-milliseconds mymaster 2000",
            "sentinel failover-timeout mymaster 10000",
        ];
        RedisServer::launch(Kind::Sentinel, &[&settings, lines].concat(), |_| ())
    }

    fn launch(kind: Kind, lines: &[&str], prepare: impl Fn(&TempDir)) -> Self {
        let mut log = String::new();
        // Another program may take the free port first.
        for _ in 0..3 {
            let folder = TempDir::new().unwrap();
            prepare(&folder);
            let port = free_port();
            fs::write(
                folder.path().join("redis.conf"),
                configuration(kind, port, lines),
            )
            .unwrap();
            let mut server = RedisServer {
                process: spawn(kind, &folder),
                port,
                folder,
                kind,
            };
            if server.answers() {
                return server;
            }
            let path = server.folder.path().join("redis.log");
            log = fs::read_to_string(path).unwrap_or_default();
        }
        panic!("redis-server doesn't start:\n{log}");
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, without user.
    pub fn url(&self) -> String {
        self.url_of("")
    }

    /// Its URL for a user, written `name:password@`.
    pub fn url_of(&self, user: &str) -> String {
        let scheme = match self.kind {
            Kind::Tls => "rediss",
            Kind::Plain | Kind::Sentinel => "redis",
        };
        format!("{scheme}://{user}127.0.0.1:{}", self.port)
    }

    /// What the server says to a command, by `redis-cli`; a value with spaces can't be in it.
    pub fn command(&self, command: &str) -> String {
        self.command_as(&[], command)
    }

    /// The same, with options of `redis-cli`, such as a user.
    pub fn command_as(&self, options: &[&str], command: &str) -> String {
        let output = self.redis_cli(options, command);
        String::from_utf8_lossy(&output).trim().to_owned()
    }

    fn redis_cli(&self, options: &[&str], command: &str) -> Vec<u8> {
        let mut cli = Command::new("redis-cli");
        cli.current_dir(&self.folder)
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["--no-auth-warning"])
            .args(options);
        if self.kind == Kind::Tls {
            cli.args(["--tls", "--cacert", "authority.pem"]).args([
                "--cert",
                "server.pem",
                "--key",
                "server.key",
            ]);
        }
        let output = cli.args(command.split(' ')).stdin(Stdio::null()).output();
        output.expect("redis-cli is installed").stdout
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again at the same port after [`kill`](Self::kill), and waits until it answers.
    pub fn restart(&mut self) {
        let end = Instant::now() + START;
        loop {
            self.kill();
            self.process = spawn(self.kind, &self.folder);
            if self.answers() {
                return;
            }
            assert!(Instant::now() < end, "redis-server doesn't start again");
            sleep(Duration::from_millis(100));
        }
    }

    /// Stops it without ending it: connections stay, and nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.unwrap().success(), "kill {signal}");
    }

    /// Takes no new value until it is told to take them again.
    pub fn fill(&self) {
        assert_eq!(self.command("CONFIG SET maxmemory-policy noeviction"), "OK");
        assert_eq!(self.command("CONFIG SET maxmemory 1"), "OK");
    }

    /// Takes new values again.
    pub fn empty(&self) {
        assert_eq!(self.command("CONFIG SET maxmemory 0"), "OK");
    }

    /// Waits until it answers; false if it has ended instead.
    fn answers(&mut self) -> bool {
        let end = Instant::now() + START;
        while Instant::now() < end {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            // Who must log in first is told so, which is an answer too.
            let answer = self.command("PING");
            if answer.contains("PONG") || answer.contains("NOAUTH") || answer.contains("NOPERM") {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn configuration(kind: Kind, port: u16, lines: &[&str]) -> String {
    let common = "bind 127.0.0.1\nprotected-mode no\nlogfile redis.log\n";
    let own = match kind {
        Kind::Plain => format!("port {port}\nsave \"\"\n"),
        Kind::Sentinel => format!("port {port}\n"),
        Kind::Tls => format!(
            "port 0\ntls-port {port}\nsave \"\"\ntls-auth-clients no\ntls-cert-file server.pem\n\
             tls-key-file server.key\ntls-ca-cert-file authority.pem\n"
        ),
    };
    format!("{common}{own}{}\n", lines.join("\n"))
}

fn spawn(kind: Kind, folder: &TempDir) -> Child {
    let mut command = Command::new("redis-server");
    command.current_dir(folder).arg("redis.conf");
    if kind == Kind::Sentinel {
        command.arg("--sentinel");
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed: tests/run does that")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until something is so, at most a minute.
fn wait(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not come about");
        sleep(Duration::from_millis(50));
    }
}
