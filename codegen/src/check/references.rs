//! Links to the API reference.

use super::Context;
use crate::ast;

/// The link of an item: its own, else that of its file, else the service's.
pub(super) fn reference(
    own: Option<&ast::Name>,
    file: Option<&str>,
    context: &mut Context<'_>,
) -> Option<String> {
    let base = context.facts.reference.value.clone();
    match own {
        Some(own) if own.starts_with('#') && is_address(own) => {
            Some(format!("{base}{}", own.value))
        }
        Some(own) if own.starts_with("https://") && is_address(own) => Some(own.value.clone()),
        Some(own) => {
            context.report(
                own.span,
                format!("`{}` is not a reference", own.value),
                "",
                "write `#anchor` for a place on the service's page, or a whole https address",
            );
            None
        }
        None => Some(file.map_or(base, str::to_owned)),
    }
}

/// Whether Markdown takes the text for an address as a whole.
pub(super) fn is_address(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || "()<>\\".contains(c))
}
