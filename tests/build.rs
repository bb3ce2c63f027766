//! Generates the clients that these tests compile, whenever a spec or the generator changed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use openstack_identity_codegen::{Plan, generate, read_folder};

/// Each spec, as it is called from the workspace's folder, and the folder of its client.
const CLIENTS: [(&str, &str); 2] = [("spec", "client"), ("tests/widgets/spec", "invented")];

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (spec, client) in CLIENTS {
        if let Err(error) = regenerate(spec, client) {
            // After two newlines, or cargo's indentation would shift the first line of a picture.
            eprintln!("\n\n{}\n", error.to_string().trim_end());
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn regenerate(spec: &str, client: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new("..").join(spec);
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join(client);
    let files = generate(spec, &read_folder(&folder)?)?;
    Plan::compare(&out, &files)?.apply(&out)?;
    Ok(())
}
