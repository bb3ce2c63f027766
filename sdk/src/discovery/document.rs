//! Documents that list versions, in the shapes that services give them.

use serde_json::Value;

use crate::catalog::address::{Address, is_version};
use crate::identity::v3::service::{Link, VersionStatus};

/// A version of a service's API.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServiceVersion {
    /// The version's name, such as `v2.1`.
    pub id: String,
    /// Whether it is the one to use; none if the service doesn't say.
    pub status: Option<VersionStatus>,
    /// The least microversion, such as `2.1`; none if there are none.
    pub min_version: Option<String>,
    /// The greatest microversion, such as `2.96`; none if there are none.
    pub max_version: Option<String>,
    /// Where it is found, at the server that was asked: behind a proxy the service's own links may
    /// lead elsewhere. None if the service doesn't say.
    pub url: Option<String>,
    /// The links as the service gave them.
    pub links: Vec<Link>,
}

impl ServiceVersion {
    /// The major and the minor number: `v2.1` is `(2, 1)`, `v3` is `(3, 0)`.
    #[must_use]
    pub fn number(&self) -> Option<(u32, u32)> {
        let mut numbers = self.id.strip_prefix(['v', 'V'])?.splitn(2, '.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().map_or(Some(0), |minor| minor.parse().ok())?;
        Some((major, minor))
    }

    /// An entry of a document that was found at `root`.
    fn read(entry: &Value, root: &Address) -> Option<Self> {
        let text = |key: &str| {
            let text = entry.get(key)?.as_str()?;
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        let links = entry.get("links").and_then(Value::as_array);
        let links: Vec<Link> = links
            .into_iter()
            .flatten()
            .filter_map(|link| serde::Deserialize::deserialize(link).ok())
            .collect();
        let own = links.iter().find(|link| link.rel == "self");
        let path = own.and_then(|link| path_below(&root.path, &link.href));
        Some(ServiceVersion {
            id: text("id")?,
            status: text("status").map(|status| VersionStatus::from(&*status.to_ascii_lowercase())),
            min_version: text("min_version"),
            max_version: text("max_version").or_else(|| text("version")),
            url: path.map(|path| format!("{}{path}", root.origin)),
            links,
        })
    }
}

/// The versions that a document lists, or the one that it shows; none if it is no such document.
pub(super) fn read(body: &[u8], root: &Address) -> Option<Vec<ServiceVersion>> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let entries = match (json.get("versions"), json.get("version")) {
        (Some(versions), _) => versions
            .get("values")
            .unwrap_or(versions)
            .as_array()?
            .clone(),
        (None, Some(version @ Value::Object(_))) => vec![version.clone()],
        _ => return None,
    };
    let versions = entries
        .iter()
        .filter_map(|entry| ServiceVersion::read(entry, root));
    Some(versions.collect())
}

/// The path of a link, as it is below the root that was asked. Scheme, host and port of a link may be
/// those of a server behind a proxy, and so may the path's beginning.
fn path_below(root: &str, href: &str) -> Option<String> {
    let root = root.trim_end_matches('/');
    let path = match href.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => href,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let usual = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let mut parts = path.split('/');
    if path.is_empty() || !path.chars().all(usual) || parts.any(|part| matches!(part, "." | "..")) {
        return None;
    }
    let rest = path.strip_prefix(root);
    if path.starts_with('/') && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Some(path.to_owned());
    }
    let (_, versioned) = split_version(path)?;
    Some(format!("{root}/{}", versioned.trim_start_matches('/')))
}

/// A path up to its first part that is a version, and from there on: `/compute` and `/v2.1/a1b2`.
pub(super) fn split_version(path: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    for part in path.split('/') {
        if is_version(part) {
            return Some(path.split_at(start.max(1) - 1));
        }
        start += part.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_link_is_followed_where_it_was_asked_for() {
        for (root, href, path) in [
            ("/", "http://internal:5000/v3/", Some("/v3/")),
            ("", "http://internal:5000/v3", Some("/v3")),
            ("", "https://host/identity/v3/", Some("/identity/v3/")),
            (
                "/identity/",
                "http://internal/identity/v3/",
                Some("/identity/v3/"),
            ),
            (
                "/identity",
                "http://internal:5000/v3/",
                Some("/identity/v3/"),
            ),
            (
                "/identity",
                "http://internal/keystone/v3/",
                Some("/identity/v3/"),
            ),
            (
                "/identity",
                "http://internal/identity-old/v3",
                Some("/identity/v3"),
            ),
            ("/compute", "v2.1/", Some("/compute/v2.1/")),
            ("/compute", "/v2.1/", Some("/compute/v2.1/")),
            ("/placement", "", None),
            ("/placement", "http://internal", None),
            ("/a", "http://internal/b", None),
            ("", "http://internal/../v3", None),
            ("", "http://internal/%2e%2e/v3", None),
            ("", "http://internal/v3\r\nX: y", None),
            ("", "/v3/?token=x#y", Some("/v3/")),
        ] {
            let found = path_below(root, href);
            assert_eq!(found.as_deref(), path, "{root} {href}");
        }
    }

    #[test]
    fn the_version_in_a_path_is_found() {
        for (path, split) in [
            ("/v3", Some(("", "/v3"))),
            ("/compute/v2.1/a1b2", Some(("/compute", "/v2.1/a1b2"))),
            (
                "/object-store/v1/AUTH_v2",
                Some(("/object-store", "/v1/AUTH_v2")),
            ),
            ("v2.1/", Some(("", "v2.1/"))),
            ("/", None),
            ("/v", None),
            ("/v2x/vv3/3/v2./volume", None),
        ] {
            assert_eq!(split_version(path), split, "{path}");
        }
    }

    #[test]
    fn each_shape_of_a_document_is_read() {
        let root = Address::parse("https://host/compute").unwrap();
        let entry = json!({"id": "v2.1", "status": "CURRENT", "min_version": "2.1", "version": "2.96",
            "links": [{"rel": "self", "href": "http://10.0.0.1:8774/v2.1/"}, {"rel": 1}]});
        for document in [
            json!({"versions": [entry]}),
            json!({"versions": {"values": [entry]}}),
            json!({"version": entry}),
            json!({"name": "x", "versions": [entry, {"no": "id"}, 7]}),
        ] {
            let versions = read(document.to_string().as_bytes(), &root).unwrap();
            let [version] = &*versions else {
                panic!("{versions:?}")
            };
            assert_eq!(version.id, "v2.1");
            assert_eq!(version.number(), Some((2, 1)));
            assert_eq!(version.status, Some(VersionStatus::Current));
            assert_eq!(version.min_version.as_deref(), Some("2.1"));
            assert_eq!(version.max_version.as_deref(), Some("2.96"));
            assert_eq!(version.url.as_deref(), Some("https://host/compute/v2.1/"));
            assert_eq!(version.links.len(), 1);
        }
        for no_document in [
            "",
            "<html>",
            "{}",
            "[]",
            "{\"version\": \"3\"}",
            "{\"versions\": 1}",
        ] {
            assert_eq!(read(no_document.as_bytes(), &root), None, "{no_document}");
        }
    }
}
