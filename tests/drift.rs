//! The checked-in client is what the generator makes of `spec/` now, and so is what these tests were built with.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use openstack_identity_codegen::{generate, read_folder};

type Files = BTreeMap<String, Vec<u8>>;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What the generator makes of a spec.
fn fresh(spec: &str) -> Files {
    let sources = read_folder(&Path::new(ROOT).join(spec)).unwrap();
    let files = generate(spec, &sources).unwrap_or_else(|mistakes| panic!("\n{mistakes}"));
    let pairs = files.into_iter();
    pairs
        .map(|file| (file.path, file.text.into_bytes()))
        .collect()
}

#[test]
fn the_checked_in_client_is_current() {
    let kept = files_below(&Path::new(ROOT).join("sdk/src/generated"));
    if let Some(difference) = first_difference(&kept, &fresh("spec")) {
        panic!(
            "sdk/src/generated is not what spec/ says: {difference}\nmend it with: cargo codegen"
        );
    }
}

/// The build script runs when the checked-in client changes, or a file of the invented spec.
#[test]
fn what_was_built_is_current() {
    for (spec, client) in [("spec", "client"), ("tests/widgets/spec", "invented")] {
        let built = files_below(&Path::new(env!("OUT_DIR")).join(client));
        if let Some(difference) = first_difference(&built, &fresh(spec)) {
            panic!(
                "these tests were built with another {spec}: {difference}\n\
                 mend it with: cargo codegen && touch tests/build.rs"
            );
        }
    }
}

/// A checkout has the same bytes on every system, or scripts would not run and fixtures not compare.
#[test]
fn every_file_keeps_its_line_ends() {
    let mut git = Command::new("git");
    let output = git
        .args(["ls-files", "--eol"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && listed.lines().count() > 500,
        "{listed}"
    );
    for line in listed.lines() {
        // Binary files are never changed.
        let is_kept = line.starts_with("i/-text") || line.contains("eol=lf");
        assert!(is_kept && !line.starts_with("i/crlf"), "{line}");
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
