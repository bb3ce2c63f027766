//! Generates the clients that these tests compile, and every form of a login, whenever a spec or the
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
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let api = read(spec, &read_folder(&folder)?)?;
    let files = client(&api);
    Plan::compare(&out.join(name), &files)?.apply(&out.join(name))?;
    if spec == LOGIN.0 {
        let (_, folder, request, client) = LOGIN;
        let forms = forms::source(&api, &folder, request, client)?;
        fs::write(out.join("login_forms.rs"), forms)?;
    }
    Ok(())
}
