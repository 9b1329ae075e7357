//! The built-in kinds: what they are called, which verbs and subresources they have, how their versions hang together.

mod served;

use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope, Resource};
use std::fmt;

pub use served::{Error as RuntimeConfigError, ServedKinds};

/// A kind of object in one version of its API group: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version of the group, such as `v1` or `v1beta1`.
    pub version: &'static str,
    /// Name of the kind, such as `Pod`.
    pub kind: &'static str,
    /// Name of the resource in paths, such as `pods`.
    pub plural: &'static str,
    /// Names that kubectl accepts beside plural and singular.
    pub short_names: &'static [&'static str],
    /// Groups of resources that kubectl knows by one name, such as `all`.
    pub categories: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Verbs of the resource itself, in alphabetical order.
    pub verbs: &'static [&'static str],
    /// Subresources, in alphabetical order.
    pub subresources: &'static [Subresource],
}

/// A subresource of a kind, such as `pods/eviction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subresource {
    /// Last segment of its path, such as `eviction`.
    pub name: &'static str,
    /// The kind of its body, if it is not that of the parent.
    pub body: Option<&'static Kind>,
    /// Verbs, in alphabetical order.
    pub verbs: &'static [&'static str],
}

impl Kind {
    /// The singular name that kubectl accepts and discovery shows.
    #[must_use]
    pub fn singular(&self) -> String {
        self.kind.to_lowercase()
    }

    /// `apiVersion` of objects of this kind.
    #[must_use]
    pub fn api_version(&self) -> String {
        api_version(self.group, self.version)
    }

    /// `pods` or `deployments.apps`: how error messages name the resource.
    #[must_use]
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `Pod` or `Deployment.apps`: how the message of an invalid object names its kind.
    #[must_use]
    pub fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// Whether the resource answers to a verb.
    #[must_use]
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }

    /// The subresource of that name.
    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&'static Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }

    /// The kind in which objects are stored: all versions of a resource share the storage of the preferred one, and
    /// the two groups that have events share those of the core group.
    #[must_use]
    pub fn storage(&'static self) -> &'static Kind {
        let group = if self.group == "events.k8s.io" { "" } else { self.group };
        all().iter().find(|kind| kind.group == group && kind.plural == self.plural).unwrap_or(self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, Kind={}", self.api_version(), self.kind)
    }
}

/// Joins group and version the way `apiVersion` has them.
#[must_use]
pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All rows, core group first, the preferred version of a resource before its others.
#[must_use]
pub fn all() -> &'static [Kind] {
    KINDS
}

/// The kind behind a path `/apis/{group}/{version}/{plural}`.
#[must_use]
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    all().iter().find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
}

/// The kind that an object with this `apiVersion` and `kind` has.
#[must_use]
pub fn find_kind(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    all().iter().find(|row| row.group == group && row.version == version && row.kind == kind)
}

const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const ONE_BY_ONE: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list"];
const CREATE: &[&str] = &["create"];
const CONNECT: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];
const CHANGE: &[&str] = &["get", "patch", "update"];

/// A kind that only travels as the body of a subresource or of a delete.
const fn body(group: &'static str, version: &'static str, kind: &'static str) -> Kind {
    Kind {
        group,
        version,
        kind,
        plural: "",
        short_names: &[],
        categories: &[],
        namespaced: true,
        verbs: &[],
        subresources: &[],
    }
}

/// How many replicas a workload shall have.
pub static SCALE: Kind = body("autoscaling", "v1", "Scale");
/// The wish that a pod leave its node.
pub static EVICTION: Kind = body("policy", "v1", "Eviction");
/// The wish for a service account's token.
pub static TOKEN_REQUEST: Kind = body("authentication.k8s.io", "v1", "TokenRequest");
/// How to delete.
pub static DELETE_OPTIONS: Kind = body("", "v1", "DeleteOptions");
/// Which part of a log to read.
pub static POD_LOG_OPTIONS: Kind = body("", "v1", "PodLogOptions");
static POD_BINDING: Kind = body("", "v1", "Binding");
static POD_ATTACH_OPTIONS: Kind = body("", "v1", "PodAttachOptions");
static POD_EXEC_OPTIONS: Kind = body("", "v1", "PodExecOptions");
static POD_PORT_FORWARD_OPTIONS: Kind = body("", "v1", "PodPortForwardOptions");
static POD_PROXY_OPTIONS: Kind = body("", "v1", "PodProxyOptions");
static SERVICE_PROXY_OPTIONS: Kind = body("", "v1", "ServiceProxyOptions");
static NODE_PROXY_OPTIONS: Kind = body("", "v1", "NodeProxyOptions");

