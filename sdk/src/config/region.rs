//! The regions of a cloud, and what is different in each.

use super::error::{ConfigError, ConfigErrorKind, did_you_mean};
use super::origin::Origin;
use super::tree::{Node, Table, Value};
use crate::runtime::foreign::shown;

/// A region, and its values.
pub(super) struct Region {
    pub(super) name: String,
    origin: Origin,
    /// A mistake in one region matters to no other.
    values: Result<Table, ConfigError>,
}

/// The regions that the cloud names, else those of its profile.
pub(super) fn known(cloud: &Table, vendor: &Table) -> Result<Vec<Region>, ConfigError> {
    for layer in [cloud, vendor] {
        if let Some(node) = layer.get("regions") {
            return listed(node);
        }
        if let Some(node) = layer.get("region_name") {
            return match &node.value {
                Value::List(_) => listed(node),
                _ => separated(node),
            };
        }
    }
    Ok(Vec::new())
}

/// A list of names, or of names with values.
fn listed(node: &Node) -> Result<Vec<Region>, ConfigError> {
    let wanted = "a list of region names, or of tables with `name` and `values`";
    match &node.value {
        Value::Null => Ok(Vec::new()),
        Value::List(items) => items
            .iter()
            .map(|item| match &item.value {
                Value::Text(name) => Ok(Region {
                    name: name.expose().to_owned(),
                    origin: item.origin.clone(),
                    values: Ok(Table::default()),
                }),
                Value::Table(table) => with_values(item, table),
                Value::Wrong(error) => Err(error.clone()),
                Value::Null | Value::List(_) => Err(item.wrong("a region", wanted)),
            })
            .collect(),
        Value::Wrong(error) => Err(error.clone()),
        Value::Text(_) | Value::Table(_) => Err(node.wrong("regions", wanted)),
    }
}

fn with_values(item: &Node, table: &Table) -> Result<Region, ConfigError> {
    let mut table = table.clone();
    let name = table.remove("name");
    let values = table.remove("values");
    let (Some(name), true) = (name, table.is_empty()) else {
        return Err(item.wrong("a region", "a table with `name` and `values` alone"));
    };
    Ok(Region {
        name: name.as_text("name")?.unwrap_or_default().to_owned(),
        origin: name.origin,
        values: match values {
            Some(values) => values
                .check()
                .and_then(|()| values.into_table("values"))
                .map(Table::with_plain_keys),
            None => Ok(Table::default()),
        },
    })
}

/// Names with commas between them, as was once the way.
fn separated(node: &Node) -> Result<Vec<Region>, ConfigError> {
    let text = node.as_text("region_name")?.unwrap_or_default();
    let several = text.contains(',');
    let names = text.split(',').filter(|name| !name.trim().is_empty());
    // The space around a single one is told later.
    Ok(names
        .map(|name| if several { name.trim() } else { name })
        .map(|name| Region {
            name: name.to_owned(),
            origin: node.origin.clone(),
            values: Ok(Table::default()),
        })
        .collect())
}

/// The region that is wanted, else the first.
pub(super) fn choose(
    regions: Vec<Region>,
    wanted: Option<(&str, Origin)>,
    cloud: &str,
) -> Result<Option<Region>, ConfigError> {
    let Some((name, origin)) = wanted else {
        return Ok(regions.into_iter().next());
    };
    let names: Vec<String> = regions.iter().map(|region| region.name.clone()).collect();
    if names.is_empty() || matches!(&origin, Origin::Variable(_) if is_own(&regions, &origin)) {
        return Ok(regions.into_iter().next().or_else(|| {
            Some(Region {
                name: name.to_owned(),
                origin,
                values: Ok(Table::default()),
            })
        }));
    }
    let same = |region: &Region| region.name.trim() == name.trim();
    match regions.into_iter().find(same) {
        Some(region) => Ok(Some(region)),
        None => Err(ConfigError::new(
            ConfigErrorKind::Unknown,
            format!(
                "the cloud `{cloud}` has no region `{}` ({origin})",
                shown(name, &[])
            ),
            format!(
                "it has {}{}",
                names.join(", "),
                did_you_mean(name, names.iter().map(String::as_str))
            ),
            [origin],
        )),
    }
}

/// Whether the regions are those of the variable that asks for one of them.
fn is_own(regions: &[Region], origin: &Origin) -> bool {
    regions.iter().all(|region| region.origin == *origin)
}

/// Lays the region's values over the cloud's, and sets its name.
pub(super) fn apply(region: Option<Region>, config: &mut Table) -> Result<(), ConfigError> {
    let Some(region) = region else {
        return Ok(());
    };
    let values = region
        .values?
        .into_iter()
        .filter(|(_, node)| !matches!(node.value, Value::Null))
        .collect();
    config.update(values)?;
    let same = config
        .get("region_name")
        .is_some_and(|node| node.origin == region.origin);
    if same {
        config.remove("region_name");
    }
    config.insert("region_name", Node::text(region.name, region.origin));
    Ok(())
}
