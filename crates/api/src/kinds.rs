//! The built-in kinds: a constant for each, and the table that they come from.

mod custom;
mod served;
pub mod subresource;

use crate::{definitions::TABLES, groups};
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope, Resource};
use machinery::kind::{Kind, KindDefinition, Schema};
use std::borrow::Cow::Borrowed;

pub use custom::{defined, stored};
pub use served::{Error as RuntimeConfigError, served, served_by_default};

const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const ONE_BY_ONE: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list"];
const CREATE: &[&str] = &["create"];

/// Makes the scope of a k8s-openapi type a constant.
trait Scope {
    const NAMESPACED: bool;
}

impl Scope for NamespaceResourceScope {
    const NAMESPACED: bool = true;
}

impl Scope for ClusterResourceScope {
    const NAMESPACED: bool = false;
}

macro_rules! kinds {
    ($(
        $name:ident $(of $stored:ident)? = $($segment:ident)::+ as $($behaviour:ident)::+ {
            [$($short:literal),*], [$($category:literal),*], $verbs:ident, [$($sub:ident),*]
        }
    )*) => {
        $(
            #[doc = concat!("`", stringify!($($segment)::+), "`.")]
            pub const $name: Kind = {
                static DEFINITION: KindDefinition = KindDefinition {
                    group: Borrowed(<k8s_openapi::$($segment)::+ as Resource>::GROUP),
                    version: Borrowed(<k8s_openapi::$($segment)::+ as Resource>::VERSION),
                    kind: Borrowed(<k8s_openapi::$($segment)::+ as Resource>::KIND),
                    list_kind: None,
                    plural: Borrowed(<k8s_openapi::$($segment)::+ as Resource>::URL_PATH_SEGMENT),
                    singular: None,
                    short_names: Borrowed(&[$(Borrowed($short)),*]),
                    categories: Borrowed(&[$(Borrowed($category)),*]),
                    namespaced: <<k8s_openapi::$($segment)::+ as Resource>::Scope as Scope>::NAMESPACED,
                    verbs: $verbs,
                    subresources: Borrowed(&[$(subresource::$sub),*]),
                    storage: stored!($($stored)?),
                    schema: Schema::Tables(&TABLES),
                    behaviour: Borrowed(&groups::$($behaviour)::+),
                };
                Kind::fixed(&DEFINITION)
            };
        )*

        static KINDS: &[Kind] = &[$($name),*];
    };
}

macro_rules! stored {
    () => {
        None
    };
    ($stored:ident) => {
        Some($stored)
    };
}

include!("kinds/table.rs");

/// All rows, core group first, the preferred version of a resource before its others.
#[must_use]
pub fn all() -> &'static [Kind] {
    KINDS
}

macro_rules! body_behaviour {
    () => {
        &groups::PLAIN
    };
    ($($behaviour:ident)::+) => {
        &groups::$($behaviour)::+
    };
}

/// Kinds that only travel as the body of a subresource or of a delete.
macro_rules! bodies {
    ($(
        $(#[$doc:meta])*
        $visibility:vis $name:ident = $group:literal, $version:literal, $kind:literal $(as $($behaviour:ident)::+)?;
    )*) => {
        $(
            $(#[$doc])*
            $visibility const $name: Kind = {
                static DEFINITION: KindDefinition = KindDefinition {
                    group: Borrowed($group),
                    version: Borrowed($version),
                    kind: Borrowed($kind),
                    list_kind: None,
                    plural: Borrowed(""),
                    singular: None,
                    short_names: Borrowed(&[]),
                    categories: Borrowed(&[]),
                    namespaced: true,
                    verbs: &[],
                    subresources: Borrowed(&[]),
                    storage: None,
                    schema: Schema::Tables(&TABLES),
                    behaviour: Borrowed(body_behaviour!($($($behaviour)::+)?)),
                };
                Kind::fixed(&DEFINITION)
            };
        )*
    };
}

bodies! {
    /// How many replicas a workload shall have.
    pub SCALE = "autoscaling", "v1", "Scale" as autoscaling::SCALE;
    /// The wish that a pod leave its node.
    pub EVICTION = "policy", "v1", "Eviction";
    /// The wish for a service account's token.
    pub TOKEN_REQUEST = "authentication.k8s.io", "v1", "TokenRequest";
    /// How to delete.
    pub DELETE_OPTIONS = "", "v1", "DeleteOptions";
    /// Which part of a log to read.
    pub POD_LOG_OPTIONS = "", "v1", "PodLogOptions";
    POD_ATTACH_OPTIONS = "", "v1", "PodAttachOptions";
    POD_EXEC_OPTIONS = "", "v1", "PodExecOptions";
    POD_PORT_FORWARD_OPTIONS = "", "v1", "PodPortForwardOptions";
    POD_PROXY_OPTIONS = "", "v1", "PodProxyOptions";
    SERVICE_PROXY_OPTIONS = "", "v1", "ServiceProxyOptions";
    NODE_PROXY_OPTIONS = "", "v1", "NodeProxyOptions";
}

/// The first kind of that name, for tests that have names in their tables.
#[cfg(test)]
pub(crate) fn named(group: &str, kind: &str) -> &'static Kind {
    all().iter().find(|row| row.group == group && row.kind == kind).unwrap_or_else(|| panic!("no {group} {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_sorted_within() {
        let identity = |kind: &Kind| (kind.group.clone(), kind.version.clone(), kind.kind.clone());
        for (index, kind) in all().iter().enumerate() {
            let earlier = &all()[..index];
            assert!(earlier.iter().all(|earlier| identity(earlier) != identity(kind)), "{kind} occurs twice");
            assert!(kind.verbs.is_sorted(), "verbs of {kind}");
            assert!(kind.subresources.is_sorted_by_key(|subresource| subresource.name), "subresources of {kind}");
        }
    }

    #[test]
    fn what_can_be_scaled_says_where_its_numbers_are() {
        for kind in all() {
            assert_eq!(kind.subresource("scale").is_some(), kind.behaviour.scale.is_some(), "{kind}");
        }
    }

    #[test]
    fn a_kind_is_what_its_type_says() {
        assert_eq!((&*POD.kind, POD.namespaced, &*POD.singular()), ("Pod", true, "pod"));
        assert_eq!(DEPLOYMENT.resource(), "deployments.apps");
        assert_eq!(POD.list_kind(), "PodList");
        assert!(!NODE.namespaced);
        assert_eq!(POD, POD);
        assert_ne!(EVENT, EVENTS_EVENT);
    }

    #[test]
    fn versions_share_the_storage_of_the_preferred_one() {
        for (kind, stored) in [
            (HORIZONTAL_POD_AUTOSCALER_V1, HORIZONTAL_POD_AUTOSCALER),
            (EVENTS_EVENT, EVENT),
            (RESOURCE_CLAIM_V1BETA1, RESOURCE_CLAIM),
            (DEPLOYMENT, DEPLOYMENT),
        ] {
            assert_eq!(kind.storage(), &stored);
        }
        for kind in all() {
            let group = if *kind == EVENTS_EVENT { "" } else { &*kind.group };
            let preferred = all().iter().find(|other| other.group == group && other.plural == kind.plural);
            assert_eq!(Some(kind.storage()), preferred, "{kind}");
        }
    }
}
