use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::*;
use crate::exchange::event::Observer;
use crate::identity::v3::auth::{Credentials, Password};
use crate::store::cache::CacheSettings;
use crate::store::{MemoryStore, Sealing};

/// Doubts each token until it has waited, and another client logs in meanwhile.
struct Doubting<'s> {
    slot: &'s Slot,
    waits: bool,
    has_waited: AtomicBool,
}

impl Judge for Doubting<'_> {
    fn judge(&self, _: &AuthToken) -> Verdict {
        match self.has_waited.load(Ordering::Relaxed) {
            true => Verdict::Good,
            false => Verdict::Old,
        }
    }

    async fn hold_back(&self) -> bool {
        if self.waits {
            let theirs = token("theirs");
            let put = self.slot.put(&theirs, Duration::from_secs(60), None).await;
            assert!(put.is_ok());
            self.has_waited.store(true, Ordering::Relaxed);
        }
        self.waits
    }

    fn time_to_live(&self, _: &AuthToken) -> Duration {
        Duration::from_secs(60)
    }

    async fn confirm(&self, token: &AuthToken) -> Result<AuthToken, Verdict> {
        Ok(token.clone())
    }
}

fn token(id: &str) -> AuthToken {
    let user = json!({"id": "u1", "name": "ada", "domain": {"id": "default", "name": "Default"}});
    AuthToken::from_export(json!({
        "format": 1,
        "auth_url": "https://keystone.example:5000/v3",
        "id": id,
        "token": {
            "methods": ["password"],
            "user": user,
            "audit_ids": ["a1"],
            "issued_at": "2030-01-01T00:00:00.000000Z",
            "expires_at": "2030-01-01T01:00:00.000000Z",
        },
    }))
    .unwrap()
}

#[tokio::test]
async fn what_came_while_a_login_was_held_back_is_taken_in_its_place() {
    for (waits, expected) in [(true, "theirs"), (false, "ours")] {
        let settings = CacheSettings {
            store: Some(std::sync::Arc::new(MemoryStore::new())),
            sealing: Sealing::Never,
            ..CacheSettings::default()
        };
        let cache = settings.cache(&Observer::default()).unwrap();
        let credentials = Credentials::from(Password::by_id("u1", "secret"));
        let slot = cache.slot("https://keystone.example:5000/v3", &credentials, None);
        let slot = slot.unwrap();
        let judge = Doubting {
            slot: &slot,
            waits,
            has_waited: AtomicBool::new(false),
        };
        let (token, _) = slot
            .obtain(&judge, async { Ok(token("ours")) })
            .await
            .unwrap();
        assert_eq!(token.id().expose(), expected);
        let lease = slot.lease(LEASE).await;
        assert!(matches!(lease, Ok(Some(_))), "the lease is free again");
    }
}
