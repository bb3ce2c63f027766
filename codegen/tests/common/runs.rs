//! Runs of the command `codegen`, each with a spec and an output folder of its own.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const WIDGETS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/widgets/spec/widgets/v2"
);

/// What a run came to.
pub struct Ran {
    pub success: bool,
    pub out: String,
    pub err: String,
}

/// A spec and an output folder of its own.
pub struct Case {
    pub folder: tempfile::TempDir,
}

impl Case {
    pub fn new() -> Case {
        let case = Case {
            folder: tempfile::tempdir().unwrap(),
        };
        case.copy_spec(|paths| paths.sort());
        case
    }

    /// Copies the spec's files in the order that `order` gives them.
    pub fn copy_spec(&self, order: fn(&mut Vec<PathBuf>)) {
        let into = self.spec().join("widgets/v2");
        fs::create_dir_all(&into).unwrap();
        let entries = fs::read_dir(WIDGETS).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        order(&mut paths);
        for path in paths {
            fs::copy(&path, into.join(path.file_name().unwrap())).unwrap();
        }
    }

    pub fn spec(&self) -> PathBuf {
        self.folder.path().join("spec")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn run(&self, more: &[&str]) -> Ran {
        self.run_into(&self.out(), more)
    }

    pub fn run_into(&self, out: &Path, more: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codegen"));
        command.arg("--spec").arg(self.spec()).arg("--out").arg(out);
        let output = command.args(more).output().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.replace(&self.folder.path().display().to_string(), "TMP")
        };
        Ran {
            success: output.status.success(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.spec().join("widgets/v2").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Every file of the output folder, with its bytes.
    pub fn written(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        visit(&self.out(), &mut |path| {
            let bytes = fs::read(path).unwrap();
            files.insert(path.strip_prefix(self.out()).unwrap().to_owned(), bytes);
        });
        files
    }

    pub fn times(&self) -> BTreeMap<PathBuf, SystemTime> {
        let mut times = BTreeMap::new();
        visit(&self.out(), &mut |path| {
            times.insert(
                path.to_owned(),
                fs::metadata(path).unwrap().modified().unwrap(),
            );
        });
        times
    }
}

pub fn visit(folder: &Path, see: &mut dyn FnMut(&Path)) {
    if folder.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, see);
            } else {
                see(&path);
            }
        }
    }
}

/// The summary, without the time that it took.
pub fn summary(ran: &Ran) -> &str {
    assert!(ran.success && ran.err.is_empty(), "{}", ran.err);
    let (summary, time) = ran.out.trim_end().rsplit_once("; ").unwrap();
    assert!(
        time.strip_suffix(" ms").unwrap().parse::<u32>().is_ok(),
        "{time}"
    );
    summary
}

/// Adds a service to the spec, in a folder of its own.
pub fn add_gadgets(case: &Case) {
    let folder = case.spec().join("gadgets/v1");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("gadgets.yaml"),
        "format: 1\ndoc: Gadgets.\nservice: { type: gadgets, title: Gadgets, path: /, reference: https://g.example }\n\
         operations:\n  list: { http: GET /, auth: none, doc: Lists., responses: [{ status: 204 }] }\n",
    )
    .unwrap();
}
