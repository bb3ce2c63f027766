//! Which cloud it is, and what to say if that can't be told.

use super::error::{ConfigError, ConfigErrorKind, did_you_mean};
use super::files::Places;
use super::origin::Origin;
use super::tree::{Node, Table};
use crate::runtime::foreign::shown;

/// All clouds that there are.
pub(super) struct Sources<'a> {
    pub(super) clouds: Table,
    pub(super) variables: Option<Table>,
    pub(super) variables_name: String,
    pub(super) places: &'a Places,
}

/// The cloud that it is.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) from_variables: bool,
    pub(super) layer: Table,
}

/// The cloud that the program names, else the one that `OS_CLOUD` names, else the one that variables
/// describe, else the only one.
pub(super) fn choose(
    sources: Sources<'_>,
    program: Option<&str>,
    variable: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<Chosen, ConfigError> {
    if let Some(clash) = sources.clouds.get(&sources.variables_name) {
        return Err(names_clash(&sources.variables_name, clash));
    }
    let named = program
        .map(|name| (name, Origin::Program))
        .or_else(|| variable.map(|name| (name, Origin::Variable("OS_CLOUD".to_owned()))));
    match (named, sources.variables.is_some()) {
        (Some((name, origin)), _) => by_name(sources, name, origin),
        (None, true) => {
            if !sources.clouds.is_empty() {
                warnings.push(format!(
                    "the clouds in files are not used, as variables describe one and OS_CLOUD is \
                     not set: {}",
                    list(&sources.clouds)
                ));
            }
            let name = sources.variables_name.clone();
            by_name(sources, &name, Origin::Default)
        }
        (None, false) => only_one(sources),
    }
}

fn by_name(mut sources: Sources<'_>, name: &str, origin: Origin) -> Result<Chosen, ConfigError> {
    if name == sources.variables_name
        && let Some(layer) = sources.variables
    {
        return Ok(Chosen {
            name: name.to_owned(),
            from_variables: true,
            layer: {
                layer.iter().try_for_each(|(_, node)| node.check())?;
                layer
            },
        });
    }
    match sources.clouds.remove(name) {
        Some(node) => of_file(name, node),
        None => Err(no_cloud(&sources.clouds, sources.places, name, origin)),
    }
}

fn only_one(mut sources: Sources<'_>) -> Result<Chosen, ConfigError> {
    let names: Vec<String> = sources.clouds.keys().map(str::to_owned).collect();
    let message = match names.as_slice() {
        [] => {
            return Err(ConfigError::new(
                ConfigErrorKind::NoCloud,
                format!(
                    "no cloud is configured: no clouds.yaml (.yml, .json) that can be read in {} has \
                     clouds in it, and OS_AUTH_URL is not set",
                    sources.places.list()
                ),
                "write a clouds.yaml, or set the variables OS_AUTH_URL, OS_USERNAME and so on"
                    .to_owned(),
                [],
            ));
        }
        [only] => match sources.clouds.remove(only) {
            Some(node) => return of_file(only, node),
            None => String::new(),
        },
        several => format!("there are several clouds: {}", several.join(", ")),
    };
    Err(ConfigError::new(
        ConfigErrorKind::NoCloud,
        message,
        "set OS_CLOUD to the name of one, or name it in `from_cloud`".to_owned(),
        sources.clouds.iter().map(|(_, node)| node.origin.clone()),
    ))
}

fn of_file(name: &str, node: Node) -> Result<Chosen, ConfigError> {
    Ok(Chosen {
        name: name.to_owned(),
        from_variables: false,
        layer: {
            node.check()?;
            node.into_table(name)?.with_plain_keys()
        },
    })
}

fn names_clash(name: &str, node: &Node) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Conflict,
        format!(
            "the cloud `{name}` ({}) has the name that means the cloud that variables describe",
            node.origin
        ),
        "rename it, or set OS_CLOUD_NAME to another name".to_owned(),
        [
            node.origin.clone(),
            Origin::Variable("OS_CLOUD_NAME".to_owned()),
        ],
    )
}

fn no_cloud(clouds: &Table, places: &Places, name: &str, origin: Origin) -> ConfigError {
    let from = match &origin {
        Origin::Variable(variable) => format!(" ({variable})"),
        _ => String::new(),
    };
    let help = match clouds.is_empty() {
        true => format!(
            "no clouds.yaml (.yml, .json) that can be read in {} has clouds in it",
            places.list()
        ),
        false => format!(
            "there are {}{}",
            list(clouds),
            did_you_mean(name, clouds.keys())
        ),
    };
    ConfigError::new(
        ConfigErrorKind::Unknown,
        format!("there is no cloud `{}`{from}", shown(name, &[])),
        help,
        [origin],
    )
}

/// The profile is in no file. That matters if it was to give the auth URL.
pub(super) fn no_profile(
    name: &str,
    origin: &Origin,
    profiles: &Table,
    places: &Places,
) -> ConfigError {
    let known = match profiles.is_empty() {
        true => format!(
            "there is no clouds-public.yaml (.yml, .json) with `public-clouds` in {}",
            places.list()
        ),
        false => format!(
            "there are {}{}",
            list(profiles),
            did_you_mean(name, profiles.keys())
        ),
    };
    ConfigError::new(
        ConfigErrorKind::Unknown,
        format!("there is no profile `{}` ({origin})", shown(name, &[])),
        format!(
            "{known}; profiles are read from files alone, neither built in nor fetched, so write it to \
             one, or give `auth_url` in the cloud itself"
        ),
        [origin.clone()],
    )
}

/// Names with their places.
fn list(clouds: &Table) -> String {
    let names = clouds
        .iter()
        .map(|(name, node)| format!("`{name}` ({})", node.origin));
    names.collect::<Vec<_>>().join(", ")
}
