//! The samples as text: what the page shows is what a user would write.

use std::fs;
use std::path::Path;

/// How many lines each PHP original has.
const ORIGINALS: [(&str, usize); 10] = [
    ("export_authentication_token", 32),
    ("generate_token_from_id", 19),
    ("generate_token_scoped_to_project_id", 24),
    ("generate_token_scoped_to_project_name", 29),
    ("generate_token_with_application_credential_id", 24),
    ("generate_token_with_user_id", 21),
    ("generate_token_with_username", 31),
    ("revoke_token", 17),
    ("use_cached_authentication_token", 22),
    ("validate_token", 21),
];

#[test]
fn each_sample_is_there_and_no_longer_than_its_original() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/src/identity/v3/tokens");
    let mut files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    let names: Vec<&str> = ORIGINALS.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, names);
    for (name, lines) in ORIGINALS {
        let text = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
        // The other stores are two lines of a comment there, and code that runs here.
        let main = text.split("\n// Alternatively").next().unwrap();
        let count = main.lines().count();
        assert!(count <= lines, "{name}: {count} lines");
        assert!(
            !text.contains("unwrap") && !text.contains("expect("),
            "{name}"
        );
        assert!(
            !text.contains("super::") && !text.contains("crate::"),
            "{name} hides something"
        );
    }
}
