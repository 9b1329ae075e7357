//! What Kubernetes fills in where an object is silent (`pkg/apis/*/v1/defaults.go`). Each function takes an object,
//! or a part of one, as the schema let it in; null and the empty string count as silence, as in Go.

mod batch;
mod cluster;
mod container;
mod fields;
mod pod;
mod service;
mod volume;
mod workload;

use fields::Object;
use serde_json::Value;

/// Fills in the defaults of an object of that kind, in place. Kinds without defaults are left alone.
pub fn apply(group: &str, kind: &str, object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    if let Some(defaults) = of(group, kind) {
        defaults(object);
    }
}

fn of(group: &str, kind: &str) -> Option<fn(&mut Object)> {
    Some(match (group, kind) {
        ("", "Pod") => pod::pod,
        ("", "PodTemplate") => pod::pod_template,
        ("", "ConfigMap") => cluster::config_map,
        ("", "Secret") => cluster::secret,
        ("", "Namespace") => cluster::namespace,
        ("", "Node") => cluster::node,
        ("", "LimitRange") => cluster::limit_range,
        ("", "Service") => service::service,
        ("", "Endpoints") => service::endpoints,
        ("", "PersistentVolume") => volume::persistent_volume,
        ("", "PersistentVolumeClaim") => volume::persistent_volume_claim,
        ("", "ReplicationController") => workload::replication_controller,
        ("apps", "Deployment") => workload::deployment,
        ("apps", "ReplicaSet") => workload::replica_set,
        ("apps", "DaemonSet") => workload::daemon_set,
        ("apps", "StatefulSet") => workload::stateful_set,
        ("autoscaling", "HorizontalPodAutoscaler") => workload::horizontal_pod_autoscaler,
        ("batch", "Job") => batch::job,
        ("batch", "CronJob") => batch::cron_job,
        ("discovery.k8s.io", "EndpointSlice") => service::endpoint_slice,
        ("networking.k8s.io", "NetworkPolicy") => service::network_policy,
        ("networking.k8s.io", "IngressClass") => service::ingress_class,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => cluster::role_binding,
        ("scheduling.k8s.io", "PriorityClass") => cluster::priority_class,
        ("storage.k8s.io", "StorageClass") => cluster::storage_class,
        ("storage.k8s.io", "CSIDriver") => cluster::csi_driver,
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => cluster::mutating_webhooks,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => cluster::validating_webhooks,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
