//! generator API OUT: the client of an OpenAPI document, by progenitor, as its README has it for build
//! scripts.

use std::env;
use std::fs::{self, File};
use std::io::BufReader;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(api), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("generator API OUT".into());
    };
    let api = serde_json::from_reader(BufReader::new(File::open(api)?))?;
    let tokens = progenitor_impl::Generator::default().generate_tokens(&api)?;
    fs::write(out, prettyplease::unparse(&syn::parse2(tokens)?))?;
    Ok(())
}
