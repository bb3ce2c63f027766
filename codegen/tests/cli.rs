//! The command `codegen`, run as a process on the spec of an invented service.

#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "common/runs.rs"]
mod runs;

use std::fs;
use std::path::Path;
use std::process::Command;

use runs::{Case, add_gadgets, summary};

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
    add_gadgets(&case);
    assert!(summary(&case.run(&[])).ends_with("4 written, 5 unchanged, 0 deleted"));
    fs::remove_dir_all(case.spec().join("gadgets")).unwrap();
    assert!(summary(&case.run(&[])).ends_with("1 written, 5 unchanged, 3 deleted"));
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
    fs::rename(
        case.spec().join("widgets/v2/widgets.yaml"),
        case.spec().join("widgets/v2/renamed.yaml"),
    )
    .unwrap();
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
         --- widgets/v2/mod.rs (as it is)\n\
         +++ widgets/v2/mod.rs (as generated)\n\
         @@ -3,5 +3,5 @@\n \
         pub mod common;\n \n\
         +pub mod renamed;\n\
         +\n \
         pub mod service;\n\
         -\n\
         -pub mod widgets;\n\
         missing: widgets/v2/renamed.rs\n\
         stale: widgets/v2/widgets.rs\n"
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

#[test]
fn without_a_spec_it_says_what_it_wants() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_codegen"));
    let output = command.current_dir(empty.path()).output().unwrap();
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: there is no folder `spec` here; run this where there is one, whose client is to be in \
         `sdk/src/generated`, or name both folders: `--spec DIR --out DIR`\n"
    );
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}
