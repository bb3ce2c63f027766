//! Each stage of the generator knows what it may know, and no more.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file: its path below `src`, and its text without comments.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let (more, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
        folders.extend(more);
        for path in files {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .display()
                .to_string()
                .replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            found.push((name, lines.join("\n")));
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

/// Whether the text has the word by itself.
fn names(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// No file in a place that `is_there` names any of the words.
fn nowhere(is_there: impl Fn(&str) -> bool, words: &[&str]) {
    let files = files();
    let mut places = files.iter().filter(|(path, _)| is_there(path)).peekable();
    assert!(
        places.peek().is_some(),
        "there is no such place: correct the test"
    );
    for (path, text) in places {
        for word in words {
            assert!(
                !names(text, word),
                "{path} names `{word}`, which its stage must not know"
            );
        }
    }
}

#[test]
fn parsing_looks_nothing_up() {
    let stages = [
        "ir",
        "check",
        "lower",
        "rust",
        "emit",
        "quote",
        "proc_macro2",
        "syn",
    ];
    nowhere(|path| path.starts_with("parse/"), &stages);
    nowhere(
        |path| ["ast.rs", "reader.rs", "type_expr.rs", "yaml.rs"].contains(&path),
        &stages,
    );
    nowhere(|path| path != "yaml.rs", &["serde_yaml"]);
}

#[test]
fn checking_knows_no_rust() {
    let tools = [
        "quote",
        "proc_macro2",
        "syn",
        "prettyplease",
        "lower",
        "rust",
        "emit",
        "docs",
    ];
    nowhere(|path| path.starts_with("check/"), &tools);
    nowhere(|path| path == "ir.rs", &tools);
}

/// The rules of a service put the others together; none of these looks back at it.
#[test]
fn rules_have_no_cycle() {
    let files = files();
    let mut rules = files.iter().filter(|(path, _)| path.starts_with("check/"));
    assert!(rules.clone().count() > 10);
    let back = rules.find(|(path, text)| {
        let imports = text
            .lines()
            .any(|line| line.starts_with("use super::") && names(line, "service"));
        path != "check/mod.rs"
            && (imports || text.contains("super::service") || text.contains(" service::"))
    });
    assert!(back.is_none(), "{back:?}");
}

#[test]
fn lowering_makes_no_tokens_and_never_looks_at_the_text() {
    let others = [
        "quote",
        "proc_macro2",
        "syn",
        "ast",
        "check",
        "diagnostic",
        "span",
        "emit",
    ];
    nowhere(
        |path| path.starts_with("lower/") || path == "rust.rs",
        &others,
    );
}

#[test]
fn emitting_never_looks_back() {
    let before = [
        "ast",
        "ir",
        "check",
        "diagnostic",
        "span",
        "lower",
        "crate::names",
    ];
    nowhere(|path| path.starts_with("emit/"), &before);
    nowhere(|path| path == "format.rs", &before);
}

#[test]
fn only_lowering_has_the_keywords() {
    let keywords = ["\"async\"", "\"dyn\"", "\"typeof\"", "\"r#", "KEYWORDS"];
    let elsewhere = |path: &str| !path.starts_with("lower/") && !path.starts_with("emit/");
    for (path, text) in files().iter().filter(|(path, _)| elsewhere(path)) {
        for word in keywords {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
    assert!(
        files()
            .iter()
            .any(|(path, text)| path == "lower/mod.rs" && text.contains("\"dyn\""))
    );
}

#[test]
fn only_one_file_writes() {
    let writing = [
        "write",
        "remove_file",
        "remove_dir",
        "create_dir_all",
        "rename",
        "OpenOptions",
    ];
    for (path, text) in files().iter().filter(|(path, _)| path != "write.rs") {
        for word in writing {
            assert!(
                !text.contains(&format!("fs::{word}")),
                "{path} writes to the disk"
            );
        }
    }
    nowhere(|path| !["source.rs", "write.rs"].contains(&path), &["fs"]);
}

/// The generator knows no service: its words come from the spec.
#[test]
fn no_service_is_known() {
    let code = |path: &str| path != "lib.rs" && path != "main.rs";
    nowhere(
        code,
        &[
            "keystone",
            "Keystone",
            "auth_tokens",
            "generate_token",
            "X-Auth-Token",
            "catalog",
        ],
    );
}

#[test]
fn files_are_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (path, _) in files() {
        let lines = fs::read_to_string(root.join(&path))
            .unwrap()
            .lines()
            .count();
        assert!(lines <= 400, "{path} has {lines} lines");
    }
}
