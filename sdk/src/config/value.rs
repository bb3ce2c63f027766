//! The text of a setting, and what stands around it and in it.

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::{Origin, named};
use super::settings::is_secret;
use super::tree::{Node, Value};
use crate::runtime::{Secret, is_shown};

/// One text; or several, where a list or commas are allowed. None if it is empty.
pub(super) fn texts(key: &str, node: &Node) -> Result<Vec<Secret>, ConfigError> {
    let several = is_several(key);
    let texts: Vec<&str> = match (&node.value, several) {
        (Value::List(items), true) => {
            let texts = items.iter().map(|item| item.as_text(key));
            texts
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?
        }
        (Value::List(_), false) => return Err(node.wrong(key, "one text")),
        _ => {
            let text = node.as_text(key)?.unwrap_or_default();
            text.split(|c| several && c == ',').collect()
        }
    };
    let says = |text: &&str| match is_secret(key) {
        true => !text.is_empty(),
        false => !trim(text).is_empty(),
    };
    Ok(texts.into_iter().filter(says).map(Secret::new).collect())
}

fn is_several(key: &str) -> bool {
    key == "auth_methods" || key.ends_with("interface")
}

/// The texts without the space around them, which is told unless commas explain it; a secret is left as it is.
pub(super) fn clean(
    key: &str,
    texts: Vec<Secret>,
    origin: &Origin,
    warnings: &mut Vec<String>,
) -> Result<Vec<Secret>, ConfigError> {
    if is_secret(key) {
        warnings.extend(
            texts
                .iter()
                .filter_map(|text| odd(key, text.expose(), origin)),
        );
        return Ok(texts);
    }
    let mut clean = Vec::new();
    for text in &texts {
        let (text, whole) = (trim(text.expose()), text.expose());
        let space = whole.len() != text.len();
        if space && (!is_several(key) || whole.contains(char::is_control)) {
            warnings.push(format!(
                "{} has white space around it, which is left out",
                named(key, origin)
            ));
        }
        check(key, text, origin)?;
        clean.push(Secret::new(text));
    }
    Ok(clean)
}

/// Also without what editors and web pages put there unseen.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// Nothing that is no secret has such text.
fn check(key: &str, text: &str, origin: &Origin) -> Result<(), ConfigError> {
    let wrong = |what: &str, help: &str| {
        let what = format!("{}{what}", named(key, origin));
        let origin = [origin.clone()];
        Err(ConfigError::new(
            ConfigErrorKind::Invalid,
            what,
            help.to_owned(),
            origin,
        ))
    };
    if matches!(key, "cacert" | "cert" | "key") && is_pem_or_der(text) {
        return wrong(
            ": a path is wanted, this is PEM text",
            "write the text to a file that nobody else can read, and give its path",
        );
    }
    match text.chars().all(is_shown) {
        true => Ok(()),
        false => wrong(" has a control character in it", backslash(origin)),
    }
}

fn backslash(origin: &Origin) -> &'static str {
    match origin {
        Origin::File { .. } => {
            "in double quotes a backslash starts an escape: use single quotes, or double it"
        }
        _ => "write it without",
    }
}

/// PEM also without its first and last line, which is base64 of DER.
fn is_pem_or_der(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c) || c.is_whitespace();
    text.contains("-----BEGIN")
        || text.contains("PRIVATE KEY")
        || (text.starts_with("MI") && text.len() >= 64 && text.chars().all(base64))
}

/// What a secret is probably not meant to be.
fn odd(key: &str, text: &str, origin: &Origin) -> Option<String> {
    let (what, help) = if text.ends_with(['\n', '\r']) {
        ("ends in a line break", "")
    } else if text.trim().len() != text.len() {
        ("has white space around it", "")
    } else if text.contains('\n') {
        ("has a line break in it", "")
    } else if !text.chars().all(is_shown) {
        let help = match origin {
            Origin::File { .. } => ": in double quotes a backslash starts an escape",
            _ => "",
        };
        ("has a control character in it", help)
    } else {
        return None;
    };
    let named = named(key, origin);
    Some(format!("{named} {what}, and is sent as it is{help}"))
}
