//! Which of a pod's claims have a volume, which are to get one with the pod, and which the pod has to wait for.

use crate::framework::storage::{Storage, class_of_claim, is_bound, volume_of};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use placement::{PodClaim, PodInfo};
use std::sync::Arc;

/// The claims of a pod that does not have to wait for any.
#[derive(Default)]
pub(super) struct PodClaims<'a> {
    pub(super) bound: Vec<&'a Arc<PersistentVolumeClaim>>,
    /// Those that wait for their first consumer, which may be this pod.
    pub(super) unbound: Vec<&'a Arc<PersistentVolumeClaim>>,
}

impl<'a> PodClaims<'a> {
    /// Or why the pod has to wait (`podHasPVCs`, `GetPodVolumeClaims`).
    pub(super) fn of(pod: &PodInfo, storage: &'a Storage) -> Result<Self, String> {
        let found = pod.demand.claims.iter().map(|claim| find(pod, claim, storage));
        let mut claims = Self::default();
        let mut waits = false;
        for claim in found.collect::<Result<Vec<_>, _>>()? {
            if is_bound(claim) {
                claims.bound.push(claim);
            } else if volume_of(claim).is_none() && waits_for_consumer(claim, storage) {
                claims.unbound.push(claim);
            } else {
                waits = true;
            }
        }
        if waits { Err("pod has unbound immediate PersistentVolumeClaims".into()) } else { Ok(claims) }
    }
}

/// Whether a claim is one of those that the pod names.
pub(super) fn names(pod: &PodInfo, claim: &PersistentVolumeClaim) -> bool {
    claim.metadata.namespace == pod.pod.metadata.namespace
        && pod.demand.claims.iter().any(|own| Some(&own.name) == claim.metadata.name.as_ref())
}

/// A claim that the pod may use.
fn find<'a>(pod: &PodInfo, claim: &PodClaim, storage: &'a Storage) -> Result<&'a Arc<PersistentVolumeClaim>, String> {
    let PodClaim { name, ephemeral } = claim;
    let Some(claim) = storage.claim(pod, claim) else {
        return Err(if *ephemeral {
            format!("waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\"")
        } else {
            format!("persistentvolumeclaim \"{name}\" not found")
        });
    };
    if claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Lost") {
        let volume = volume_of(claim).unwrap_or_default();
        return Err(format!("persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""));
    }
    if claim.metadata.deletion_timestamp.is_some() {
        return Err(format!("persistentvolumeclaim \"{name}\" is being deleted"));
    }
    if *ephemeral && !is_made_for(&pod.pod, claim) {
        let namespace = pod.pod.metadata.namespace.as_deref().unwrap_or_default();
        let pod = pod.pod.metadata.name.as_deref().unwrap_or_default();
        return Err(format!("PVC {namespace}/{name} was not created for pod {namespace}/{pod} (pod is not owner)"));
    }
    Ok(claim)
}

/// Whether the pod is the claim's controller (`ephemeral.VolumeIsForPod`).
fn is_made_for(pod: &Pod, claim: &PersistentVolumeClaim) -> bool {
    let owners = claim.metadata.owner_references.as_deref().unwrap_or_default();
    let controller = owners.iter().find(|owner| owner.controller == Some(true));
    controller.is_some_and(|owner| Some(&owner.uid) == pod.metadata.uid.as_ref())
}

fn waits_for_consumer(claim: &PersistentVolumeClaim, storage: &Storage) -> bool {
    let class = storage.classes.get(class_of_claim(claim));
    class.is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"))
}
