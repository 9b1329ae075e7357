//! New resources for a pod that runs (KEP-1287): those of processor and memory, of its containers and of itself.

mod munge;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodSpec, ResourceRequirements};
use serde_json::{Value, json};

use self::munge::{put_back_of_containers, put_back_of_pod};
use super::{annotations::is_mirror, at_any_time, containers::is_sidecar, difference::canonical};
use crate::{
    field::{Error, ErrorList, Path},
    qos,
    validation::{text, whole_object},
};

const ONLY_MUTABLE: &str = "only cpu and memory resources are mutable";

/// A pod with other resources as the successor of another (`ValidatePodResize`).
pub fn validate_resize_update(new: &Pod, old: &Pod) -> ErrorList {
    let mut errors = at_any_time(new);
    let (Some(new_spec), Some(old_spec)) = (&new.spec, &old.spec) else { return errors };
    let refuse = |detail: &str| vec![Error::forbidden(&whole_object(), detail)];
    if is_mirror(&old.metadata) {
        return refuse("static pods cannot be resized");
    }
    if old_spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return refuse("windows pods cannot be resized");
    }
    let path = Path::new("spec");
    errors.extend(quality_of_service(new, old, &path));
    if !node_resizes(old) {
        errors.push(Error::forbidden(&path, "Pod running on node without support for resize"));
    }
    let mut munged = new_spec.clone();
    if has_resources(old_spec) || has_resources(new_spec) {
        errors.extend(of_pod(&mut munged, new_spec, old_spec, &path));
    }
    let out_of_order = same_containers(new_spec, old_spec, &path);
    if !out_of_order.is_empty() {
        errors.extend(out_of_order);
        return errors;
    }
    let lists = [
        ("initContainers", init_containers(new_spec), init_containers(old_spec)),
        ("containers", new_spec.containers.as_slice(), old_spec.containers.as_slice()),
    ];
    for (list, new, old) in lists {
        for (index, (new, old)) in new.iter().zip(old).enumerate() {
            let path = path.child(list).index(index).child("resources");
            errors.extend(removed(new.resources.as_ref(), old.resources.as_ref(), "resource", &path));
        }
    }
    errors.extend(other_changes(&mut munged, old_spec, &path));
    if !same(&json!(new_spec.volumes), &json!(old_spec.volumes)) {
        let detail = "volumes are immutable on resize when InPlacePodVerticalScalingMemoryBackedVolumes feature gate is disabled";
        errors.push(Error::forbidden(&path.child("volumes"), detail));
    }
    if errors.is_empty() && !same(&json!(munged), &json!(old_spec)) {
        errors.push(Error::forbidden(&path, ONLY_MUTABLE));
    }
    errors
}

fn init_containers(spec: &PodSpec) -> &[Container] {
    spec.init_containers.as_deref().unwrap_or_default()
}

fn same(new: &Value, old: &Value) -> bool {
    canonical(new.clone()) == canonical(old.clone())
}

/// What the pod was promised when it was created stays.
fn quality_of_service(new: &Pod, old: &Pod, path: &Path) -> Option<Error> {
    let class = |pod: &Pod| text(pod.status.as_ref().and_then(|status| status.qos_class.as_ref())).to_owned();
    let compute = |pod: &Pod| pod.spec.as_ref().map_or("", |spec| qos::class(spec).as_str()).to_owned();
    let before = Some(class(old)).filter(|class| !class.is_empty()).unwrap_or_else(|| compute(old));
    let detail = "Pod QOS Class may not change as a result of resizing";
    (before != compute(new)).then(|| Error::invalid(path, class(new), detail))
}

/// A node that can resize pods reports the resources of those that run. Without any, one can but hope.
fn node_resizes(pod: &Pod) -> bool {
    let runs = |status: &&ContainerStatus| status.state.as_ref().is_some_and(|state| state.running.is_some());
    let statuses = pod.status.iter().filter_map(|status| status.container_statuses.as_ref());
    statuses.flatten().find(runs).is_none_or(|status| status.resources.is_some())
}

fn has_resources(spec: &PodSpec) -> bool {
    let filled = |resources: &ResourceRequirements| {
        let mut lists = [&resources.requests, &resources.limits].into_iter().flatten();
        lists.any(|list| !list.is_empty())
    };
    spec.resources.as_ref().is_some_and(filled)
}

/// The resources of the pod as a whole (KEP-5419).
fn of_pod(munged: &mut PodSpec, new: &PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let resources_path = path.child("resources");
    if old.resources.is_some() && new.resources.is_none() {
        return vec![Error::forbidden(&resources_path, "pod-level resources cannot be removed")];
    }
    let mut errors = removed(new.resources.as_ref(), old.resources.as_ref(), "pod-level resource", &resources_path);
    put_back_of_pod(munged, old);
    if !same(&json!(munged.resources), &json!(old.resources)) {
        errors.push(Error::forbidden(path, "only cpu and memory resources are mutable at pod-level"));
    }
    errors
}

fn removed(
    new: Option<&ResourceRequirements>,
    old: Option<&ResourceRequirements>,
    what: &str,
    path: &Path,
) -> ErrorList {
    let (new, old) = (new.cloned().unwrap_or_default(), old.cloned().unwrap_or_default());
    let lists = [("requests", new.requests, old.requests), ("limits", new.limits, old.limits)];
    let gone = lists.into_iter().filter(|(_, new, old)| {
        let new = new.clone().unwrap_or_default();
        old.iter().flat_map(|list| list.keys()).any(|name| !new.contains_key(name))
    });
    gone.map(|(list, ..)| Error::forbidden(&path.child(list), format!("{what} {list} cannot be removed"))).collect()
}

fn same_containers(new: &PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let lists = [
        ("containers", new.containers.as_slice(), old.containers.as_slice()),
        ("initContainers", init_containers(new), init_containers(old)),
    ];
    for (list, new, old) in lists {
        let path = path.child(list);
        if new.len() != old.len() {
            errors.push(Error::forbidden(&path, format!("{list} may not be added or removed on resize")));
            continue;
        }
        let renamed = new.iter().zip(old).enumerate().filter(|(_, (new, old))| new.name != old.name);
        errors.extend(renamed.map(|(index, _)| {
            let detail = format!("{list} may not be renamed or reordered on resize");
            Error::forbidden(&path.index(index).child("name"), detail)
        }));
    }
    errors
}

/// Looks for changes in containers beside the resources that may change, which it puts back.
fn other_changes(munged: &mut PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let changed: Vec<bool> = init_containers(munged)
        .iter()
        .zip(init_containers(old))
        .map(|(new, old)| !same(&json!(new), &json!(old)))
        .collect();
    put_back_of_containers(munged, old);
    for (new, old) in munged.containers.iter().zip(&old.containers) {
        if !same(&json!(new), &json!(old)) {
            errors.push(Error::forbidden(path, ONLY_MUTABLE));
        }
    }
    for (index, (new, old)) in init_containers(munged).iter().zip(init_containers(old)).enumerate() {
        let path = path.child("initContainers").index(index);
        if !same(&json!(new), &json!(old)) {
            let detail = "only cpu and memory resources for init or sidecar containers are mutable";
            errors.push(Error::forbidden(&path, detail));
        }
        if changed[index] && !is_sidecar(new) {
            let policies = new.resize_policy.iter().flatten();
            let detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
            let restarting = policies.filter(|policy| policy.restart_policy == "RestartContainer");
            errors.extend(restarting.map(|_| Error::forbidden(&path, detail)));
        }
    }
    errors
}
