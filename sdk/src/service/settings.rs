//! What is said of services before any is asked: of all, and of single ones.

use crate::catalog::{EndpointFilter, Interfaces, given_for};

/// A value for each type of service, by any of its names; of several the last counts.
type OfEach<T> = Vec<(String, T)>;

#[derive(Clone, Default)]
pub(crate) struct ServiceSettings {
    pub(crate) region: Option<String>,
    pub(crate) interfaces: Interfaces,
    pub(crate) regions_of: OfEach<String>,
    pub(crate) interfaces_of: OfEach<Interfaces>,
    pub(crate) overrides: OfEach<String>,
}

impl ServiceSettings {
    /// Which endpoints of a service are wanted, unless a caller says otherwise.
    pub(crate) fn filter(&self, service_type: &str) -> EndpointFilter {
        let interfaces = given_for(service_type, &self.interfaces_of).unwrap_or(&self.interfaces);
        let region = given_for(service_type, &self.regions_of).or(self.region.as_ref());
        let filter = EndpointFilter::new(service_type).interface(interfaces.as_slice().to_vec());
        match region {
            Some(region) => filter.region(region),
            None => filter,
        }
    }

    /// The address that is used in place of any of the catalog.
    pub(crate) fn endpoint_override(&self, service_type: &str) -> Option<&str> {
        given_for(service_type, &self.overrides).map(String::as_str)
    }
}
