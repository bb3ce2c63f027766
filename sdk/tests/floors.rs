//! Keeps the modules of the crate on floors: a module imports only from the floors below its own.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, from the top of the house down. `ARCHITECTURE.md` says what each is for.
const FLOORS: &[&str] = &[
    "lib",
    "openstack",
    "config",
    "service",
    "session",
    "store",
    "token",
    "client",
    "discovery",
    "exchange",
    "error",
    "transport",
    "files",
    "catalog",
    "totp",
    "generated",
    "runtime",
];

/// Names of the crate's root that stand for a module: generated code is re-exported as `identity`.
const ALIASES: &[(&str, &str)] = &[("identity", "generated")];

/// One use of another module: where it stands, and what it names.
#[derive(Debug)]
struct Use {
    place: String,
    module: String,
    name: String,
}

#[test]
fn imports_lead_downwards() {
    let mut wrong = Vec::new();
    for Use {
        place,
        module,
        name,
    } in uses()
    {
        match (floor(&module), floor(&name)) {
            (Some(from), Some(to)) if to >= from => {}
            (Some(_), Some(_)) => wrong.push(format!(
                "{place}: `{module}` imports from `{name}`, which is a floor above it"
            )),
            (None, _) => wrong.push(format!(
                "{place}: `{module}` is on no floor: add it to FLOORS"
            )),
            (_, None) => wrong.push(format!(
                "{place}: `crate::{name}` names the crate's root: import it from its own module"
            )),
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} imports lead upwards:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_floor_is_there_and_used() {
    let modules: BTreeSet<String> = uses().into_iter().map(|found| found.module).collect();
    for name in FLOORS {
        let leaf = ["lib", "transport", "files", "totp", "generated", "runtime"].contains(name);
        assert!(
            leaf || modules.contains(*name),
            "no file of `{name}` imports anything: correct FLOORS"
        );
    }
}

#[test]
fn an_upward_import_is_found_in_each_form() {
    for line in [
        "use crate::session::Session;",
        "use crate::{error::Error, session::Session};",
        "use crate::{\n    error::Error,\n    session::{Session, SessionToken},\n};",
        "let session = crate::session::Session::new();",
        "use super::super::session::Session;",
    ] {
        let found = uses_in("token/mod.rs", line);
        assert!(
            found.iter().any(|found| found.name == "session"),
            "{line}: {found:?}"
        );
    }
    let links =
        "/// See [`Session`](crate::session::Session).\n//! crate::session\n// crate::session";
    let found = uses_in("token/mod.rs", links);
    assert!(found.is_empty(), "a link is no import: {found:?}");
}

fn floor(module: &str) -> Option<usize> {
    let alias = ALIASES.iter().find(|(name, _)| *name == module);
    let module = alias.map_or(module, |(_, module)| module);
    FLOORS.iter().position(|floor| *floor == module)
}

/// Every use of another module in the sources. The crate's root is the face: it re-exports anything.
fn uses() -> Vec<Use> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        if name != "lib.rs" {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(uses_in(&name.replace('\\', "/"), &text));
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, mut found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    found.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found
}

/// The uses in one file. `name` is its path below `src`.
fn uses_in(name: &str, text: &str) -> Vec<Use> {
    let module = name.split('/').next().unwrap().trim_end_matches(".rs");
    let code = |line| {
        if str::trim_start(line).starts_with("//") {
            ""
        } else {
            line
        }
    };
    let code = Vec::from_iter(text.lines().map(code)).join("\n");
    let mut found = Vec::new();
    for prefix in ["crate::", "super::super::"] {
        for (at, _) in code.match_indices(prefix) {
            // `$crate::` is a macro's, and is expanded in other crates.
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || "_$:".contains(c)) {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            for used in first_names(&code[at + prefix.len()..]) {
                // In a file deeper in a folder two steps up are still inside the folder.
                let inside = prefix != "crate::" && floor(&used).is_none();
                // Macros of the crate stand at its root, wherever they are written.
                let a_macro = used.starts_with("__");
                if used != module && !inside && !a_macro {
                    found.push(Use {
                        place: format!("src/{name}:{line}"),
                        module: module.to_owned(),
                        name: used,
                    });
                }
            }
        }
    }
    found
}

/// The first name of each path that begins here: of one path, or of a group in braces.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let text = text.trim_start().chars();
        text.take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = text.strip_prefix('{') else {
        return vec![name(text)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}
