//! An account of how an endpoint was chosen.

use std::fmt;

use super::{EndpointFilter, Judged, interfaces, region};
use crate::catalog::address::Address;
use crate::identity::v3::catalog::{CatalogService, Interface};
use crate::runtime::{HIDDEN, Secret, has_secret, scrub_setting};

/// How many endpoints of a service are shown to a person.
const MOST_LINES: usize = 100;

/// What became of an endpoint when one was chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is the one.
    Chosen,
    /// It is of another service.
    OtherService,
    /// The catalog has the very type that was asked for; this is another name of it.
    OtherType,
    /// The service has another name than the one that was asked for.
    OtherName,
    /// The service has no endpoints with this token.
    NoEndpoints,
    /// It is in another region.
    OtherRegion,
    /// It is for somebody else: an interface that was not asked for.
    OtherInterface,
    /// What it gives is no http or https address.
    NoAddress,
    /// It would do, but another's type comes first.
    WorseType,
    /// It would do, but it is in no region, and another is in the region that was asked for.
    NoRegion,
    /// It would do, but another's interface comes first.
    WorseInterface,
    /// It is as good, but comes later in the catalog.
    Later,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Chosen => "chosen",
            Verdict::OtherService => "another service",
            Verdict::OtherType => "the catalog has the very type that was asked for",
            Verdict::OtherName => "another name",
            Verdict::NoEndpoints => "no endpoints with this token",
            Verdict::OtherRegion => "another region",
            Verdict::OtherInterface => "an interface that was not asked for",
            Verdict::NoAddress => "its URL is no http or https address",
            Verdict::WorseType => "another type comes first",
            Verdict::NoRegion => "in no region, and another is in the one that was asked for",
            Verdict::WorseInterface => "another interface comes first",
            Verdict::Later => "as good as the chosen one, and later in the catalog",
        })
    }
}

/// An endpoint that could have been chosen, or a service that has none.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The type of its service.
    pub service_type: String,
    /// The name of its service; may be empty.
    pub name: Option<String>,
    /// Its region; none if it is in none.
    pub region: Option<String>,
    /// For whom it is; none if the service has no endpoint.
    pub interface: Option<Interface>,
    /// Its address; none if the service has no endpoint.
    pub url: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
}

impl Candidate {
    fn new(judged: &Judged<'_>, secrets: &[Secret]) -> Self {
        let kept = |text: &str| kept(text, secrets);
        Candidate {
            service_type: kept(&judged.service.service_type),
            name: judged.service.name.as_deref().map(kept),
            region: judged.endpoint.and_then(region).map(kept),
            interface: judged.endpoint.map(|endpoint| {
                let interface = interfaces::normal(&endpoint.interface);
                match interface {
                    Interface::Unrecognized(_) => Interface::from(&*kept(interface.as_str())),
                    known => known,
                }
            }),
            url: judged.endpoint.map(|endpoint| kept(&endpoint.url)),
            verdict: judged.verdict,
        }
    }
}

/// A text of the catalog as a program may use it. Only what is secret in it, or may be, is hidden.
fn kept(text: &str, secrets: &[Secret]) -> String {
    let shown = scrub_setting(text, secrets);
    let is_plain = Address::parse(text).is_ok() && !has_secret(text, secrets);
    match shown.contains(HIDDEN) && !is_plain {
        true => shown,
        false => text.to_owned(),
    }
}

impl EndpointFilter {
    /// The same, without these secrets in what was asked for: it may come from a file.
    pub(super) fn hiding(&self, secrets: &[Secret]) -> Self {
        EndpointFilter {
            service_type: kept(&self.service_type, secrets),
            name: self.name.as_deref().map(|name| kept(name, secrets)),
            region: self.region.as_deref().map(|region| kept(region, secrets)),
            interfaces: self.interfaces.clone(),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| scrub_setting(text, &[]);
        write!(f, "{}", shown(&self.service_type))?;
        if let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) {
            write!(f, " {}", shown(name))?;
        }
        if let (Some(interface), Some(url)) = (&self.interface, &self.url) {
            let region = self.region.as_deref().unwrap_or("no region");
            let (region, interface) = (shown(region), shown(interface.as_str()));
            write!(f, ", {region}, {interface}, {}", shown(url))?;
        }
        write!(f, ": {}", self.verdict)
    }
}

/// Which endpoint is chosen, and why each other one is not. Its text is a list to read.
///
/// ```text
/// compute in RegionOne for internal, then public:
/// - compute nova, RegionOne, public, https://cloud.example/compute: another interface comes first
/// - compute nova, RegionOne, internal, http://10.0.0.5/compute: chosen
/// - 12 endpoints of other services
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EndpointChoice {
    /// What was asked for.
    pub filter: EndpointFilter,
    /// The address that is used in place of any of the catalog, if one was given.
    pub endpoint_override: Option<String>,
    /// The endpoints of all names of the service, in the order of the catalog.
    pub candidates: Vec<Candidate>,
    /// How many endpoints there are of other services.
    pub others: usize,
}

impl EndpointChoice {
    pub(super) fn new(
        filter: &EndpointFilter,
        catalog: &[CatalogService],
        judged: &[Judged<'_>],
        secrets: &[Secret],
    ) -> Self {
        let is_meant = |one: &&Judged<'_>| one.verdict != Verdict::OtherService;
        let meant = judged.iter().filter(is_meant);
        let candidates: Vec<_> = meant.map(|one| Candidate::new(one, secrets)).collect();
        let endpoints: usize = catalog.iter().map(|service| service.endpoints.len()).sum();
        let meant = candidates.iter().filter(|one| one.url.is_some()).count();
        EndpointChoice {
            filter: filter.hiding(secrets),
            endpoint_override: None,
            others: endpoints - meant,
            candidates,
        }
    }

    /// The one that was chosen out of the catalog.
    #[must_use]
    pub fn chosen(&self) -> Option<&Candidate> {
        let mut candidates = self.candidates.iter();
        candidates.find(|one| one.verdict == Verdict::Chosen)
    }
}

impl fmt::Display for EndpointChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:", self.filter)?;
        if let Some(url) = &self.endpoint_override {
            let url = scrub_setting(url, &[]);
            writeln!(
                f,
                "- {url}: given as an override, so none of the catalog is used"
            )?;
        }
        for candidate in self.candidates.iter().take(MOST_LINES) {
            writeln!(f, "- {candidate}")?;
        }
        let more = self.candidates.len().saturating_sub(MOST_LINES);
        if more > 0 {
            writeln!(f, "- and {more} more of this service")?;
        }
        match self.others {
            0 if self.candidates.is_empty() => write!(f, "- the catalog has no endpoint"),
            0 => write!(f, "- no endpoints of other services"),
            1 => write!(f, "- 1 endpoint of other services"),
            others => write!(f, "- {others} endpoints of other services"),
        }
    }
}

impl fmt::Display for EndpointFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| scrub_setting(text, &[]);
        write!(f, "{}", shown(&self.service_type))?;
        if let Some(name) = &self.name {
            write!(f, " named {}", shown(name))?;
        }
        match &self.region {
            Some(region) => write!(f, " in {}", shown(region))?,
            None => write!(f, " in any region")?,
        }
        let interfaces = self.interfaces.as_slice().iter();
        let interfaces: Vec<_> = interfaces.map(|one| shown(one.as_str())).collect();
        write!(f, " for {}", interfaces.join(", then "))
    }
}
