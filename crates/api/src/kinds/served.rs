//! Which of the built-in kinds a server serves (`--runtime-config` of the kube-apiserver,
//! `k8s.io/apiserver/pkg/server/resourceconfig/helpers.go`).

use super::{Kind, all, api_version};

/// The kinds that a server serves.
///
/// Without configuration every kind is served: in all its stable versions or, where it has none, in its most mature
/// one. Kubernetes leaves the latter out until `--runtime-config` asks for them; `api/beta=false,api/alpha=false` is
/// its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedKinds(Vec<&'static Kind>);

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
        match kind.version {
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

impl Default for ServedKinds {
    fn default() -> Self {
        // The preferred version of a kind stands first in the table, and is a stable one if there is any.
        let only = |kind: &'static Kind| kind.storage() == kind;
        Self(all().iter().filter(|kind| Maturity::of(kind) == Maturity::Stable || only(kind)).collect())
    }
}

impl ServedKinds {
    /// The default, changed by a list such as `api/beta=true,scheduling.k8s.io/v1alpha3=false`. What says more counts
    /// more, wherever it stands: `api/all` least, then a maturity, then a version, then a resource of a version.
    pub fn configured(list: &str) -> Result<Self, Error> {
        let mut rules = Vec::new();
        for rule in list.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            rules.push(Rule::parse(rule)?);
        }
        rules.sort_by_key(|rule| rule.weight);
        let default = Self::default();
        let wanted = |kind: &&'static Kind| {
            let decisive = rules.iter().rev().find(|rule| rule.is_about(kind));
            decisive.map_or_else(|| default.0.contains(kind), |rule| rule.enables)
        };
        let served = Self(all().iter().filter(wanted).collect());
        let missing = |kind: &&Kind| NEEDED.contains(&(kind.group, kind.version)) && !served.0.contains(kind);
        match all().iter().find(missing) {
            Some(kind) => Err(Error::Needed(kind.api_version())),
            None => Ok(served),
        }
    }

    /// All of them, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &'static Kind> + '_ {
        self.0.iter().copied()
    }

    /// The kind behind a path `/apis/{group}/{version}/{plural}`.
    #[must_use]
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
        super::find(group, version, plural).filter(|kind| self.0.contains(kind))
    }

    /// The kind that an object with this `apiVersion` and `kind` has.
    #[must_use]
    pub fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
        super::find_kind(group, version, kind).filter(|kind| self.0.contains(kind))
    }
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
        let version = api_version(kind.group, kind.version);
        match self.weight {
            0 => true,
            1 => Maturity::of(kind).key() == self.key,
            2 => version == self.key || (kind.group.is_empty() && self.key == "api/v1"),
            _ => self.key.strip_prefix(&version).and_then(|rest| rest.strip_prefix('/')) == Some(kind.plural),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(config: &str, group: &str, version: &str, plural: &str) -> bool {
        ServedKinds::configured(config).unwrap().find(group, version, plural).is_some()
    }

    #[test]
    fn every_kind_is_served_by_default() {
        let served = ServedKinds::default();
        for kind in all() {
            let stored = kind.storage();
            assert!(served.find(stored.group, stored.version, stored.plural).is_some(), "{kind}");
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
                .map(|(version, plural)| served(config, group, version, plural));
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
            assert_eq!(ServedKinds::configured(config), Err(expected), "{config}");
        }
    }
}
