//! No endpoint fits: what there is instead.

use std::collections::BTreeSet;
use std::fmt;

use super::{EndpointFilter, Judged, Verdict, interfaces, region};
use crate::identity::v3::catalog::CatalogService;
use crate::runtime::{Secret, scrub_setting};

/// How many names of the catalog are looked at for an error, and how many its text has.
const MOST_NAMES: usize = 100;
const MOST_SHOWN: usize = 30;

/// A text of an endpoint or of its service.
type Part = fn(&Judged<'_>) -> Option<String>;

/// The catalog has no endpoint that fits, and this is why. Its text says what there is instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoEndpointError {
    missing: MissingPart,
    wanted: String,
    exists: Vec<String>,
    hint: Option<String>,
}

/// What of a wanted endpoint is not in the catalog.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MissingPart {
    /// All of it: there is no catalog, as with an unscoped token, or it is empty.
    Catalog,
    /// The service type, under any of its names.
    ServiceType,
    /// A service of this name.
    Name,
    /// Any endpoint of the service.
    Endpoints,
    /// The region.
    Region,
    /// The interface.
    Interface,
    /// An address that can be used.
    Address,
}

impl NoEndpointError {
    /// What is not in the catalog.
    #[must_use]
    pub fn missing(&self) -> MissingPart {
        self.missing
    }

    /// What is in the catalog in its place: types, names, regions or interfaces.
    #[must_use]
    pub fn exists(&self) -> &[String] {
        &self.exists
    }

    /// There is no catalog, for this reason.
    #[cfg_attr(not(feature = "client"), allow(dead_code))]
    pub(crate) fn without_catalog(filter: &EndpointFilter, why: &str) -> Self {
        NoEndpointError {
            missing: MissingPart::Catalog,
            wanted: scrub_setting(&filter.service_type, &[]),
            exists: Vec::new(),
            hint: Some(why.to_owned()),
        }
    }

    /// The first part of what is wanted that nothing has.
    pub(super) fn of(
        filter: &EndpointFilter,
        catalog: &[CatalogService],
        judged: &[Judged<'_>],
        secrets: &[Secret],
    ) -> Self {
        if catalog.is_empty() {
            return NoEndpointError::without_catalog(filter, "the token's catalog is empty");
        }
        let collect = |missing, of: Part| {
            let wanted = filter.wanted(missing);
            let mut exists = BTreeSet::new();
            let parts = judged
                .iter()
                .filter(|one| missing == MissingPart::ServiceType || one.reached(missing));
            for text in parts.filter_map(of).filter(|text| !text.is_empty()) {
                exists.insert(text);
                if exists.len() == MOST_NAMES {
                    break;
                }
            }
            let exists = exists.into_iter().map(|text| scrub_setting(&text, secrets));
            let exists: Vec<_> = exists.collect();
            let hint = near_miss(missing, &wanted, &exists, judged, secrets);
            NoEndpointError {
                missing,
                wanted: scrub_setting(&wanted, secrets),
                exists,
                hint,
            }
        };
        let furthest = judged
            .iter()
            .map(|one| one.verdict.missing())
            .max_by_key(|part| *part as u8);
        match furthest.unwrap_or(MissingPart::Catalog) {
            part @ MissingPart::Name => collect(part, |one| one.service.name.clone()),
            part @ MissingPart::Region => {
                collect(part, |one| one.endpoint.and_then(region).map(str::to_owned))
            }
            part @ MissingPart::Interface => collect(part, |one| {
                let interface = &one.endpoint?.interface;
                Some(interfaces::normal(interface).as_str().to_owned())
            }),
            part @ MissingPart::Address => collect(part, |one| Some(one.endpoint?.url.clone())),
            part => collect(part, |one| Some(one.service.service_type.clone())),
        }
    }
}

impl EndpointFilter {
    fn wanted(&self, missing: MissingPart) -> String {
        match missing {
            MissingPart::Name => self.name.clone().unwrap_or_default(),
            MissingPart::Region => self.region.clone().unwrap_or_default(),
            MissingPart::Interface => {
                let interfaces = self.interfaces.as_slice().iter();
                let interfaces: Vec<_> = interfaces.map(|one| one.as_str()).collect();
                interfaces.join("` or `")
            }
            _ => self.service_type.clone(),
        }
    }
}

impl Verdict {
    /// What was missing for a better verdict; verdicts are given in the order of these parts.
    fn missing(self) -> MissingPart {
        match self {
            Verdict::OtherService | Verdict::OtherType => MissingPart::ServiceType,
            Verdict::OtherName => MissingPart::Name,
            Verdict::NoEndpoints => MissingPart::Endpoints,
            Verdict::OtherRegion => MissingPart::Region,
            Verdict::OtherInterface => MissingPart::Interface,
            _ => MissingPart::Address,
        }
    }
}

impl Judged<'_> {
    /// Whether it was judged by this part: all before it was right.
    fn reached(&self, part: MissingPart) -> bool {
        self.verdict.missing() as u8 >= part as u8
    }
}

/// What may have been meant.
fn near_miss(
    missing: MissingPart,
    wanted: &str,
    exists: &[String],
    judged: &[Judged<'_>],
    secrets: &[Secret],
) -> Option<String> {
    if missing == MissingPart::ServiceType {
        let named = judged
            .iter()
            .find(|one| one.service.name.as_deref() == Some(wanted));
        if let Some(named) = named {
            let service_type = scrub_setting(&named.service.service_type, secrets);
            let wanted = scrub_setting(wanted, secrets);
            return Some(format!(
                "`{wanted}` is the name of the service of type `{service_type}`"
            ));
        }
    }
    let has_names = matches!(
        missing,
        MissingPart::ServiceType | MissingPart::Name | MissingPart::Region
    );
    if !has_names {
        return None;
    }
    let close = |one: &&String| {
        let (one, wanted) = (one.to_ascii_lowercase(), wanted.to_ascii_lowercase());
        distance(&one, &wanted) * 3 <= wanted.len()
    };
    let nearest = exists.iter().filter(close);
    let nearest = nearest.min_by_key(|one| distance(one, wanted))?;
    Some(format!("did you mean `{nearest}`?"))
}

/// How many letters have to be changed, added or left out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

impl fmt::Display for NoEndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = &self.wanted;
        match self.missing {
            MissingPart::Catalog => write!(f, "no endpoint of `{wanted}`")?,
            MissingPart::ServiceType => write!(f, "no service of type `{wanted}`")?,
            MissingPart::Name => write!(f, "no such service is named `{wanted}`")?,
            MissingPart::Endpoints => write!(f, "`{wanted}` has no endpoints with this token")?,
            MissingPart::Region => write!(f, "no endpoint in region `{wanted}`")?,
            MissingPart::Interface => write!(f, "no endpoint for `{wanted}`")?,
            MissingPart::Address => write!(f, "`{wanted}` has no http or https address")?,
        }
        match &*self.exists {
            _ if matches!(self.missing, MissingPart::Catalog | MissingPart::Endpoints) => {}
            [] => write!(f, "; the catalog has none")?,
            exists => {
                let shown: Vec<_> = exists.iter().take(MOST_SHOWN).map(|one| &**one).collect();
                write!(f, "; the catalog has {}", shown.join(", "))?;
                if exists.len() > MOST_SHOWN {
                    f.write_str(" and more")?;
                }
            }
        }
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NoEndpointError {}
