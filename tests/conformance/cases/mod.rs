//! The table of cases.

mod bodies;
mod changes;
mod credential_types;
mod credentials;
mod delegations;
mod discovery;
mod gateway;
mod lists;
mod login;
mod mfa;
mod passwords;
mod rescope;
mod revoke;
mod scopes;
mod validate;

use crate::side::{Call, Flow, Side};

/// One thing to try.
#[derive(Clone)]
pub struct Case {
    pub name: &'static str,
    /// The status that the reference says.
    pub status: u16,
    pub act: Act,
    /// Whether Keystone trips over it and answers 500, which is not imitated.
    pub crashes: bool,
}

impl Case {
    /// Keystone trips over this.
    fn crashing(self) -> Self {
        Self {
            crashes: true,
            ..self
        }
    }
}

/// How to try it.
#[derive(Clone, Copy)]
pub enum Act {
    /// One request.
    Call(fn(&Side) -> Call),
    /// Several; the last answer counts.
    Flow(for<'s> fn(&'s Side) -> Flow<'s>),
}

fn call(name: &'static str, status: u16, call: fn(&Side) -> Call) -> Case {
    Case {
        name,
        status,
        act: Act::Call(call),
        crashes: false,
    }
}

fn flow(name: &'static str, status: u16, flow: for<'s> fn(&'s Side) -> Flow<'s>) -> Case {
    Case {
        name,
        status,
        act: Act::Flow(flow),
        crashes: false,
    }
}

/// All cases.
pub fn all() -> Vec<Case> {
    let tables = [
        discovery::cases(),
        gateway::cases(),
        bodies::cases(),
        login::cases(),
        scopes::cases(),
        credentials::cases(),
        credential_types::cases(),
        mfa::cases(),
        rescope::cases(),
        validate::cases(),
        revoke::cases(),
        changes::cases(),
        delegations::cases(),
        passwords::cases(),
        lists::cases(),
    ];
    tables.into_iter().flatten().collect()
}
