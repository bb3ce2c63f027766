//! `cargo codegen`: writes the client of a spec, or checks that it is current.

use std::io::{IsTerminal, Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use openstack_identity_codegen::{Plan, client, count, read, read_folder};

/// Generates the typed client from the YAML of a spec.
#[derive(Parser)]
#[command(name = "codegen", bin_name = "cargo codegen", version)]
struct Arguments {
    /// Write nothing; show what differs, and exit with 1 if anything does.
    #[arg(long)]
    check: bool,
    /// The folder with the YAML files.
    #[arg(long, value_name = "DIR", requires = "out")]
    spec: Option<PathBuf>,
    /// The folder for the Rust files; it belongs to the generator as a whole.
    #[arg(long, value_name = "DIR", requires = "spec")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", error.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let started = Instant::now();
    let spec = folder(arguments.spec.as_ref(), "spec");
    let out = folder(arguments.out.as_ref(), "sdk/src/generated");
    if arguments.spec.is_none() && !spec.is_dir() {
        return Err(NO_SPEC.to_owned());
    }
    let sources = read_folder(&spec).map_err(|error| format!("error: {error}"))?;
    if sources.is_empty() {
        return Err(format!(
            "error: {}: no .yaml file here or below",
            spec.display()
        ));
    }
    let root = spec.display().to_string();
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let api = read(&root, &sources).map_err(|mistakes| mistakes.render(colour))?;
    let plan = Plan::compare(&out, &client(&api)).map_err(|error| format!("error: {error}"))?;
    if arguments.check && !plan.is_current() {
        // That nobody reads it changes nothing about the outcome.
        _ = write!(stdout(), "{}", plan.report());
        return Err(format!(
            "error: {} is stale; run `{}`",
            out.display(),
            mend(arguments)
        ));
    }
    if !arguments.check {
        plan.apply(&out)
            .map_err(|error| format!("error: {error}"))?;
    }
    let (operations, shapes) = count(&api);
    _ = writeln!(
        stdout(),
        "{} files read, {operations} operations and {shapes} shapes; {} written, {} unchanged, \
         {} deleted; {} ms",
        sources.len(),
        plan.write.len(),
        plan.unchanged,
        plan.delete.len(),
        started.elapsed().as_millis(),
    );
    Ok(ExitCode::SUCCESS)
}

const NO_SPEC: &str = "error: there is no folder `spec` here; run this where there is one, whose client is to be \
                       in `sdk/src/generated`, or name both folders: `--spec DIR --out DIR`";

/// The folder that was asked for, else the workspace's own, wherever in it this is run.
fn folder(asked: Option<&PathBuf>, own: &str) -> PathBuf {
    match asked {
        Some(path) => path.clone(),
        None => match std::env::current_dir() {
            Ok(here) => here
                .ancestors()
                .find(|folder| folder.join("spec/README.md").is_file())
                .filter(|folder| *folder != here)
                .map_or_else(|| PathBuf::from(own), |folder| folder.join(own)),
            Err(_) => PathBuf::from(own),
        },
    }
}

/// The command that makes the folder current.
fn mend(arguments: &Arguments) -> String {
    let option = |name: &str, path: &Option<PathBuf>| match path {
        Some(path) => {
            let path = path.display().to_string();
            match path.contains(char::is_whitespace) {
                true => format!(" --{name} '{path}'"),
                false => format!(" --{name} {path}"),
            }
        }
        None => String::new(),
    };
    let (spec, out) = (
        option("spec", &arguments.spec),
        option("out", &arguments.out),
    );
    format!("cargo codegen{spec}{out}")
}
