//! What placeholders stand for on one server.

use tests::world::{Account, Failure};

use crate::side::{Side, auth, password};

/// A user that one request may do anything to, and a token of it.
struct Fresh {
    account: Account,
    token: String,
}

/// The values of one server for one request.
pub struct Values<'s> {
    side: &'s Side,
    fresh: Option<Fresh>,
}

impl<'s> Values<'s> {
    pub async fn new(side: &'s Side, fresh: bool) -> Result<Self, Failure> {
        if !fresh {
            return Ok(Self { side, fresh: None });
        }
        let account = side
            .world
            .fresh_user_in("generated", &side.world.domain)
            .await?;
        let token = side.token(&auth(&password(&account))).await?;
        let fresh = Some(Fresh { account, token });
        Ok(Self { side, fresh })
    }

    /// The text with values in place of placeholders.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('«') {
            filled.push_str(before);
            match after.split_once('»') {
                Some((name, tail)) => {
                    filled.push_str(&self.value(name));
                    rest = tail;
                }
                None => rest = after,
            }
        }
        filled.push_str(rest);
        filled
    }

    fn value(&self, name: &str) -> String {
        let (world, tokens) = (&self.side.world, &self.side.tokens);
        let value = match name.split_once('.') {
            Some(("fresh", part)) => self.fresh.as_ref().and_then(|fresh| match part {
                "token" => Some(fresh.token.clone()),
                _ => account(&fresh.account, part),
            }),
            Some(("user", part)) => account(&world.user, part),
            Some(("admin", part)) => account(&world.admin, part),
            Some(("trustee", part)) => account(&world.trustee, part),
            Some(("disabled", part)) => account(&world.disabled_user, part),
            Some(("defaulter", part)) => account(&world.default_project_user, part),
            Some(("totp", "passcode")) => Some(world.passcode(&world.totp_secret)),
            Some(("totp", part)) => account(&world.totp_user, part),
            Some(("mfa", "passcode")) => Some(world.passcode(&world.mfa_secret)),
            Some(("mfa", "receipt")) => Some(tokens.receipt.clone()),
            Some(("mfa", part)) => account(&world.mfa_user, part),
            Some(("project", "id")) => Some(world.project.id.clone()),
            Some(("project", "name")) => Some(world.project.name.clone()),
            Some(("project", "disabled")) => Some(world.disabled_project.id.clone()),
            Some(("project", "foreign")) => Some(world.foreign_project.id.clone()),
            Some(("domain", "id")) => Some(world.domain.id.clone()),
            Some(("domain", "name")) => Some(world.domain.name.clone()),
            Some(("trust", "id")) => Some(world.trust_id.clone()),
            Some(("credential", part)) => credential(&world.application_credential, part),
            Some(("token", part)) => token(tokens, part),
            _ => None,
        };
        value.unwrap_or_else(|| panic!("no value for the placeholder {name}"))
    }
}

fn account(account: &Account, part: &str) -> Option<String> {
    match part {
        "id" => Some(account.id.clone()),
        "name" => Some(account.name.clone()),
        "password" => Some(account.password.clone()),
        _ => None,
    }
}

fn credential(credential: &tests::world::Credential, part: &str) -> Option<String> {
    match part {
        "id" => Some(credential.id.clone()),
        "name" => Some(credential.name.clone()),
        "secret" => Some(credential.secret.clone()),
        _ => None,
    }
}

fn token(tokens: &crate::side::Tokens, part: &str) -> Option<String> {
    match part {
        "admin" => Some(tokens.admin.clone()),
        "system" => Some(tokens.admin_system.clone()),
        "reader" => Some(tokens.system_reader.clone()),
        "service" => Some(tokens.service.clone()),
        "unscoped" => Some(tokens.unscoped.clone()),
        "project" => Some(tokens.project.clone()),
        "domain" => Some(tokens.domain.clone()),
        "credential" => Some(tokens.application_credential.clone()),
        "limited" => Some(tokens.limited.clone()),
        "trust" => Some(tokens.trust.clone()),
        "impersonating" => Some(tokens.impersonating.clone()),
        _ => None,
    }
}
