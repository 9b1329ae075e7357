//! What happens in a cluster that may help pods that fitted nowhere.

use k8s_openapi::api::{
    core::v1::PersistentVolumeClaim,
    storage::v1::{CSIDriver, CSIStorageCapacity, StorageClass},
};
use placement::{NodeInfo, Offer, PodInfo};

/// A change for the better, perhaps. What only takes room away is none.
pub(crate) enum ClusterEvent<'a> {
    NodeAdded(&'a NodeInfo),
    /// What a node offers is different.
    NodeChanged {
        before: &'a Offer,
        node: &'a NodeInfo,
    },
    /// A pod went from the node, or takes something else of it than it did.
    PodGone {
        pod: &'a PodInfo,
        node: &'a NodeInfo,
    },
    Storage(StorageEvent<'a>),
}

/// What happens to volumes. `before` is `None` where the object is new.
pub(crate) enum StorageEvent<'a> {
    Claim(&'a PersistentVolumeClaim),
    Volume,
    Class {
        before: Option<&'a StorageClass>,
        class: &'a StorageClass,
    },
    Driver {
        before: Option<&'a CSIDriver>,
        driver: &'a CSIDriver,
    },
    Capacity {
        before: Option<&'a CSIStorageCapacity>,
        capacity: &'a CSIStorageCapacity,
    },
    /// A pod with claims went, and with it what was reserved for it.
    Released(&'a PodInfo),
}

impl ClusterEvent<'_> {
    /// The node on which a pod may fit now; `None` if it may be any.
    pub(crate) fn node(&self) -> Option<&NodeInfo> {
        match self {
            Self::NodeAdded(node) | Self::NodeChanged { node, .. } | Self::PodGone { node, .. } => Some(node),
            Self::Storage(_) => None,
        }
    }
}
