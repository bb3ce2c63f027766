//! Tokens in files.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openstack_identity::AuthToken;
use tempfile::TempDir;

use crate::planted::{SESSION, check, check_debug, session_token};

/// Tells the test [`saves_for_others`] where to save, and which token.
const PATH: &str = "SAVE_TOKEN_TO";
const NUMBER: &str = "SAVE_TOKEN_NUMBER";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.json");
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// A token that is told from others by its number, and long enough to be torn.
fn numbered(number: usize) -> AuthToken {
    let mut export = session_token().export();
    export["token"]["number"] = number.into();
    export["token"]["padding"] = number.to_string().repeat(50_000).into();
    AuthToken::from_export(export).unwrap()
}

fn refused(path: &Path) -> std::io::Error {
    let error = AuthToken::load(path).unwrap_err();
    let text = error.to_string();
    check(&text);
    check_debug(&error);
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    error
}

fn only_the_token(folder: &TempDir) {
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["token.json"], "something was left behind");
}

/// This test in another process, after what a shell does first.
fn another_process(first: &str, path: &Path, number: usize) -> Command {
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("{first}; exec \"$0\" --exact files::saves_for_others"),
        ])
        .arg(std::env::current_exe().unwrap())
        .env(PATH, path)
        .env(NUMBER, number.to_string());
    command
}

fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn saves_for_others() {
    let given = std::env::var_os(PATH).map(PathBuf::from);
    let number = std::env::var(NUMBER).map_or(1, |number| number.parse().unwrap());
    let (_folder, own) = folder();
    let path = given.unwrap_or(own);
    let token = numbered(number);
    for _ in 0..20 {
        token.save(&path).unwrap();
    }
    assert_eq!(mode(&path), 0o600);
    AuthToken::load(&path).unwrap();
}

#[test]
fn only_the_owner_reads_it_whatever_the_umask() {
    for mask in ["000", "002", "077"] {
        let (folder, path) = folder();
        succeeded(
            &another_process(&format!("umask {mask}"), &path, 1)
                .output()
                .unwrap(),
        );
        assert_eq!(mode(&path), 0o600);
        assert_eq!(AuthToken::load(&path).unwrap(), numbered(1));
        only_the_token(&folder);
    }
}

