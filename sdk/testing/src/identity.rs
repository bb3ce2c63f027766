//! The state of a server: its world, its settings, and the tokens and receipts that it gave out.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Clock;
use crate::mfa::Receipt;
use crate::revocation::Event;
use crate::tokens::Token;
use crate::world::World;

/// How long an expired token can still be validated with `allow_expired`.
pub(crate) const ALLOW_EXPIRED_WINDOW: i64 = 48 * 3600;

/// What an operator configures.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) token_lifetime: Duration,
    pub(crate) receipt_lifetime: Duration,
    /// The enabled methods, in the order in which errors list them.
    pub(crate) methods: Vec<String>,
    pub(crate) allow_rescope_scoped_token: bool,
    /// Whether `X-Test-Remote-User` stands for a user whom the web server has authenticated.
    pub(crate) remote_user_header: bool,
    /// Whether to behave as releases before 30 do.
    pub(crate) before_release_30: bool,
    /// Steps before the present one whose passcodes still count.
    pub(crate) totp_previous_windows: u64,
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
            before_release_30: false,
            totp_previous_windows: 1,
        }
    }
}

/// An Identity service without its wire: requests in, answers out.
pub(crate) struct Identity {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    /// `http://127.0.0.1:PORT`
    pub(crate) base_url: String,
    pub(crate) world: World,
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) receipts: HashMap<String, Receipt>,
    pub(crate) events: Vec<Event>,
}

impl Identity {
    pub(crate) fn new(settings: Settings, clock: Clock, base_url: String, world: World) -> Self {
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

    pub(crate) fn method_enabled(&self, method: &str) -> bool {
        self.settings
            .methods
            .iter()
            .any(|enabled| enabled == method)
    }
}
