//! How far volumes are that a pod waits for before it is bound (`checkBindings`).

use super::reaches;
use crate::{
    framework::storage::{SELECTED_NODE, Storage, annotation, is_bound, key, volume_of},
    framework::{Reservation, VolumeForClaim},
};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use placement::NodeInfo;
use std::sync::Arc;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Every claim has its volume.
    Complete,
    /// Others have to act: the volume controller, a provisioner.
    Pending,
    /// It comes to nothing: the pod is to be scheduled anew.
    Failed(String),
}

/// To be asked after what was reserved has been written.
pub(crate) fn progress(reservation: &Reservation, node: &NodeInfo, storage: &Storage) -> Progress {
    let volumes = reservation.volumes.iter().map(|promised| assigned(promised, node, storage));
    let claims = reservation.provisioned.iter().map(|claim| provisioned(claim, node, storage));
    match volumes.chain(claims).try_fold(true, |all, one| one.map(|bound| all && bound)) {
        Ok(true) => Progress::Complete,
        Ok(false) => Progress::Pending,
        Err(reason) => Progress::Failed(reason),
    }
}

/// Whether a claim has got the volume that was given to it.
fn assigned(promised: &VolumeForClaim, node: &NodeInfo, storage: &Storage) -> Result<bool, String> {
    let name = promised.volume.metadata.name.as_deref().unwrap_or_default();
    let volume = storage.volumes.get(name).ok_or_else(|| format!("could not find v1.PersistentVolume {name}"))?;
    let claim = current(&promised.claim, storage)?;
    judge(volume, node)?;
    let holder = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref()?.uid.as_deref());
    if holder.is_none_or(str::is_empty) {
        return Err(format!("ClaimRef got reset for pv \"{name}\""));
    }
    Ok(is_bound(claim))
}

/// Whether a claim has got the volume that was to be made for it.
fn provisioned(claim: &PersistentVolumeClaim, node: &NodeInfo, storage: &Storage) -> Result<bool, String> {
    let claim = current(claim, storage)?;
    if annotation(&claim.metadata, SELECTED_NODE) != Some(node.name()) {
        // That is how a provisioner says that it could not make one there.
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        return Err(format!("provisioning failed for PVC \"{name}\""));
    }
    // A volume that is named and not there (yet) is waited for.
    if let Some(volume) = volume_of(claim).and_then(|name| storage.volumes.get(name)) {
        judge(volume, node)?;
        return Ok(is_bound(claim));
    }
    Ok(false)
}

fn current<'a>(claim: &PersistentVolumeClaim, storage: &'a Storage) -> Result<&'a Arc<PersistentVolumeClaim>, String> {
    let key = key(&claim.metadata);
    storage.claims.get(&key).ok_or_else(|| format!("could not find v1.PersistentVolumeClaim {key}"))
}

fn judge(volume: &PersistentVolume, node: &NodeInfo) -> Result<(), String> {
    if reaches(volume, node.identity()) {
        return Ok(());
    }
    let (volume, node) = (volume.metadata.name.as_deref().unwrap_or_default(), node.name());
    Err(format!("pv \"{volume}\" node affinity doesn't match node \"{node}\": no matching NodeSelectorTerms"))
}