const fn own(name: &'static str, verbs: &'static [&'static str]) -> Subresource {
    Subresource { name, body: None, verbs }
}

const fn other(name: &'static str, body: &'static Kind, verbs: &'static [&'static str]) -> Subresource {
    Subresource { name, body: Some(body), verbs }
}

const STATUS: Subresource = own("status", CHANGE);
const APPROVAL: Subresource = own("approval", CHANGE);
const EPHEMERAL_CONTAINERS: Subresource = own("ephemeralcontainers", CHANGE);
const RESIZE: Subresource = own("resize", CHANGE);
const LOG: Subresource = own("log", &["get"]);
const FINALIZE: Subresource = own("finalize", &["update"]);
const BINDING: Subresource = other("binding", &POD_BINDING, CREATE);
const ATTACH: Subresource = other("attach", &POD_ATTACH_OPTIONS, CONNECT);
const EXEC: Subresource = other("exec", &POD_EXEC_OPTIONS, CONNECT);
const PORT_FORWARD: Subresource = other("portforward", &POD_PORT_FORWARD_OPTIONS, CONNECT);
const POD_PROXY: Subresource = other("proxy", &POD_PROXY_OPTIONS, PROXY);
const SERVICE_PROXY: Subresource = other("proxy", &SERVICE_PROXY_OPTIONS, PROXY);
const NODE_PROXY: Subresource = other("proxy", &NODE_PROXY_OPTIONS, PROXY);
const SCALING: Subresource = other("scale", &SCALE, CHANGE);
const EVICT: Subresource = other("eviction", &EVICTION, CREATE);
const TOKEN: Subresource = other("token", &TOKEN_REQUEST, CREATE);

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
    ($($($segment:ident)::+ { [$($short:literal),*], [$($category:literal),*], $verbs:ident, [$($sub:ident),*] })*) => {
        static KINDS: &[Kind] = &[$(Kind {
            group: <k8s_openapi::$($segment)::+ as Resource>::GROUP,
            version: <k8s_openapi::$($segment)::+ as Resource>::VERSION,
            kind: <k8s_openapi::$($segment)::+ as Resource>::KIND,
            plural: <k8s_openapi::$($segment)::+ as Resource>::URL_PATH_SEGMENT,
            short_names: &[$($short),*],
            categories: &[$($category),*],
            namespaced: <<k8s_openapi::$($segment)::+ as Resource>::Scope as Scope>::NAMESPACED,
            verbs: $verbs,
            subresources: &[$($sub),*],
        }),*];
    };
}

include!("kinds/table.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_sorted_within() {
        for (index, kind) in all().iter().enumerate() {
            assert!(all()[..index].iter().all(|earlier| earlier != kind), "{kind} occurs twice");
            assert!(kind.verbs.is_sorted(), "verbs of {kind}");
            assert!(kind.subresources.is_sorted_by_key(|subresource| subresource.name), "subresources of {kind}");
        }
    }

    #[test]
    fn kinds_are_found_by_resource_and_by_kind() {
        let pod = find("", "v1", "pods").unwrap();
        assert_eq!((pod.kind, pod.namespaced, pod.singular().as_str()), ("Pod", true, "pod"));
        assert_eq!(find_kind("apps", "v1", "Deployment").unwrap().resource(), "deployments.apps");
        assert!(!find_kind("", "v1", "Node").unwrap().namespaced);
        assert_eq!(find("", "v2", "pods"), None);
    }

    #[test]
    fn versions_share_the_storage_of_the_preferred_one() {
        for (group, version, plural, stored) in [
            ("autoscaling", "v1", "horizontalpodautoscalers", "autoscaling/v2, Kind=HorizontalPodAutoscaler"),
            ("events.k8s.io", "v1", "events", "v1, Kind=Event"),
            ("resource.k8s.io", "v1beta1", "resourceclaims", "resource.k8s.io/v1, Kind=ResourceClaim"),
            ("apps", "v1", "deployments", "apps/v1, Kind=Deployment"),
        ] {
            assert_eq!(find(group, version, plural).unwrap().storage().to_string(), stored);
        }
    }
}
