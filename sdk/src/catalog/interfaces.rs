//! For whom an endpoint is, in order of preference.

use crate::identity::v3::catalog::Interface;

/// The interfaces that will do, the best first; `public` alone unless said otherwise.
///
/// Made from one or several names, in any spelling that clouds use: `internal`, `internalURL`.
///
/// ```
/// use openstack_identity::Interfaces;
/// use openstack_identity::identity::v3::catalog::Interface;
///
/// let interfaces = Interfaces::from(["internalURL", "public"]);
/// assert_eq!(interfaces.as_slice(), [Interface::Internal, Interface::Public]);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Interfaces(Vec<Interface>);

impl Interfaces {
    /// The interfaces, the best first.
    #[must_use]
    pub fn as_slice(&self) -> &[Interface] {
        &self.0
    }

    /// How good an interface is; none if it won't do.
    pub(super) fn rank(&self, interface: &Interface) -> Option<usize> {
        let interface = normal(interface);
        self.0.iter().position(|wanted| *wanted == interface)
    }
}

/// The same interface without the old ending: `publicURL` is `public`.
pub(super) fn normal(interface: &Interface) -> Interface {
    let text = interface.as_str().trim().to_ascii_lowercase();
    Interface::from(text.strip_suffix("url").unwrap_or(&text))
}

impl Default for Interfaces {
    fn default() -> Self {
        Interfaces(vec![Interface::Public])
    }
}

impl From<Interface> for Interfaces {
    fn from(interface: Interface) -> Self {
        Interfaces::from_iter([interface])
    }
}

impl From<&str> for Interfaces {
    fn from(interface: &str) -> Self {
        Interfaces::from_iter([interface])
    }
}

impl From<String> for Interfaces {
    fn from(interface: String) -> Self {
        Interfaces::from_iter([&*interface])
    }
}

impl<T: Into<Interface>> From<Vec<T>> for Interfaces {
    fn from(interfaces: Vec<T>) -> Self {
        Interfaces::from_iter(interfaces)
    }
}

impl<T: Into<Interface>, const N: usize> From<[T; N]> for Interfaces {
    fn from(interfaces: [T; N]) -> Self {
        Interfaces::from_iter(interfaces)
    }
}

impl<T: Into<Interface>> FromIterator<T> for Interfaces {
    fn from_iter<I: IntoIterator<Item = T>>(interfaces: I) -> Self {
        let interfaces = interfaces.into_iter().map(|one| normal(&one.into()));
        Interfaces(interfaces.collect())
    }
}
