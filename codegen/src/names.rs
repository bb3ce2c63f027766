//! Case conversion, and what may be a name.

/// Splits `OS-TRUST:trust`, `publicURL` or `x5t#S256` into lower-case words.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = index.checked_sub(1).and_then(|i| chars.get(i)).copied();
        let after = chars.get(index + 1).copied();
        let starts = c.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                || before.is_some_and(|b| b.is_ascii_uppercase())
                    && after.is_some_and(|a| a.is_ascii_lowercase()));
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c.to_ascii_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `OS-TRUST:trust` as `os_trust_trust`.
pub(crate) fn snake(text: &str) -> String {
    words(text).join("_")
}

/// `generate_token` as `GenerateToken`.
pub(crate) fn pascal(text: &str) -> String {
    words(text)
        .iter()
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

/// Whether `name` is written `like_this`.
pub(crate) fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether `name` is written `LikeThis`, and survives case conversion both ways.
pub(crate) fn is_pascal(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && pascal(&snake(name)) == name
}

/// Names that a shape can't have, since clients mean something else by them.
pub(crate) const RESERVED: [&str; 18] = [
    "BTreeMap",
    "Box",
    "Clone",
    "Debug",
    "Default",
    "Deserialize",
    "Err",
    "From",
    "Into",
    "None",
    "Ok",
    "Option",
    "Result",
    "Self",
    "Serialize",
    "Some",
    "String",
    "Vec",
];

#[cfg(test)]
mod tests {
    use super::{pascal, snake};

    #[test]
    fn wire_names_become_names() {
        let cases = [
            ("OS-TRUST:trust", "os_trust_trust", "OsTrustTrust"),
            ("publicURL", "public_url", "PublicUrl"),
            ("x5t#S256", "x5t_s256", "X5tS256"),
            ("X-Subject-Token", "x_subject_token", "XSubjectToken"),
            ("scope.project.id", "scope_project_id", "ScopeProjectId"),
            ("HTTPServer", "http_server", "HttpServer"),
            ("V3Token", "v3_token", "V3Token"),
            ("OAuth1", "o_auth1", "OAuth1"),
            ("--", "", ""),
        ];
        for (wire, snaked, pascaled) in cases {
            assert_eq!(
                (snake(wire).as_str(), pascal(wire).as_str()),
                (snaked, pascaled),
                "{wire}"
            );
        }
    }
}
