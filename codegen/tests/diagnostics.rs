//! Every mistake that a spec can have, as its author sees it. Each file in `diagnostics/` is one bad
//! spec, beside its snapshot.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use openstack_identity_codegen::generate;
use proc_macro2::{TokenStream, TokenTree};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics");

#[test]
fn each_mistake_is_shown_with_its_place_and_a_way_to_mend_it() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(FOLDER);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let cases = common::yaml_files(Path::new(FOLDER));
    assert!(cases.len() >= 100, "only {} cases were found", cases.len());
    for case in cases {
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        let sources = common::sources(&case);
        let mistakes = match generate("spec", &sources) {
            Err(mistakes) => mistakes.render(false),
            Ok(_) => panic!("{name}.yaml has no mistake"),
        };
        settings.bind(|| insta::assert_snapshot!(name, mistakes));
    }
}

/// What is in the source and in no snapshot, with the reason.
const UNSHOWN: [&str; 3] = [
    " at line", // where the YAML library's own text ends
    // tests/robustness.rs, which makes the file
    "it is too large",
    "a spec file is far smaller: split it",
];

/// Each sentence in the source of the parser and of the rules is in a snapshot: none is untested.
#[test]
fn each_sentence_is_in_a_snapshot() {
    let lines = shown_lines();
    let mut untold = Vec::new();
    for file in speaking_files() {
        let text = fs::read_to_string(&file).unwrap();
        let mut sentences = Vec::new();
        literals(text.parse().unwrap(), &mut sentences);
        for sentence in sentences
            .into_iter()
            .filter(|text| text.trim().contains(' '))
        {
            if !UNSHOWN.contains(&sentence.as_str())
                && !lines.iter().any(|line| says(line, &sentence))
            {
                untold.push(format!("{}: {sentence}", file.display()));
            }
        }
    }
    assert!(untold.is_empty(), "no snapshot has:\n{}", untold.join("\n"));
}

/// The lines of all snapshots, with what wraps around them.
fn shown_lines() -> Vec<String> {
    let snapshots = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    snapshots
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "snap")
        })
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// The source files that report mistakes.
fn speaking_files() -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let alone = ["reader.rs", "type_expr.rs", "yaml.rs"];
    let mut files: Vec<PathBuf> = alone.iter().map(|name| source.join(name)).collect();
    for folder in ["parse", "check"] {
        let entries = fs::read_dir(source.join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files
}

/// The string literals among the tokens, without doc comments.
fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Group(_))) {
                    tokens.next();
                } else if matches!(tokens.peek(), Some(TokenTree::Punct(_))) {
                    tokens.next();
                    tokens.next();
                }
            }
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                let literal: Result<syn::LitStr, _> = syn::parse2(TokenTree::from(literal).into());
                found.extend(literal.map(|literal| literal.value()));
            }
            _ => {}
        }
    }
}

/// Whether the line has the pieces of the sentence between its `{}` one after the other.
fn says(line: &str, sentence: &str) -> bool {
    let sentence = sentence.replace("{{{", "{").replace("}}}", "}");
    let mut rest = line;
    for piece in sentence
        .split('{')
        .map(|piece| piece.rsplit('}').next().unwrap_or(piece))
    {
        let piece = piece.lines().next().unwrap_or_default();
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}
