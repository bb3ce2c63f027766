//! One configuration, and what is expected of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use openstack_identity::config::{ConfigErrorKind, ConfigLoader};
use openstack_identity::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use openstack_identity::{CloudConfig, ConfigError, OpenStack, OpenStackBuilder};
use serde_json::Value;

/// The folder that `{root}` stands for.
pub const ROOT: &str = "/root-of-case";

/// A configuration.
pub struct Case {
    pub name: &'static str,
    pub files: BTreeMap<&'static str, &'static str>,
    pub variables: BTreeMap<&'static str, &'static str>,
    pub cloud: Option<&'static str>,
    pub region: Option<&'static str>,
    pub expected: Expected,
    /// Why openstacksdk does something else; none if it does the same.
    pub differs: Option<&'static str>,
}

#[derive(Debug)]
pub enum Expected {
    Login(Resolved),
    Refused(ConfigErrorKind, &'static [&'static str]),
}

/// What is sent, and what else was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub url: String,
    pub body: Value,
    pub region: Option<String>,
    pub interfaces: Vec<String>,
    /// The check of certificates: off, on, or by the authority in a file.
    pub verify: Value,
    pub cert: Value,
    pub timeout: Option<f64>,
    /// The endpoint of the compute service, if it is given.
    pub compute: Option<String>,
}

/// Starts a case; most have a clouds.yaml in the current folder.
pub fn case(name: &'static str) -> Case {
    Case {
        name,
        files: BTreeMap::new(),
        variables: BTreeMap::new(),
        cloud: None,
        region: None,
        expected: Expected::Refused(ConfigErrorKind::NoCloud, &[]),
        differs: None,
    }
}

impl Case {
    pub fn clouds(self, text: &'static str) -> Self {
        self.file("cwd/clouds.yaml", text)
    }

    pub fn secure(self, text: &'static str) -> Self {
        self.file("cwd/secure.yaml", text)
    }

    pub fn public(self, text: &'static str) -> Self {
        self.file("cwd/clouds-public.yaml", text)
    }

    pub fn file(mut self, path: &'static str, text: &'static str) -> Self {
        self.files.insert(path, text);
        self
    }

    /// Variables, `NAME=VALUE` one a line.
    pub fn variables(mut self, lines: &'static str) -> Self {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        self.variables
            .extend(lines.map(|line| line.split_once('=').unwrap()));
        self
    }

    pub fn cloud(mut self, name: &'static str) -> Self {
        self.cloud = Some(name);
        self
    }

    pub fn region(mut self, name: &'static str) -> Self {
        self.region = Some(name);
        self
    }

    /// It logs in with this under `auth`, at the usual address.
    pub fn sends(mut self, auth: Value) -> Self {
        self.expected = Expected::Login(Resolved {
            url: "https://keystone.example:5000/v3/auth/tokens".to_owned(),
            body: serde_json::json!({ "auth": auth }),
            region: None,
            interfaces: vec!["public".to_owned()],
            verify: Value::Bool(true),
            cert: Value::Null,
            timeout: None,
            compute: None,
        });
        self
    }

    /// With something else that is understood.
    pub fn with(mut self, change: impl FnOnce(&mut Resolved)) -> Self {
        match &mut self.expected {
            Expected::Login(resolved) => change(resolved),
            Expected::Refused(..) => panic!("{} is refused", self.name),
        }
        self
    }

    /// It is refused, with these words.
    pub fn refused(mut self, kind: ConfigErrorKind, words: &'static [&'static str]) -> Self {
        self.expected = Expected::Refused(kind, words);
        self
    }

    /// openstacksdk does something else, for this reason.
    pub fn differs(mut self, why: &'static str) -> Self {
        self.differs = Some(why);
        self
    }

    pub fn loader(&self) -> ConfigLoader {
        let files: BTreeMap<PathBuf, String> = self
            .files
            .iter()
            .map(|(path, text)| (PathBuf::from(format!("{ROOT}/{path}")), (*text).to_owned()))
            .collect();
        let mut loader = ConfigLoader::new()
            .files(files)
            .current_dir(format!("{ROOT}/cwd"))
            .home_dir(format!("{ROOT}/home"))
            .variable("XDG_CONFIG_HOME", format!("{ROOT}/xdg"))
            .variable("XDG_CONFIG_DIRS", format!("{ROOT}/site"));
        for (name, value) in &self.variables {
            loader = loader.variable(*name, value.replace("{root}", ROOT));
        }
        if let Some(cloud) = self.cloud {
            loader = loader.cloud(cloud);
        }
        if let Some(region) = self.region {
            loader = loader.region(region);
        }
        loader
    }

    pub fn load(&self) -> Result<CloudConfig, ConfigError> {
        self.loader().load()
    }

    pub async fn resolve(&self) -> Result<Resolved, ConfigError> {
        let config = self.load()?;
        let mut builder =
            OpenStack::builder(config.auth_url()).credentials(config.credentials().clone());
        if let Some(scope) = config.scope() {
            builder = builder.scope(scope.clone());
        }
        let (url, body) = sent_by(builder).await;
        let text = |path: &std::path::Path| {
            Value::String(path.display().to_string().replace(ROOT, "{root}"))
        };
        let verify = match (config.verify(), config.ca_certificate()) {
            (false, _) => Value::Bool(false),
            (true, Some(path)) => text(path),
            (true, None) => Value::Bool(true),
        };
        let cert = match (config.client_certificate(), config.client_key()) {
            (Some(cert), Some(key)) => Value::Array(vec![text(cert), text(key)]),
            (Some(cert), None) => text(cert),
            _ => Value::Null,
        };
        Ok(Resolved {
            url,
            body,
            region: config.region().map(str::to_owned),
            interfaces: config.interfaces().to_vec(),
            verify,
            cert,
            timeout: config.timeout().map(|timeout| timeout.as_secs_f64()),
            compute: config
                .service("compute")
                .and_then(|service| service.endpoint.clone()),
        })
    }
}

/// The URL and the body of the login that a client sends when it needs a token.
pub async fn sent_by(builder: OpenStackBuilder) -> (String, Value) {
    let sent = Arc::new(Mutex::new(None));
    let openstack = builder.transport(Capture(sent.clone())).build().unwrap();
    let failure = openstack.identity_v3().get_catalog().await;
    failure.expect_err("there is no server");
    let request: http::Request<Body> = sent.lock().unwrap().take().unwrap();
    assert_eq!(request.method(), "POST");
    let body = serde_json::from_slice(request.body().as_bytes().unwrap()).unwrap();
    (request.uri().to_string(), body)
}

/// Keeps the login, and answers nothing. To discovery it answers that there is none.
struct Capture(Arc<Mutex<Option<http::Request<Body>>>>);

impl Transport for Capture {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        if request.method() == http::Method::GET {
            let mut nothing = http::Response::new(Body::empty());
            *nothing.status_mut() = http::StatusCode::NOT_FOUND;
            return Box::pin(async { Ok(nothing) });
        }
        let mut sent = self.0.lock().unwrap();
        assert!(sent.is_none(), "one login is enough");
        *sent = Some(request);
        Box::pin(async {
            Err(TransportError::new(
                TransportErrorKind::Unreachable,
                "there is no server",
            ))
        })
    }
}
