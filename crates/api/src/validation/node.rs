//! Nodes.

use super::{
    labels,
    pod::{resource_quantity, taint_effect},
    text,
};
use k8s_openapi::api::core::v1::{Node, NodeSpec, Taint};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

/// A node at any time.
pub fn validate(node: &Node) -> ErrorList {
    let mut errors = ErrorList::new();
    let spec = node.spec.clone().unwrap_or_default();
    errors.extend(taints(spec.taints.as_deref().unwrap_or_default(), &Path::new("metadata").child("taints")));
    if let Some(status) = &node.status {
        let lists = [("capacity", &status.capacity), ("allocatable", &status.allocatable)];
        for (list, quantities) in lists {
            for (name, quantity) in quantities.iter().flatten() {
                let path = Path::new("status").child(list).child(name);
                errors.extend(resource_quantity(name, quantity, &path));
            }
        }
    }
    errors.extend(pod_cidrs(&spec));
    errors
}

/// A node as the successor of another: what it was given stays with it.
pub fn validate_update(new: &Node, old: &Node) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut addresses = BTreeSet::new();
    let status = new.status.clone().unwrap_or_default();
    for (index, address) in status.addresses.iter().flatten().enumerate() {
        if !addresses.insert((&address.type_, &address.address)) {
            errors.push(Error::duplicate(&Path::new("status").child("addresses").index(index), json!(address)));
        }
    }
    let path = Path::new("spec");
    let (new, old) = (new.spec.clone().unwrap_or_default(), old.spec.clone().unwrap_or_default());
    let old_ranges = old.pod_cidrs.unwrap_or_default();
    if !old_ranges.is_empty() && old_ranges != new.pod_cidrs.unwrap_or_default() {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        errors.push(Error::forbidden(&path.child("podCIDRs"), detail));
    }
    let old_id = text(old.provider_id.as_ref());
    if !old_id.is_empty() && old_id != text(new.provider_id.as_ref()) {
        let detail = "node updates may not change providerID except from \"\" to valid";
        errors.push(Error::forbidden(&path.child("providerID"), detail));
    }
    errors
}

fn taints(taints: &[Taint], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut unique = HashSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = path.index(index);
        errors.extend(labels::label_name(&taint.key, &path.child("key")));
        let value = text(taint.value.as_ref());
        let messages = format::label_value(value);
        if !messages.is_empty() {
            errors.push(Error::invalid(&path.child("value"), value, messages.join(";")));
        }
        errors.extend(taint_effect(&taint.effect, &path.child("effect")));
        if !unique.insert((&taint.key, &taint.effect)) {
            let mut error = Error::duplicate(&path, json!(taint));
            "taints must be unique by key and effect pair".clone_into(&mut error.detail);
            errors.push(error);
        }
    }
    errors
}

fn pod_cidrs(spec: &NodeSpec) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("spec").child("podCIDRs");
    let ranges = spec.pod_cidrs.as_deref().unwrap_or_default();
    for (index, range) in ranges.iter().enumerate() {
        errors.extend(invalid_each(&path.index(index), range, format::cidr(range)));
    }
    let of_version_6 = ranges.iter().filter(|range| range.contains(':')).count();
    if of_version_6 > 1 || ranges.len() - of_version_6 > 1 {
        let detail = "may specify no more than one CIDR for each IP family";
        errors.push(Error::invalid(&path, json!(ranges), detail));
    }
    errors
}
