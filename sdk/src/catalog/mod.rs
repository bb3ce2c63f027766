//! Which endpoint of a catalog is meant. Nothing here does I/O.

#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) mod address;
mod aliases;
mod choice;
mod interfaces;
mod missing;
#[cfg(test)]
mod tests;

use crate::catalog::address::Address;
use crate::identity::v3::catalog::{CatalogService, Endpoint};
use crate::identity::v3::service_types::SERVICE_TYPES;
use crate::runtime::Secret;

pub use self::choice::{Candidate, EndpointChoice, Verdict};
pub use self::interfaces::Interfaces;
pub use self::missing::{MissingPart, NoEndpointError};

/// Which endpoint is wanted: of which service, in which region, for whom.
///
/// A service is found under any name that its type has had: who asks for `block-storage` finds
/// `volumev3`, and the other way round. The type that was asked for comes first, and if the catalog has
/// it, no other is taken; then the official one, then the aliases in the authority's order.
///
/// ```
/// use openstack_identity::EndpointFilter;
/// use openstack_identity::identity::v3::catalog::Catalog;
///
/// let catalog: Catalog = serde_json::from_str(r#"{"catalog": [{"id": "1", "type": "volumev3",
///     "name": "cinder", "endpoints": [{"id": "2", "interface": "public", "region_id": "RegionOne",
///     "region": "RegionOne", "url": "https://cloud.example/volume/v3"}]}]}"#).unwrap();
/// let wanted = EndpointFilter::new("block-storage").region("RegionOne");
/// let endpoint = wanted.find(&catalog.services).unwrap();
/// assert_eq!(endpoint.url, "https://cloud.example/volume/v3");
///
/// let missing = wanted.region("RegionTwo").find(&catalog.services).unwrap_err();
/// assert_eq!(missing.exists(), ["RegionOne"]);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct EndpointFilter {
    service_type: String,
    name: Option<String>,
    region: Option<String>,
    interfaces: Interfaces,
}

impl EndpointFilter {
    /// The public endpoint of the service of this type, in any region.
    pub fn new(service_type: impl Into<String>) -> Self {
        EndpointFilter {
            service_type: service_type.into(),
            name: None,
            region: None,
            interfaces: Interfaces::default(),
        }
    }

    /// Only the service of this name, such as `nova`: where there are several of one type.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only endpoints in this region. An endpoint that is in no region will do if there is no other.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Endpoints in any region.
    pub fn any_region(mut self) -> Self {
        self.region = None;
        self
    }

    /// Only endpoints for these: `"internal"`, or several, the best first.
    pub fn interface(mut self, interfaces: impl Into<Interfaces>) -> Self {
        self.interfaces = interfaces.into();
        self
    }

    /// The type of the service, as it was asked for.
    #[must_use]
    pub fn service_type(&self) -> &str {
        &self.service_type
    }

    /// The endpoint, out of a token's `catalog`.
    ///
    /// # Errors
    ///
    /// There is none; the error says what there is instead.
    pub fn find<'c>(&self, catalog: &'c [CatalogService]) -> Result<&'c Endpoint, NoEndpointError> {
        self.find_hiding(catalog, Vec::new)
    }

    /// The same. These secrets are not in the error, whatever the catalog says.
    pub(crate) fn find_hiding<'c>(
        &self,
        catalog: &'c [CatalogService],
        secrets: impl FnOnce() -> Vec<Secret>,
    ) -> Result<&'c Endpoint, NoEndpointError> {
        let judged = self.judge(catalog);
        let chosen = judged.iter().find(|one| one.verdict == Verdict::Chosen);
        match chosen.and_then(|one| one.endpoint) {
            Some(endpoint) => Ok(endpoint),
            None => Err(NoEndpointError::of(self, catalog, &judged, &secrets())),
        }
    }

    /// Which endpoint is chosen, and why each other one is not.
    #[must_use]
    pub fn explain(&self, catalog: &[CatalogService]) -> EndpointChoice {
        self.explain_hiding(catalog, &[])
    }

    /// The same, without these secrets.
    pub(crate) fn explain_hiding(
        &self,
        catalog: &[CatalogService],
        secrets: &[Secret],
    ) -> EndpointChoice {
        EndpointChoice::new(self, catalog, &self.judge(catalog), secrets)
    }

    /// A verdict for each endpoint, and for each service without one.
    fn judge<'c>(&self, catalog: &'c [CatalogService]) -> Vec<Judged<'c>> {
        let types = Types::of(&self.service_type, catalog);
        let mut judged = Vec::new();
        for service in catalog {
            let of_service = self.service_verdict(service, &types);
            if service.endpoints.is_empty() {
                let verdict = of_service.err().unwrap_or(Verdict::NoEndpoints);
                judged.push(Judged::new(service, None, Err(verdict)));
            }
            for endpoint in &service.endpoints {
                let rank = of_service.and_then(|rank| self.endpoint_rank(endpoint, rank));
                judged.push(Judged::new(service, Some(endpoint), rank));
            }
        }
        choose(&mut judged);
        judged
    }

    /// The rank of the service's type, or why the service is not meant.
    fn service_verdict(&self, service: &CatalogService, types: &Types) -> Result<usize, Verdict> {
        let rank = types.rank(service).ok_or(Verdict::OtherService)?;
        if types.exact && rank > 0 {
            return Err(Verdict::OtherType);
        }
        let named = service.name.as_deref();
        if self.name.is_some() && self.name.as_deref() != named {
            return Err(Verdict::OtherName);
        }
        Ok(rank)
    }

    fn endpoint_rank(&self, endpoint: &Endpoint, of_type: usize) -> Result<Rank, Verdict> {
        let no_region = match (&self.region, region(endpoint)) {
            (None, _) => false,
            (Some(wanted), Some(region)) if wanted == region => false,
            (Some(_), Some(_)) => return Err(Verdict::OtherRegion),
            (Some(_), None) => true,
        };
        let interface = self.interfaces.rank(&endpoint.interface);
        let interface = interface.ok_or(Verdict::OtherInterface)?;
        match Address::parse(&endpoint.url) {
            Ok(_) => Ok(Rank {
                of_type,
                no_region,
                interface,
            }),
            Err(_) => Err(Verdict::NoAddress),
        }
    }
}

