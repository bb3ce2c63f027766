//! Values as files and variables give them, each with its origin and what it took the place of.

use std::collections::HashMap;

use crate::runtime::Secret;

use super::error::{ConfigError, ConfigErrorKind};
use super::origin::{Origin, named};

/// A value. All text is secret until its key says otherwise.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    /// A scalar, as it was written, without its quotes.
    Text(Secret),
    List(Vec<Node>),
    Table(Table),
    /// It can't be told what it is. That matters only to a cloud that it belongs to.
    Wrong(ConfigError),
}

/// A value, where it comes from, and where the values came from whose place it took.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
    pub(super) overrode: Vec<Origin>,
}

impl Node {
    pub(super) fn new(value: Value, origin: Origin) -> Self {
        Node {
            value,
            origin,
            overrode: Vec::new(),
        }
    }

    pub(super) fn text(text: impl Into<String>, origin: Origin) -> Self {
        Node::new(Value::Text(Secret::new(text)), origin)
    }

    /// The table that this is; nothing at all is an empty one.
    pub(super) fn into_table(self, key: &str) -> Result<Table, ConfigError> {
        match self.value {
            Value::Table(table) => Ok(table),
            Value::Null => Ok(Table::default()),
            Value::Wrong(error) => Err(error),
            Value::Text(_) | Value::List(_) => Err(self.wrong(key, "a table of settings")),
        }
    }

    /// The text that this is, if it is anything.
    pub(super) fn as_text(&self, key: &str) -> Result<Option<&str>, ConfigError> {
        match &self.value {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.expose())),
            Value::Wrong(error) => Err(error.clone()),
            Value::List(_) | Value::Table(_) => Err(self.wrong(key, "text")),
        }
    }

    /// Whether it is known what this is, and all in it.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match &self.value {
            Value::Wrong(error) => Err(error.clone()),
            Value::List(items) => items.iter().try_for_each(Node::check),
            Value::Table(table) => table.iter().try_for_each(|(_, node)| node.check()),
            Value::Null | Value::Text(_) => Ok(()),
        }
    }

    /// It is not what it should be.
    pub(super) fn wrong(&self, key: &str, wanted: &str) -> ConfigError {
        ConfigError::new(
            ConfigErrorKind::Invalid,
            format!("{} is not {wanted}", named(key, &self.origin)),
            format!("write {wanted} there"),
            [self.origin.clone()],
        )
    }

    /// Takes the place of another.
    pub(super) fn over(mut self, other: Node) -> Self {
        self.overrode.push(other.origin);
        self.overrode.extend(other.overrode);
        self
    }
}

/// Keys and values, in the order in which they were first given.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(Vec<(String, Node)>);

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// Adds a value whose key isn't there yet.
    pub(super) fn push(&mut self, key: String, node: Node) {
        self.0.push((key, node));
    }

    /// Puts another value where one was added.
    pub(super) fn replace(&mut self, at: usize, node: Node) {
        if let Some((_, slot)) = self.0.get_mut(at) {
            *slot = node;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(key, node)| (key.as_str(), node))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&mut String, &Node)> {
        self.0.iter_mut().map(|(key, node)| (key, &*node))
    }

    /// Sets a value; the new one knows whose place it took.
    pub(super) fn insert(&mut self, key: impl Into<String>, node: Node) {
        let key = key.into();
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => {
                let old = std::mem::replace(slot, Node::new(Value::Null, Origin::Default));
                *slot = node.over(old);
            }
            None => self.0.push((key, node)),
        }
    }

    /// Lays another table over this one, and tables in it over tables in this one.
    pub(super) fn merge(&mut self, other: Table) {
        let names = self.0.iter().enumerate();
        let places: HashMap<String, usize> =
            names.map(|(at, (name, _))| (name.clone(), at)).collect();
        for (key, node) in other.0 {
            match places.get(&key).and_then(|at| self.0.get_mut(*at)) {
                Some((_, slot)) => {
                    let under = std::mem::replace(slot, Node::new(Value::Null, Origin::Default));
                    *slot = lay_over(under, node, &key);
                }
                None => self.0.push((key, node)),
            }
        }
    }

    /// Lays another layer over this one: values take the place of values, but those in `auth` one by
    /// one.
    pub(super) fn update(&mut self, layer: Table) -> Result<(), ConfigError> {
        for (key, node) in layer.0 {
            if key != "auth" {
                self.insert(key, node);
                continue;
            }
            let mut auth = match self.remove("auth") {
                Some(old) => old.into_table("auth")?,
                None => Table::default(),
            };
            let origin = node.origin.clone();
            for (key, node) in node.into_table("auth")?.0 {
                auth.insert(key, node);
            }
            self.insert("auth", Node::new(Value::Table(auth), origin));
        }
        Ok(())
    }

    /// The same with `_` for `-` in its keys, and in those of `auth`.
    pub(super) fn with_plain_keys(self) -> Table {
        let mut plain = Table::default();
        for (key, mut node) in self.0 {
            let key = key.replace('-', "_");
            if let (Value::Table(table), "auth") = (&mut node.value, key.as_str()) {
                *table = std::mem::take(table).with_plain_keys();
            }
            plain.insert(key, node);
        }
        plain
    }
}

/// One value laid over another of the same key.
fn lay_over(mut under: Node, over: Node, key: &str) -> Node {
    match (&mut under.value, over.value) {
        (Value::Wrong(_), _) => {}
        (Value::Table(under), Value::Table(over)) => under.merge(over),
        (Value::Table(_), Value::Null) => {}
        (value, Value::Wrong(error)) => *value = Value::Wrong(error),
        (Value::Table(_), _) | (Value::Text(_) | Value::List(_), Value::Table(_)) => {
            under.value = Value::Wrong(ConfigError::new(
                ConfigErrorKind::Conflict,
                format!(
                    "`{key}` is a table of settings in one place and a plain value in the other: {} \
                     and {}",
                    under.origin, over.origin
                ),
                "give both the same shape".to_owned(),
                [under.origin.clone(), over.origin],
            ));
        }
        (_, value) => return Node { value, ..over }.over(under),
    }
    under
}

impl FromIterator<(String, Node)> for Table {
    fn from_iter<I: IntoIterator<Item = (String, Node)>>(entries: I) -> Self {
        let mut table = Table::default();
        for (key, node) in entries {
            table.insert(key, node);
        }
        table
    }
}

impl IntoIterator for Table {
    type Item = (String, Node);
    type IntoIter = std::vec::IntoIter<(String, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
