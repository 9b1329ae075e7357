//! Server-side printing: the columns of a kind and an object's cells in them (`pkg/printers/internalversion`).

mod age;
mod batch;
mod cluster;
mod column;
mod configuration;
mod event;
mod network;
mod node;
mod pod;
mod storage;
mod text;
mod workload;

use jiff::Timestamp;
use serde_json::Value;

use crate::{kind::Kind, meta};
pub use age::human_duration;
pub use column::Column;
use column::{CREATED_AT, NAME};

/// How objects of a kind are shown in a table.
struct Printer {
    columns: &'static [Column],
    /// One cell for each column. The time is now: ages are counted up to it.
    cells: fn(&Value, Timestamp) -> Vec<Value>,
}

/// The columns of a kind; those of priority 1 are for wide output.
#[must_use]
pub fn columns(kind: &Kind) -> &'static [Column] {
    printer(kind).columns
}

/// An object's cells, one for each column of its kind.
#[must_use]
pub fn cells(kind: &Kind, object: &Value, now: Timestamp) -> Vec<Value> {
    (printer(kind).cells)(object, now)
}

/// What is shown of kinds that have nothing of their own to show.
static GENERIC: Printer = Printer {
    columns: &[NAME, CREATED_AT],
    cells: |object, _| vec![meta::name(object).into(), object["metadata"]["creationTimestamp"].clone()],
};

fn printer(kind: &Kind) -> &'static Printer {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => &pod::POD,
        ("", "Node") => &node::NODE,
        ("" | "events.k8s.io", "Event") => &event::EVENT,
        ("", "Namespace") => &configuration::NAMESPACE,
        ("", "ConfigMap") => &configuration::CONFIG_MAP,
        ("", "Secret") => &configuration::SECRET,
        ("", "ServiceAccount") => &configuration::SERVICE_ACCOUNT,
        ("", "ResourceQuota") => &configuration::RESOURCE_QUOTA,
        ("coordination.k8s.io", "Lease") => &configuration::LEASE,
        ("", "Service") => &network::SERVICE,
        ("", "Endpoints") => &network::ENDPOINTS,
        ("discovery.k8s.io", "EndpointSlice") => &network::ENDPOINT_SLICE,
        ("networking.k8s.io", "Ingress") => &network::INGRESS,
        ("networking.k8s.io", "IngressClass") => &network::INGRESS_CLASS,
        ("networking.k8s.io", "NetworkPolicy") => &network::NETWORK_POLICY,
        ("apps", "Deployment") => &workload::DEPLOYMENT,
        ("apps", "ReplicaSet") | ("", "ReplicationController") => &workload::REPLICA_SET,
        ("apps", "DaemonSet") => &workload::DAEMON_SET,
        ("apps", "StatefulSet") => &workload::STATEFUL_SET,
        ("apps", "ControllerRevision") => &workload::CONTROLLER_REVISION,
        ("autoscaling", "HorizontalPodAutoscaler") => &workload::HORIZONTAL_POD_AUTOSCALER,
        ("policy", "PodDisruptionBudget") => &workload::POD_DISRUPTION_BUDGET,
        ("batch", "Job") => &batch::JOB,
        ("batch", "CronJob") => &batch::CRON_JOB,
        ("", "PersistentVolumeClaim") => &storage::PERSISTENT_VOLUME_CLAIM,
        ("", "PersistentVolume") => &storage::PERSISTENT_VOLUME,
        ("storage.k8s.io", "StorageClass") => &storage::STORAGE_CLASS,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &cluster::ROLE_BINDING,
        ("scheduling.k8s.io", "PriorityClass") => &cluster::PRIORITY_CLASS,
        ("node.k8s.io", "RuntimeClass") => &cluster::RUNTIME_CLASS,
        ("certificates.k8s.io", "CertificateSigningRequest") => &cluster::CERTIFICATE_SIGNING_REQUEST,
        _ => &GENERIC,
    }
}

#[cfg(test)]
mod tests;
