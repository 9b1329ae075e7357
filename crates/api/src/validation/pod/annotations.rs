//! Annotations that mean something to Kubernetes.

use super::{
    profiles::{APP_ARMOR_PREFIX, profile_annotations},
    scheduling::tolerations,
};
use crate::validation::text;
use k8s_openapi::{
    api::core::v1::{PodSpec, Toleration},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use machinery::field::{Error, ErrorList, Path};
use std::collections::BTreeMap;

/// Set on the API's image of a static pod.
pub const MIRROR_POD: &str = "kubernetes.io/config.mirror";
const TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/tolerations";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Whether the pod is the API's image of a static pod.
pub fn is_mirror(metadata: &ObjectMeta) -> bool {
    metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(MIRROR_POD))
}

/// The values of the annotations Kubernetes reads.
pub fn annotations(metadata: &ObjectMeta, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(annotations) = &metadata.annotations else { return errors };
    if let Some(value) = annotations.get(MIRROR_POD)
        && text(spec.node_name.as_ref()).is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(Error::invalid(&path.key(MIRROR_POD), value.as_str(), detail));
    }
    if let Some(value) = annotations.get(TOLERATIONS).filter(|value| !value.is_empty()) {
        match serde_json::from_str::<Vec<Toleration>>(value) {
            Ok(found) => errors.extend(tolerations(&found, &path.child(TOLERATIONS))),
            Err(error) => errors.push(Error::invalid(path, TOLERATIONS, error.to_string())),
        }
    }
    if let Some(value) = annotations.get(DELETION_COST).filter(|value| !is_deletion_cost(value)) {
        errors.push(Error::invalid(&path.key(DELETION_COST), value.as_str(), "must be a 32bit integer"));
    }
    errors.extend(profile_annotations(annotations, spec, path));
    errors
}

/// A number without a plus and without zeros before it.
fn is_deletion_cost(value: &str) -> bool {
    let starts_well = value == "0" || value.starts_with(|first: char| first == '-' || ('1'..='9').contains(&first));
    starts_well && value.parse::<i32>().is_ok()
}

/// A mirror pod stays one, and containers keep the `AppArmor` profile that annotations give them.
pub fn annotations_update(new: &ObjectMeta, old: &ObjectMeta, path: &Path) -> ErrorList {
    let none = BTreeMap::new();
    let (new, old) = (new.annotations.as_ref().unwrap_or(&none), old.annotations.as_ref().unwrap_or(&none));
    let gone =
        old.iter().filter(|(key, value)| new.get(*key) != Some(*value)).map(|(key, _)| (key, "remove or update"));
    let added = new.keys().filter(|key| !old.contains_key(*key)).map(|key| (key, "add"));
    let mut errors = ErrorList::new();
    for (key, verb) in gone.chain(added) {
        if key.starts_with(APP_ARMOR_PREFIX) {
            errors.push(Error::forbidden(&path.key(key), format!("may not {verb} AppArmor annotations")));
        }
        if key == MIRROR_POD {
            errors.push(Error::forbidden(&path.key(key), format!("may not {verb} mirror pod annotation")));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::is_deletion_cost;

    #[test]
    fn costs_are_whole_numbers() {
        let good = ["0", "1", "-1", "-0", "-07", "2147483647", "-2147483648"];
        let bad = ["", "+1", "07", "1.5", "2147483648", "-", "a"];
        for (values, expected) in [(good, true), (bad, false)] {
            for value in values {
                assert_eq!(is_deletion_cost(value), expected, "{value}");
            }
        }
    }
}
