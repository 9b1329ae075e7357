//! Deployments and the other controllers of long-running pods.

use super::{pod::template, volume::persistent_volume_claim};
use machinery::fields::{Object, child, child_or_new, is_filled, items, set_default, text};
use serde_json::{Value, json};

/// A Deployment.
pub fn deployment(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "replicas", 1);
    set_default(spec, "revisionHistoryLimit", 10);
    set_default(spec, "progressDeadlineSeconds", 600);
    if let Some(strategy) = rolling_update(spec, "strategy") {
        set_default(strategy, "maxUnavailable", "25%");
        set_default(strategy, "maxSurge", "25%");
    }
    template(spec);
}

/// A `ReplicaSet`.
pub fn replica_set(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "replicas", 1);
    template(spec);
}

/// A `DaemonSet`.
pub fn daemon_set(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "revisionHistoryLimit", 10);
    if let Some(strategy) = rolling_update(spec, "updateStrategy") {
        set_default(strategy, "maxUnavailable", 1);
        set_default(strategy, "maxSurge", 0);
    }
    template(spec);
}

/// A `StatefulSet`.
pub fn stateful_set(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "podManagementPolicy", "OrderedReady");
    set_default(spec, "replicas", 1);
    set_default(spec, "revisionHistoryLimit", 10);
    if let Some(strategy) = rolling_update(spec, "updateStrategy") {
        set_default(strategy, "partition", 0);
    }
    if let Some(policy) = child_or_new(spec, "persistentVolumeClaimRetentionPolicy") {
        set_default(policy, "whenDeleted", "Retain");
        set_default(policy, "whenScaled", "Retain");
    }
    for claim in items(spec, "volumeClaimTemplates") {
        set_default(claim, "apiVersion", "v1");
        set_default(claim, "kind", "PersistentVolumeClaim");
        persistent_volume_claim(claim);
    }
    template(spec);
}

/// A `ReplicationController`: what its template says of labels, it says of selector and labels.
pub fn replication_controller(object: &mut Object) {
    let labels = object.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    if let Some(labels @ Value::Object(_)) = labels {
        if let Some(metadata) = child_or_new(object, "metadata").filter(|metadata| !is_filled(metadata, "labels")) {
            metadata.insert("labels".to_owned(), labels.clone());
        }
        if let Some(spec) = child(object, "spec").filter(|spec| !is_filled(spec, "selector")) {
            spec.insert("selector".to_owned(), labels);
        }
    }
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "replicas", 1);
    // Here alone a missing template is not an empty one.
    if child(spec, "template").is_some() {
        template(spec);
    }
}

/// A `HorizontalPodAutoscaler`: aims at 80 % of the requested processor time if it has no metrics.
pub fn horizontal_pod_autoscaler(object: &mut Object) {
    let current = text(object, "apiVersion") != "autoscaling/v1";
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "minReplicas", 1);
    if current && !is_filled(spec, "metrics") {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        spec.insert("metrics".to_owned(), json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
}

/// The `rollingUpdate` of an update strategy, if that is its type.
fn rolling_update<'object>(spec: &'object mut Object, key: &str) -> Option<&'object mut Object> {
    let strategy = child_or_new(spec, key)?;
    set_default(strategy, "type", "RollingUpdate");
    if text(strategy, "type") == "RollingUpdate" { child_or_new(strategy, "rollingUpdate") } else { None }
}