#[test]
fn several_processes_save_at_once_and_readers_see_whole_tokens() {
    let (folder, path) = folder();
    let tokens: Vec<AuthToken> = (0..4).map(numbered).collect();
    tokens[0].save(&path).unwrap();
    let mut processes: Vec<_> = (1..4)
        .map(|number| {
            another_process(":", &path, number)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut reads = 0;
    while processes
        .iter_mut()
        .any(|process| process.try_wait().unwrap().is_none())
        || reads == 0
    {
        let read = AuthToken::load(&path).unwrap();
        assert!(tokens.contains(&read), "a token that nobody saved");
        reads += 1;
    }
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    only_the_token(&folder);
}

#[test]
fn it_is_replaced_and_not_rewritten() {
    let (folder, path) = folder();
    let (old, new) = (numbered(1), numbered(2));
    old.save(&path).unwrap();
    let mut reader = fs::File::open(&path).unwrap();
    new.save(&path).unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(
        AuthToken::from_export(serde_json::from_str(&text).unwrap()).unwrap(),
        old
    );
    assert_eq!(AuthToken::load(&path).unwrap(), new);
    only_the_token(&folder);
}

#[test]
fn a_file_that_others_could_read_becomes_private() {
    let (_folder, path) = folder();
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    session_token().save(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_file_that_others_can_read_or_write_is_refused() {
    let (_folder, path) = folder();
    session_token().save(&path).unwrap();
    for bits in [
        0o640, 0o604, 0o620, 0o602, 0o601, 0o660, 0o666, 0o644, 0o777,
    ] {
        fs::set_permissions(&path, Permissions::from_mode(bits)).unwrap();
        let error = refused(&path);
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(
            error.to_string().contains(&format!("mode {bits:o}")),
            "{error}"
        );
    }
    for bits in [0o600, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(bits)).unwrap();
        assert_eq!(AuthToken::load(&path).unwrap(), session_token());
    }
}

#[test]
fn a_link_is_replaced_and_never_followed() {
    let (folder, path) = folder();
    let target = folder.path().join("precious");
    session_token().save(&target).unwrap();
    let before = fs::read(&target).unwrap();
    symlink(&target, &path).unwrap();
    assert!(refused(&path).to_string().contains("no regular file"));
    numbered(1).save(&path).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(fs::read(&target).unwrap(), before);
    assert_eq!(AuthToken::load(&path).unwrap(), numbered(1));
}

#[test]
fn a_link_to_nowhere() {
    let (folder, path) = folder();
    symlink(folder.path().join("nothing"), &path).unwrap();
    refused(&path);
    session_token().save(&path).unwrap();
    assert_eq!(AuthToken::load(&path).unwrap(), session_token());
    assert!(!folder.path().join("nothing").exists());
}

#[test]
fn what_is_no_file_is_neither_read_nor_replaced() {
    let (folder, _) = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    symlink(at("folder"), at("link")).unwrap();
    let _socket = UnixListener::bind(at("socket")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe"))
            .status()
            .unwrap()
            .success()
    );
    for name in ["folder", "link", "socket", "pipe"] {
        let kind = fs::symlink_metadata(at(name)).unwrap().file_type();
        refused(&at(name));
        let error = session_token().save(at(name)).unwrap_err();
        check(&error.to_string());
        assert!(error.to_string().contains("no regular file"), "{error}");
        assert_eq!(fs::symlink_metadata(at(name)).unwrap().file_type(), kind);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    // Devices that never end, or never begin.
    for device in ["/dev/zero", "/dev/full", "/dev/null"] {
        refused(Path::new(device));
    }
}

#[test]
fn a_folder_that_is_not_there_or_is_a_file() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    for path in [
        path.join("token.json"),
        path.with_file_name("no").join("token.json"),
        PathBuf::new(),
    ] {
        let error = session_token().save(&path).unwrap_err();
        check(&error.to_string());
        assert!(
            error.to_string().contains(&*path.to_string_lossy()),
            "{error}"
        );
        refused(&path);
    }
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_disk_that_is_full_leaves_the_old_token() {
    let (folder, path) = folder();
    session_token().save(&path).unwrap();
    // No file of this process may grow: writing fails as on a full disk.
    let output = another_process("trap '' XFSZ; ulimit -f 1", &path, 2)
        .output()
        .unwrap();
    assert!(!output.status.success());
    check(&String::from_utf8_lossy(
        &[output.stdout, output.stderr].concat(),
    ));
    assert_eq!(AuthToken::load(&path).unwrap(), session_token());
    only_the_token(&folder);
}

#[test]
fn half_a_file_and_other_nonsense() {
    let (_folder, path) = folder();
    session_token().save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let deep = "[".repeat(100_000);
    let text = |text: &str| text.as_bytes().to_vec();
    for content in [
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        [&whole[..], b"}"].concat(),
        text(""),
        text(SESSION),
        text(&format!("\"{SESSION}\"")),
        text(&format!("{{\"format\": 2, \"id\": \"{SESSION}\"}}")),
        text(&format!(
            "{{\"format\": 1, \"id\": \"{SESSION}\", \"auth_url\": \"x\", \"token\": \"{SESSION}\"}}"
        )),
        text(&deep),
        [b"\xff\xfe".to_vec(), whole.clone()].concat(),
        vec![0; 4096],
    ] {
        fs::write(&path, content).unwrap();
        let error = refused(&path);
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(
            error.to_string().contains("export the token again"),
            "{error}"
        );
    }
}
