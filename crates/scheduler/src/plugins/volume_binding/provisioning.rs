//! Whether a volume can be made for a claim on a node.

use super::matching::requested;
use crate::framework::storage::{Storage, class_of_claim};
use k8s_openapi::api::{
    core::v1::{PersistentVolumeClaim, TopologySelectorTerm},
    storage::v1::{CSIDriver, CSIStorageCapacity, StorageClass},
};
use machinery::{quantity::Quantity, selector::LabelSelector};
use placement::NodeInfo;
use std::collections::BTreeMap;

/// The provisioner of classes whose volumes are all made by hand.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

pub(super) enum Provisioning {
    Possible,
    Impossible,
    NoSpace,
}

/// `checkVolumeProvisions`.
pub(super) fn provisioning(claim: &PersistentVolumeClaim, node: &NodeInfo, storage: &Storage) -> Provisioning {
    let class = storage.classes.get(class_of_claim(claim));
    let provisions = |class: &&StorageClass| !["", NO_PROVISIONER].contains(&class.provisioner.as_str());
    let Some(class) = class.map(|class| &**class).filter(provisions) else { return Provisioning::Impossible };
    if !allows(class.allowed_topologies.as_deref().unwrap_or_default(), &node.offer.labels) {
        Provisioning::Impossible
    } else if has_space(claim, class, node, storage) {
        Provisioning::Possible
    } else {
        Provisioning::NoSpace
    }
}

/// Whether one of the terms matches; all do if there are none (`MatchTopologySelectorTerms`).
fn allows(terms: &[TopologySelectorTerm], labels: &BTreeMap<String, String>) -> bool {
    let matches = |term: &TopologySelectorTerm| {
        let requirements = term.match_label_expressions.as_deref().unwrap_or_default();
        let is_met = |key, values: &[String]| labels.get(key).is_some_and(|value| values.contains(value));
        !requirements.is_empty() && requirements.iter().all(|one| is_met(&one.key, &one.values))
    };
    terms.is_empty() || terms.iter().any(matches)
}

/// Asks only drivers that publish what is left (`hasEnoughCapacity`).
fn has_space(claim: &PersistentVolumeClaim, class: &StorageClass, node: &NodeInfo, storage: &Storage) -> bool {
    if !storage.drivers.get(&class.provisioner).is_some_and(|driver| tracks_capacity(driver)) {
        return true;
    }
    let suffices = |capacity: &CSIStorageCapacity| {
        Some(&capacity.storage_class_name) == class.metadata.name.as_ref()
            && limit(capacity).is_some_and(|limit| limit >= requested(claim))
            && is_accessible(capacity, &node.offer.labels)
    };
    storage.capacities.iter().any(|capacity| suffices(capacity))
}

pub(super) fn tracks_capacity(driver: &CSIDriver) -> bool {
    driver.spec.storage_capacity == Some(true)
}

/// The largest volume that can be made; the exact word goes before the sum of what is left.
pub(super) fn limit(capacity: &CSIStorageCapacity) -> Option<Quantity> {
    let limit = capacity.maximum_volume_size.as_ref().or(capacity.capacity.as_ref())?;
    limit.0.parse().ok()
}

fn is_accessible(capacity: &CSIStorageCapacity, labels: &BTreeMap<String, String>) -> bool {
    let Some(topology) = &capacity.node_topology else { return false };
    let selector = serde_json::to_value(topology).ok().map(|topology| LabelSelector::from_object(&topology));
    match selector {
        Some(Ok(Some(selector))) => selector.matches_labels(|name| labels.get(name).map(String::as_str)),
        Some(Ok(None)) => true,
        Some(Err(_)) | None => false,
    }
}
