//! What may change in a pod: little.

use super::{
    annotations::{annotations, annotations_update, is_mirror},
    at_any_time,
    containers::image_whitespace,
    difference::difference,
    scheduling,
};
use crate::validation::{text, whole_object};
use k8s_openapi::api::core::v1::{
    Affinity, Container, NodeAffinity, NodeSelectorTerm, Pod, PodSchedulingGate, PodSpec, Toleration,
};
use machinery::{
    canonical::canonical,
    field::{Error, ErrorList, Path},
    format,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                         `spec.tolerations` (only additions to existing tolerations),\
                         `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative),\
                         `spec.schedulingGates` (only deletions of existing scheduling gates),\
                         `spec.nodeSelector` (only additions, and only while the pod has scheduling gates),\
                         `spec.affinity.nodeAffinity` (only while the pod has scheduling gates)";

/// A pod as the successor of another (`ValidatePodUpdate`).
pub fn validate_update(new: &Pod, old: &Pod) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = at_any_time_and_annotations(new, old);
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return errors };
    let lists = [
        ("containers", new.containers.as_slice(), old.containers.as_slice()),
        (
            "initContainers",
            new.init_containers.as_deref().unwrap_or_default(),
            old.init_containers.as_deref().unwrap_or_default(),
        ),
    ];
    for (list, new, old) in lists {
        let path = path.child(list);
        if new.len() != old.len() {
            errors.push(Error::forbidden(&path, "pod updates may not add or remove containers"));
            return errors;
        }
        errors.extend(images(new, &path));
    }
    let found = active_deadline(new, old, &path.child("activeDeadlineSeconds"));
    let stop = found.is_some() && new.active_deadline_seconds.is_some();
    errors.extend(found);
    if stop {
        return errors;
    }
    errors.extend(added_tolerations(new, old, &path.child("tolerations")));
    errors.extend(deleted_gates(new, old, &path.child("schedulingGates")));
    let mut munged = new.clone();
    put_back_updatable(&mut munged, old);
    if old.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        errors.extend(put_back_for_gated(&mut munged, old, &path));
    }
    let (old, munged) = (canonical(json!(old)), canonical(json!(munged)));
    if old != munged {
        let difference = difference(&old, &munged, &path);
        let detail = format!("pod updates may not change fields other than {UPDATABLE}\n{difference}");
        errors.push(Error::forbidden(&path, detail));
    }
    errors
}

/// A pod that differs from the old one in its ephemeral containers only: they may be added, never changed.
pub fn validate_ephemeral_containers_update(new: &Pod, old: &Pod) -> ErrorList {
    let mut errors = at_any_time_and_annotations(new, old);
    if is_mirror(&old.metadata) {
        return vec![Error::forbidden(&whole_object(), "static pods do not support ephemeral containers")];
    }
    let path = Path::new("spec").child("ephemeralContainers");
    let list = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.ephemeral_containers.clone()).unwrap_or_default();
    let new = list(new);
    for old in list(old) {
        let Some(new) = new.iter().find(|container| container.name == old.name) else {
            let detail = format!("existing ephemeral containers \"{}\" may not be removed\n", old.name);
            errors.push(Error::forbidden(&path, detail));
            continue;
        };
        let name = &old.name;
        let (old, new) = (canonical(json!(old)), canonical(json!(new)));
        if old != new {
            let difference = difference(&old, &new, &path.key(name));
            let detail = format!("existing ephemeral containers \"{name}\" may not be changed\n{difference}");
            errors.push(Error::forbidden(&path, detail));
        }
    }
    errors
}

fn at_any_time_and_annotations(new: &Pod, old: &Pod) -> ErrorList {
    let mut errors = at_any_time(new);
    let path = Path::new("metadata").child("annotations");
    errors.extend(annotations_update(&new.metadata, &old.metadata, &path));
    errors.extend(annotations(&new.metadata, new.spec.as_ref().unwrap_or(&PodSpec::default()), &path));
    errors
}

fn images(containers: &[Container], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, container) in containers.iter().enumerate() {
        let path = path.index(index);
        if text(container.image.as_ref()).is_empty() {
            errors.push(Error::required(&path.child("image"), ""));
        }
        errors.extend(image_whitespace(container, &path));
    }
    errors
}

/// A deadline may be set, and be shortened.
fn active_deadline(new: &PodSpec, old: &PodSpec, path: &Path) -> Option<Error> {
    let max = i64::from(i32::MAX);
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), _) if !(0..=max).contains(&new) => {
            Some(Error::invalid(path, new, format::inclusive_range_error(0, max)))
        }
        (Some(new), Some(old)) if old < new => {
            Some(Error::invalid(path, new, "must be less than or equal to previous value"))
        }
        (None, Some(_)) => {
            Some(Error::invalid(path, Value::Null, "must not update from a positive integer to nil value"))
        }
        _ => None,
    }
}

fn added_tolerations(new: &PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let new = new.tolerations.as_deref().unwrap_or_default();
    let untimed = |toleration: &Toleration| Toleration { toleration_seconds: None, ..toleration.clone() };
    let kept = |old: &Toleration| new.iter().any(|new| untimed(new) == untimed(old));
    if old.tolerations.iter().flatten().all(kept) {
        return scheduling::tolerations(new, path);
    }
    vec![Error::forbidden(path, "existing toleration can not be modified except its tolerationSeconds")]
}

fn deleted_gates(new: &PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let old = old.scheduling_gates.as_deref().unwrap_or_default();
    let added = |(_, gate): &(usize, &PodSchedulingGate)| !old.contains(gate);
    new.scheduling_gates
        .iter()
        .flatten()
        .enumerate()
        .filter(added)
        .map(|(index, gate)| {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            Error::forbidden(&path.index(index).child("name"), detail)
        })
        .collect()
}

/// Gives the fields that may change their old values, so that what remains different is forbidden.
fn put_back_updatable(munged: &mut PodSpec, old: &PodSpec) {
    let put_back_image = |(new, old): (&mut Container, &Container)| new.image.clone_from(&old.image);
    munged.containers.iter_mut().zip(&old.containers).for_each(put_back_image);
    let init_containers = munged.init_containers.iter_mut().flatten();
    init_containers.zip(old.init_containers.iter().flatten()).for_each(put_back_image);
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.scheduling_gates.clone_from(&old.scheduling_gates);
    munged.tolerations.clone_from(&old.tolerations);
    let negative = old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0);
    if negative && munged.termination_grace_period_seconds == Some(1) {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
}

/// A pod that is not to be scheduled yet may still be told where it can run (KEP-3838).
fn put_back_for_gated(munged: &mut PodSpec, old: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let none = BTreeMap::new();
    let new_selector = munged.node_selector.as_ref().unwrap_or(&none);
    let selector_kept = |(key, value): (&String, &String)| new_selector.get(key) == Some(value);
    if !old.node_selector.iter().flatten().all(selector_kept) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.push(Error::invalid(&path.child("nodeSelector"), json!(new_selector), detail));
    }
    munged.node_selector.clone_from(&old.node_selector);

    let node_affinity = |spec: &PodSpec| spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.clone());
    let (new_affinity, old_affinity) = (node_affinity(munged), node_affinity(old));
    if new_affinity == old_affinity {
        return errors;
    }
    let affinity_path = path.child("affinity").child("nodeAffinity");
    errors.extend(node_affinity_mutation(new_affinity.as_ref(), old_affinity.as_ref(), &affinity_path));
    let affinity = munged.affinity.get_or_insert_with(Affinity::default);
    affinity.node_affinity = old_affinity;
    if *affinity == Affinity::default() && old.affinity.is_none() {
        munged.affinity = None;
    }
    errors
}

fn node_affinity_mutation(new: Option<&NodeAffinity>, old: Option<&NodeAffinity>, path: &Path) -> ErrorList {
    let terms = |affinity: Option<&NodeAffinity>| -> Vec<NodeSelectorTerm> {
        let required = affinity.and_then(|found| found.required_during_scheduling_ignored_during_execution.clone());
        required.map(|selector| selector.node_selector_terms).unwrap_or_default()
    };
    let (new, old) = (terms(new), terms(old));
    let path = path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
    if old.is_empty() {
        return ErrorList::new();
    }
    if new.len() != old.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return vec![Error::invalid(&path, json!(new), detail)];
    }
    let mut errors = ErrorList::new();
    for (index, (new, old)) in new.iter().zip(&old).enumerate() {
        let expressions = |term: &NodeSelectorTerm| term.match_expressions.clone().unwrap_or_default();
        let fields = |term: &NodeSelectorTerm| term.match_fields.clone().unwrap_or_default();
        let was_empty = expressions(old).is_empty() && fields(old).is_empty();
        let is_empty = expressions(new).is_empty() && fields(new).is_empty();
        let extended = expressions(new).starts_with(&expressions(old)) && fields(new).starts_with(&fields(old));
        if was_empty && !is_empty || !extended {
            let detail = "only additions are allowed (no mutations or deletions)";
            errors.push(Error::invalid(&path.index(index), json!(new), detail));
        }
    }
    errors
}
