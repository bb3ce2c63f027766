//! The samples by name, and what each is run with.

use std::error::Error;

use openstack_identity::{AuthToken, DomainRef, OpenStack, Password, TokenId, Validity};
use samples::identity::v3::tokens::{
    export_authentication_token::{
        export_authentication_token, export_authentication_token_to_memcached,
        export_authentication_token_to_redis,
    },
    generate_token_from_id::generate_token_from_id,
    generate_token_scoped_to_project_id::generate_token_scoped_to_project_id,
    generate_token_scoped_to_project_name::generate_token_scoped_to_project_name,
    generate_token_with_application_credential_id::generate_token_with_application_credential_id,
    generate_token_with_user_id::generate_token_with_user_id,
    generate_token_with_username::generate_token_with_username,
    revoke_token::revoke_token,
    use_cached_authentication_token::{
        use_cached_authentication_token, use_cached_authentication_token_from_memcached,
        use_cached_authentication_token_from_redis,
    },
    validate_token::validate_token,
};

use crate::inputs::Inputs;

/// Names and one line each, in the order of the page.
pub const SAMPLES: [(&str, &str); 10] = [
    ("generate_token_with_user_id", "a token, by the id of a user"),
    ("generate_token_with_username", "a token, by the name of a user"),
    ("generate_token_with_application_credential_id", "a token, by an application credential"),
    ("generate_token_from_id", "a token, from another one"),
    ("generate_token_scoped_to_project_id", "a token for a project, by its id"),
    ("generate_token_scoped_to_project_name", "a token for a project, by its name"),
    ("validate_token", "whether a token is good"),
    ("revoke_token", "end a token before it expires"),
    ("export_authentication_token", "keep a token in a file, token.json"),
    ("use_cached_authentication_token", "start from the token in token.json"),
];

/// The second halves of the last two: names, one line each, and the variable that names the server.
pub const ALTERNATIVES: [(&str, &str, &str); 4] = [
    ("export_authentication_token_to_redis", "keep a token in Redis", "REDIS_URL"),
    ("use_cached_authentication_token_from_redis", "start from the token in Redis", "REDIS_URL"),
    ("export_authentication_token_to_memcached", "keep a token in memcached", "MEMCACHED_SERVER"),
    (
        "use_cached_authentication_token_from_memcached",
        "start from the token in memcached",
        "MEMCACHED_SERVER",
    ),
];

/// Where the last two samples keep the token.
const TOKEN_FILE: &str = "token.json";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a sample needs before it can run, done by the runner.
#[derive(Default)]
pub struct Prepared {
    token: Option<TokenId>,
    /// What was done, for the user to know.
    pub note: Option<String>,
}

/// Issues a token or exports one, where the sample needs it and there is none.
pub async fn prepare(name: &str, inputs: &Inputs) -> Outcome<Prepared> {
    match name {
        "generate_token_from_id" | "validate_token" | "revoke_token" => {
            if let Ok(token) = inputs.get("OS_TOKEN") {
                return Ok(Prepared { token: Some(TokenId::new(token)), note: None });
            }
            let note = "OS_TOKEN is not set, so a token was issued first".to_owned();
            let token = issue(inputs).await?.id().clone();
            Ok(Prepared { token: Some(token), note: Some(note) })
        }
        "use_cached_authentication_token" => {
            let auth_url = inputs.get("OS_AUTH_URL")?;
            let why = match AuthToken::load(TOKEN_FILE) {
                Ok(token) if is_of(&token, auth_url)? => return Ok(Prepared::default()),
                Ok(_) => format!("{TOKEN_FILE} is of another server"),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    format!("there is no {TOKEN_FILE}")
                }
                Err(error) => error.to_string(),
            };
            export(inputs).await?;
            let note = format!("{why}, so export_authentication_token ran first");
            Ok(Prepared { token: None, note: Some(note) })
        }
        _ => Ok(Prepared::default()),
    }
}

/// Runs a sample, and tells what came back.
pub async fn run(name: &str, inputs: &Inputs, prepared: &Prepared) -> Outcome<String> {
    let get = |name| inputs.get(name);
    let (auth_url, region) = (get("OS_AUTH_URL")?, get("OS_REGION_NAME")?);
    let token = prepared.token.as_ref().map(TokenId::expose).unwrap_or_default();
    let issued = match name {
        "generate_token_with_user_id" => {
            let (id, password) = (get("OS_USER_ID")?, get("OS_PASSWORD")?);
            generate_token_with_user_id(auth_url, region, id, password).await?
        }
        "generate_token_with_username" => {
            let (name, password, domain) = user(inputs)?;
            let project = get("OS_PROJECT_ID")?;
            generate_token_with_username(auth_url, region, name, password, domain, project).await?
        }
        "generate_token_with_application_credential_id" => {
            let (id, password) = (get("OS_USER_ID")?, get("OS_PASSWORD")?);
            let project = get("OS_PROJECT_ID")?;
            let credential = get("OS_APPLICATION_CREDENTIAL_ID")?;
            let secret = get("OS_APPLICATION_CREDENTIAL_SECRET")?;
            generate_token_with_application_credential_id(
                auth_url, region, id, password, project, credential, secret,
            )
            .await?
        }
        "generate_token_from_id" => {
            let (id, password) = (get("OS_USER_ID")?, get("OS_PASSWORD")?);
            let project = get("OS_PROJECT_ID")?;
            generate_token_from_id(auth_url, region, id, password, token, project).await?
        }
        "generate_token_scoped_to_project_id" => {
            let (id, password) = (get("OS_USER_ID")?, get("OS_PASSWORD")?);
            let project = get("OS_PROJECT_ID")?;
            generate_token_scoped_to_project_id(auth_url, region, id, password, project).await?
        }
        "generate_token_scoped_to_project_name" => {
            let (id, password) = (get("OS_USER_ID")?, get("OS_PASSWORD")?);
            let (project, domain) = (get("OS_PROJECT_NAME")?, get("OS_PROJECT_DOMAIN_ID")?);
            generate_token_scoped_to_project_name(auth_url, region, id, password, project, domain)
                .await?
        }
        "export_authentication_token" => export(inputs).await?,
        _ => return run_other(name, inputs, token).await,
    };
    Ok(describe(&issued))
}

