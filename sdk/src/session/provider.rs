//! Where credentials come from, at each login.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use crate::exchange::timer::blocking;
use crate::files::plain;
use crate::identity::v3::auth::Credentials;
use crate::transport::{BoxError, BoxFuture};

/// Gives credentials, and is asked at each login, so that what was rotated is noticed.
///
/// Everybody who needs a token waits for it, so it is given up after
/// [`credentials_timeout`](crate::OpenStackBuilder::credentials_timeout).
///
/// A closure is one:
///
/// ```no_run
/// use openstack_identity::{OpenStack, Password};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let openstack = OpenStack::builder("https://keystone.example:5000/v3")
///     .credentials_from(|| async {
///         let password = std::fs::read_to_string("/run/secrets/openstack")?;
///         Ok(Password::by_id("a1b2", password.trim()).into())
///     })
///     .build()?;
/// # Ok(()) }
/// ```
pub trait CredentialsProvider: Send + Sync + 'static {
    /// The credentials of this moment.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>>;
}

impl<F, C> CredentialsProvider for F
where
    F: Fn() -> C + Send + Sync + 'static,
    C: Future<Output = Result<Credentials, BoxError>> + Send + 'static,
{
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        Box::pin(self())
    }
}

/// Always the same.
pub(crate) struct Fixed(pub(crate) Credentials);

impl CredentialsProvider for Fixed {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, BoxError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// Credentials whose secret is the text of a file, read at each login.
///
/// Spaces and line breaks around the text are left out. It is a regular file, or a link to one, of at most
/// 4 MiB.
///
/// ```no_run
/// use openstack_identity::{OpenStack, Password, secret_from_file};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let provider = secret_from_file("/run/secrets/openstack", |password| {
///     Password::by_id("a1b2", password).into()
/// });
/// let openstack =
///     OpenStack::builder("https://keystone.example:5000/v3").credentials_from(provider).build()?;
/// # Ok(()) }
/// ```
pub fn secret_from_file(
    path: impl Into<PathBuf>,
    credentials: impl Fn(&str) -> Credentials + Send + Sync + 'static,
) -> impl CredentialsProvider {
    let (path, credentials) = (Arc::new(path.into()), Arc::new(credentials));
    move || {
        let (path, credentials) = (path.clone(), credentials.clone());
        async move {
            blocking(move || {
                let wrong = |why: &str| format!("{}: {why}", path.display());
                let bytes = plain::read(&path).map_err(|error| wrong(&plain::why(&error)))?;
                let bytes = zeroize::Zeroizing::new(bytes);
                let text = std::str::from_utf8(&bytes).map_err(|_| wrong("not UTF-8"))?;
                Ok(credentials(text.trim()))
            })
            .await
        }
    }
}

/// Credentials whose secret is an environment variable, read at each login.
///
/// ```no_run
/// use openstack_identity::{OpenStack, Password, secret_from_env};
///
/// # fn main() -> Result<(), openstack_identity::Error> {
/// let provider = secret_from_env("OS_PASSWORD", |password| {
///     Password::by_id("a1b2", password).into()
/// });
/// let openstack =
///     OpenStack::builder("https://keystone.example:5000/v3").credentials_from(provider).build()?;
/// # Ok(()) }
/// ```
pub fn secret_from_env(
    name: impl Into<String>,
    credentials: impl Fn(&str) -> Credentials + Send + Sync + 'static,
) -> impl CredentialsProvider {
    let (name, credentials) = (name.into(), Arc::new(credentials));
    move || {
        let secret = std::env::var(&name).map_err(|_| format!("{name} is not set"));
        let credentials = credentials.clone();
        async move { Ok(credentials(&secret?)) }
    }
}
