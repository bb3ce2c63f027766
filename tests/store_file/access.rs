//! Nobody else gets at what is kept, or gives us what we take for ours.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use openstack_identity::store::{FileStore, TokenStore};

use crate::shared::{HOUR, key, numbered};
use crate::{complaint, file, is_root, mode, names, printed, says, says_text, set_mode};
use crate::{store, store_with_entry, user_after};

const NOBODY: u32 = 65534;

#[test]
fn the_folder_and_the_files_are_private_whatever_the_umask() {
    for mask in ["000", "002", "077"] {
        let (around, folder, _) = store();
        let parent = around.path().join("parent");
        let folder = parent.join(folder.file_name().unwrap());
        let mask = format!("umask {mask}");
        for (command, number) in [("put", 3), ("put", 4), ("lease", 1000)] {
            let output = user_after(&mask, command, &folder, &[number]).output();
            printed(&output.unwrap());
        }
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&parent) == 0o777, mask == "umask 000");
        let names = names(&folder);
        assert!(names.len() >= 3, "{names:?}");
        for name in names {
            assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_others_get_into_is_refused() {
    let (_around, folder, store) = store_with_entry().await;
    for bits in [0o710, 0o701, 0o720, 0o702, 0o750, 0o755, 0o777] {
        set_mode(&folder, bits);
        let text = format!("mode {bits:o}); if what is in it is yours, run `chmod 700`");
        says(store.get(&key(0)).await, &folder, &text);
        says(store.put(&key(0), b"new", HOUR).await, &folder, &text);
        says(store.remove_if(&key(0), &numbered(0)).await, &folder, &text);
        says(store.lease(&key(0), HOUR).await, &folder, &text);
        assert_eq!(mode(&folder), bits);
    }
    set_mode(&folder, 0o700);
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(0))));
}

#[tokio::test]
async fn a_file_that_others_can_read_or_change_is_refused_and_replaced() {
    let (_around, folder, store) = store_with_entry().await;
    let path = file(&folder, "entry");
    for bits in [0o640, 0o604, 0o620, 0o602, 0o601, 0o644, 0o777] {
        set_mode(&path, bits);
        let text = format!("others can read or change this file (mode {bits:o})");
        says(store.get(&key(0)).await, &path, &text);
        says(store.remove_if(&key(0), &numbered(0)).await, &path, &text);
        store.put(&key(0), &numbered(0), HOUR).await.unwrap();
        assert_eq!(mode(&path), 0o600);
    }
    store.lease(&key(0), HOUR).await.unwrap().unwrap();
    for ending in ["lock", "lease"] {
        let path = file(&folder, ending);
        set_mode(&path, 0o666);
        says(store.lease(&key(0), HOUR).await, &path, "mode 666");
        set_mode(&path, 0o600);
    }
    store.lease(&key(0), HOUR).await.unwrap().unwrap();
}

#[tokio::test]
async fn links_are_not_followed() {
    let (around, folder, store) = store_with_entry().await;
    let precious = around.path().join("precious");
    // It would do as any of the files.
    fs::copy(file(&folder, "entry"), &precious).unwrap();
    let before = (fs::read(&precious).unwrap(), changed(&precious));
    let nothing = around.path().join("nothing");
    for target in [&precious, &nothing] {
        for ending in ["lock", "lease", "entry"] {
            let path = file(&folder, ending);
            let _ = fs::remove_file(&path);
            symlink(target, &path).unwrap();
            let refused = "no regular file";
            match ending {
                "lock" => {
                    says(store.put(&key(0), b"new", HOUR).await, &path, refused);
                    says(store.lease(&key(0), HOUR).await, &path, refused);
                }
                "lease" => says(store.lease(&key(0), HOUR).await, &path, refused),
                _ => {
                    says(store.get(&key(0)).await, &path, refused);
                    says(store.remove_if(&key(0), b"").await, &path, refused);
                    // The link is replaced, and not what it leads to.
                    store.put(&key(0), &numbered(0), HOUR).await.unwrap();
                    assert!(fs::symlink_metadata(&path).unwrap().is_file());
                    continue;
                }
            }
            fs::remove_file(path).unwrap();
        }
    }
    assert_eq!((fs::read(&precious).unwrap(), changed(&precious)), before);
    assert!(!nothing.exists());
    symlink(&precious, folder.join("tidied.new")).unwrap();
    fs::rename(folder.join("tidied.new"), folder.join("tidied")).unwrap();
    store.put(&key(0), &numbered(0), HOUR).await.unwrap();
    assert_eq!((fs::read(&precious).unwrap(), changed(&precious)), before);
}