/// The region of an endpoint, which some clouds write in one member, and some in the other.
fn region(endpoint: &Endpoint) -> Option<&str> {
    let regions = [&endpoint.region_id, &endpoint.region];
    let mut regions = regions.into_iter().flatten();
    regions
        .find(|region| !region.is_empty())
        .map(String::as_str)
}

/// What was given for this service type: for the very type, or for another name of it. Of several for
/// one name the last counts.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) fn given_for<'g, T>(service_type: &str, given: &'g [(String, T)]) -> Option<&'g T> {
    let names = aliases::names(service_type);
    let mut values = names.iter().filter_map(|name| {
        let for_type = |(service_type, _): &&(String, T)| aliases::normal(service_type) == *name;
        given.iter().rfind(for_type)
    });
    values.next().map(|(_, value)| value)
}

/// Whether two types are names of one service.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) fn is_a(service_type: &str, other: &str) -> bool {
    aliases::names(service_type).contains(&aliases::normal(other))
}

/// The names of the type that is asked for, the best first.
struct Types {
    names: Vec<String>,
    /// Whether the catalog has the first of them.
    exact: bool,
}

impl Types {
    fn of(service_type: &str, catalog: &[CatalogService]) -> Self {
        let names = aliases::names(service_type);
        let mut types = Types {
            names,
            exact: false,
        };
        types.exact = catalog.iter().any(|service| types.rank(service) == Some(0));
        types
    }

    fn rank(&self, service: &CatalogService) -> Option<usize> {
        let service_type = aliases::normal(&service.service_type);
        self.names.iter().position(|name| *name == service_type)
    }
}

/// How well an endpoint fits; less is better.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Rank {
    of_type: usize,
    no_region: bool,
    interface: usize,
}

/// An endpoint, or a service without one, and what became of it.
struct Judged<'c> {
    service: &'c CatalogService,
    endpoint: Option<&'c Endpoint>,
    rank: Option<Rank>,
    verdict: Verdict,
}

impl<'c> Judged<'c> {
    fn new(
        service: &'c CatalogService,
        endpoint: Option<&'c Endpoint>,
        rank: Result<Rank, Verdict>,
    ) -> Self {
        let (rank, verdict) = match rank {
            Ok(rank) => (Some(rank), Verdict::Later),
            Err(verdict) => (None, verdict),
        };
        Judged {
            service,
            endpoint,
            rank,
            verdict,
        }
    }
}

/// Gives the best one its verdict, and tells the others why they are not.
fn choose(judged: &mut [Judged<'_>]) {
    let ranks = judged.iter().filter_map(|one| one.rank);
    let Some(best) = ranks.min() else { return };
    let mut chosen = false;
    for one in judged.iter_mut() {
        one.verdict = match one.rank {
            None => continue,
            Some(rank) if rank.of_type > best.of_type => Verdict::WorseType,
            Some(rank) if rank.no_region && !best.no_region => Verdict::NoRegion,
            Some(rank) if rank.interface > best.interface => Verdict::WorseInterface,
            Some(_) if chosen => Verdict::Later,
            Some(_) => Verdict::Chosen,
        };
        chosen |= one.verdict == Verdict::Chosen;
    }
}
