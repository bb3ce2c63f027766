//! From a request to its answer.

use http::Method;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, VARY, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::auth::Login;
use crate::error::{ApiError, Kind, Outcome};
use crate::identity::Identity;
use crate::json;
use crate::wire::{self, Reply, Request};

/// Keystone's limit for bodies, in bytes.
pub(crate) const MAX_BODY: usize = 114_688;

/// The header that stands for a user whom the web server has authenticated.
const REMOTE_USER: &str = "x-test-remote-user";

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'p> {
    Versions,
    Version,
    Tokens,
    Catalog,
    Projects,
    Domains,
    System,
    RevokedTokens,
    Certificates,
    UserTokens(&'p str),
    UserPassword(&'p str),
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        Some(match path {
            "/" => Self::Versions,
            "/v3" => Self::Version,
            "/v3/auth/tokens" => Self::Tokens,
            "/v3/auth/catalog" => Self::Catalog,
            "/v3/auth/projects" | "/v3/OS-FEDERATION/projects" => Self::Projects,
            "/v3/auth/domains" | "/v3/OS-FEDERATION/domains" => Self::Domains,
            "/v3/auth/system" => Self::System,
            "/v3/auth/tokens/OS-PKI/revoked" => Self::RevokedTokens,
            "/v3/OS-SIMPLE-CERT/ca" | "/v3/OS-SIMPLE-CERT/certificates" => Self::Certificates,
            _ => {
                let (user_id, resource) = path.strip_prefix("/v3/users/")?.split_once('/')?;
                match resource {
                    _ if user_id.is_empty() => return None,
                    "tokens" => Self::UserTokens(user_id),
                    "password" => Self::UserPassword(user_id),
                    _ => return None,
                }
            }
        })
    }

    /// As the `Allow` header lists them.
    fn methods(self) -> &'static str {
        match self {
            Self::Tokens => "HEAD, GET, POST, DELETE, OPTIONS",
            Self::UserTokens(_) => "DELETE, OPTIONS",
            Self::UserPassword(_) => "POST, OPTIONS",
            _ => "HEAD, GET, OPTIONS",
        }
    }

    fn allows(self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }
}

impl Identity {
    /// Answers a request. The body is whole even for HEAD.
    pub(crate) fn answer(&mut self, request: &Request) -> Reply {
        let reply = self.answer_within(request);
        if request.method == Method::OPTIONS && !reply.status().is_success() {
            // The middleware for browsers of other origins has an answer of its own.
            return Reply::default();
        }
        reply
    }

    fn answer_within(&mut self, request: &Request) -> Reply {
        if request.headers.get_all(CONTENT_TYPE).iter().count() > 1 {
            return wire::of_web_server(400, "Bad Request");
        }
        if request.body.len() > MAX_BODY {
            return too_large(request);
        }
        let caller = match self.caller(request) {
            Ok(caller) => caller,
            Err(error) => return self.middleware_error(&error),
        };
        let body = match json_body(request) {
            Ok(body) => body,
            Err(error) => return self.error(&error),
        };
        let path = format!("/{}", request.decoded_path().trim_start_matches('/'));
        let path = path.as_str();
        let Some(route) = self.route(path) else {
            return self.unknown_path(request, path);
        };
        if !route.allows(&request.method) {
            return not_allowed(route);
        }
        if request.method == Method::OPTIONS {
            return options(route);
        }
        self.dispatch(route, request, caller, &body)
            .unwrap_or_else(|error| self.error(&error))
    }

