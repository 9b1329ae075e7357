//! Which existing volumes a claim may be bound to
//! (`FindMatchingVolume` in `k8s.io/component-helpers/storage/volume/pv_helpers.go`).

use crate::{
    framework::Reservation,
    framework::storage::{Storage, class_of_claim, class_of_volume},
};
use api::pod::resources::quantities;
use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use machinery::{quantity::Quantity, selector::LabelSelector};
use placement::{
    NodeInfo,
    node_affinity::{NodeIdentity, selects},
};
use std::{collections::HashMap, sync::Arc};

/// The volumes that will do for a claim, wherever they are.
pub(super) struct Candidates<'a> {
    /// One that is already meant for the claim: then it is that one or none.
    own: Option<&'a Arc<PersistentVolume>>,
    /// The smallest first.
    free: Vec<&'a Arc<PersistentVolume>>,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(
        claim: &PersistentVolumeClaim,
        storage: &'a Storage,
        promised: &HashMap<&str, &PersistentVolumeClaim>,
    ) -> Self {
        let class = class_of_claim(claim);
        let selector = selector(claim);
        let (mut own, mut free) = (None, Vec::new());
        for volume in storage.volumes.iter().filter(|volume| class_of_volume(volume) == class && suits(volume, claim)) {
            match holder(volume, promised) {
                Some(holder) if holder.is(claim) => own = own.or(Some(volume)),
                None if is_free(volume, claim, &selector) => free.push(volume),
                Some(_) | None => {}
            }
        }
        free.sort_by_key(|volume| capacity(volume));
        Self { own, free }
    }

    /// The one to take on a node, beside those that are taken for the pod's other claims.
    pub(super) fn choose(&self, node: &NodeInfo, taken: &Reservation) -> Option<&'a Arc<PersistentVolume>> {
        let is_taken =
            |volume: &Arc<PersistentVolume>| taken.volumes.iter().any(|one| Arc::ptr_eq(&one.volume, volume));
        let will_do = |volume: &&&Arc<PersistentVolume>| !is_taken(volume) && reaches(volume, node.identity());
        match &self.own {
            Some(own) => Some(own).filter(will_do).copied(),
            None => self.free.iter().find(will_do).copied(),
        }
    }
}

/// Whether a volume can be used on a node (`CheckNodeAffinity`).
pub(super) fn reaches(volume: &PersistentVolume, node: NodeIdentity<'_>) -> bool {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref()?.required.as_ref());
    affinity.is_none_or(|selector| selects(selector, node))
}

/// How much storage a claim asks for.
pub(super) fn requested(claim: &PersistentVolumeClaim) -> Quantity {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    quantities(requests).get("storage").copied().unwrap_or_default()
}

fn capacity(volume: &PersistentVolume) -> Quantity {
    let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    quantities(capacity).get("storage").copied().unwrap_or_default()
}

/// The claim that a volume is for.
enum Holder<'a> {
    Named(&'a ObjectReference),
    Promised(&'a PersistentVolumeClaim),
}

fn holder<'a>(volume: &'a PersistentVolume, promised: &HashMap<&str, &'a PersistentVolumeClaim>) -> Option<Holder<'a>> {
    let promised = || promised.get(volume.metadata.name.as_deref()?).map(|claim| Holder::Promised(claim));
    let named = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    named.map(Holder::Named).or_else(promised)
}

impl Holder<'_> {
    /// `IsVolumeBoundToClaim`: a user who reserves a volume for a claim need not know the claim's uid.
    fn is(&self, claim: &PersistentVolumeClaim) -> bool {
        let metadata = &claim.metadata;
        match self {
            Self::Promised(other) => other.metadata.uid == metadata.uid,
            Self::Named(reference) => {
                let same_uid = reference.uid.as_ref().filter(|uid| !uid.is_empty());
                reference.name == metadata.name
                    && reference.namespace == metadata.namespace
                    && same_uid.is_none_or(|uid| Some(uid) == metadata.uid.as_ref())
            }
        }
    }
}

/// Whether a volume is large enough, of the right kind, and there to stay.
fn suits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let mode = |mode: Option<&String>| mode.map_or("Filesystem", String::as_str).to_owned();
    let offered = mode(volume.spec.as_ref().and_then(|spec| spec.volume_mode.as_ref()));
    let wanted = mode(claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_ref()));
    capacity(volume) >= requested(claim) && offered == wanted && volume.metadata.deletion_timestamp.is_none()
}

/// Whether a volume that nobody has may be given to the claim.
fn is_free(volume: &PersistentVolume, claim: &PersistentVolumeClaim, selector: &Selector) -> bool {
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let offered = volume.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    let wanted = claim.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    phase == Some("Available") && wanted.iter().all(|mode| offered.contains(mode)) && selector.selects(volume)
}

/// Which volumes a claim selects by their labels.
enum Selector {
    All,
    Labels(LabelSelector),
    /// What is not a selector selects nothing.
    Nothing,
}

fn selector(claim: &PersistentVolumeClaim) -> Selector {
    let Some(selector) = claim.spec.as_ref().and_then(|spec| spec.selector.as_ref()) else { return Selector::All };
    let parsed = serde_json::to_value(selector).ok().map(|selector| LabelSelector::from_object(&selector));
    match parsed {
        Some(Ok(Some(selector))) => Selector::Labels(selector),
        Some(Ok(None)) => Selector::All,
        Some(Err(_)) | None => Selector::Nothing,
    }
}

impl Selector {
    fn selects(&self, volume: &PersistentVolume) -> bool {
        let label = |name: &str| volume.metadata.labels.as_ref()?.get(name).map(String::as_str);
        match self {
            Self::All => true,
            Self::Labels(selector) => selector.matches_labels(label),
            Self::Nothing => false,
        }
    }
}
