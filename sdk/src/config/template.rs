//! Settings that name other settings in braces.

/// Puts values in the place of their names.
pub(super) fn fill(
    text: &str,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, &'static str> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        if let Some(after) = after.strip_prefix("{{") {
            filled.push('{');
            rest = after;
        } else if let Some(after) = after.strip_prefix("}}") {
            filled.push('}');
            rest = after;
        } else if let Some((name, after)) = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'))
        {
            filled.push_str(&value(name).ok_or("names in braces what is no setting")?);
            rest = after;
        } else {
            return Err("has a brace without its partner");
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::fill;

    fn filled(text: &str) -> Result<String, &'static str> {
        fill(text, |name| {
            (name == "region_name").then(|| "RegionOne".to_owned())
        })
    }

    #[test]
    fn names_in_braces_are_replaced() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{region_name}", "RegionOne"),
            (
                "https://{region_name}.example/{region_name}",
                "https://RegionOne.example/RegionOne",
            ),
            ("{{region_name}}", "{region_name}"),
            ("a}}b", "a}b"),
        ] {
            assert_eq!(filled(text).unwrap(), expected);
        }
    }

    #[test]
    fn what_can_not_be_replaced_is_refused() {
        for text in ["{other}", "{", "}", "a{b", "{}", "{{}"] {
            filled(text).unwrap_err();
        }
    }
}
