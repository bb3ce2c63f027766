//! The page about the format is right: its examples are a spec, and it has every key.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use openstack_identity_codegen::{Source, generate};
use proc_macro2::{TokenStream, TokenTree};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn readme() -> String {
    fs::read_to_string(Path::new(ROOT).join("../spec/README.md")).unwrap()
}

/// Each example is a file, whose name is in its first line.
fn examples() -> Vec<Source> {
    let readme = readme();
    let blocks = readme.split("```yaml\n# ").skip(1);
    let mut sources: Vec<Source> = blocks
        .map(|block| {
            let text = block.split("```").next().unwrap();
            let (name, text) = text.split_once('\n').unwrap();
            Source {
                path: format!("widgets/v2/{name}"),
                text: text.to_owned(),
            }
        })
        .collect();
    assert_eq!(sources.len(), readme.matches("```yaml").count());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

#[test]
fn the_examples_are_a_spec() {
    let sources = examples();
    assert!(sources.len() >= 3, "{}", sources.len());
    match generate("README.md", &sources) {
        Ok(files) => assert_eq!(files.len(), sources.len() + 3),
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The keys that the parser asks for: its literals that are one word.
fn keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for file in ["mod.rs", "operations.rs", "shapes.rs", "tables.rs"] {
        let text = fs::read_to_string(Path::new(ROOT).join("src/parse").join(file)).unwrap();
        words(text.parse().unwrap(), &mut keys);
    }
    assert!(keys.len() > 50, "{keys:?}");
    keys
}

fn words(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                let word = literal.trim_matches('"');
                let is_key = |c: char| c.is_ascii_lowercase() || c == '_';
                if literal.starts_with('"') && !word.is_empty() && word.chars().all(is_key) {
                    found.insert(word.to_owned());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_key_is_on_the_page() {
    let readme = readme();
    let is_told = |key: &String| {
        let forms = [
            format!("`{key}`"),
            format!("`{key}:"),
            format!(": {key}`"),
            format!("{{ {key}: "),
        ];
        forms.iter().any(|form| readme.contains(form))
    };
    let untold: Vec<String> = keys().into_iter().filter(|key| !is_told(key)).collect();
    assert!(untold.is_empty(), "the page doesn't explain {untold:?}");
}

/// Each key is used in an example, so that the page shows how it is written.
#[test]
fn every_key_is_in_an_example() {
    let text: String = examples().into_iter().map(|source| source.text).collect();
    let is_used =
        |key: &String| text.contains(&format!("{key}:")) || text.contains(&format!(": {key}"));
    let defaults = ["ok", "service", "session"];
    let unused: Vec<String> = keys()
        .into_iter()
        .filter(|key| !is_used(key) && !defaults.contains(&key.as_str()))
        .collect();
    assert!(unused.is_empty(), "no example has {unused:?}");
}
