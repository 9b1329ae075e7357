//! emptyDir volumes: a folder in the pod's folder, or a tmpfs (`pkg/volume/emptydir`).

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    Error, blocking,
    container::{Machine, VolumeOnNode, pod_resources},
    volumes::{
        ownership::{GroupAccess, give_to_group, open_to_all},
        plugin::{Plugin, Request},
        tmpfs::mount_tmpfs,
    },
};
use api::quantity::Quantity;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, Pod},
    apimachinery::pkg::api::resource::Quantity as Amount,
};
use std::{fs, path::Path};

impl Plugin for EmptyDirVolumeSource {
    fn name(&self) -> &'static str {
        "empty-dir"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let (medium, path, group) =
            (medium(self, request.pod, request.machine), request.path(self), request.fs_group());
        let make = move || {
            make(&medium?, &path)?;
            if let Some(group) = group {
                give_to_group(&path, group, GroupAccess::Write)?;
            }
            Ok(VolumeOnNode { path, read_only: false })
        };
        blocking::run(make).boxed()
    }
}

/// Where the volume lies.
#[derive(Debug, PartialEq, Eq)]
enum Medium {
    Disk,
    /// So many bytes of memory at most.
    Memory(Option<u64>),
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

/// Makes the volume at `path`; one that is there is left as it is.
fn make(medium: &Medium, path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))?;
    let made = match medium {
        Medium::Disk => open_to_all(path),
        Medium::Memory(size) => mount_tmpfs(path, *size),
    };
    if made.is_err() {
        // The next attempt must not take a half-made volume for a finished one.
        let _ = fs::remove_dir(path);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::CgroupVersion;
    use serde_json::{Value, json};
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

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

    #[test]
    fn a_disk_volume_is_open_to_all_and_made_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("volumes/cache");
        make(&Medium::Disk, &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o777);
        fs::write(path.join("kept"), "").unwrap();
        make(&Medium::Disk, &path).unwrap();
        assert!(path.join("kept").exists());
    }
}
