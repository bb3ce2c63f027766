//! Files, and the places in which they are looked for.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::Origin;
use super::tree::{Node, Table, Value};
use super::yaml;
use crate::files::plain;
use crate::runtime::foreign::shown;

/// Reads files. A map from path to text is one too, for tests:
///
/// ```
/// use std::collections::BTreeMap;
/// use std::path::PathBuf;
/// use openstack_identity::config::ConfigLoader;
///
/// # fn main() -> Result<(), openstack_identity::ConfigError> {
/// let clouds = "clouds: { lab: { auth_type: token, auth: { auth_url: 'https://lab.example', token: t } } }";
/// let config = ConfigLoader::new()
///     .files(BTreeMap::from([(PathBuf::from("/etc/openstack/clouds.yaml"), clouds.to_owned())]))
///     .load()?;
/// assert_eq!(config.name(), "lab");
/// # Ok(()) }
/// ```
pub trait ConfigFiles: Send + Sync + 'static {
    /// The content of a file.
    ///
    /// # Errors
    ///
    /// There is no such file, or it can't be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The files in a folder, for a `cacert` that is one. Unless this is implemented, a folder can't be
    /// read.
    ///
    /// # Errors
    ///
    /// There is no such folder, or it can't be read.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let _ = folder;
        Err(io::ErrorKind::IsADirectory.into())
    }

    /// Whether others than its owner can read a file; false if that can't be told.
    fn open_to_others(&self, path: &Path) -> bool {
        let _ = path;
        false
    }
}

/// The files of the system: regular ones, or links to them, of at most 4 MiB. A pipe or a device is an error,
/// and doesn't hang the program; `/dev/null` is an empty file.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

impl ConfigFiles for SystemFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        plain::read(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    }

    #[cfg(unix)]
    fn open_to_others(&self, path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0)
    }
}

impl ConfigFiles for BTreeMap<PathBuf, String> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }
}

/// Where files are looked for.
pub(super) struct Places {
    /// In this order.
    pub(super) folders: Vec<PathBuf>,
}

impl Places {
    /// The current folder, the user's, the site's.
    pub(super) fn new(
        current: Option<&Path>,
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
        let home = variable("SNAP_REAL_HOME")
            .map(PathBuf::from)
            .or_else(|| home.map(Path::to_path_buf));
        let user = home.map(|home| home.join(".config"));
        let xdg_user = variable("XDG_CONFIG_HOME").and_then(|path| absolute(&path));
        let xdg_site = variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
        let mut folders: Vec<PathBuf> = current.map(Path::to_path_buf).into_iter().collect();
        let config = [xdg_user, user]
            .into_iter()
            .flatten()
            .chain(xdg_site.split(':').filter_map(absolute))
            .chain([PathBuf::from("/etc")]);
        for folder in config {
            let folder = folder.join("openstack");
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Places { folders }
    }

    /// The first file of this name, without its ending, that is there; before all others the one that
    /// a variable names.
    pub(super) fn find(
        &self,
        files: &dyn ConfigFiles,
        stem: &str,
        named: Option<(&str, PathBuf)>,
        warnings: &mut Vec<String>,
    ) -> Result<Option<(Arc<Path>, Table)>, ConfigError> {
        if let Some((variable, path)) = named {
            let content = files
                .read(&path)
                .map_err(|error| unreadable(variable, &path, &error))?;
            return read(&path, content).map(Some);
        }
        let names = ["yaml", "yml", "json"].map(|ending| format!("{stem}.{ending}"));
        for folder in &self.folders {
            for path in names.iter().map(|name| folder.join(name)) {
                match files.read(&path) {
                    Ok(content) => return read(&path, content).map(Some),
                    Err(error) => match error.kind() {
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {}
                        _ => {
                            let why = plain::why(&error);
                            warnings.push(format!("{} is passed over: {why}", path.display()));
                        }
                    },
                }
            }
        }
        Ok(None)
    }

    /// The folders, for a person to read.
    pub(super) fn list(&self) -> String {
        let folders = self
            .folders
            .iter()
            .map(|folder| folder.display().to_string());
        folders.collect::<Vec<_>>().join(", ")
    }
}

/// A path as a shell reads it. The error says of the setting what is wrong.
pub(super) fn expand(
    text: &str,
    current: Option<&Path>,
    home: Option<&Path>,
    files: &dyn ConfigFiles,
) -> Result<PathBuf, String> {
    let path = match text.strip_prefix('~') {
        None => PathBuf::from(text),
        Some(rest) => {
            let (user, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let folder = match user {
                "" => home.map(Path::to_path_buf),
                user => home_of(user, files),
            };
            match folder {
                Some(folder) => folder.join(rest.trim_start_matches('/')),
                None if user.is_empty() => {
                    return Err("starts with ~, and the home folder is not known".to_owned());
                }
                None => {
                    let user = shown(user, &[]);
                    return Err(format!(
                        "starts with ~{user}, and /etc/passwd has no such user"
                    ));
                }
            }
        }
    };
    Ok(current.map_or(path.clone(), |folder| folder.join(path)))
}

/// The home folder of a user of this machine.
fn home_of(user: &str, files: &dyn ConfigFiles) -> Option<PathBuf> {
    let users = files.read(Path::new("/etc/passwd")).ok()?;
    let users = String::from_utf8_lossy(&users);
    let mut users = users.lines().map(|line| line.split(':'));
    let folder = users.find_map(|mut fields| match fields.next() == Some(user) {
        true => fields.nth(4),
        false => None,
    });
    folder
        .filter(|folder| folder.starts_with('/'))
        .map(PathBuf::from)
}

fn unreadable(variable: &str, path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Unreadable,
        format!(
            "{variable} names {}, which can't be read: {}",
            path.display(),
            plain::why(error)
        ),
        "correct the path, or unset the variable".to_owned(),
        [Origin::Variable(variable.to_owned())],
    )
}

fn read(path: &Path, content: Vec<u8>) -> Result<(Arc<Path>, Table), ConfigError> {
    let content = Zeroizing::new(content);
    let path: Arc<Path> = Arc::from(path);
    let text = std::str::from_utf8(&content).map_err(|_| {
        let start = Origin::File {
            path: path.clone(),
            line: 1,
            column: 1,
        };
        ConfigError::new(
            ConfigErrorKind::Syntax,
            format!("{} is not UTF-8", path.display()),
            "save it as UTF-8".to_owned(),
            [start],
        )
    })?;
    let node = match text.trim().is_empty() {
        true => Node::new(Value::Null, Origin::Default),
        false => yaml::parse(&path, text)?,
    };
    Ok((path, node.into_table("the file")?))
}
