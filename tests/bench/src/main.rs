//! What the client costs, beside bare clients that do the same. Started by `tests/bench/run`.
//!
//! Each measurement is a process of its own; those of one row run in turn, several rounds of them, and the
//! medians are compared. Nothing is asserted: machines differ, ratios hardly.

mod around;
mod plan;
mod server;
mod worker;

use std::collections::HashMap;
use std::env;
use std::path::Path;

use worker::{Who, Work};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match &arguments[..] {
        ["serve"] => runtime.block_on(server::serve(None)),
        ["serve", certificate] => runtime.block_on(server::serve(Some(Path::new(certificate)))),
        ["work", what, who, given @ ..] => {
            let given = given.iter().filter_map(|given| given.split_once('='));
            let work = Work {
                what: (*what).to_owned(),
                who: match *who {
                    "client" => Who::Client,
                    _ => Who::Floor,
                },
                given: given
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect::<HashMap<_, _>>(),
            };
            println!("{}", runtime.block_on(work.run())?);
            Ok(())
        }
        ["all", options @ ..] => plan::run(options),
        _ => Err("started by tests/bench/run".into()),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
