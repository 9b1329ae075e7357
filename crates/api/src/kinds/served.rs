//! Which of the built-in kinds a server serves (`--runtime-config` of the kube-apiserver,
//! `k8s.io/apiserver/pkg/server/resourceconfig/helpers.go`).

use super::all;
use machinery::{
    catalog::Catalog,
    kind::{Kind, api_version},
};

/// What is wrong with a `--runtime-config`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Neither `KEY=true` nor `KEY=false`.
    #[error("{0:?} is not KEY=true or KEY=false; say for example api/beta=false or resource.k8s.io/v1beta2=true")]
    Malformed(String),
    /// A key that stands for nothing.
    #[error("there is no API {0:?}; see GET /apis, or use api/all, api/ga, api/beta or api/alpha")]
    Unknown(String),
    /// Without it no pod would run.
    #[error("{0} cannot be turned off: minke's own components need it")]
    Needed(String),
}

/// How ripe a version is, with the key that stands for all versions as ripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maturity {
    Alpha,
    Beta,
    Stable,
}

impl Maturity {
    fn of(kind: &Kind) -> Self {
        match &*kind.version {
            version if version.contains("alpha") => Self::Alpha,
            version if version.contains("beta") => Self::Beta,
            _ => Self::Stable,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Alpha => "api/alpha",
            Self::Beta => "api/beta",
            Self::Stable => "api/ga",
        }
    }
}

/// What scheduler, controllers and node live by.
const NEEDED: [(&str, &str); 2] = [("", "v1"), ("coordination.k8s.io", "v1")];

/// The kinds that a server serves without configuration: each in all its stable versions or, where it has none, in its
/// most mature one. Kubernetes leaves the latter out until `--runtime-config` asks for them;
/// `api/beta=false,api/alpha=false` is its default.
#[must_use]
pub fn served_by_default() -> Catalog {
    all().iter().filter(|kind| is_default(kind)).cloned().collect()
}

/// The kinds that a server serves: the default, changed by a list such as
/// `api/beta=true,scheduling.k8s.io/v1alpha3=false`. What says more counts more, wherever it stands: `api/all` least,
/// then a maturity, then a version, then a resource of a version.
pub fn served(runtime_config: &str) -> Result<Catalog, Error> {
    let mut rules = Vec::new();
    for rule in runtime_config.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
        rules.push(Rule::parse(rule)?);
    }
    rules.sort_by_key(|rule| rule.weight);
    let is_served = |kind: &&Kind| {
        let decisive = rules.iter().rev().find(|rule| rule.is_about(kind));
        decisive.map_or_else(|| is_default(kind), |rule| rule.enables)
    };
    let is_needed = |kind: &&Kind| NEEDED.contains(&(&kind.group, &kind.version));
    match all().iter().find(|kind| is_needed(kind) && !is_served(kind)) {
        Some(kind) => Err(Error::Needed(kind.api_version())),
        None => Ok(all().iter().filter(is_served).cloned().collect()),
    }
}

/// The preferred version of a kind is a stable one if there is any.
fn is_default(kind: &Kind) -> bool {
    Maturity::of(kind) == Maturity::Stable || kind.is_stored()
}

/// One `KEY=BOOL`.
struct Rule<'a> {
    key: &'a str,
    enables: bool,
    weight: u8,
}

impl<'a> Rule<'a> {
    fn parse(text: &'a str) -> Result<Self, Error> {
        let malformed = || Error::Malformed(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(malformed)?;
        let enables = value.parse().map_err(|_| malformed())?;
        let weight = match (key, key.matches('/').count()) {
            ("api/all", _) => 0,
            ("api/ga" | "api/beta" | "api/alpha", _) => 1,
            (_, 0 | 1) => 2,
            _ => 3,
        };
        let rule = Self { key, enables, weight };
        if all().iter().any(|kind| rule.is_about(kind)) { Ok(rule) } else { Err(Error::Unknown(key.to_owned())) }
    }

    fn is_about(&self, kind: &Kind) -> bool {
        let version = api_version(&kind.group, &kind.version);
        match self.weight {
            0 => true,
            1 => Maturity::of(kind).key() == self.key,
            2 => version == self.key || (kind.group.is_empty() && self.key == "api/v1"),
            _ => self.key.strip_prefix(&version).and_then(|rest| rest.strip_prefix('/')) == Some(&*kind.plural),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_served(config: &str, group: &str, version: &str, plural: &str) -> bool {
        served(config).unwrap().find(group, version, plural).is_some()
    }

    #[test]
    fn every_kind_is_served_by_default() {
        let served = served_by_default();
        for kind in all() {
            let stored = kind.storage();
            assert!(served.find(&stored.group, &stored.version, &stored.plural).is_some(), "{kind}");
        }
        for (group, version, plural, expected) in [
            ("resource.k8s.io", "v1", "resourceclaims", true),
            ("resource.k8s.io", "v1beta2", "resourceclaims", false),
            ("autoscaling", "v1", "horizontalpodautoscalers", true),
            ("scheduling.k8s.io", "v1beta1", "podgroups", true),
            ("scheduling.k8s.io", "v1alpha3", "podgroups", false),
            ("scheduling.k8s.io", "v1alpha3", "compositepodgroups", true),
        ] {
            assert_eq!(served.find(group, version, plural).is_some(), expected, "{group}/{version} {plural}");
        }
    }

    #[test]
    fn what_says_more_counts_more() {
        let group = "scheduling.k8s.io";
        for (config, workloads, pod_groups, alpha) in [
            ("", true, true, false),
            ("api/all=true", true, true, true),
            ("api/beta=false,api/alpha=false", false, false, false),
            ("scheduling.k8s.io/v1beta1=true, api/beta=false", true, true, false),
            ("scheduling.k8s.io/v1beta1/podgroups=true,scheduling.k8s.io/v1beta1=false", false, true, false),
            ("api/all=true,api/alpha=false", true, true, false),
            ("scheduling.k8s.io/v1alpha3=true", true, true, true),
        ] {
            let got = [("v1beta1", "workloads"), ("v1beta1", "podgroups"), ("v1alpha3", "workloads")]
                .map(|(version, plural)| is_served(config, group, version, plural));
            assert_eq!(got, [workloads, pod_groups, alpha], "{config}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (config, expected) in [
            ("api/beta", Error::Malformed("api/beta".into())),
            ("api/beta=maybe", Error::Malformed("api/beta=maybe".into())),
            ("apps/v9=true", Error::Unknown("apps/v9".into())),
            ("apps/v1/pods=true", Error::Unknown("apps/v1/pods".into())),
            ("api/ga=false", Error::Needed("v1".into())),
            ("coordination.k8s.io/v1=false", Error::Needed("coordination.k8s.io/v1".into())),
        ] {
            assert_eq!(served(config), Err(expected), "{config}");
        }
    }
}
