//! The pod's volumes have to be where the pod goes (`pkg/scheduler/framework/plugins/volumebinding`). Claims that wait
//! for their first consumer are given a volume that a node can reach, or one is made for that node.
//!
//! Volumes of the plugins that were moved to CSI drivers are taken as they are.

mod claims;
mod matching;
mod progress;
mod provisioning;

use crate::{
    framework::storage::{Storage, volume_of},
    framework::{ClusterEvent, CycleState, Plugin, Rejection, Reservation, StorageEvent, VolumeForClaim},
};
use claims::PodClaims;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use matching::{Candidates, reaches};
use placement::{NodeInfo, PodInfo};
pub(crate) use progress::{Progress, progress};
use provisioning::{Provisioning, provisioning};
use std::{collections::HashMap, sync::Arc};

const ELSEWHERE: &str = "node(s) had volume node affinity conflict";
const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE: &str = "node(s) did not have enough free storage";
const NO_SUCH_VOLUME: &str = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

pub(super) const PLUGIN: Plugin = Plugin {
    name: "VolumeBinding",
    weight: 0,
    prepare: |pod, snapshot| {
        if pod.demand.claims.is_empty() {
            return Ok(None);
        }
        let claims = PodClaims::of(pod, &snapshot.storage).map_err(|reason| Rejection::unresolvable(&reason))?;
        Ok(Some(Box::new(VolumeBinding::new(claims, &snapshot.storage))))
    },
    may_help: |event, pod| match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeChanged { before, node } => before.labels != node.offer.labels,
        ClusterEvent::PodGone { .. } => false,
        ClusterEvent::Storage(event) => helps(event, pod),
    },
};

fn helps(event: &StorageEvent<'_>, pod: &PodInfo) -> bool {
    match event {
        StorageEvent::Claim(claim) => claims::names(pod, claim),
        StorageEvent::Volume | StorageEvent::Released(_) => true,
        StorageEvent::Class { before, class } => {
            before.is_none_or(|before| before.allowed_topologies != class.allowed_topologies)
        }
        StorageEvent::Driver { before, driver } => {
            before.is_some_and(provisioning::tracks_capacity) && !provisioning::tracks_capacity(driver)
        }
        StorageEvent::Capacity { before, capacity } => {
            let limit = provisioning::limit(capacity);
            before.is_none_or(|before| limit > provisioning::limit(before))
        }
    }
}

struct VolumeBinding<'a> {
    storage: &'a Storage,
    /// The volumes of the claims that have one; `None` if it does not exist.
    bound: Vec<Option<&'a PersistentVolume>>,
    /// Claims that wait for their first consumer and have no volume; the smallest first.
    unbound: Vec<Unbound<'a>>,
}

struct Unbound<'a> {
    claim: &'a Arc<PersistentVolumeClaim>,
    /// The node that the claim's volume is already made for.
    selected_node: Option<&'a str>,
    candidates: Candidates<'a>,
}

impl<'a> VolumeBinding<'a> {
    fn new(claims: PodClaims<'a>, storage: &'a Storage) -> Self {
        let volume = |claim: &PersistentVolumeClaim| storage.volumes.get(volume_of(claim)?).map(|volume| &**volume);
        let bound = claims.bound.iter().map(|claim| volume(claim)).collect();
        let promised = if claims.unbound.is_empty() { HashMap::new() } else { storage.promised() };
        let unbound = |claim: &'a Arc<PersistentVolumeClaim>| Unbound {
            claim,
            selected_node: storage.selected_node(claim),
            candidates: Candidates::of(claim, storage, &promised),
        };
        let mut unbound: Vec<_> = claims.unbound.into_iter().map(unbound).collect();
        unbound.sort_by_key(|unbound| matching::requested(unbound.claim));
        Self { storage, bound, unbound }
    }

    /// What the pod takes on a node, or why it cannot be there.
    fn find(&self, node: &NodeInfo) -> Result<Reservation, Vec<&'static str>> {
        let mut reasons = Vec::new();
        // `checkBoundClaims` stops at the first volume that will not do.
        match self.bound.iter().find(|volume| volume.is_none_or(|volume| !reaches(volume, node.identity()))) {
            Some(Some(_)) => reasons.push(ELSEWHERE),
            Some(None) => reasons.push(NO_SUCH_VOLUME),
            None => {}
        }
        match self.find_for_unbound(node) {
            Ok(reservation) if reasons.is_empty() => return Ok(reservation),
            Ok(_) => {}
            Err(reason) => reasons.push(reason),
        }
        Err(reasons)
    }

    fn find_for_unbound(&self, node: &NodeInfo) -> Result<Reservation, &'static str> {
        let mut reservation = Reservation::default();
        for Unbound { claim, selected_node, candidates } in &self.unbound {
            if selected_node.is_some_and(|selected| selected != node.name()) {
                return Err(NO_VOLUME);
            }
            let found = if selected_node.is_some() { None } else { candidates.choose(node, &reservation) };
            if let Some(volume) = found {
                let claim = Arc::clone(claim);
                reservation.volumes.push(VolumeForClaim { volume: volume.clone(), claim });
                continue;
            }
            match provisioning(claim, node, self.storage) {
                Provisioning::Possible => reservation.provisioned.push(Arc::clone(claim)),
                Provisioning::Impossible => return Err(NO_VOLUME),
                Provisioning::NoSpace => return Err(NO_SPACE),
            }
        }
        Ok(reservation)
    }
}

impl CycleState for VolumeBinding<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let rejection = |reasons: Vec<&str>| Rejection {
            reasons: reasons.into_iter().map(str::to_owned).collect(),
            resolvable: false,
        };
        self.find(node).map(drop).map_err(rejection)
    }

    fn reserve(&self, node: &NodeInfo, reservation: &mut Reservation) {
        if let Ok(found) = self.find(node) {
            reservation.volumes.extend(found.volumes);
            reservation.provisioned.extend(found.provisioned);
        }
    }
}

#[cfg(test)]
mod tests;
