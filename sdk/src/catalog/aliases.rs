//! The names that a service type has had.

use super::SERVICE_TYPES;

/// All names of a service: the one asked for, the official one, then its aliases in the authority's
/// order. A type that the authority doesn't know has only its own name.
pub(super) fn names(asked: &str) -> Vec<String> {
    let asked = normal(asked);
    let known = SERVICE_TYPES.iter().find(|(official, aliases)| {
        normal(official) == asked || aliases.iter().any(|alias| normal(alias) == asked)
    });
    let mut names = vec![asked];
    if let Some((official, aliases)) = known {
        for name in [official].into_iter().chain(*aliases) {
            let name = normal(name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The same name for all spellings of it: `Object_Store` is `object-store`.
pub(super) fn normal(service_type: &str) -> String {
    service_type.trim().to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn the_asked_name_comes_first_then_the_official_one_then_the_aliases() {
        let volume = ["volumev3", "volumev2", "volume", "block-store"];
        assert_eq!(names("block-storage")[1..], volume);
        assert_eq!(
            names("volume"),
            [
                "volume",
                "block-storage",
                "volumev3",
                "volumev2",
                "block-store"
            ]
        );
        assert_eq!(names("Share_V2"), ["share-v2"]);
        assert_eq!(names("sharev2"), ["sharev2", "shared-file-system", "share"]);
        assert_eq!(
            names("application_deployment"),
            ["application-deployment"],
            "a spelling, not another name"
        );
        assert_eq!(names("dns"), ["dns"]);
        assert_eq!(names("my-own"), ["my-own"]);
    }
}
