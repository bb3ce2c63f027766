//! Keys that nothing reads: misspelt, in the wrong mapping, or of other tools.

use super::error::{ConfigError, ConfigErrorKind, distance};
use super::origin::{Origin, named};
use super::settings::{Settings, ends_of_services, is_beside, names, todays};
use super::tree::{Node, Table, Value};

/// Refuses what is close to the name of a setting that is not given, warns of what is probably not meant so, and
/// leaves the rest, which belongs to other tools. Both mappings have only what nothing has read.
pub(super) fn check(
    settings: &Settings,
    beside: &Table,
    auth: &mut Table,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    for (key, node) in auth.iter() {
        if is_beside(key) {
            warnings.push(format!(
                "{} means nothing below `auth`: put it beside `auth`",
                named(key, &node.origin)
            ));
        } else {
            check_key(settings, key, node, warnings)?;
        }
    }
    for (key, node) in beside.iter() {
        check_key(settings, key, node, warnings)?;
    }
    hide_pieces(auth, warnings);
    Ok(())
}

fn check_key(
    settings: &Settings,
    key: &str,
    node: &Node,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    if let Some(meant) = near(key).or_else(|| near_of_a_service(key)) {
        let named = named(key, &node.origin);
        let meant_today = todays(&meant);
        if settings.is_given(meant_today) {
            warnings.push(format!("{named} is not read; `{meant_today}` is"));
            return Ok(());
        }
        return Err(ConfigError::new(
            ConfigErrorKind::Unknown,
            format!("{named} is no setting"),
            format!("did you mean `{}`?", spelt(&meant, &node.origin)),
            [node.origin.clone()],
        ));
    }
    let longer: Vec<&str> = names()
        .filter(|name| {
            name.strip_prefix(key)
                .and_then(|rest| rest.strip_prefix('_'))
                .is_some_and(|rest| !rest.contains('_'))
        })
        .collect();
    if !longer.is_empty() && !longer.iter().any(|name| settings.is_given(todays(name))) {
        let longer = longer
            .iter()
            .map(|name| format!("`{}`", spelt(name, &node.origin)));
        warnings.push(format!(
            "{} is not read; did you mean {}?",
            named(key, &node.origin),
            longer.collect::<Vec<_>>().join(" or ")
        ));
    }
    Ok(())
}

/// As the place where it stands spells it.
fn spelt(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::Variable(_) => format!("OS_{}", key.to_uppercase()),
        _ => key.to_owned(),
    }
}

/// The setting that differs in a letter, or in two if it is long, or in how words are set apart.
fn near(key: &str) -> Option<String> {
    let known = names().chain(["auth", "profile", "regions"]);
    let near = known.filter(|known| is_near(key, known) || letters(key).eq(letters(known)));
    let nearest = near.min_by_key(|known| distance(key, known));
    nearest.map(str::to_owned)
}

/// `projectId` and `PROJECT_ID` have those of `project_id`.
fn letters(key: &str) -> impl Iterator<Item = char> {
    let letters = key.chars().filter(|c| c.is_alphanumeric());
    letters.map(|c| c.to_ascii_lowercase())
}

fn near_of_a_service(key: &str) -> Option<String> {
    let ends = key.match_indices('_').filter(|(at, _)| *at > 0);
    ends.into_iter().find_map(|(at, _)| {
        let (service, end) = key.split_at(at);
        let known = ends_of_services().find(|known| is_near(end, known))?;
        Some(format!("{service}{known}"))
    })
}

fn is_near(key: &str, known: &str) -> bool {
    (1..=(known.len() / 4).min(2)).contains(&distance(key, known))
}

/// A key without a value may be a piece of a password with a comma in it: it is not shown.
fn hide_pieces(table: &mut Table, warnings: &mut Vec<String>) {
    for (key, node) in table.iter_mut() {
        if matches!(node.value, Value::Null) {
            warnings.push(format!(
                "there is a key without a value at {}: if it is a part of the value before it, put quotes \
                 around that value",
                node.origin
            ));
            "[key without a value]".clone_into(key);
        }
    }
}
