//! Which files of the output folder the last run for this spec wrote. No list of them is kept: the `mod.rs`
//! files are one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use crate::format::{File, MARK, SERVICE};
use crate::lower::file_name;
use crate::source::{Kind, read_some};

/// Far more than a list of modules has.
const LIST: usize = 1 << 20;

/// The files that the last run wrote, if it was for this spec: those that the `mod.rs` on top leads to,
/// through others or by itself, and that bear the mark. A file cut short, which is empty, is one of them.
pub(crate) fn owned(
    out: &Path,
    present: &BTreeMap<String, Kind>,
    files: &[File],
) -> io::Result<BTreeSet<String>> {
    let mut owned = BTreeSet::new();
    let mut told = None;
    let mut lists = vec![String::new()];
    while let Some(folder) = lists.pop() {
        let list = format!("{folder}mod.rs");
        let bytes = match present.get(&list) {
            Some(Kind::File) => read_some(&out.join(&list), LIST)?,
            Some(_) => continue,
            None => Vec::new(),
        };
        let mut text = String::from_utf8_lossy(&bytes);
        if text.is_empty() && !folder.is_empty() {
            // Lost, or cut short: it was as it will be.
            let lost = files.iter().find(|file| file.path == list);
            text = lost
                .map_or_else(String::new, |file| file.text.clone())
                .into();
        } else if !text.is_empty() && !text.starts_with(&format!("{MARK}. ")) {
            continue;
        }
        if folder.is_empty() && !text.is_empty() {
            told = Some(services(&text));
        }
        owned.insert(list);
        for name in modules(&text) {
            let leaf = format!("{folder}{name}.rs");
            match present.get(&leaf) {
                Some(Kind::File) if bears_mark(&out.join(&leaf))? => _ = owned.insert(leaf),
                Some(_) => {}
                None => lists.push(format!("{folder}{name}/")),
            }
        }
    }
    let top = files.iter().find(|file| file.path == "mod.rs");
    let wanted = services(top.map_or("", |top| &top.text));
    let is_ours = match told {
        // Generators before this one didn't name them.
        Some(told) if told.is_empty() => is_alike(out, &owned, files)?,
        Some(told) => !told.is_disjoint(&wanted),
        None => true,
    };
    Ok(if is_ours { owned } else { BTreeSet::new() })
}

/// The services that the `mod.rs` on top names.
fn services(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with(SERVICE));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// Whether a file that is there is made from the same YAML as one that is to be written.
fn is_alike(out: &Path, owned: &BTreeSet<String>, files: &[File]) -> io::Result<bool> {
    for file in files
        .iter()
        .filter(|file| owned.contains(&file.path) && !is_list(&file.path))
    {
        if says_its_source(&out.join(&file.path), &file.path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_list(path: &str) -> bool {
    path == "mod.rs" || path.ends_with("/mod.rs")
}

/// The modules that a list declares.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let name = line
            .trim_end()
            .strip_prefix("pub mod ")?
            .strip_suffix(';')?;
        name.rsplit('#').next()
    })
}

fn bears_mark(path: &Path) -> io::Result<bool> {
    let head = read_some(path, MARK.len())?;
    Ok(head.is_empty() || head == MARK.as_bytes())
}

/// Whether the first line of a file says that it is made from the YAML of the same name; if not, somebody
/// has made it of another one, and named it in a `mod.rs`.
pub(crate) fn says_its_source(path: &Path, name: &str) -> io::Result<bool> {
    let head = read_some(path, 4096)?;
    let head = String::from_utf8_lossy(&head);
    let first = head.lines().next().unwrap_or_default();
    let source = first.strip_prefix(MARK).and_then(|rest| {
        rest.strip_prefix(" from `")?
            .strip_suffix(".yaml`. Do not edit.")
    });
    let file = |source: &str| {
        let names: Vec<_> = source.split('/').map(file_name).collect();
        names.join("/") + ".rs"
    };
    Ok(head.is_empty() || is_list(name) || source.is_some_and(|source| file(source) == name))
}