/// The samples that end with something else than a token.
async fn run_other(name: &str, inputs: &Inputs, token: &str) -> Outcome<String> {
    let (auth_url, region) = (inputs.get("OS_AUTH_URL")?, inputs.get("OS_REGION_NAME")?);
    let (user, password, domain) = user(inputs)?;
    match name {
        "validate_token" => {
            match validate_token(auth_url, region, user, password, domain, token).await? {
                Validity::Valid => Ok("valid".to_owned()),
                Validity::Invalid => Ok("invalid".to_owned()),
                other => Ok(format!("{other:?}")),
            }
        }
        "revoke_token" => {
            revoke_token(auth_url, region, user, password, domain, token).await?;
            Ok("revoked".to_owned())
        }
        "use_cached_authentication_token" => {
            use_cached_authentication_token(auth_url, region, user, password, domain, TOKEN_FILE)
                .await?;
            Ok(format!("a client, started from {TOKEN_FILE}"))
        }
        "export_authentication_token_to_redis" => {
            let url = inputs.get("REDIS_URL")?;
            let export = export_authentication_token_to_redis;
            Ok(describe(&export(auth_url, region, user, password, domain, url).await?))
        }
        "export_authentication_token_to_memcached" => {
            let server = inputs.get("MEMCACHED_SERVER")?;
            let export = export_authentication_token_to_memcached;
            Ok(describe(&export(auth_url, region, user, password, domain, server).await?))
        }
        "use_cached_authentication_token_from_redis" => {
            let start = use_cached_authentication_token_from_redis;
            let url = inputs.get("REDIS_URL")?;
            started(&start(auth_url, region, user, password, domain, url)?).await
        }
        "use_cached_authentication_token_from_memcached" => {
            let start = use_cached_authentication_token_from_memcached;
            let server = inputs.get("MEMCACHED_SERVER")?;
            started(&start(auth_url, region, user, password, domain, server)?).await
        }
        unknown => Err(format!("there is no sample `{unknown}`; `--list` shows them").into()),
    }
}

/// Makes the call for which the client wants a token.
async fn started(openstack: &OpenStack) -> Outcome<String> {
    let projects = openstack.identity_v3().list_auth_projects().await?;
    Ok(format!("a client that sees {} projects", projects.len()))
}

fn user(inputs: &Inputs) -> Outcome<(&str, &str, &str)> {
    let get = |name| inputs.get(name);
    Ok((get("OS_USERNAME")?, get("OS_PASSWORD")?, get("OS_USER_DOMAIN_ID")?))
}

async fn export(inputs: &Inputs) -> Outcome<AuthToken> {
    let (auth_url, region) = (inputs.get("OS_AUTH_URL")?, inputs.get("OS_REGION_NAME")?);
    let (user, password, domain) = user(inputs)?;
    export_authentication_token(auth_url, region, user, password, domain, TOKEN_FILE).await
}

/// A token for the samples that work on one, by whichever name of the user there is.
async fn issue(inputs: &Inputs) -> Outcome<AuthToken> {
    let password = inputs.get("OS_PASSWORD")?;
    let user = match inputs.get("OS_USER_ID") {
        Ok(id) => Password::by_id(id, password),
        Err(_) => {
            let (name, password, domain) = user(inputs)?;
            Password::by_name(name, DomainRef::by_id(domain), password)
        }
    };
    let openstack = OpenStack::builder(inputs.get("OS_AUTH_URL")?).build()?;
    Ok(openstack.identity_v3().generate_token(user).await?)
}

/// Whether the token was issued by the server at this address.
fn is_of(token: &AuthToken, auth_url: &str) -> Outcome<bool> {
    Ok(OpenStack::builder(auth_url).build()?.auth_url() == token.auth_url())
}

fn describe(token: &AuthToken) -> String {
    let scope = match (&token.project, &token.domain, &token.system) {
        (Some(project), _, _) => format!("project {}", project.name),
        (_, Some(domain), _) => format!("domain {}", domain.name),
        (_, _, Some(_)) => "the system".to_owned(),
        _ => "no scope".to_owned(),
    };
    format!("a token of {} for {scope}, until {}", token.user.name, token.expires_at)
}
