//! What comes out for each feature of the format: one small spec a feature, beside its snapshot.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use openstack_identity_codegen::generate;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emit");

#[test]
fn each_feature_reads_as_if_it_were_written_by_hand() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(FOLDER);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let cases = common::yaml_files(Path::new(FOLDER));
    assert!(cases.len() >= 30, "only {} cases were found", cases.len());
    for case in cases {
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        let spec = fs::read_to_string(&case).unwrap();
        assert!(spec.lines().count() <= 25, "{name}.yaml is too long");
        let files = match generate("spec", &common::split(&spec)) {
            Ok(files) => files,
            Err(mistakes) => panic!("{name}.yaml: {mistakes}"),
        };
        let file = files.iter().find(|file| file.path == "spec.rs").unwrap();
        let shown = shown(&file.text, spec.lines().next().unwrap());
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

/// The items of the types that `# shows:` names; `use` stands for imports, `*` for all.
fn shown(text: &str, line: &str) -> String {
    let wanted: Vec<&str> = line.strip_prefix("# shows: ").unwrap().split(' ').collect();
    let is_wanted = |item: &&String| {
        let mut head = item
            .lines()
            .filter(|line| !line.starts_with(['/', '#', ' ', '}']));
        head.any(|line| {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            words.any(|word| wanted.contains(&word))
        })
    };
    if wanted.contains(&"*") {
        return text.to_owned();
    }
    let items = items(text);
    let shown: Vec<String> = items.iter().filter(is_wanted).cloned().collect();
    assert!(!shown.is_empty(), "{line}: not in\n{text}");
    shown.join("\n")
}

/// The items of a file, each with its docs.
fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut ended = false;
    for line in text.lines() {
        if ended && line.is_empty() {
            items.push(String::new());
        } else {
            items.last_mut().unwrap().push_str(&format!("{line}\n"));
        }
        let open = line.starts_with([' ', '/', '#', 'p', 'i']) && !line.ends_with(['}', ';']);
        ended = line == "}" || !open && !line.starts_with(' ') && !line.is_empty();
    }
    items
}
