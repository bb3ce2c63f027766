use std::sync::{Arc, Weak};
use std::time::Duration;

use super::key::{Key, system};
use super::shared::{MOST, Shared};
use super::{HttpVersion, Settings};
use crate::transport::pem::{ClientCertificate, Pem};

/// Held by tests that want to find again what they left, as one of them fills the place.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Settings that no other test has.
fn settings(seconds: u64) -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(seconds),
        ..Settings::default()
    }
}

fn is_same(one: Settings, other: Settings) -> bool {
    let (mut one, mut other) = (one, other);
    Key::of(&mut one) == Key::of(&mut other)
}

#[test]
fn what_makes_a_difference_is_not_shared() {
    let client = |key: &str| ClientCertificate {
        certificate: Pem::new("a certificate", "certificate"),
        key: Some(Pem::new("a key", key)),
    };
    let authority = |text: &str| Settings {
        ca_certificates: vec![Pem::new("an authority", text)],
        ..settings(1)
    };
    let certified = |key: &str| Settings {
        client_certificate: Some(client(key)),
        ..settings(1)
    };
    assert!(is_same(settings(1), settings(1)));
    assert!(is_same(authority("a"), authority("a")));
    assert!(is_same(certified("a"), certified("a")));
    for other in [
        settings(2),
        authority("a"),
        certified("a"),
        Settings {
            verify: false,
            ..settings(1)
        },
        Settings {
            http_version: HttpVersion::Http1,
            ..settings(1)
        },
    ] {
        assert!(!is_same(settings(1), other));
    }
    assert!(!is_same(authority("a"), authority("b")));
    assert!(!is_same(certified("a"), certified("b")));
}

#[cfg(all(unix, feature = "file"))]
#[test]
fn certificates_of_the_system_that_change_count() {
    let folder = tempfile::tempdir().unwrap();
    let (file, more) = (folder.path().join("ca.pem"), folder.path().join("more"));
    let by_file = || system(Some(file.as_os_str()), None);
    let by_folder = || system(None, Some(&more.clone().into_os_string()));
    std::fs::create_dir(&more).unwrap();
    std::fs::write(&file, "first").unwrap();
    std::fs::write(more.join("a"), "first").unwrap();
    let before = (by_file(), by_folder());
    assert!(before == (by_file(), by_folder()));
    // Written in place, as long as before, at another time.
    std::thread::sleep(Duration::from_millis(1100));
    std::fs::write(&file, "again").unwrap();
    std::fs::write(more.join("a"), "again").unwrap();
    assert!(before.0 != by_file());
    assert!(before.1 != by_folder());
    let before = (by_file(), by_folder());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(more.join("b"), "another").unwrap();
    assert!(before.0 != by_file());
    assert!(before.1 != by_folder());
}

#[tokio::test(start_paused = true)]
async fn a_transport_is_found_again_while_it_is_used_and_let_go_later() {
    let _turn = TURN.lock().await;
    let first = Shared::with(settings(1001)).unwrap();
    first.client().unwrap();
    let (kept, client) = (Arc::downgrade(&first), first.client().unwrap());
    drop((first, client));
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let again = Shared::with(settings(1001)).unwrap();
        assert!(Weak::ptr_eq(&kept, &Arc::downgrade(&again)));
        again.client().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(kept.strong_count(), 0, "nobody needs it");
}

#[test]
fn a_runtime_that_ends_takes_its_connections_along() {
    let _turn = TURN.blocking_lock();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let shared = Shared::with(settings(1002)).unwrap();
    let kept = Arc::downgrade(&shared);
    for _ in 0..100 {
        let runtime = runtime();
        let _inside = runtime.enter();
        shared.client().unwrap();
        assert_eq!(shared.clients(), 1);
    }
    let lasting = runtime();
    lasting.block_on(async { shared.client().unwrap() });
    drop(shared);
    assert_eq!(kept.strong_count(), 1, "kept for the next client");
    drop(lasting);
    assert_eq!(kept.strong_count(), 0);
}

#[test]
fn a_transport_that_was_never_used_is_not_kept() {
    let _turn = TURN.blocking_lock();
    let shared = Shared::with(settings(1003)).unwrap();
    let again = Shared::with(settings(1003)).unwrap();
    assert!(Arc::ptr_eq(&shared, &again));
    let kept = Arc::downgrade(&shared);
    drop((shared, again));
    assert_eq!(kept.strong_count(), 0);
}

#[tokio::test]
async fn no_more_transports_are_kept_than_may_be() {
    let _turn = TURN.lock().await;
    let all: Vec<_> = (0..10 * MOST)
        .map(|at| {
            let shared = Shared::with(settings(2000 + at as u64)).unwrap();
            shared.client().unwrap();
            Arc::downgrade(&shared)
        })
        .collect();
    let kept = all.iter().filter(|one| one.strong_count() > 0).count();
    assert!(kept <= MOST, "{kept}");
    assert!(all.last().unwrap().strong_count() > 0, "the last is there");
}
