//! The state of a server: its world, its settings, and the tokens and receipts that it gave out.

use std::collections::HashMap;
use std::time::Duration;

use super::clock::Clock;
use super::mfa::Receipt;
use super::revocation::Event;
use super::tokens::Token;
use super::world::World;

/// How long an expired token can still be validated with `allow_expired`.
pub(super) const ALLOW_EXPIRED_WINDOW: i64 = 48 * 3600;

/// What an operator configures.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) token_lifetime: Duration,
    pub(super) receipt_lifetime: Duration,
    /// The enabled methods, in the order in which errors list them.
    pub(super) methods: Vec<String>,
    pub(super) allow_rescope_scoped_token: bool,
    /// Whether `X-Test-Remote-User` stands for a user whom the web server has authenticated.
    pub(super) remote_user_header: bool,
    /// Steps before the present one whose passcodes still count.
    pub(super) totp_previous_windows: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let methods = [
            "external",
            "password",
            "token",
            "oauth1",
            "mapped",
            "totp",
            "application_credential",
            "ec2credential",
        ];
        Self {
            token_lifetime: Duration::from_secs(3600),
            receipt_lifetime: Duration::from_secs(300),
            methods: methods.map(str::to_owned).to_vec(),
            allow_rescope_scoped_token: true,
            remote_user_header: false,
            totp_previous_windows: 1,
        }
    }
}

/// An Identity service without its wire: requests in, answers out.
pub(super) struct Identity {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    /// `http://127.0.0.1:PORT`
    pub(super) base_url: String,
    pub(super) world: World,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) receipts: HashMap<String, Receipt>,
    pub(super) events: Vec<Event>,
}

impl Identity {
    pub(super) fn new(settings: Settings, clock: Clock, base_url: String, world: World) -> Self {
        Self {
            settings,
            clock,
            base_url,
            world,
            tokens: HashMap::new(),
            receipts: HashMap::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn method_enabled(&self, method: &str) -> bool {
        self.settings
            .methods
            .iter()
            .any(|enabled| enabled == method)
    }
}
