//! Runs the samples of the page "Tokens" and shows what each sent and what came back.

mod inputs;
mod recorder;
mod runner;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use openstack_identity::OpenStack;
use openstack_identity_testing::IdentityServer;

use crate::inputs::Inputs;
use crate::recorder::{Exchange, Recorder};
use crate::runner::{ALTERNATIVES, SAMPLES};

/// Runs the samples: against the cloud at OS_AUTH_URL, or against an embedded Identity server.
#[derive(Parser)]
#[command(name = "samples", version)]
struct Arguments {
    /// The samples to run; all of them if none is named.
    names: Vec<String>,
    /// Lists the samples.
    #[arg(long)]
    list: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        for (name, about) in SAMPLES {
            say(&format!("{name:46} {about}"));
        }
        for (name, about, variable) in ALTERNATIVES {
            say(&format!("{name:46} {about}, if {variable} is set"));
        }
        return ExitCode::SUCCESS;
    }
    match run(&arguments.names).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One line of the table.
struct Row {
    name: String,
    sent: Vec<Exchange>,
    result: Result<String, String>,
    milliseconds: u128,
}

async fn run(names: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let samples = || SAMPLES.iter().map(|(name, _)| *name);
    let alternatives = || ALTERNATIVES.iter().map(|(name, ..)| *name);
    let known =
        |name: &&String| samples().chain(alternatives()).any(|known| known == name.as_str());
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(format!("there is no sample `{unknown}`; `--list` shows them").into());
    }
    let recorder = Recorder::install();
    let (inputs, _server) = inputs().await?;
    let mut rows = Vec::new();
    let named = |name: &str| names.iter().any(|wanted| wanted == name);
    for name in samples() {
        if names.is_empty() || named(name) {
            rows.push(sample(name, &inputs, &recorder).await);
        }
    }
    for (name, _, variable) in ALTERNATIVES {
        if named(name) || (names.is_empty() && inputs.get(variable).is_ok()) {
            rows.push(sample(name, &inputs, &recorder).await);
        }
    }
    print(&rows);
    let failed = rows.iter().filter(|row| row.result.is_err()).count();
    if failed > 0 {
        return Err(format!("{failed} of {} samples failed", rows.len()).into());
    }
    Ok(ExitCode::SUCCESS)
}

/// The inputs, and the embedded server if they are of its world.
async fn inputs() -> Result<(Inputs, Option<IdentityServer>), Box<dyn Error>> {
    if std::env::var_os("OS_AUTH_URL").is_some_and(|url| !url.is_empty()) {
        let inputs = Inputs::from_env();
        // Not as it was typed: there may be a password in it, which the client refuses to show.
        let openstack = OpenStack::builder(inputs.get("OS_AUTH_URL")?).build()?;
        say(&format!("Against {}\n", openstack.auth_url()));
        return Ok((inputs, None));
    }
    let server = IdentityServer::start().await?;
    say("Against an embedded Identity server; set OS_AUTH_URL for a cloud.\n");
    Ok((Inputs::from_demo(server.auth_url(), server.demo()), Some(server)))
}

async fn sample(name: &str, inputs: &Inputs, recorder: &Recorder) -> Row {
    let prepared = runner::prepare(name, inputs).await;
    recorder.take();
    let started = Instant::now();
    let result = match prepared {
        Ok(prepared) => {
            if let Some(note) = &prepared.note {
                say(&format!("{name}: {note}"));
            }
            runner::run(name, inputs, &prepared).await
        }
        Err(error) => Err(error),
    };
    Row {
        name: name.to_owned(),
        sent: recorder.take(),
        result: result.map_err(|error| error.to_string()),
        milliseconds: started.elapsed().as_millis(),
    }
}

/// The table: a line for each request, and the outcome beside the first.
fn print(rows: &[Row]) {
    say(&format!("\n{:46} {:30} {:>7}  came back", "sample", "sent", "time"));
    for row in rows {
        let mut lines: Vec<String> = row.sent.iter().map(line).collect();
        if lines.is_empty() {
            lines.push("nothing".to_owned());
        }
        let back = match &row.result {
            Ok(back) => back.clone(),
            Err(error) => format!("FAILED: {error}"),
        };
        for (index, sent) in lines.iter().enumerate() {
            match index {
                0 => say(&format!("{:46} {sent:30} {:4} ms  {back}", row.name, row.milliseconds)),
                _ => say(&format!("{:46} {sent}", "")),
            }
        }
    }
}

fn line(exchange: &Exchange) -> String {
    match exchange.status {
        Some(status) => format!("{} {status}", exchange.request),
        None => format!("{} no answer", exchange.request),
    }
}

/// A line for the user. That nobody reads it, as after `| head`, is no reason to fail.
fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
