//! Plugin `NodeRestriction` (`plugin/pkg/admission/noderestriction`): a node changes only itself, its pods and what is
//! made for them. What it may ask for at all, the node authorizer has decided. An `Err` is the cause of a 403.

mod labels;
mod mirror_pod;
mod pod_certificate;
mod token;

pub use mirror_pod::admit as admit_pod_creation;
pub use pod_certificate::{Named, admit as admit_pod_certificate, is_shown};
pub use token::{Audiences, admit as admit_token};

use machinery::meta;
use serde_json::Value;

/// Where nodes keep their leases.
const LEASES: &str = "kube-node-lease";

/// What of a claim's status a node reports.
const CLAIM_REPORTS: [&str; 4] = ["allocatedResourceStatuses", "allocatedResources", "capacity", "conditions"];

/// Statuses of a pod that others keep, and what they are called.
const NOT_ITS_OWN: [(&str, &str); 3] = [
    ("resourceClaimStatuses", "resource claim statues"),
    ("extendedResourceClaimStatus", "extended resource claim status"),
    ("nodeAllocatableResourceClaimStatuses", "node allocatable resource claim statuses"),
];

/// A pod that a node deletes, evicts or reports on (`what`) is its own.
pub fn admit_own_pod(node: &str, pod: &Value, what: &str) -> Result<(), String> {
    if pod["spec"]["nodeName"] == node {
        return Ok(());
    }
    Err(format!("node {node:?} can only {what} with spec.nodeName set to itself"))
}

/// A node reports the status of a pod, and nothing that others keep there.
pub fn admit_pod_status(node: &str, old: &Value, new: &Value) -> Result<(), String> {
    admit_own_pod(node, old, "update pod status for pods")?;
    if !same(&old["metadata"]["labels"], &new["metadata"]["labels"]) {
        return Err(format!("node {node:?} cannot update labels through pod status"));
    }
    let changed = NOT_ITS_OWN.iter().find(|(field, _)| !same(&old["status"][field], &new["status"][field]));
    changed.map_or(Ok(()), |(_, what)| Err(format!("node {node:?} cannot update {what}")))
}

/// A node reports the size and conditions of a claim.
pub fn admit_claim_status(node: &str, old: &Value, new: &Value) -> Result<(), String> {
    let rest = |claim: &Value| {
        let mut claim = claim.clone();
        meta::remove(&mut claim, &["managedFields", "resourceVersion"]);
        if let Some(status) = claim["status"].as_object_mut() {
            status.retain(|field, _| !CLAIM_REPORTS.contains(&field.as_str()));
        }
        claim
    };
    if rest(old) == rest(new) {
        return Ok(());
    }
    Err(format!("node {node:?} is not allowed to update fields other than status.quantity and status.conditions"))
}

/// A node makes and changes its own object: no label that leads others' pods to it, none of its taints or owners.
pub fn admit_node(node: &str, name: &str, old: Option<&Value>, new: Option<&Value>) -> Result<(), String> {
    if name != node {
        return Err(format!("node {node:?} is not allowed to modify node {name:?}"));
    }
    let Some(new) = new else { return Ok(()) };
    let forbidden =
        labels::forbidden(old.map_or(&Value::Null, |old| &old["metadata"]["labels"]), &new["metadata"]["labels"]);
    let Some(old) = old else {
        let reason = || format!("node {node:?} is not allowed to set the following labels: {}", forbidden.join(", "));
        return if forbidden.is_empty() { Ok(()) } else { Err(reason()) };
    };
    for (place, what) in [("/spec/taints", "taints"), ("/metadata/ownerReferences", "ownerReferences")] {
        if !same(old.pointer(place).unwrap_or(&Value::Null), new.pointer(place).unwrap_or(&Value::Null)) {
            return Err(format!("node {node:?} is not allowed to modify {what}"));
        }
    }
    let reason = || format!("is not allowed to modify labels: {}", forbidden.join(", "));
    if forbidden.is_empty() { Ok(()) } else { Err(reason()) }
}

/// A node keeps the lease that has its name.
pub fn admit_lease(node: &str, namespace: &str, name: &str) -> Result<(), String> {
    if namespace != LEASES {
        return Err(format!("can only access leases in the {LEASES:?} system namespace"));
    }
    named(node, name, "node lease")
}

