//! Answers that show state: tokens, catalogs, lists.

use serde_json::{Map, Value, json};

use crate::clock::{iso_naive, iso_seconds};
use crate::delegation::{AccessRule, ApplicationCredential};
use crate::entities::{Domain, Project, Role, Target, User};
use crate::error::{ApiError, Outcome};
use crate::identity::Identity;
use crate::services::{Endpoint, Service};
use crate::tokens::{Scope, Token, no_such_credential};

impl Identity {
    /// `{"token": ...}`
    pub(crate) fn render_token(&self, token: &Token, with_catalog: bool) -> Outcome<Value> {
        let mut body = Map::new();
        body.insert("methods".into(), json!(token.methods));
        body.insert("user".into(), self.render_user(self.visible_user(token)?)?);
        let audit_ids: Vec<&String> = [Some(&token.audit_id), token.parent_audit_id.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        body.insert("audit_ids".into(), json!(audit_ids));
        body.insert("expires_at".into(), iso_seconds(token.expires_at).into());
        body.insert("issued_at".into(), iso_seconds(token.issued_at).into());
        self.render_scope(token, &mut body)?;
        if token.scope != Scope::Unscoped {
            body.insert("roles".into(), self.render_roles(token)?);
            if with_catalog {
                body.insert("catalog".into(), self.render_catalog(token)?);
            }
        }
        if let Some(id) = &token.application_credential_id {
            let credential = self
                .world
                .application_credentials
                .get(id)
                .ok_or_else(|| no_such_credential(id))?;
            body.insert(
                "application_credential".into(),
                render_application_credential(credential),
            );
        }
        Ok(json!({ "token": body }))
    }

    /// The user whom a token names: with impersonation the trustor, else the one who logged in.
    pub(crate) fn visible_user(&self, token: &Token) -> Outcome<&User> {
        if let Some(trust_id) = token.scope.trust_id() {
            let trust = self.live_trust_or_spent(trust_id)?;
            if trust.impersonation {
                return self.user(&trust.trustor_user_id);
            }
        }
        self.user(&token.user_id)
    }

    fn live_trust_or_spent(&self, id: &str) -> Outcome<&crate::delegation::Trust> {
        self.world
            .trusts
            .get(id)
            .ok_or_else(|| ApiError::trust_not_found(id))
    }

    fn render_user(&self, user: &User) -> Outcome<Value> {
        Ok(json!({
            "id": user.id,
            "name": user.name,
            "domain": self.domain_ref(&user.domain_id)?,
            "password_expires_at": user.password_expires_at.map(iso_naive),
        }))
    }

    /// `{"id": ..., "name": ...}`
    pub(crate) fn domain_ref(&self, id: &str) -> Outcome<Value> {
        let domain = self
            .world
            .domains
            .get(id)
            .ok_or_else(|| ApiError::no_such("domain", id))?;
        Ok(json!({ "id": domain.id, "name": domain.name }))
    }

    fn render_scope(&self, token: &Token, body: &mut Map<String, Value>) -> Outcome<()> {
        match &token.scope {
            Scope::Unscoped => {}
            Scope::System => {
                body.insert("system".into(), json!({ "all": true }));
            }
            Scope::Domain(id) => {
                body.insert("domain".into(), self.domain_ref(id)?);
            }
            Scope::Project(id) => {
                let project = self.project(id)?;
                body.insert("project".into(), self.project_ref(project)?);
                body.insert("is_domain".into(), project.is_domain.into());
            }
            Scope::Trust {
                trust_id,
                project_id,
            } => {
                let trust = self.live_trust_or_spent(trust_id)?;
                body.insert(
                    "OS-TRUST:trust".into(),
                    json!({
                        "id": trust.id,
                        "impersonation": trust.impersonation,
                        "trustor_user": { "id": trust.trustor_user_id },
                        "trustee_user": { "id": trust.trustee_user_id },
                    }),
                );
                let project = self.project(project_id.as_deref().unwrap_or("None"))?;
                body.insert("project".into(), self.project_ref(project)?);
            }
        }
        Ok(())
    }

    fn project_ref(&self, project: &Project) -> Outcome<Value> {
        let domain = self.domain_ref(project.domain_id.as_deref().unwrap_or_default())?;
        Ok(json!({ "id": project.id, "name": project.name, "domain": domain }))
    }

    fn render_roles(&self, token: &Token) -> Outcome<Value> {
        let full = token.scope.trust_id().is_some();
        let render = |role: &Role| {
            if full {
                let options = if role.immutable {
                    json!({ "immutable": true })
                } else {
                    json!({})
                };
                json!({
                    "id": role.id,
                    "name": role.name,
                    "domain_id": null,
                    "description": role.description,
                    "options": options,
                })
            } else {
                json!({ "id": role.id, "name": role.name })
            }
        };
        Ok(self.roles(token)?.into_iter().map(render).collect())
    }

    /// The catalog of a scoped token, a list of services.
    pub(crate) fn render_catalog(&self, token: &Token) -> Outcome<Value> {
        let user_id = match token.scope.trust_id() {
            Some(trust_id) => &self.live_trust_or_spent(trust_id)?.trustor_user_id,
            None => &token.user_id,
        };
        let project_id = token.scope.project_id().map(String::as_str);
        let services = self.world.services.iter().filter(|service| service.enabled);
        Ok(services
            .map(|service| self.render_service(service, user_id, project_id))
            .collect())
    }

    fn render_service(&self, service: &Service, user_id: &str, project_id: Option<&str>) -> Value {
        let render = |endpoint: &Endpoint| {
            let url = expand(
                &endpoint.url.replace("{server}", &self.base_url),
                user_id,
                project_id,
            )?;
            Some(json!({
                "id": endpoint.id,
                "interface": endpoint.interface,
                "region_id": endpoint.region_id,
                "region": endpoint.region_id,
                "url": url,
            }))
        };
        let enabled = service.endpoints.iter().filter(|endpoint| endpoint.enabled);
        let endpoints: Vec<Value> = enabled.filter_map(render).collect();
        json!({ "id": service.id, "type": service.kind, "name": service.name, "endpoints": endpoints })
    }

    /// The projects on which a user has a role, whether or not they can be scoped to.
    pub(crate) fn render_projects(&self, user_id: &str, self_url: &str) -> Value {
        let mine = |project: &&Project| self.has_role(user_id, &Target::project(&project.id));
        let projects: Vec<Value> = self
            .world
            .projects
            .iter()
            .filter(mine)
            .map(|project| self.render_project(project))
            .collect();
        json!({ "projects": projects, "links": links(self_url) })
    }

    fn render_project(&self, project: &Project) -> Value {
        json!({
            "id": project.id,
            "name": project.name,
            "domain_id": project.domain_id,
            "description": project.description,
            "enabled": project.enabled,
            // Projects here hang directly under their domain.
            "parent_id": project.domain_id,
            "is_domain": project.is_domain,
            "tags": [],
            "options": {},
            "links": { "self": format!("{}/v3/projects/{}", self.base_url, project.id) },
        })
    }

    /// The domains on which a user has a role.
    pub(crate) fn render_domains(&self, user_id: &str, self_url: &str) -> Value {
        let mine = |domain: &&Domain| self.has_role(user_id, &Target::domain(&domain.id));
        let render = |domain: &Domain| {
            json!({
                "id": domain.id,
                "name": domain.name,
                "description": domain.description,
                "enabled": domain.enabled,
                "tags": [],
                "options": {},
                "links": { "self": format!("{}/v3/domains/{}", self.base_url, domain.id) },
            })
        };
        let domains: Vec<Value> = self.world.domains.iter().filter(mine).map(render).collect();
        json!({ "domains": domains, "links": links(self_url) })
    }

    /// Whether a user can scope to the system.
    pub(crate) fn render_system(&self, user_id: &str) -> Value {
        let system = if self.has_role(user_id, &Target::System) {
            json!([{ "all": true }])
        } else {
            json!([])
        };
        json!({ "system": system, "links": { "self": format!("{}/v3/auth/system", self.base_url) } })
    }

    fn has_role(&self, user_id: &str, target: &Target) -> bool {
        self.world.assigned(user_id, target).next().is_some()
    }
}

fn links(self_url: &str) -> Value {
    json!({ "next": null, "self": self_url, "previous": null })
}

fn render_application_credential(credential: &ApplicationCredential) -> Value {
    let mut body = json!({ "id": credential.id, "name": credential.name, "restricted": !credential.unrestricted });
    let rules = credential.access_rules.as_deref().unwrap_or_default();
    if !rules.is_empty() {
        let render = |rule: &AccessRule| json!({ "id": rule.id, "service": rule.service, "method": rule.method, "path": rule.path });
        body["access_rules"] = rules.iter().map(render).collect();
    }
    body
}

/// Fills in `%(project_id)s` and the like; `None` if the template needs what there isn't.
fn expand(template: &str, user_id: &str, project_id: Option<&str>) -> Option<String> {
    let template = template.replace("$(", "%(");
    let mut url = String::new();
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("%(") {
        let (name, tail) = after.split_once(")s")?;
        url.push_str(before);
        url.push_str(match name {
            "user_id" => user_id,
            "project_id" | "tenant_id" => project_id?,
            _ => return None,
        });
        rest = tail;
    }
    url.push_str(rest);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn url_templates() {
        let url = |template, project| expand(template, "u", project);
        assert_eq!(
            url("http://h/%(project_id)s/x", Some("p")).as_deref(),
            Some("http://h/p/x")
        );
        assert_eq!(
            url("http://h/AUTH_$(tenant_id)s", Some("p")).as_deref(),
            Some("http://h/AUTH_p")
        );
        assert_eq!(
            url("http://h/%(user_id)s", None).as_deref(),
            Some("http://h/u")
        );
        assert_eq!(url("http://h/%(project_id)s", None), None);
        assert_eq!(url("http://h/%(other)s", Some("p")), None);
        assert_eq!(
            url("http://h/plain", None).as_deref(),
            Some("http://h/plain")
        );
    }
}
