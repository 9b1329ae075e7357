//! Claims, volumes and what they can be made of as the scheduler knows them, and what it has promised to pods.

mod news;
mod objects;

use crate::framework::Reservation;
use k8s_openapi::{
    api::{
        core::v1::{PersistentVolume, PersistentVolumeClaim},
        storage::v1::{CSIDriver, CSIStorageCapacity, StorageClass},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
pub(crate) use news::{StorageNews, watch};
pub(crate) use objects::{Objects, key};
use placement::{PodClaim, PodInfo};
use std::{collections::HashMap, sync::Arc};

/// The class of volumes and claims was an annotation once, which still goes before the field.
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// The node that the scheduler has chosen for the first pod of a claim whose volume is still to be made.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Says that claim and volume know of each other.
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";

/// All that concerns volumes.
#[derive(Default)]
pub(crate) struct Storage {
    pub(crate) claims: Objects<PersistentVolumeClaim>,
    pub(crate) volumes: Objects<PersistentVolume>,
    pub(crate) classes: Objects<StorageClass>,
    pub(crate) drivers: Objects<CSIDriver>,
    pub(crate) capacities: Objects<CSIStorageCapacity>,
    /// By the uid of the pod; with the node it goes to.
    reserved: HashMap<String, (String, Reservation)>,
}

impl Storage {
    /// Whether everything has been listed once.
    pub(crate) fn is_complete(&self) -> bool {
        self.claims.is_complete()
            && self.volumes.is_complete()
            && self.classes.is_complete()
            && self.drivers.is_complete()
            && self.capacities.is_complete()
    }

    /// A claim that a pod names.
    pub(crate) fn claim(&self, pod: &PodInfo, claim: &PodClaim) -> Option<&Arc<PersistentVolumeClaim>> {
        let namespace = pod.pod.metadata.namespace.as_deref().unwrap_or_default();
        self.claims.get(&format!("{namespace}/{}", claim.name))
    }

    /// Counts as taken what a pod takes on a node; if it takes anything.
    pub(crate) fn reserve(&mut self, uid: &str, node: &str, reservation: Reservation) {
        if !reservation.is_empty() {
            self.reserved.insert(uid.into(), (node.into(), reservation));
        }
    }

    /// Ends what was reserved for a pod.
    pub(crate) fn unreserve(&mut self, uid: &str) {
        self.reserved.remove(uid);
    }

    /// What is reserved for a pod, and the node it goes to.
    pub(crate) fn reserved(&self, uid: &str) -> Option<&(String, Reservation)> {
        self.reserved.get(uid)
    }

    /// The volumes that are promised to claims, by name.
    pub(crate) fn promised(&self) -> HashMap<&str, &PersistentVolumeClaim> {
        let promised = self.reserved.values().flat_map(|(_, reservation)| &reservation.volumes);
        promised.map(|promised| (promised.volume.metadata.name.as_deref().unwrap_or(""), &*promised.claim)).collect()
    }

    /// The node for which a claim's volume is made or about to be.
    pub(crate) fn selected_node<'a>(&'a self, claim: &'a PersistentVolumeClaim) -> Option<&'a str> {
        let is_this = |other: &PersistentVolumeClaim| other.metadata.uid == claim.metadata.uid;
        let reserved = || {
            let mut reserved = self.reserved.values();
            reserved.find(|(_, reservation)| reservation.provisioned.iter().any(|claim| is_this(claim)))
        };
        annotation(&claim.metadata, SELECTED_NODE).or_else(|| reserved().map(|(node, _)| node.as_str()))
    }
}

/// The class of a claim; empty if it has none (`GetPersistentVolumeClaimClass`).
pub(crate) fn class_of_claim(claim: &PersistentVolumeClaim) -> &str {
    let field = || claim.spec.as_ref()?.storage_class_name.as_deref();
    annotation(&claim.metadata, CLASS).or_else(field).unwrap_or_default()
}

/// The class of a volume; empty if it has none (`GetPersistentVolumeClass`).
pub(crate) fn class_of_volume(volume: &PersistentVolume) -> &str {
    let field = || volume.spec.as_ref()?.storage_class_name.as_deref();
    annotation(&volume.metadata, CLASS).or_else(field).unwrap_or_default()
}

/// The volume that a claim names, whether or not that has been confirmed.
pub(crate) fn volume_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}

/// Whether claim and volume have found each other (`isPVCFullyBound`).
pub(crate) fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    volume_of(claim).is_some() && annotation(&claim.metadata, BIND_COMPLETED).is_some()
}

pub(crate) fn annotation<'a>(metadata: &'a ObjectMeta, name: &str) -> Option<&'a str> {
    metadata.annotations.as_ref()?.get(name).map(String::as_str)
}
