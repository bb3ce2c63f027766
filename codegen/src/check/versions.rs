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
            "the whole exists",
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

/// The numbers of a version; `3` and `3.0` are the same one.
fn parts(version: &Name) -> Option<Vec<u32>> {
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: &str| Some(part).filter(digits)?.parse().ok();
    let mut parts: Vec<u32> = version.split('.').map(number).collect::<Option<_>>()?;
    while parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
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
