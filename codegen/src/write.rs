//! The output folder: what differs from it, and making it equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::format::{File, MARK};
use crate::owned::{owned, says_its_source};
use crate::source::{Kind, entries_below, read_some, with_path};

/// What has to happen for a folder to hold exactly the generated files.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Files that are missing or differ, with the text that is there now.
    pub write: Vec<(File, Option<String>)>,
    /// How many files are as they should be; line ends of another system count as the same.
    pub unchanged: usize,
    /// Files that the last run for this spec wrote and that are no longer generated, by their paths in
    /// the folder.
    pub delete: Vec<String>,
    /// What the last run for this spec did not write, by its path in the folder: other files, the client
    /// of another spec, links, pipes. As long as there is any, nothing is written or deleted.
    pub foreign: Vec<String>,
    /// Why each of these is foreign, and what to do.
    reasons: BTreeMap<String, &'static str>,
}

const NOT_GENERATED: &str = "was not generated, so nothing was written; move it out of the folder, which \
                             belongs to the generator as a whole";
const NOT_OURS: &str = "was generated, but not by the last run for this spec, so nothing was written; \
                        delete it if it isn't needed, or generate into another folder";
const NOT_PLAIN: &str = "is not a regular file, so nothing was written; move it out of the folder, which \
                         belongs to the generator as a whole";

impl Plan {
    /// Compares the folder `out` with the generated files, both ways. A file is overwritten or deleted
    /// only if the last run for this spec wrote it: it bears the generator's mark, the `mod.rs` files
    /// lead to it, and the one on top names a service of this spec.
    ///
    /// # Errors
    ///
    /// A file of the folder can't be read; or `out` is a link, or no folder.
    pub fn compare(out: &Path, files: &[File]) -> io::Result<Plan> {
        let mut plan = Plan::default();
        let mut present = entries_below(out)?;
        let owned = owned(out, &present, files)?;
        for file in files {
            match present.remove(&file.path) {
                None => plan.write.push((file.clone(), None)),
                Some(Kind::File) => plan.compare_file(out, file, &owned)?,
                Some(Kind::Folder | Kind::Other) => plan.refuse(&file.path, NOT_PLAIN),
            }
        }
        for (path, kind) in present {
            match kind {
                Kind::Folder => {}
                Kind::File
                    if owned.contains(&path) && says_its_source(&out.join(&path), &path)? =>
                {
                    plan.delete.push(path);
                }
                Kind::File => {
                    let head = read_some(&out.join(&path), MARK.len())?;
                    plan.refuse(&path, reason(&head));
                }
                Kind::Other => plan.refuse(&path, NOT_PLAIN),
            }
        }
        Ok(plan)
    }

    fn compare_file(
        &mut self,
        out: &Path,
        file: &File,
        owned: &BTreeSet<String>,
    ) -> io::Result<()> {
        // Of a file that is far larger, the beginning is enough to tell the difference.
        let bytes = read_some(&out.join(&file.path), 2 * file.text.len() + 4096)?;
        if is_same(&bytes, &file.text) {
            self.unchanged += 1;
        } else if owned.contains(&file.path) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.write.push((file.clone(), Some(text)));
        } else {
            self.refuse(&file.path, reason(&bytes));
        }
        Ok(())
    }

    fn refuse(&mut self, path: &str, reason: &'static str) {
        self.foreign.push(path.to_owned());
        self.reasons.insert(path.to_owned(), reason);
    }

    /// Whether the folder is as it should be.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.write.is_empty() && self.delete.is_empty() && self.foreign.is_empty()
    }

    /// Writes what differs and deletes what is stale. Files that are as they should be are not touched.
    /// A folder that holds anything foreign is left alone.
    ///
    /// # Errors
    ///
    /// A file can't be written or deleted, or is foreign; its path is in the message.
    pub fn apply(&self, out: &Path) -> io::Result<()> {
        if let Some(foreign) = self.foreign.first() {
            let reason = self.reasons.get(foreign).copied().unwrap_or(NOT_GENERATED);
            let message = format!("{}: {reason}", out.join(foreign).display());
            return Err(io::Error::other(message));
        }
        // In this order a run that is cut short leaves nothing that the next one wouldn't know as its own.
        for stale in &self.delete {
            let path = out.join(stale);
            fs::remove_file(&path).map_err(|error| with_path(&path, &error))?;
        }
        let is_list = |(file, _): &&(File, Option<String>)| file.path.ends_with("mod.rs");
        let rest = self.write.iter().filter(|write| !is_list(write));
        for (file, present) in self.write.iter().filter(is_list).chain(rest) {
            write(&out.join(&file.path), &file.text, present.is_some())?;
        }
        for stale in &self.delete {
            remove_empty(out.join(stale).parent(), out);
        }
        Ok(())
    }

    /// What differs, as a short diff a file; empty if nothing does.
    #[must_use]
    pub fn report(&self) -> String {
        let mut report = String::new();
        for (file, present) in &self.write {
            match present {
                Some(text) => report.push_str(&diff(&file.path, text, &file.text)),
                None => _ = writeln!(report, "missing: {}", file.path),
            }
        }
        for path in &self.delete {
            _ = writeln!(report, "stale: {path}");
        }
        for path in &self.foreign {
            _ = match self.reasons.get(path) {
                Some(&NOT_OURS) => writeln!(report, "not of this spec, to be moved away: {path}"),
                _ => writeln!(report, "not generated, to be moved away: {path}"),
            };
        }
        report
    }
}

/// Why a file that begins like this is foreign.
fn reason(head: &[u8]) -> &'static str {
    match head.starts_with(MARK.as_bytes()) {
        true => NOT_OURS,
        false => NOT_GENERATED,
    }
}

/// Whether a file has this text, perhaps with the line ends of another system.
fn is_same(bytes: &[u8], text: &str) -> bool {
    if bytes == text.as_bytes() {
        return true;
    }
    let lines = |bytes: &[u8]| bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec();
    bytes.contains(&b'\r')
        && bytes
            .split(|byte| *byte == b'\n')
            .map(lines)
            .eq(text.split('\n').map(|line| line.as_bytes().to_vec()))
}

/// Writes a file anew: what another name or a link leads to stays as it is.
fn write(path: &Path, text: &str, is_present: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| with_path(folder, &error))?;
    }
    if is_present {
        fs::remove_file(path).map_err(|error| with_path(path, &error))?;
    }
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| with_path(path, &error))
}

/// The first differences, a few lines each.
fn diff(path: &str, present: &str, wanted: &str) -> String {
    const LINES: usize = 30;
    let diff = similar::TextDiff::from_lines(present, wanted);
    let header = (
        format!("{path} (as it is)"),
        format!("{path} (as generated)"),
    );
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header(&header.0, &header.1)
        .to_string();
    let mut short: String = text
        .lines()
        .take(LINES)
        .map(|line| format!("{line}\n"))
        .collect();
    let rest = text.lines().count().saturating_sub(LINES);
    if rest > 0 {
        _ = writeln!(short, "... and {rest} more lines");
    }
    short
}

/// Removes folders that have become empty, up to the output folder.
fn remove_empty(folder: Option<&Path>, out: &Path) {
    let mut folder = folder;
    while let Some(path) = folder.filter(|path| *path != out) {
        if fs::remove_dir(path).is_err() {
            return;
        }
        folder = path.parent();
    }
}
