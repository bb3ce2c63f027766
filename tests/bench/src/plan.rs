//! What is measured, and the table of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};
use tempfile::TempDir;

use crate::around::{Servers, is_there, stores, trusted};
use crate::{Failure, median};

/// A line of the table: the client, and a floor or a peer that does the same.
struct Row {
    what: String,
    unit: &'static str,
    wanted: &'static str,
    gauge: Gauge,
    rounds: usize,
    floor: Start,
    client: Start,
    before: Option<Start>,
}

/// A program, and what it is given.
#[derive(Clone, Default)]
struct Start {
    program: PathBuf,
    arguments: Vec<String>,
    folder: Option<PathBuf>,
    environment: Vec<(&'static str, PathBuf)>,
}

#[derive(Clone, Copy)]
enum Gauge {
    /// What the program prints.
    Printed,
    /// Its instructions, in millions, by callgrind.
    Instructions,
    /// Its CPU time and that of all that it starts, in milliseconds.
    Cpu,
    /// The same, of a build from nothing, in seconds.
    Build,
}

/// What `run` was told.
struct Options<'a> {
    this: PathBuf,
    /// The same program with another version of the client.
    before: Option<PathBuf>,
    /// Folders of programs to build: with bare reqwest, with the client, with the other version.
    cold: Vec<&'a str>,
    /// Rows of other programs, see `peer_row`.
    peers: Vec<&'a str>,
    only: Vec<&'a str>,
}

pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let mut options = Options {
        this: env::current_exe()?,
        before: None,
        cold: Vec::new(),
        peers: Vec::new(),
        only: Vec::new(),
    };
    for argument in arguments {
        match argument.split_once('=') {
            Some(("--before", program)) => options.before = Some(program.into()),
            Some(("--cold", folder)) => options.cold.push(folder),
            Some(("--peer", peer)) => options.peers.push(peer),
            _ => options.only.push(argument),
        }
    }
    let (folder, mut servers) = (tempfile::tempdir()?, Servers::default());
    let rows = options.rows(&folder, &mut servers)?;
    let wanted = |row: &&Row| {
        options.only.is_empty() || options.only.iter().any(|only| row.what.contains(only))
    };
    let before = match options.before {
        Some(_) => "| before | ratio ",
        None => "",
    };
    println!("| what | unit | floor or peer | client | ratio {before}| wanted |");
    println!(
        "|---|---|---|---|---|{}---|",
        if before.is_empty() { "" } else { "---|---|" }
    );
    for row in rows.iter().filter(wanted) {
        row.print(options.before.is_some());
    }
    Ok(())
}

impl Options<'_> {
    fn rows(&self, folder: &TempDir, servers: &mut Servers) -> Result<Vec<Row>, Failure> {
        let http = format!("url={}", servers.serve(None)?);
        let certificate = folder.path().join("certificate.pem");
        let https = format!("url={}", servers.serve(Some(&certificate))?);
        let mut rows = Vec::new();
        for in_flight in ["1", "64"] {
            let what = format!("check of a token, {in_flight} in flight, beside reqwest");
            let given = [&*http, &format!("in_flight={in_flight}")];
            rows.push(self.row(&what, "µs CPU", "1.15 times", "calls", &given));
        }
        let what = "another builder().build(), beside reqwest's";
        rows.push(self.row(what, "µs CPU", "50 µs", "build-cpu", &[&http]));
        rows.push(self.row(what, "bytes", "4096", "build-bytes", &[&http]));
        for (store, at) in stores(folder.path(), servers)? {
            let what = format!(
                "client, token from {store}, one call, beside reading the entry and reqwest"
            );
            let given = [&*http, &format!("store={store}"), &format!("at={at}")];
            rows.push(self.row(&what, "µs CPU", "150 µs more", "web", &given));
        }
        let what = "login refused with a million short texts, beside reading them";
        rows.push(self.row(what, "µs CPU", "5000 µs more", "error", &[&http]));
        let at = format!("at={}", folder.path().display());
        let what = "FileStore::put, beside write, fsync and rename";
        rows.push(self.row(what, "µs", "1.3 times", "put", &[&at]));
        if is_there("valgrind") {
            for (url, wanted) in [(&http, "2 M"), (&https, "1.03 times")] {
                let scheme = url
                    .trim_start_matches("url=")
                    .split(':')
                    .next()
                    .unwrap_or_default();
                let what = format!("process start to first answer over {scheme}, beside reqwest");
                let row = self.row(&what, "M instructions", wanted, "first", &[url]);
                rows.push(row.instructions(trusted(&certificate, folder.path())?));
            }
        } else {
            eprintln!("not measured: instructions, as there is no valgrind");
        }
        let filled_in = |word: &str| match word {
            "SELF" => self.this.display().to_string(),
            word => word
                .replace("URL", http.trim_start_matches("url="))
                .replace("FOLDER", &folder.path().display().to_string()),
        };
        rows.extend(
            self.peers
                .iter()
                .filter_map(|peer| peer_row(peer, filled_in)),
        );
        rows.extend(self.cold());
        Ok(rows)
    }

    fn row(
        &self,
        what: &str,
        unit: &'static str,
        wanted: &'static str,
        work: &str,
        given: &[&str],
    ) -> Row {
        let start = |program: &Path, who: &str| Start {
            program: program.to_owned(),
            arguments: ["work", work, who]
                .iter()
                .chain(given)
                .map(|argument| (*argument).to_owned())
                .collect(),
            ..Start::default()
        };
        Row {
            what: what.to_owned(),
            unit,
            wanted,
            gauge: Gauge::Printed,
            rounds: 7,
            floor: start(&self.this, "floor"),
            client: start(&self.this, "client"),
            before: self.before.as_ref().map(|before| start(before, "client")),
        }
    }

    fn cold(&self) -> Option<Row> {
        let build = |folder: &&str| Start {
            program: "cargo".into(),
            arguments: vec!["build".into(), "--release".into(), "--quiet".into()],
            folder: Some((*folder).into()),
            ..Start::default()
        };
        Some(Row {
            what: "cold release build, beside reqwest with the same TLS".to_owned(),
            unit: "s CPU",
            wanted: "200 s where reqwest takes 150",
            gauge: Gauge::Build,
            rounds: 1,
            floor: build(self.cold.first()?),
            client: build(self.cold.get(1)?),
            before: self.cold.get(2).map(build),
        })
    }
}

