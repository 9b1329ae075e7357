//! Pods, containers and a node to test with.

use super::{CgroupVersion, ConfigError, Image, Machine, ObjectLookup, PodFacts, UserFromImage, VolumeOnNode};
use k8s_openapi::api::core::v1::{Container, Pod};
use oci_spec::runtime::{LinuxDevice, Spec};
use serde_json::{Value, json};

/// A pod of one container, with further fields of the spec.
pub(crate) fn pod_of(container: &Value, spec: &Value) -> Pod {
    let mut pod = json!({
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u-1",
            "labels": { "app": "web", "tier": "front" },
            "annotations": { "note": "a \"b\"\nc" },
        },
        "spec": { "nodeName": "node-1", "serviceAccountName": "robot" },
    });
    for (key, value) in spec.as_object().unwrap() {
        pod["spec"][key] = value.clone();
    }
    pod["spec"]["containers"] = json!([container]);
    serde_json::from_value(pod).unwrap()
}

/// A container named `a` with further fields.
pub(crate) fn container(fields: &Value) -> Value {
    let mut container = json!({ "name": "a", "image": "i" });
    for (key, value) in fields.as_object().unwrap() {
        container[key] = value.clone();
    }
    container
}

/// The first container of a pod.
pub(crate) fn first(pod: &Pod) -> &Container {
    &pod.spec.as_ref().unwrap().containers[0]
}

/// An image that says this of itself (OCI image specification, `config`).
pub(crate) fn image(config: Value) -> Image {
    let config = serde_json::from_value(config).unwrap();
    Image { config, user: UserFromImage { uid: 0, gid: 0, groups: vec![], home: "/root".to_owned() } }
}

pub(crate) fn facts() -> PodFacts {
    let volume = |path: &str, read_only| VolumeOnNode { path: path.into(), read_only };
    PodFacts {
        pod_ips: vec!["10.42.0.7".parse().unwrap(), "fd00::7".parse().unwrap()],
        host_ips: vec!["192.168.1.2".parse().unwrap()],
        hostname: "web".to_owned(),
        etc_hosts: "/p/etc-hosts".into(),
        etc_hostname: "/p/hostname".into(),
        resolv_conf: "/p/resolv.conf".into(),
        shm: "/p/shm".into(),
        termination_log: "/p/termination-log".into(),
        volumes: [("v".to_owned(), volume("/vol/v", false)), ("fixed".to_owned(), volume("/vol/fixed", true))].into(),
        cgroups_path: "/minke/podu-1/c1".into(),
        service_env: [("KUBERNETES_SERVICE_HOST".to_owned(), "10.43.0.1".to_owned())].into(),
        ..PodFacts::default()
    }
}

pub(crate) fn objects() -> ObjectLookup {
    let lookup = json!({
        "map": { "data": { "one": "1", "two": "2" } },
        "secret": { "data": { "user": "YWRtaW4=", "two": "Mg==" } },
    });
    ObjectLookup {
        config_maps: [("map".to_owned(), serde_json::from_value(lookup["map"].clone()).unwrap())].into(),
        secrets: [("secret".to_owned(), serde_json::from_value(lookup["secret"].clone()).unwrap())].into(),
    }
}

pub(crate) fn machine() -> Machine {
    let allocatable = json!({ "cpu": "3500m", "memory": "8Gi" });
    Machine {
        cgroup_version: CgroupVersion::V1,
        memory_capacity: 16 << 30,
        allocatable: serde_json::from_value(allocatable).unwrap(),
        devices: vec![LinuxDevice::default()],
    }
}

/// The specification of a container with these fields, in a pod with those.
pub(crate) fn spec_of(fields: &Value, pod: &Value) -> Result<Spec, ConfigError> {
    let pod = pod_of(&container(fields), pod);
    super::spec(&pod, first(&pod), &image(json!({ "Cmd": ["sh"] })), &facts(), &objects(), &machine())
}
