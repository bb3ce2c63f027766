//! `since` and `deprecated`: a part is never older than its whole.

use super::Context;
use crate::ast::{Life, Name};
use crate::ir::{About, Deprecated};

/// Checks the versions of an item against those of the item that holds it.
pub(super) fn life(life: &Life, whole: Option<&Life>, context: &mut Context<'_>) {
    let since = life.since.as_ref();
    let deprecated = life
        .deprecated
        .as_ref()
        .and_then(|deprecated| deprecated.since.as_ref());
    for version in since.iter().chain(&deprecated) {
        if parts(version).is_none() {
            let message = format!("`{}` is not a version", version.value);
            context.report(
                version.span,
                message,
                "",
                "write numbers with dots, such as `3.14`",
            );
        }
    }
    if let (Some(part), Some(whole)) = (since, whole.and_then(|whole| whole.since.as_ref())) {
        older(
            part,
            whole,
            "this part is older than its whole",
            "what holds it",
            context,
        );
    }
    if let (Some(deprecated), Some(since)) = (deprecated, since) {
        older(
            deprecated,
            since,
            "it is deprecated before it exists",
            "it exists",
            context,
        );
    }
}

fn older(part: &Name, whole: &Name, message: &str, since: &str, context: &mut Context<'_>) {
    let (Some(a), Some(b)) = (parts(part), parts(whole)) else {
        return;
    };
    if a < b {
        context.report_pair(
            (part.span, ""),
            (whole.span, &format!("{since} since {}", whole.value)),
            message.to_owned(),
            "correct one of the two versions",
        );
    }
}

fn parts(version: &Name) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// What a reader is told of an item.
pub(super) fn about(doc: &Name, reference: Option<String>, life: &Life) -> About {
    About {
        doc: doc.value.clone(),
        reference,
        since: life.since.as_ref().map(|since| since.value.clone()),
        deprecated: life.deprecated.as_ref().map(|deprecated| Deprecated {
            since: deprecated.since.as_ref().map(|since| since.value.clone()),
            note: deprecated.note.value.clone(),
        }),
    }
}
