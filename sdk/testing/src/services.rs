//! The services behind the catalog.

use crate::ids;

/// A service of the catalog and its endpoints.
#[derive(Clone, Debug)]
pub struct Service {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Service {
    /// An enabled service of this type, as yet without endpoints.
    pub fn new(service_type: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            kind: service_type.into(),
            name: name.into(),
            enabled: true,
            endpoints: Vec::new(),
        }
    }

    /// Makes it disabled: catalogs leave it out.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }
}

/// One URL of a service.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(crate) id: String,
    pub(crate) interface: String,
    pub(crate) region_id: Option<String>,
    pub(crate) url: String,
    pub(crate) enabled: bool,
}

impl Endpoint {
    /// An enabled endpoint without a region. `interface` is `public`, `internal` or `admin`.
    ///
    /// In the URL, `{server}` stands for the server's own `http://127.0.0.1:PORT`; `%(project_id)s`, `%(tenant_id)s` and
    /// `%(user_id)s` are filled in for each token, and an endpoint that needs a project is left out of other tokens.
    pub fn new(interface: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            id: ids::resource_id(),
            interface: interface.into(),
            region_id: None,
            url: url.into(),
            enabled: true,
        }
    }

    /// The region that it is in.
    #[must_use]
    pub fn region(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// Makes it disabled: catalogs leave it out.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }
}
