//! Files that can't be read: the place is named, and what stands there is not shown.

use std::io;
use std::path::Path;

use openstack_identity::config::{ConfigErrorKind, ConfigFiles, ConfigLoader};
use openstack_identity::{ConfigError, Error, ErrorKind};

use crate::case::case;

const SECRET: &str = "hunter2";

fn refusal(text: &'static str) -> ConfigError {
    case("mistake").clouds(text).load().unwrap_err()
}

/// A text, the place that is named, and a word about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "clouds:\n  a:\n    auth: { password: hunter2\n",
        ":3:11",
        "not YAML",
    ),
    ("clouds:\n  a: 'hunter2\n", ":2:", "not YAML"),
    (
        "clouds:\n  a:\n    password: @hunter2\n",
        ":3:15",
        "not YAML",
    ),
    (
        "clouds:\n  a:\n    password: `hunter2`\n",
        ":3:15",
        "not YAML",
    ),
    (
        "clouds:\n  a:\n    password: %hunter2\n",
        ":3:15",
        "not YAML",
    ),
    (
        "clouds:\n  a:\n    password: *hunter2\n",
        ":3:15",
        "an alias has no anchor",
    ),
    (
        "clouds:\n  a:\n    password: !hunter2 x\n",
        ":3:",
        "not YAML",
    ),
    (
        "clouds:\n  a:\n    password: hunter2: 3\n",
        ":3:",
        "not YAML",
    ),
    ("clouds:\n  a:\n\tpassword: hunter2\n", ":3:", "not YAML"),
    (
        "clouds:\n  hunter2: 1\n  hunter2: 2\n",
        ":3:3",
        "a key is there twice",
    ),
    (
        "clouds: {}\n---\nhunter2: {}\n",
        ":3:",
        "more than one document",
    ),
    ("hunter2: &a [*a]\n", ":1:", ""),
    ("- hunter2\n", ":1:1", "is not a table"),
    ("hunter2\n", ":1:1", "is not a table"),
    ("clouds: hunter2\n", ":1:9", "clouds"),
    ("clouds: { a: hunter2 }\n", ":1:14", "is not a table"),
    (
        "clouds: { a: { auth: hunter2 } }\n",
        ":1:22",
        "is not a table",
    ),
    (
        "clouds: { a: { auth: { password: { x: hunter2 } } } }\n",
        ":1:34",
        "password",
    ),
    (
        "clouds: { a: { regions: hunter2 } }\n",
        ":1:25",
        "a list of region names",
    ),
    (
        "clouds: { a: { regions: [{ nam: hunter2 }] } }\n",
        ":1:26",
        "with `name` and `values`",
    ),
];

#[test]
fn mistakes_of_yaml_name_their_place_and_show_nothing() {
    for (text, place, word) in MISTAKES {
        let error = refusal(text);
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(place), "{text:?}: no {place} in {error}");
        assert!(shown.contains(word), "{text:?}: no {word:?} in {error}");
        assert!(!shown.contains(SECRET), "{text:?}: {shown}");
        let at_file = |origin: &openstack_identity::config::Origin| {
            origin
                .to_string()
                .starts_with("/root-of-case/cwd/clouds.yaml:")
        };
        assert!(error.origins().iter().all(at_file), "{text:?}: {error:?}");
        assert_eq!(error.origins().len(), 1, "{text:?}");
    }
}

#[test]
fn a_bomb_of_aliases_ends_soon() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let error = case("bomb").clouds(text.leak()).load().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::Syntax);
}

#[test]
fn many_brackets_end_soon() {
    let error = case("brackets").clouds("[".repeat(200_000).leak()).load();
    assert_eq!(error.unwrap_err().kind(), ConfigErrorKind::Syntax);
}

#[test]
fn a_table_in_one_file_and_text_in_the_other() {
    let error = case("shapes")
        .clouds("clouds: { a: { auth: { user_id: u1 } } }")
        .secure("clouds: { a: { auth: hunter2 } }")
        .load()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::Conflict);
    let places: Vec<String> = error.origins().iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        [
            "/root-of-case/cwd/clouds.yaml:1:22",
            "/root-of-case/cwd/secure.yaml:1:22"
        ]
    );
    assert!(!error.to_string().contains(SECRET));
}

#[test]
fn as_an_error_of_the_crate_it_is_of_invalid_input() {
    let error = Error::from(refusal("clouds: { a: {} }"));
    assert!(matches!(error.kind(), ErrorKind::InvalidInput));
    assert!(
        error
            .to_string()
            .contains("the cloud `a` has no `auth_url`"),
        "{error}"
    );
}

/// A folder in which nothing is as it should be.
struct Odd;

impl ConfigFiles for Odd {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/denied/clouds.yaml") => Err(io::ErrorKind::PermissionDenied.into()),
            Some("/denied/clouds.yml") => {
                Ok(b"clouds: { a: { auth: { password: \xff } } }".to_vec())
            }
            Some("/home/.config/openstack/clouds.yaml") => Err(io::ErrorKind::IsADirectory.into()),
            Some("/etc/openstack/clouds.json") => Ok(br#"{"clouds": {"a": {"auth_type": "token",
                     "auth": {"auth_url": "https://k.example", "token": "t"}}}}"#
                .to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_refused() {
    let error = ConfigLoader::new()
        .files(Odd)
        .current_dir("/denied")
        .load()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "/denied/clouds.yml is not UTF-8: save it as UTF-8"
    );
}

#[test]
fn a_file_that_may_not_be_read_is_passed_over_with_a_warning() {
    let config = ConfigLoader::new()
        .files(Odd)
        .home_dir("/home")
        .load()
        .unwrap();
    assert_eq!(
        config.warnings(),
        ["/home/.config/openstack/clouds.yaml is passed over: is a directory"]
    );
    assert_eq!(
        config.origin("auth_url").unwrap().to_string(),
        "/etc/openstack/clouds.json:2:43"
    );
}
