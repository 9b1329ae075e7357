//! Labels that a node may not give itself (`k8s.io/kubelet/pkg/apis/well_known_labels.go`).

use serde_json::Value;
use std::collections::BTreeSet;

/// Nodes may set these of Kubernetes' labels.
const OWN: [&str; 11] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// And those of these domains.
const OWN_DOMAINS: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED: &str = "node-restriction.kubernetes.io";

/// The labels that differ and are not the node's to change, in order.
pub(super) fn forbidden(old: &Value, new: &Value) -> Vec<String> {
    let keys =
        |labels: &Value| labels.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<BTreeSet<_>>();
    let all = keys(old).into_iter().chain(keys(new)).collect::<BTreeSet<_>>();
    all.into_iter().filter(|key| old.get(key) != new.get(key) && is_forbidden(key)).collect()
}

fn is_forbidden(label: &str) -> bool {
    let Some((domain, _)) = label.split_once('/') else { return false };
    let is_within = |of: &str| domain == of || domain.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
    let is_own = OWN.contains(&label) || OWN_DOMAINS.into_iter().any(is_within);
    is_within(RESTRICTED) || ((is_within("kubernetes.io") || is_within("k8s.io")) && !is_own)
}

#[cfg(test)]
mod tests {
    use super::is_forbidden;

    #[test]
    fn kubernetes_labels_are_not_the_nodes_but_for_a_few() {
        for (label, forbidden) in [
            ("app", false),
            ("acme.io/app", false),
            ("kubernetes.io/hostname", false),
            ("topology.kubernetes.io/zone", false),
            ("x.node.kubernetes.io/y", false),
            ("kubelet.kubernetes.io/y", false),
            ("kubernetes.io/other", true),
            ("node-role.kubernetes.io/control-plane", true),
            ("x.k8s.io/y", true),
            ("notkubernetes.io/y", false),
            ("node-restriction.kubernetes.io/x", true),
            ("a.node-restriction.kubernetes.io/x", true),
        ] {
            assert_eq!(is_forbidden(label), forbidden, "{label}");
        }
    }
}