/// A peer: `WHAT:UNIT:THE PEER'S COMMAND:OURS`, of which the CPU time is measured.
fn peer_row(peer: &str, filled_in: impl Fn(&str) -> String) -> Option<Row> {
    let [what, "ms CPU", floor, client] = peer.split(':').collect::<Vec<_>>()[..] else {
        return None;
    };
    let start = |command: &str| {
        let mut words = command.split_whitespace().map(&filled_in);
        Start {
            program: words.next().unwrap_or_default().into(),
            arguments: words.collect(),
            ..Start::default()
        }
    };
    Some(Row {
        what: what.to_owned(),
        unit: "ms CPU",
        wanted: "1.0 times",
        gauge: Gauge::Cpu,
        rounds: 7,
        floor: start(floor),
        client: start(client),
        before: None,
    })
}

impl Row {
    /// Measured by callgrind, which counts the same each time, with these certificates trusted.
    fn instructions(mut self, trusted: PathBuf) -> Self {
        for start in [&mut self.floor, &mut self.client]
            .into_iter()
            .chain(&mut self.before)
        {
            start.environment.push(("SSL_CERT_FILE", trusted.clone()));
        }
        self.gauge = Gauge::Instructions;
        self.rounds = 1;
        self
    }

    fn print(&self, with_before: bool) {
        let starts = [Some(&self.floor), Some(&self.client), self.before.as_ref()];
        let mut values: [Vec<f64>; 3] = Default::default();
        for _ in 0..self.rounds {
            for (start, values) in starts.iter().zip(&mut values) {
                let Some(start) = start else { continue };
                match self.gauge.measure(start) {
                    Ok(value) => values.push(value),
                    Err(error) => eprintln!("{}: {error}", self.what),
                }
            }
        }
        let [floor, client, before] = values.map(|mut values| median(&mut values));
        let ratio = |value: f64| match (value / floor).is_finite() {
            true => format!("{:.2}", value / floor),
            false => "-".to_owned(),
        };
        let of_before = match with_before {
            true => format!(" {} | {} |", number(before), ratio(before)),
            false => String::new(),
        };
        println!(
            "| {} | {} | {} | {} | {} |{of_before} {} |",
            self.what,
            self.unit,
            number(floor),
            number(client),
            ratio(client),
            self.wanted
        );
    }
}

fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "-".to_owned(),
        value if value.abs() < 100.0 => format!("{value:.2}"),
        value => format!("{value:.0}"),
    }
}

impl Gauge {
    fn measure(self, start: &Start) -> Result<f64, Failure> {
        match self {
            Gauge::Printed => Ok(start.output(&start.command())?.0.trim().parse()?),
            Gauge::Instructions => {
                let mut command = Command::new("valgrind");
                command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
                command.arg(&start.program).args(&start.arguments);
                let (_, told) = start.output(&command)?;
                let count = told
                    .lines()
                    .find_map(|line| line.split("Collected : ").nth(1));
                let count: f64 = count.ok_or("callgrind tells no number")?.trim().parse()?;
                Ok(count / 1e6)
            }
            Gauge::Cpu => start.cpu().map(|seconds| seconds * 1e3),
            Gauge::Build => {
                if let Some(folder) = &start.folder {
                    _ = fs::remove_dir_all(folder.join("target"));
                }
                start.cpu()
            }
        }
    }
}

impl Start {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    /// Runs the command to its end, and returns what it prints.
    fn output(&self, command: &Command) -> Result<(String, String), Failure> {
        let mut run = Command::new(command.get_program());
        run.args(command.get_args())
            .envs(self.environment.iter().map(|(key, value)| (key, value)));
        if let Some(folder) = &self.folder {
            run.current_dir(folder).env_remove("CARGO_TARGET_DIR");
        }
        let output = run.output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.success() {
            true => Ok((String::from_utf8_lossy(&output.stdout).into_owned(), told)),
            false => Err(format!("{} failed: {told}", self.program.display()).into()),
        }
    }

    /// Seconds of CPU time of the command and of all that it starts.
    fn cpu(&self) -> Result<f64, Failure> {
        let before = cpu_of_children()?;
        self.output(&self.command())?;
        Ok(cpu_of_children()? - before)
    }
}

fn cpu_of_children() -> Result<f64, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let times = [usage.user_time(), usage.system_time()];
    Ok(times
        .iter()
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .sum())
}
