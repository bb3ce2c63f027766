//! The unauthenticated small endpoints: versions, JSON Home, change of password.

use http::header::{ACCEPT, LOCATION};
use serde_json::{Map, Value, json};

use crate::clock::timestamp;
use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::revocation::Hits;
use crate::schema;
use crate::wire::{self, Reply, Request};

const JSON_HOME: &str = "application/json-home";

/// Since release 30.
const USER_TOKENS: &str = "rel/user_tokens";

/// Relations of JSON Home and where they lead, for the endpoints that this server has.
const RELATIONS: [(&str, &str); 9] = [
    ("rel/auth_tokens", "/auth/tokens"),
    ("rel/auth_catalog", "/auth/catalog"),
    ("rel/auth_projects", "/auth/projects"),
    ("rel/auth_domains", "/auth/domains"),
    ("rel/auth_system", "/auth/system"),
    (
        "ext/OS-FEDERATION/1.0/rel/projects",
        "/OS-FEDERATION/projects",
    ),
    (
        "ext/OS-FEDERATION/1.0/rel/domains",
        "/OS-FEDERATION/domains",
    ),
    (USER_TOKENS, "/users/{user_id}/tokens"),
    ("rel/user_change_password", "/users/{user_id}/password"),
];

impl Identity {
    /// `GET /`
    pub(crate) fn versions(&self, request: &Request) -> Reply {
        if prefers_json_home(request) {
            return self.json_home("/v3");
        }
        let mut reply = wire::json(
            300,
            &json!({ "versions": { "values": [self.version_3()] } }),
        );
        wire::set(
            reply.headers_mut(),
            LOCATION,
            &format!("{}/v3/", self.base_url),
        );
        reply
    }

    /// `GET /v3`
    pub(crate) fn version(&self, request: &Request) -> Reply {
        if prefers_json_home(request) {
            self.json_home("")
        } else {
            wire::json(200, &json!({ "version": self.version_3() }))
        }
    }

    fn json_home(&self, prefix: &str) -> Reply {
        let base = "https://docs.openstack.org/api/openstack-identity/3";
        let resource = |(relation, path): &(&str, &str)| {
            let target = if path.contains('{') {
                json!({
                    "href-template": format!("{prefix}{path}"),
                    "href-vars": { "user_id": format!("{base}/param/user_id") },
                })
            } else {
                json!({ "href": format!("{prefix}{path}") })
            };
            (format!("{base}/{relation}"), target)
        };
        let resources: Map<String, Value> = RELATIONS
            .iter()
            .filter(|(relation, _)| *relation != USER_TOKENS || !self.settings.before_release_30)
            .map(resource)
            .collect();
        wire::reply(
            200,
            JSON_HOME,
            json!({ "resources": resources }).to_string(),
        )
    }

    fn version_3(&self) -> Value {
        json!({
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{ "rel": "self", "href": format!("{}/v3/", self.base_url) }],
            "media-types": [{
                "base": "application/json",
                "type": "application/vnd.openstack.identity-v3+json",
            }],
        })
    }

    /// `POST /v3/users/{id}/password`: works with an expired password too, and ends all tokens of the user.
    pub(crate) fn change_password(&mut self, user_id: &str, body: &Value) -> Outcome<Reply> {
        let [original, password] = schema::check_passwords(body)?;
        let user = self
            .world
            .users
            .get_mut(user_id)
            .filter(|user| user.has_password(Some(original)))
            .ok_or_else(ApiError::unauthorized)?;
        if !user.enabled {
            return Err(ApiError::unauthorized_because(format!(
                "The account is disabled for user: {user_id}."
            )));
        }
        user.password = Some(password.to_owned());
        user.password_expires_at = user
            .password_expires_at
            .filter(|end| timestamp(*end) > timestamp(self.clock.now()));
        self.revoke(Hits::User(user_id.to_owned()));
        Ok(wire::reply(204, "", ""))
    }
}

/// JSON Home is given only to those who like it better than JSON.
fn prefers_json_home(request: &Request) -> bool {
    let accept = request.header(ACCEPT.as_str()).unwrap_or_default();
    quality(&accept, JSON_HOME) > quality(&accept, "application/json")
}

/// How much an `Accept` header likes a media type: from 0 to 1, and how closely it names it; the best of the ranges that
/// match.
fn quality(accept: &str, media_type: &str) -> (f32, u8) {
    let one = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let closeness = match parts.next()? {
            name if name == media_type => 2,
            "application/*" => 1,
            "*/*" => 0,
            _ => return None,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(Some(1.0), |q| q.parse().ok());
        Some((weight.filter(|weight| *weight > 0.0)?, closeness))
    };
    let ranges = accept.split(',').filter_map(one);
    ranges.fold(
        (0.0, 0),
        |best, range| if range > best { range } else { best },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation() {
        let home = |accept| quality(accept, JSON_HOME) > quality(accept, "application/json");
        assert!(home("application/json-home"));
        assert!(home("application/json;q=0.5, application/json-home"));
        assert!(home("application/json-home,*/*"));
        assert!(!home("application/json, application/json-home"));
        assert!(!home("*/*"));
        assert!(!home(""));
        assert!(!home("text/html"));
    }
}
