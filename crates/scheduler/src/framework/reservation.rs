//! What pods take that is nobody's until it is written down.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use std::sync::Arc;

/// What a pod takes beside its place on the node, from the moment the node is chosen until the pod is bound to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reservation {
    /// Volumes that become the claims' own.
    pub volumes: Vec<VolumeForClaim>,
    /// Claims whose volumes are to be made where the pod goes.
    pub provisioned: Vec<Arc<PersistentVolumeClaim>>,
}

/// A volume, and the claim that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeForClaim {
    pub volume: Arc<PersistentVolume>,
    pub claim: Arc<PersistentVolumeClaim>,
}

impl Reservation {
    pub(crate) fn is_empty(&self) -> bool {
        self.volumes.is_empty() && self.provisioned.is_empty()
    }
}