fn changed(path: &Path) -> (i64, i64, u32) {
    let file = fs::metadata(path).unwrap();
    (file.mtime(), file.ctime(), file.mode())
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let (_around, folder, store) = store_with_entry().await;
    for ending in ["entry", "lock", "lease"] {
        let path = file(&folder, ending);
        for kind in ["pipe", "socket", "folder"] {
            let _ = fs::remove_file(&path);
            let mut listens = None;
            match kind {
                "pipe" => assert!(
                    Command::new("mkfifo")
                        .arg(&path)
                        .status()
                        .unwrap()
                        .success()
                ),
                "socket" => {
                    listens = Some(UnixListener::bind(folder.join("s")).unwrap());
                    fs::rename(folder.join("s"), &path).unwrap();
                }
                _ => fs::create_dir(&path).unwrap(),
            }
            set_mode(&path, 0o600);
            if ending == "entry" {
                says(store.get(&key(0)).await, &path, "no regular file");
                says(
                    store.remove_if(&key(0), b"").await,
                    &path,
                    "no regular file",
                );
            } else {
                says(store.lease(&key(0), HOUR).await, &path, "no regular file");
            }
            drop(listens);
            let _ = fs::remove_dir(&path);
        }
    }
}

/// As another user sees it: root gives the file away; others look at one of root's in its place.
#[tokio::test]
async fn what_belongs_to_somebody_else_is_refused() {
    let (_around, folder, store) = store_with_entry().await;
    let belongs = "it belongs to user";
    let entry = file(&folder, "entry");
    if !is_root() {
        // Where this user is root and the file's owner is nobody.
        let script = "mount --bind /etc/passwd \"$1\"; exec \"$0\" get \"$2\"";
        let output = Command::new("unshare")
            .args(["-Urm", "sh", "-ec", script])
            .arg(env!("CARGO_BIN_EXE_file-store-user"))
            .args([&entry, &folder])
            .output();
        says_text(&complaint(&output.unwrap()), &entry, belongs);
        let root = Path::new("/");
        let store = FileStore::in_folder(root);
        says(store.get(&key(0)).await, root, belongs);
        return;
    }
    for ending in ["entry", "lock"] {
        let path = file(&folder, ending);
        chown(&path, Some(NOBODY), None).unwrap();
        says(store.remove_if(&key(0), &numbered(0)).await, &path, belongs);
        if ending == "entry" {
            says(store.get(&key(0)).await, &path, belongs);
        }
        chown(&path, Some(0), None).unwrap();
    }
    let link = folder.with_file_name("link");
    symlink(&folder, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
    says(
        FileStore::in_folder(&link).get(&key(0)).await,
        &link,
        belongs,
    );
    chown(&folder, Some(NOBODY), None).unwrap();
    says(store.get(&key(0)).await, &folder, belongs);
    says(store.put(&key(0), b"", HOUR).await, &folder, belongs);
    chown(&folder, Some(0), None).unwrap();
    assert_eq!(store.get(&key(0)).await, Ok(Some(numbered(0))));
}

#[tokio::test]
async fn the_folder_may_be_a_link_that_the_user_made() {
    let (_around, folder, store) = store_with_entry().await;
    let link = folder.with_file_name("link");
    symlink(&folder, &link).unwrap();
    let name = link.to_string_lossy().into_owned();
    for path in [name.clone(), format!("{name}/"), format!("{name}/.")] {
        let through = FileStore::in_folder(path);
        assert_eq!(through.get(&key(0)).await, Ok(Some(numbered(0))));
        through.put(&key(0), &numbered(0), HOUR).await.unwrap();
    }
    set_mode(&folder, 0o755);
    says(
        FileStore::in_folder(&link).get(&key(0)).await,
        &link,
        "chmod 700",
    );
    set_mode(&folder, 0o700);
    drop(store);
    let nowhere = folder.with_file_name("nowhere");
    symlink(folder.with_file_name("nothing"), &nowhere).unwrap();
    let store = FileStore::in_folder(&nowhere);
    assert_eq!(store.get(&key(0)).await, Ok(None));
    says(
        store.put(&key(0), b"", HOUR).await,
        &nowhere,
        "link to nowhere",
    );
}
