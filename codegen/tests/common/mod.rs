//! What the tests share: small specs in one file each.

#![allow(clippy::unwrap_used, dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use openstack_identity_codegen::Source;

/// The service of the specs that have none of their own.
pub const SERVICE: &str = "\
format: 1
doc: The service.
service:
  type: widgets
  title: Widgets
  path: /v1
  reference: https://widgets.example/api/
  session: { header: X-Key, type: Key }
shapes:
  Key: { kind: scalar, secret: true, doc: What a caller is known by. }
";

/// The YAML files of a folder, sorted.
pub fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let is_yaml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    };
    let mut files: Vec<PathBuf> = entries.filter(is_yaml).collect();
    files.sort();
    files
}

/// The files of a spec that is written as one, with lines `# file: name.yaml` between them. The first
/// is `spec.yaml`; unless one of them has a service, there is one beside them.
pub fn sources(case: &Path) -> Vec<Source> {
    split(&fs::read_to_string(case).unwrap())
}

/// As [`sources`], from the text.
pub fn split(text: &str) -> Vec<Source> {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut files = text.split("# file: ");
    let mut sources = vec![source("spec.yaml", files.next().unwrap_or_default())];
    for file in files {
        let (path, text) = file.split_once('\n').unwrap();
        sources.push(source(path, text));
    }
    let has_service = sources
        .iter()
        .any(|source| source.path.ends_with("service.yaml") || source.text.contains("\nservice:"));
    if !has_service {
        sources.push(source("service.yaml", SERVICE));
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}
