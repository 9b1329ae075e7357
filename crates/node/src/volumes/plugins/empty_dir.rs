//! emptyDir volumes: a folder in the pod's folder, or a tmpfs (`pkg/volume/emptydir`).

use crate::{
    Error, blocking,
    container::{Machine, VolumeOnNode, pod_resources},
    volumes::{
        medium::Medium,
        plugin::{Plugin, Request},
    },
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, Pod},
    apimachinery::pkg::api::resource::Quantity as Amount,
};
use machinery::quantity::Quantity;

impl Plugin for EmptyDirVolumeSource {
    fn name(&self) -> &'static str {
        "empty-dir"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let (medium, path, group) =
            (medium(self, request.pod, request.machine), request.path(self), request.fs_group());
        let make = move || {
            medium?.make(&path, group)?;
            Ok(VolumeOnNode { path, read_only: false })
        };
        blocking::run(make).boxed()
    }
}

fn medium(source: &EmptyDirVolumeSource, pod: &Pod, machine: &Machine) -> Result<Medium, Error> {
    match source.medium.as_deref().unwrap_or_default() {
        "" => Ok(Medium::Disk),
        "Memory" => Ok(Medium::Memory(bound(source, pod, machine))),
        medium => Err(Error::Medium(medium.to_owned())),
    }
}

/// The least of what the volume, the pod and the node may have (`calculateEmptyDirMemorySize` in
/// `pkg/volume/emptydir/empty_dir.go`).
fn bound(source: &EmptyDirVolumeSource, pod: &Pod, machine: &Machine) -> Option<u64> {
    let of_node = machine.allocatable.get("memory").and_then(bytes);
    let of_pod = pod_resources(pod).memory().as_ref().and_then(|memory| u64::try_from(memory.limit()?).ok());
    let own = source.size_limit.as_ref().and_then(bytes);
    [of_node, of_pod, own].into_iter().flatten().filter(|bytes| *bytes > 0).min()
}

fn bytes(amount: &Amount) -> Option<u64> {
    let amount: Quantity = amount.0.parse().ok()?;
    u64::try_from(amount.value()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::CgroupVersion;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn machine(memory: &str) -> Machine {
        Machine {
            cgroup_version: CgroupVersion::V2,
            memory_capacity: 0,
            allocatable: BTreeMap::from([("memory".to_owned(), Amount(memory.to_owned()))]),
            devices: Vec::new(),
        }
    }

    /// A pod of two containers with these limits.
    fn pod(limits: &Value) -> Pod {
        let container = |name: &str| json!({ "name": name, "resources": { "limits": limits } });
        serde_json::from_value(json!({ "spec": { "containers": [container("a"), container("b")] } })).unwrap()
    }

    #[test]
    fn memory_is_bounded_by_volume_pod_and_node() {
        let mebibytes = |count: u64| Ok(Medium::Memory(Some(count << 20)));
        for (volume, limits, node, expected) in [
            (json!({ "medium": "Memory" }), json!({ "memory": "64Mi" }), "1Gi", mebibytes(128)),
            (json!({ "medium": "Memory" }), json!({}), "1Gi", mebibytes(1024)),
            (json!({ "medium": "Memory" }), json!({ "memory": "64Mi" }), "100Mi", mebibytes(100)),
            (json!({ "medium": "Memory", "sizeLimit": "10Mi" }), json!({ "memory": "64Mi" }), "1Gi", mebibytes(10)),
            (json!({ "medium": "Memory", "sizeLimit": "2Gi" }), json!({}), "1Gi", mebibytes(1024)),
            (json!({ "medium": "Memory", "sizeLimit": "0" }), json!({}), "1Gi", mebibytes(1024)),
            (json!({ "sizeLimit": "10Mi" }), json!({}), "1Gi", Ok(Medium::Disk)),
            (json!({ "medium": "HugePages" }), json!({}), "1Gi", Err("unknown storage medium \"HugePages\"")),
        ] {
            let source = serde_json::from_value(volume.clone()).unwrap();
            let found = medium(&source, &pod(&limits), &machine(node)).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{volume} {limits} {node}");
        }
    }
}
