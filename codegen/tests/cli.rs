//! The command `codegen`, run as a process on the spec of an invented service.

#![allow(clippy::panic, clippy::unwrap_used)]

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
struct Ran {
    success: bool,
    out: String,
    err: String,
}

/// A spec and an output folder of its own.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        let case = Case {
            folder: tempfile::tempdir().unwrap(),
        };
        case.copy_spec(|paths| paths.sort());
        case
    }

    /// Copies the spec's files in the order that `order` gives them.
    fn copy_spec(&self, order: fn(&mut Vec<PathBuf>)) {
        let into = self.spec().join("widgets/v2");
        fs::create_dir_all(&into).unwrap();
        let entries = fs::read_dir(WIDGETS).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        order(&mut paths);
        for path in paths {
            fs::copy(&path, into.join(path.file_name().unwrap())).unwrap();
        }
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().join("spec")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.run_into(&self.out(), more)
    }

    fn run_into(&self, out: &Path, more: &[&str]) -> Ran {
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

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.spec().join("widgets/v2").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Every file of the output folder, with its bytes.
    fn written(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        visit(&self.out(), &mut |path| {
            let bytes = fs::read(path).unwrap();
            files.insert(path.strip_prefix(self.out()).unwrap().to_owned(), bytes);
        });
        files
    }

    fn times(&self) -> BTreeMap<PathBuf, SystemTime> {
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

fn visit(folder: &Path, see: &mut dyn FnMut(&Path)) {
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
fn summary(ran: &Ran) -> &str {
    assert!(ran.success && ran.err.is_empty(), "{}", ran.err);
    let (summary, time) = ran.out.trim_end().rsplit_once("; ").unwrap();
    assert!(
        time.strip_suffix(" ms").unwrap().parse::<u32>().is_ok(),
        "{time}"
    );
    summary
}

#[test]
fn one_line_says_what_was_done() {
    let case = Case::new();
    assert_eq!(
        summary(&case.run(&[])),
        "3 files read, 10 operations and 17 shapes; 6 written, 0 unchanged, 0 deleted"
    );
    let names: Vec<_> = case
        .written()
        .into_keys()
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(
        names,
        [
            "mod.rs",
            "widgets/mod.rs",
            "widgets/v2/common.rs",
            "widgets/v2/mod.rs",
            "widgets/v2/service.rs",
            "widgets/v2/widgets.rs"
        ]
    );
}

#[test]
fn what_is_current_is_not_touched() {
    let case = Case::new();
    case.run(&[]);
    let (times, written) = (case.times(), case.written());
    let again = case.run(&[]);
    assert_eq!(
        summary(&again),
        "3 files read, 10 operations and 17 shapes; 0 written, 6 unchanged, 0 deleted"
    );
    assert_eq!((case.times(), case.written()), (times.clone(), written));

    case.edit("common.yaml", "The id of a shelf.", "The name of a shelf.");
    assert!(summary(&case.run(&[])).ends_with("1 written, 5 unchanged, 0 deleted"));
    let changed: Vec<_> = case
        .times()
        .into_iter()
        .filter(|(path, time)| times[path] != *time)
        .collect();
    assert!(
        matches!(changed.as_slice(), [(path, _)] if path.ends_with("common.rs")),
        "{changed:?}"
    );
}

#[test]
fn what_is_stale_is_deleted_with_its_folder() {
    let case = Case::new();
    case.run(&[]);
    let before = case.written();
    let old = case.out().join("gadgets/v1");
    fs::create_dir_all(&old).unwrap();
    fs::write(
        old.join("old.rs"),
        "// @generated by `cargo codegen` from `old.yaml`. Do not edit.\n",
    )
    .unwrap();
    assert!(summary(&case.run(&[])).ends_with("0 written, 6 unchanged, 1 deleted"));
    assert_eq!(case.written(), before);
    assert!(!case.out().join("gadgets").exists());
}

#[test]
fn check_tells_the_difference_and_writes_nothing() {
    let case = Case::new();
    let missing = case.run(&["--check"]);
    assert!(!missing.success && !case.out().exists());
    assert!(
        missing.out.contains("missing: widgets/v2/widgets.rs\n"),
        "{}",
        missing.out
    );

    case.run(&[]);
    assert!(summary(&case.run(&["--check"])).ends_with("0 written, 6 unchanged, 0 deleted"));

    case.edit("common.yaml", "The id of a shelf.", "The name of a shelf.");
    let stale = case.out().join("stale.rs");
    fs::write(&stale, "// @generated by `cargo codegen`. Do not edit.\n").unwrap();
    let before = (case.times(), case.written());
    let ran = case.run(&["--check"]);
    assert!(!ran.success);
    assert_eq!((case.times(), case.written()), before);
    assert_eq!(
        ran.out,
        "--- widgets/v2/common.rs (as it is)\n\
         +++ widgets/v2/common.rs (as generated)\n\
         @@ -5,5 +5,5 @@\n \
         use openstack_identity::runtime;\n \n\
         -/// The id of a shelf.\n\
         +/// The name of a shelf.\n \
         ///\n \
         /// [API reference](https://widgets.example/api/)\n\
         stale: stale.rs\n"
    );
    assert_eq!(
        ran.err,
        "error: TMP/out is stale; run `cargo codegen --spec TMP/spec --out TMP/out`\n"
    );
}

#[test]
fn a_long_difference_is_cut_short() {
    let case = Case::new();
    case.run(&[]);
    let path = case.out().join("widgets/v2/widgets.rs");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("widget", "gadget")).unwrap();
    let ran = case.run(&["--check"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 31, "{}", ran.out);
    assert!(
        lines[30].starts_with("... and ") && lines[30].ends_with(" more lines"),
        "{}",
        lines[30]
    );
}

#[test]
fn a_foreign_file_is_left_alone_and_so_is_all_else() {
    for foreign in ["notes.txt", "mod.rs", "widgets/v2/handmade.rs"] {
        let case = Case::new();
        let path = case.out().join(foreign);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "// mine\n").unwrap();
        let before = case.written();
        let ran = case.run(&[]);
        assert!(!ran.success && ran.out.is_empty(), "{}", ran.out);
        assert_eq!(
            ran.err,
            format!(
                "error: TMP/out/{foreign}: was not generated, so nothing was written; move it out of the \
                 folder, which belongs to the generator as a whole\n"
            )
        );
        assert_eq!(case.written(), before);
        let checked = case.run(&["--check"]);
        let told = format!("not generated, to be moved away: {foreign}\n");
        assert!(
            !checked.success && checked.out.contains(&told),
            "{}",
            checked.out
        );
    }
}

#[test]
fn a_file_cut_short_is_written_again() {
    let case = Case::new();
    case.run(&[]);
    let before = case.written();
    fs::write(case.out().join("widgets/v2/common.rs"), "").unwrap();
    assert!(summary(&case.run(&[])).contains("1 written"));
    assert_eq!(case.written(), before);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_folder_is_deleted_through_a_link() {
    let case = Case::new();
    case.run(&[]);
    let outside = case.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let precious = outside.join("precious.rs");
    fs::write(
        &precious,
        "// @generated by `cargo codegen`. Do not edit.\n",
    )
    .unwrap();
    std::os::unix::fs::symlink(&outside, case.out().join("link")).unwrap();
    let ran = case.run(&[]);
    assert!(
        !ran.success && ran.err.starts_with("error: TMP/out/link: "),
        "{}",
        ran.err
    );
    assert!(precious.exists());
}

#[test]
fn a_mistake_of_the_spec_writes_nothing() {
    let case = Case::new();
    case.edit("common.yaml", "kind: scalar", "kind: scaler");
    let ran = case.run(&[]);
    assert!(!ran.success && ran.out.is_empty() && !case.out().exists());
    assert!(
        ran.err.starts_with(
            "error: `kind` can't be `scaler`\n --> TMP/spec/widgets/v2/common.yaml:6:11\n"
        ),
        "{}",
        ran.err
    );
    assert!(
        ran.err.ends_with("error: 1 mistake; nothing was written\n"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains('\u{1b}'), "colour is for terminals");
}

#[test]
fn a_spec_that_is_not_there_is_told() {
    let case = Case::new();
    fs::remove_dir_all(case.spec()).unwrap();
    let ran = case.run(&[]);
    assert!(
        !ran.success && ran.err.starts_with("error: TMP/spec: "),
        "{}",
        ran.err
    );
    fs::create_dir(case.spec()).unwrap();
    let ran = case.run(&[]);
    assert_eq!(ran.err, "error: TMP/spec: no .yaml file here or below\n");
    assert!(!ran.success && !case.out().exists());
}

#[test]
fn an_output_below_a_file_is_told_by_its_path() {
    let case = Case::new();
    let file = case.folder.path().join("file");
    fs::write(&file, "").unwrap();
    for out in [file.clone(), file.join("out")] {
        let ran = case.run_into(&out, &[]);
        assert!(
            !ran.success && ran.err.starts_with("error: TMP/file"),
            "{}",
            ran.err
        );
    }
    assert_eq!(fs::read(file).unwrap(), b"");
}

#[cfg(unix)]
#[test]
fn a_read_only_output_is_told_by_its_path() {
    use std::os::unix::fs::PermissionsExt;

    let case = Case::new();
    fs::create_dir(case.out()).unwrap();
    fs::set_permissions(case.out(), fs::Permissions::from_mode(0o555)).unwrap();
    let writable = fs::write(case.out().join("probe"), "").is_ok();
    if writable {
        // Root may write everywhere; the kernel's own folder refuses it too.
        let ran = case.run_into(Path::new("/proc/codegen"), &[]);
        assert!(
            !ran.success && ran.err.starts_with("error: /proc/codegen"),
            "{}",
            ran.err
        );
    } else {
        let ran = case.run(&[]);
        assert!(
            !ran.success && ran.err.starts_with("error: TMP/out/"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("ermission denied"), "{}", ran.err);
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    let one = Case::new();
    one.run(&[]);
    let other = Case {
        folder: tempfile::tempdir().unwrap(),
    };
    other.copy_spec(|paths| {
        paths.sort();
        paths.reverse();
    });
    other.run(&[]);
    assert_eq!(one.written(), other.written());
    fs::remove_dir_all(one.out()).unwrap();
    one.run(&[]);
    assert_eq!(one.written(), other.written());
}
