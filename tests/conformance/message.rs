//! What kind of message an error has.

/// The words of a message without the values in them: two messages of one class say the same of different things.
pub fn class(message: &str) -> String {
    if let Some((before, after)) = message.split_once("Failed validating '") {
        let keyword = after.split('\'').next().unwrap_or_default();
        let field = before.strip_prefix("Invalid input for field '");
        let field = field.and_then(|rest| rest.split('\'').next());
        return format!("schema: {keyword} at {}", field.unwrap_or("the top"));
    }
    // Values follow a colon, or are quoted, or are ids.
    let words = message.split(": ").next().unwrap_or_default();
    let quoted = |(index, part): (usize, &str)| {
        if index % 2 == 1 {
            "_".to_owned()
        } else {
            part.to_owned()
        }
    };
    let words: String = words.split('\'').enumerate().map(quoted).collect();
    let is_id = |word: &str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = words
        .split_whitespace()
        .map(|word| if is_id(word) { "_" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn values_are_left_out() {
        assert_eq!(class("Could not find user: x."), "Could not find user");
        assert_eq!(
            class("argument of type 'int' is not iterable"),
            "argument of type _ is not iterable"
        );
        assert_eq!(
            class(
                "Unable to validate token because project 0123456789abcdef0123456789abcdef is disabled"
            ),
            "Unable to validate token because project _ is disabled"
        );
        assert_eq!(
            class(
                "Invalid input for field 'identity/methods': 'x' is not of type 'array'\n\nFailed validating 'type' in schema"
            ),
            "schema: type at identity/methods"
        );
        assert_eq!(
            class("'methods' is a required property\n\nFailed validating 'required' in"),
            "schema: required at the top"
        );
    }
}
