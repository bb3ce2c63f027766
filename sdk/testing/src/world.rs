//! The tables behind the server and the look-ups in them.

use std::collections::BTreeSet;

use crate::delegation::{ApplicationCredential, Trust};
use crate::entities::{Domain, Project, Role, Target, User};
use crate::services::Service;

/// A table with the order of insertion.
pub(crate) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A row with an id.
pub(crate) trait Row {
    fn id(&self) -> &str;
}

macro_rules! rows {
    ($($row:ty),*) => { $(impl Row for $row { fn id(&self) -> &str { &self.id } })* };
}
rows!(
    ApplicationCredential,
    Domain,
    Project,
    Role,
    Service,
    Trust,
    User
);

impl<T: Row> Table<T> {
    /// Adds a row; one with the same id is replaced.
    pub(crate) fn insert(&mut self, row: T) {
        match self.0.iter_mut().find(|old| old.id() == row.id()) {
            Some(old) => *old = row,
            None => self.0.push(row),
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.0.iter().find(|row| row.id() == id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|row| row.id() == id)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let index = self.0.iter().position(|row| row.id() == id)?;
        Some(self.0.remove(index))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
    }
}

/// A role that a user has on something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) role_id: String,
    pub(crate) user_id: String,
    pub(crate) target: Target,
}

/// All that the server knows, save for tokens and receipts.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) domains: Table<Domain>,
    pub(crate) users: Table<User>,
    pub(crate) projects: Table<Project>,
    pub(crate) roles: Table<Role>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) application_credentials: Table<ApplicationCredential>,
    pub(crate) trusts: Table<Trust>,
    pub(crate) services: Table<Service>,
}

impl World {
    pub(crate) fn domain_by_name(&self, name: &str) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.name == name)
    }

    pub(crate) fn user_by_name(&self, name: &str, domain_id: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.name == name && user.domain_id == domain_id)
    }

    pub(crate) fn project_by_name(&self, name: &str, domain_id: &str) -> Option<&Project> {
        self.projects
            .iter()
            .find(|project| project.name == name && project.domain_id.as_deref() == Some(domain_id))
    }

    pub(crate) fn role_by_name(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// The roles that were assigned to a user on `target`, without the implied ones.
    pub(crate) fn assigned<'w>(
        &'w self,
        user_id: &'w str,
        target: &'w Target,
    ) -> impl Iterator<Item = &'w str> {
        self.assignments
            .iter()
            .filter(move |assignment| assignment.user_id == user_id && assignment.target == *target)
            .map(|assignment| assignment.role_id.as_str())
    }

    /// `role_ids` with all that they imply, each once.
    pub(crate) fn with_implied<'a>(
        &self,
        role_ids: impl IntoIterator<Item = &'a str>,
    ) -> Vec<&Role> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut open: Vec<&Role> = role_ids
            .into_iter()
            .filter_map(|id| self.roles.get(id))
            .collect();
        while let Some(role) = open.pop() {
            if seen.insert(role.id.as_str()) {
                open.extend(
                    role.implies
                        .iter()
                        .filter_map(|name| self.role_by_name(name)),
                );
                found.push(role);
            }
        }
        found
    }

    /// The roles that a user has on `target`, with the implied ones.
    pub(crate) fn effective_roles(&self, user_id: &str, target: &Target) -> Vec<&Role> {
        self.with_implied(self.assigned(user_id, target))
    }

    /// Adds an application credential; without a list of roles it gets all that its user has on its project.
    pub(crate) fn insert_application_credential(&mut self, mut credential: ApplicationCredential) {
        if credential.roles.is_none() {
            let target = Target::Project(credential.project_id.clone().unwrap_or_default());
            let roles = self.effective_roles(&credential.user_id, &target);
            credential.roles = Some(roles.into_iter().map(|role| role.id.clone()).collect());
        }
        self.application_credentials.insert(credential);
    }
}
