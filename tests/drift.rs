//! The checked-in client is what the generator makes of `spec/`: the build script has just run it.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn the_checked_in_client_is_current() {
    let fresh = files_below(Path::new(concat!(env!("OUT_DIR"), "/client")));
    let kept = files_below(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sdk/src/generated"
    )));
    assert!(
        fresh.contains_key("mod.rs"),
        "the build script wrote no client"
    );
    if let Some(difference) = first_difference(&kept, &fresh) {
        panic!(
            "sdk/src/generated is not what spec/ says: {difference}\nmend it with: cargo codegen"
        );
    }
}

fn files_below(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{next:?}: {error}")) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(folder).unwrap().components();
                let names: Vec<_> = relative
                    .map(|name| name.as_os_str().to_string_lossy())
                    .collect();
                files.insert(names.join("/"), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Where the two differ first, by path and line.
fn first_difference(kept: &Files, fresh: &Files) -> Option<String> {
    let paths: BTreeSet<&String> = kept.keys().chain(fresh.keys()).collect();
    paths
        .into_iter()
        .find_map(|path| match (kept.get(path), fresh.get(path)) {
            (Some(kept), Some(fresh)) if kept == fresh => None,
            (Some(kept), Some(fresh)) => Some(format!("{path}{}", first_line(kept, fresh))),
            (None, _) => Some(format!("{path} is missing")),
            (_, None) => Some(format!("{path} is no longer generated")),
        })
}

fn first_line(kept: &[u8], fresh: &[u8]) -> String {
    let (kept, fresh) = (
        String::from_utf8_lossy(kept),
        String::from_utf8_lossy(fresh),
    );
    let (mut kept, mut fresh) = (kept.split('\n'), fresh.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (kept.next(), fresh.next()) {
            (None, None) => return String::new(),
            (is, should) if is == should => {}
            (is, should) => {
                let shown =
                    |line: Option<&str>| line.map_or("the end".into(), |line| format!("{line:?}"));
                return format!(
                    ", line {number}\n  is:        {}\n  should be: {}",
                    shown(is),
                    shown(should)
                );
            }
        }
    }
}

#[test]
fn each_difference_is_told() {
    let files = |files: &[(&str, &str)]| -> Files {
        let pairs = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        pairs.collect()
    };
    let fresh = files(&[("a/mod.rs", "one\ntwo\n"), ("b.rs", "x\n")]);
    let told = |kept: &[(&str, &str)]| first_difference(&files(kept), &fresh).unwrap_or_default();

    assert_eq!(told(&[("a/mod.rs", "one\ntwo\n"), ("b.rs", "x\n")]), "");
    assert_eq!(told(&[("a/mod.rs", "one\ntwo\n")]), "b.rs is missing");
    assert_eq!(
        told(&[
            ("a/mod.rs", "one\ntwo\n"),
            ("a/old.rs", ""),
            ("b.rs", "x\n")
        ]),
        "a/old.rs is no longer generated"
    );
    assert_eq!(
        told(&[("a/mod.rs", "one\r\ntwo\r\n"), ("b.rs", "x\n")]),
        "a/mod.rs, line 1\n  is:        \"one\\r\"\n  should be: \"one\""
    );
    assert_eq!(
        told(&[("a/mod.rs", "one\n"), ("b.rs", "x\n")]),
        "a/mod.rs, line 2\n  is:        \"\"\n  should be: \"two\""
    );
}
