//! The pods that a node makes itself: they stand for what it runs already, and open nothing.

use crate::pod::references;
use machinery::meta;
use serde_json::Value;

const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// Volumes and sources that need something of the API, and what (`HasAPIObjectReference` of
/// `pkg/api/pod/util.go`).
const REFERRING_VOLUMES: [(&str, &str); 7] = [
    ("configMap", "configmaps (via configmap volumes)"),
    ("secret", "secrets (via secret volumes)"),
    ("csi", "csidrivers (via CSI volumes)"),
    ("glusterfs", "endpoints (via glusterFS volumes)"),
    ("persistentVolumeClaim", "persistentvolumeclaims"),
    ("ephemeral", "persistentvolumeclaims (via ephemeral volumes)"),
    ("azureFile", "secrets (via azureFile volumes)"),
];
const REFERRING_SOURCES: [(&str, &str); 5] = [
    ("configMap", "configmaps (via projected volumes)"),
    ("secret", "secrets (via projected volumes)"),
    ("serviceAccountToken", "serviceaccounts (via projected volumes)"),
    ("clusterTrustBundle", "clustertrustbundles"),
    ("podCertificate", "podcertificates"),
];

/// Whether a node may make this pod; `own` is the node's object, if it is there.
pub fn admit(node: &str, pod: &Value, own: Option<&Value>) -> Result<(), String> {
    if pod["metadata"]["annotations"].get(MIRROR_POD).is_none() {
        return Err(format!("pod does not have {MIRROR_POD:?} annotation, node {node:?} can only create mirror pods"));
    }
    if pod["spec"]["nodeName"] != node {
        return Err(format!("node {node:?} can only create pods with spec.nodeName set to itself"));
    }
    admit_owner(node, pod, own)?;
    match referred_to(pod) {
        Some(what) => Err(format!("node {node:?} can not create pods that reference {what}")),
        None => Ok(()),
    }
}

fn admit_owner(node: &str, pod: &Value, own: Option<&Value>) -> Result<(), String> {
    let owners = pod["metadata"]["ownerReferences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let missing = || format!("node {node:?} can only create pods with an owner reference set to itself");
    let owner = match owners {
        [owner] => owner,
        [] => return Err(missing()),
        _ => return Err(format!("node {node:?} can only create pods with a single owner reference set to itself")),
    };
    if owner["apiVersion"] != "v1" || owner["kind"] != "Node" || owner["name"] != node {
        return Err(missing());
    }
    if owner["controller"] != true {
        return Err(format!("node {node:?} can only create pods with a controller owner reference set to itself"));
    }
    if owner["blockOwnerDeletion"] == true {
        return Err(format!("node {node:?} must not set blockOwnerDeletion on an owner reference"));
    }
    let (asked, uid) = (owner["uid"].as_str().unwrap_or_default(), own.map(meta::uid).unwrap_or_default());
    if asked == uid && !uid.is_empty() {
        return Ok(());
    }
    Err(format!("node {node} UID mismatch: expected {asked} got {uid}"))
}

/// What a pod refers to of the API.
fn referred_to(pod: &Value) -> Option<&'static str> {
    let spec = &pod["spec"];
    if spec["serviceAccountName"].as_str().is_some_and(|name| !name.is_empty()) {
        return Some("serviceaccounts");
    }
    if !references::secrets(pod).is_empty() {
        return Some("secrets");
    }
    if !references::config_maps(pod).is_empty() {
        return Some("configmaps");
    }
    if spec["resourceClaims"].as_array().is_some_and(|claims| !claims.is_empty()) {
        return Some("resourceclaims");
    }
    let items = |list: &'_ Value| list.as_array().cloned().unwrap_or_default();
    items(&spec["volumes"]).iter().find_map(|volume| {
        let of_volume = found(volume, &REFERRING_VOLUMES);
        of_volume.or_else(|| items(&volume["projected"]["sources"]).iter().find_map(|of| found(of, &REFERRING_SOURCES)))
    })
}

fn found(of: &Value, table: &[(&str, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(field, _)| of.get(field).is_some_and(|value| !value.is_null())).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mirror() -> Value {
        json!({"metadata": {"annotations": {MIRROR_POD: "x"}, "ownerReferences": [
            {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u", "controller": true}]},
            "spec": {"nodeName": "n1", "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}})
    }

    #[test]
    fn a_node_makes_mirror_pods_that_open_nothing() {
        let node = json!({"metadata": {"name": "n1", "uid": "u"}});
        let with = |place: &str, value: Value| {
            let mut pod = mirror();
            *pod.pointer_mut(place).unwrap() = value;
            pod
        };
        for (pod, own, refusal) in [
            (mirror(), Some(&node), None),
            (with("/metadata/annotations", json!({})), Some(&node), Some("can only create mirror pods")),
            (with("/spec/nodeName", json!("n2")), Some(&node), Some("spec.nodeName set to itself")),
            (with("/metadata/ownerReferences", json!([])), Some(&node), Some("an owner reference set to itself")),
            (with("/metadata/ownerReferences", json!([{}, {}])), Some(&node), Some("a single owner reference")),
            (with("/metadata/ownerReferences/0/controller", json!(false)), Some(&node), Some("a controller owner")),
            (with("/metadata/ownerReferences/0/uid", json!("other")), Some(&node), Some("UID mismatch")),
            (mirror(), None, Some("UID mismatch")),
            (with("/spec/volumes/0", json!({"secret": {"secretName": "s"}})), Some(&node), Some("reference secrets")),
            (
                with("/spec/volumes/0", json!({"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}})),
                Some(&node),
                Some("serviceaccounts (via projected volumes)"),
            ),
        ] {
            let result = admit("n1", &pod, own);
            match refusal {
                None => assert_eq!(result, Ok(()), "{pod}"),
                Some(part) => assert!(result.unwrap_err().contains(part), "{part}"),
            }
        }
    }
}