    /// What a path leads to in the release that is imitated.
    fn route<'p>(&self, path: &'p str) -> Option<Route<'p>> {
        let added = |route: &Route<'_>| matches!(route, Route::UserTokens(_));
        Route::of(path).filter(|route| !self.settings.before_release_30 || !added(route))
    }

    fn dispatch(
        &mut self,
        route: Route<'_>,
        request: &Request,
        caller: Option<crate::policy::Caller>,
        body: &Value,
    ) -> Outcome<Reply> {
        let self_url = self.collection_url(request);
        match route {
            Route::Versions => Ok(self.versions(request)),
            Route::Version => Ok(self.version(request)),
            Route::RevokedTokens => Err(ApiError::forbidden()),
            Route::Certificates => Err(ApiError::gone()),
            Route::UserPassword(user_id) => self.change_password(user_id, body),
            Route::Tokens if request.method == Method::POST => self.post_tokens(request, body),
            _ => {
                let caller = caller.ok_or_else(ApiError::unauthorized)?;
                match route {
                    Route::Tokens => self.subject_token(request, &caller),
                    Route::UserTokens(user_id) => self.revoke_user_tokens(user_id, &caller),
                    Route::Catalog => self.catalog(&caller),
                    Route::Projects => Ok(wire::json(
                        200,
                        &self.render_projects(&caller.user_id, &self_url),
                    )),
                    Route::Domains => Ok(wire::json(
                        200,
                        &self.render_domains(&caller.user_id, &self_url),
                    )),
                    _ => Ok(wire::json(200, &self.render_system(&caller.user_id))),
                }
            }
        }
    }

    fn post_tokens(&mut self, request: &Request, body: &Value) -> Outcome<Reply> {
        let remote_user = request
            .header(REMOTE_USER)
            .filter(|_| self.settings.remote_user_header);
        let login = Login {
            remote_user,
            authorization: request.header("authorization"),
            receipt: request.header("openstack-auth-receipt"),
        };
        let token = self.log_in(body, &login)?;
        let rendered = self.render_token(&token, request.query_value("nocatalog").is_none())?;
        // After rendering: the last use of a trust still gives a whole answer.
        self.consume_trust(&token);
        let mut reply = wire::json(201, &rendered);
        wire::set(reply.headers_mut(), "x-subject-token", &token.id);
        Ok(reply)
    }

    fn catalog(&self, caller: &crate::policy::Caller) -> Outcome<Reply> {
        if caller.token.scope.project_id().is_none() {
            return Err(ApiError::forbidden());
        }
        let links = json!({ "self": format!("{}/v3/auth/catalog", self.base_url) });
        Ok(wire::json(
            200,
            &json!({ "catalog": self.render_catalog(&caller.token)?, "links": links }),
        ))
    }

    /// The address of a list, with what was asked for.
    fn collection_url(&self, request: &Request) -> String {
        let path = wire::encoded_path(&request.decoded_path());
        let query = request.query.as_deref().filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{path}{query}", self.base_url)
    }

    /// An error from behind the routes.
    fn error(&self, error: &ApiError) -> Reply {
        let mut reply = wire::json(error.status, &error.body());
        match &error.kind {
            Kind::Receipt { id, .. } => {
                wire::set(reply.headers_mut(), "openstack-auth-receipt", id)
            }
            _ if error.is_unauthorized() => challenge(&mut reply, &format!("{}/v3", self.base_url)),
            _ => {}
        }
        reply
    }

    /// An error from in front of the routes: it names another URL to log in at.
    fn middleware_error(&self, error: &ApiError) -> Reply {
        let mut reply = wire::json(error.status, &error.body());
        if error.kind == Kind::Unauthorized {
            challenge(&mut reply, &self.base_url);
        }
        reply
    }

    /// 404, or 308 if the path would be known without its doubled slashes.
    fn unknown_path(&self, request: &Request, path: &str) -> Reply {
        let mut merged = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            merged.push('/');
            merged.push_str(part);
        }
        match self.route(&merged) {
            Some(route) if merged != path && !route.allows(&request.method) => {
                return not_allowed(route);
            }
            Some(_) if merged != path => {}
            _ => {
                return wire::html(
                    404,
                    "Not Found",
                    "The requested URL was not found on the server.",
                );
            }
        }
        let query = request
            .query
            .as_ref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let merged = wire::encoded_path(&merged);
        let location = format!("{}{merged}{query}", self.base_url);
        let mut reply = wire::html(
            308,
            "Redirecting...",
            &format!("Go to <a href=\"{merged}\">{merged}</a>."),
        );
        wire::set(reply.headers_mut(), LOCATION, &location);
        reply
    }
}

/// The body as Keystone reads it before anything else, on every method: a JSON object, or nothing.
fn json_body(request: &Request) -> Outcome<Value> {
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    let content_type = request.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if !is_json && !content_type.is_empty() {
        return Err(ApiError::expected(
            "application/json",
            "Content-Type header",
        ));
    }
    match json::parse(&request.body) {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(ApiError::expected("valid JSON", "request body")),
    }
}

fn challenge(reply: &mut Reply, url: &str) {
    wire::set(
        reply.headers_mut(),
        WWW_AUTHENTICATE,
        &format!("Keystone uri=\"{url}\""),
    );
}

fn not_allowed(route: Route<'_>) -> Reply {
    let text = "The method is not allowed for the requested URL.";
    let mut reply = match route {
        Route::Versions | Route::Version => wire::html(405, "Method Not Allowed", text),
        _ => wire::json(405, &json!({ "message": text })),
    };
    wire::set(reply.headers_mut(), ALLOW, route.methods());
    reply
}

fn options(route: Route<'_>) -> Reply {
    let mut reply = wire::reply(200, "text/html; charset=utf-8", "");
    wire::set(reply.headers_mut(), ALLOW, route.methods());
    reply
}

/// In front of all of Keystone's own headers, with its unfilled placeholder, in what the client accepts.
fn too_large(request: &Request) -> Reply {
    let title = "413 Request Entity Too Large";
    let text = "Request is too large. Larger than max_request_body_size (%s).";
    let accept = request.header("accept").unwrap_or_default();
    let mut reply = if accept.contains("text/html") || accept.contains("*/*") {
        let body = format!(
            "<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1>\n{text}</body>\n</html>"
        );
        wire::reply(413, "text/html; charset=UTF-8", body)
    } else if accept.contains("application/json") {
        wire::json(
            413,
            &json!({ "code": title, "title": "Request Entity Too Large", "message": text }),
        )
    } else {
        wire::reply(
            413,
            "text/plain; charset=UTF-8",
            format!("{title}\n\n{text}\n"),
        )
    };
    reply.headers_mut().remove(VARY);
    reply.headers_mut().remove("x-openstack-request-id");
    reply
}
