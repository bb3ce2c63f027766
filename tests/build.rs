//! Generates the clients that these tests compile, and every form of a login, whenever a client or the
//! generator changed.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use openstack_identity_codegen::{Plan, client, read, read_folder};

#[path = "build/forms.rs"]
mod forms;

/// Each spec, as it is called from the workspace's folder, and the folder of its client.
const CLIENTS: [(&str, &str); 2] = [("spec", "client"), ("tests/widgets/spec", "invented")];

/// The request for a token: its spec, folder and shape, and the client that is to build it.
const LOGIN: (&str, [&str; 2], &str, &str) =
    ("spec", ["identity", "v3"], "Auth", "openstack_identity");

/// Cargo compares nothing but times, and builds all of `tests` again whenever this script has run, whatever
/// came out. A folder has a new time when an editor leaves a file in it, a file when it is saved unchanged. So
/// it is not `spec/` that is watched but the client that is checked in: `cargo codegen` writes a file of it only
/// if it differs, a new module changes a `mod.rs`, and the test `drift` fails as long as it was not run. Of the
/// invented spec no client is checked in: there the YAML is watched, file by file, and `drift` tells when this
/// script has not seen a new one.
const CHECKED_IN: &str = "../sdk/src/generated";

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (spec, name) in CLIENTS {
        if let Err(error) = regenerate(spec, name) {
            // After two newlines, or cargo's indentation would shift the first line of a picture.
            eprintln!("\n\n{}\n", error.to_string().trim_end());
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn regenerate(spec: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new("..").join(spec);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let sources = read_folder(&folder)?;
    let api = read(spec, &sources)?;
    let files = client(&api);
    let watched: Vec<PathBuf> = match spec == LOGIN.0 {
        true => files
            .iter()
            .map(|file| Path::new(CHECKED_IN).join(&file.path))
            .collect(),
        false => sources
            .iter()
            .map(|source| folder.join(&source.path))
            .collect(),
    };
    for path in watched {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Plan::compare(&out.join(name), &files)?.apply(&out.join(name))?;
    if spec == LOGIN.0 {
        let (_, folder, request, client) = LOGIN;
        let forms = forms::source(&api, &folder, request, client)?;
        let path = out.join("login_forms.rs");
        if !fs::read(&path).is_ok_and(|present| present == forms.as_bytes()) {
            fs::write(path, forms)?;
        }
    }
    Ok(())
}
