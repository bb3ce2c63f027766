//! By what settings are told from others.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::hash::{BuildHasher, Hash, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{HttpVersion, Settings};
use crate::transport::pem::Pem;

/// Equal keys stand for transports that do the same. Private keys and passwords are in it as hashes that mean nothing
/// outside of this process.
#[derive(Eq, PartialEq)]
pub(super) struct Key {
    pub(super) connect_timeout: Duration,
    pub(super) http_version: HttpVersion,
    pub(super) verify: bool,
    pub(super) ca_certificates: Vec<Pem>,
    client_certificate: Option<Digest>,
    /// The variables that say by which proxies to go, which may have passwords in them, and where the
    /// system's certificates are.
    environment: Digest,
    system: Vec<Stamp>,
    process: u32,
}

type Digest = [u64; 2];

/// What reqwest reads, and the library that loads the system's certificates.
const VARIABLES: [&str; 11] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
    CERT_FILE,
    CERT_DIR,
];
const CERT_FILE: &str = "SSL_CERT_FILE";
const CERT_DIR: &str = "SSL_CERT_DIR";

impl Key {
    /// Takes the certificates out of the settings, as they can be large.
    pub(super) fn of(settings: &mut Settings) -> Self {
        let client = settings.client_certificate.as_ref();
        let variables = VARIABLES.map(std::env::var_os);
        let [.., file, folders] = &variables;
        Key {
            connect_timeout: settings.connect_timeout,
            http_version: settings.http_version,
            verify: settings.verify,
            ca_certificates: std::mem::take(&mut settings.ca_certificates),
            client_certificate: client
                .map(|it| digest(&(it.certificate.bytes(), it.key.as_ref().map(Pem::bytes)))),
            environment: digest(&variables),
            system: match settings.verify {
                true => system(file.as_deref(), folders.as_ref()),
                false => Vec::new(),
            },
            process: std::process::id(),
        }
    }
}

/// Two hashes with seeds that nobody knows, so that nobody can make them collide.
fn digest(value: &(impl Hash + ?Sized)) -> Digest {
    static SEEDS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    let [first, second] = &*SEEDS;
    [first.hash_one(value), second.hash_one(value)]
}

/// A file as it is now: another one in its place, or other content, has another stamp.
#[derive(Eq, Hash, PartialEq)]
pub(super) enum Stamp {
    File(PathBuf, Option<State>),
    /// A hash of the stamps of many.
    Contents(u64),
}

impl Stamp {
    fn of(path: PathBuf) -> Self {
        let state = std::fs::metadata(&path).ok().map(|file| state(&file));
        Stamp::File(path, state)
    }
}

/// Device, number, length, and when content and entry changed last.
#[cfg(unix)]
type State = [i128; 5];

#[cfg(unix)]
fn state(file: &Metadata) -> State {
    use std::os::unix::fs::MetadataExt;

    let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    [
        file.dev().into(),
        file.ino().into(),
        file.size().into(),
        nanos(file.mtime(), file.mtime_nsec()),
        nanos(file.ctime(), file.ctime_nsec()),
    ]
}

#[cfg(not(unix))]
type State = (u64, Option<std::time::SystemTime>);

#[cfg(not(unix))]
fn state(file: &Metadata) -> State {
    (file.len(), file.modified().ok())
}

/// The files that the system's certificates are read from. Where the system itself checks certificates,
/// there are none.
pub(super) fn system(file: Option<&OsStr>, folders: Option<&OsString>) -> Vec<Stamp> {
    let mut paths = Vec::new();
    match (file, folders) {
        (None, None) => paths = usual_places(),
        _ => {
            paths.extend(file.map(PathBuf::from));
            paths.extend(folders.into_iter().flat_map(std::env::split_paths));
        }
    }
    let mut stamps: Vec<Stamp> = paths.into_iter().map(Stamp::of).collect();
    if let Some(folders) = folders {
        stamps.push(contents(folders));
    }
    stamps
}

/// Of all files in these folders. As there can be hundreds, they are looked at once a second; a file that
/// comes or goes shows in its folder at once.
fn contents(folders: &OsString) -> Stamp {
    static LAST: Mutex<Option<(Instant, OsString, u64)>> = Mutex::new(None);
    const OFTEN: Duration = Duration::from_secs(1);

    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last
        .as_ref()
        .filter(|(at, of, _)| of == folders && at.elapsed() < OFTEN);
    let hash = match known {
        Some((_, _, hash)) => *hash,
        None => {
            let stamps: Vec<Stamp> = std::env::split_paths(folders)
                .flat_map(|folder| entries(&folder))
                .map(Stamp::of)
                .collect();
            let [hash, _] = digest(&stamps);
            *last = Some((Instant::now(), folders.clone(), hash));
            hash
        }
    };
    Stamp::Contents(hash)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    paths
}

/// Who changes a system's folder of certificates writes the file with all of them anew, too.
#[cfg(all(
    any(feature = "rustls", feature = "rustls-no-provider"),
    unix,
    not(any(target_vendor = "apple", target_os = "android"))
))]
fn usual_places() -> Vec<PathBuf> {
    let found = openssl_probe::probe();
    found.cert_file.into_iter().chain(found.cert_dir).collect()
}

#[cfg(not(all(
    any(feature = "rustls", feature = "rustls-no-provider"),
    unix,
    not(any(target_vendor = "apple", target_os = "android"))
)))]
fn usual_places() -> Vec<PathBuf> {
    Vec::new()
}