/// A node keeps the `CSINode` that has its name.
pub fn admit_csi_node(node: &str, name: &str) -> Result<(), String> {
    named(node, name, "CSINode")
}

fn named(node: &str, name: &str, what: &str) -> Result<(), String> {
    if name == node { Ok(()) } else { Err(format!("can only access {what} with the same name as the requesting node")) }
}

/// A node makes and deletes (`what`) the slices of its own devices.
pub fn admit_resource_slice(node: &str, slice: &Value, what: &str) -> Result<(), String> {
    if slice["spec"]["nodeName"] == node {
        return Ok(());
    }
    Err(format!("can only {what} ResourceSlice with the same NodeName as the requesting node"))
}

/// Whether two values are the same; nothing is as much as an empty list or map.
fn same(one: &Value, other: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    one == other || (is_empty(one) && is_empty(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_reports_on_its_own_pods() {
        let pod = |node: &str, labels: &Value, status: &Value| json!({"metadata": {"labels": labels}, "spec": {"nodeName": node}, "status": status});
        let old = pod("n1", &json!({"a": "1"}), &json!({"phase": "Pending"}));
        for (node, new, refusal) in [
            ("n1", pod("n1", &json!({"a": "1"}), &json!({"phase": "Running", "resourceClaimStatuses": []})), None),
            (
                "n2",
                old.clone(),
                Some("node \"n2\" can only update pod status for pods with spec.nodeName set to itself"),
            ),
            ("n1", pod("n1", &json!({}), &json!({})), Some("node \"n1\" cannot update labels through pod status")),
            (
                "n1",
                pod("n1", &json!({"a": "1"}), &json!({"resourceClaimStatuses": [{"name": "c"}]})),
                Some("node \"n1\" cannot update resource claim statues"),
            ),
        ] {
            assert_eq!(admit_pod_status(node, &old, &new).err().as_deref(), refusal, "{node} {new}");
        }
    }

    #[test]
    fn a_node_keeps_itself_without_leading_pods_to_it() {
        let object =
            |labels: &Value, taints: &Value| json!({"metadata": {"labels": labels}, "spec": {"taints": taints}});
        let (host, role) = (json!({"kubernetes.io/hostname": "n1"}), json!({"node-role.kubernetes.io/x": ""}));
        let plain = object(&host, &json!(null));
        let tainted = object(&host, &json!([{"key": "k", "effect": "NoSchedule"}]));
        for (name, old, new, refusal) in [
            ("n1", None, &tainted, None),
            ("n1", Some(&plain), &plain, None),
            ("n2", None, &plain, Some("node \"n1\" is not allowed to modify node \"n2\"")),
            ("n1", Some(&tainted), &plain, Some("node \"n1\" is not allowed to modify taints")),
            (
                "n1",
                None,
                &object(&role, &json!(null)),
                Some("node \"n1\" is not allowed to set the following labels: node-role.kubernetes.io/x"),
            ),
            (
                "n1",
                Some(&plain),
                &object(&role, &json!([])),
                Some("is not allowed to modify labels: node-role.kubernetes.io/x"),
            ),
        ] {
            assert_eq!(admit_node("n1", name, old, Some(new)).err().as_deref(), refusal, "{name} {new}");
        }
        assert!(admit_node("n1", "n1", Some(&plain), None).is_ok());
    }

    #[test]
    fn a_node_reports_sizes_and_nothing_else_of_claims() {
        let claim = |size: &str, phase: &str| json!({"metadata": {}, "status": {"capacity": size, "phase": phase}});
        assert!(admit_claim_status("n1", &claim("1", "Bound"), &claim("2", "Bound")).is_ok());
        assert!(admit_claim_status("n1", &claim("1", "Bound"), &claim("1", "Lost")).is_err());
    }

    #[test]
    fn what_is_named_after_a_node_is_its_own() {
        assert!(admit_lease("n1", LEASES, "n1").is_ok() && admit_csi_node("n1", "n1").is_ok());
        assert!(admit_lease("n1", LEASES, "n2").is_err() && admit_lease("n1", "default", "n1").is_err());
        assert!(admit_csi_node("n1", "n2").is_err());
        let slice = |node: &str| json!({"spec": {"nodeName": node}});
        assert!(admit_resource_slice("n1", &slice("n1"), "create").is_ok());
        assert!(admit_resource_slice("n1", &slice("n2"), "delete").is_err());
    }
}
