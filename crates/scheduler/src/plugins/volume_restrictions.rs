//! A claim of access mode `ReadWriteOncePod` is for one pod (`pkg/scheduler/framework/plugins/volumerestrictions`).
//! Disks named in the pod itself (iSCSI, RBD and the like), which this plugin also keeps apart, are no volumes of minke.

use crate::framework::{ClusterEvent, CycleState, Plugin, Rejection, Snapshot, StorageEvent};
use placement::{NodeInfo, PodClaim, PodInfo};

const IN_USE: &str = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";

pub(super) const PLUGIN: Plugin = Plugin {
    name: "VolumeRestrictions",
    weight: 0,
    prepare: |pod, snapshot| {
        let in_use = exclusive(pod, snapshot).any(|claim| is_used(claim, pod, snapshot));
        Ok(in_use.then(|| Box::new(InUse) as Box<dyn CycleState>))
    },
    may_help: |event, pod| match event {
        ClusterEvent::Storage(StorageEvent::Released(gone)) => {
            is_neighbour(gone, pod) && pod.demand.claims.iter().any(|claim| gone.demand.claims.contains(claim))
        }
        ClusterEvent::Storage(StorageEvent::Claim(claim)) => {
            let names = |own: &PodClaim| Some(&own.name) == claim.metadata.name.as_ref();
            claim.metadata.namespace == pod.pod.metadata.namespace && pod.demand.claims.iter().any(names)
        }
        ClusterEvent::NodeAdded(_)
        | ClusterEvent::NodeChanged { .. }
        | ClusterEvent::PodGone { .. }
        | ClusterEvent::Storage(_) => false,
    },
};

/// Whatever node it is: the pod that has the claim may be anywhere.
struct InUse;

impl CycleState for InUse {
    fn filter(&self, _: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::resolvable(IN_USE))
    }
}

/// The pod's claims that no other pod may use.
fn exclusive<'a>(pod: &'a PodInfo, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a PodClaim> {
    let is_exclusive = |claim: &&PodClaim| {
        let claim = snapshot.storage.claim(pod, claim);
        let modes = claim.and_then(|claim| claim.spec.as_ref()?.access_modes.as_ref());
        modes.is_some_and(|modes| modes.iter().any(|mode| mode == "ReadWriteOncePod"))
    };
    pod.demand.claims.iter().filter(move |claim| !claim.ephemeral && is_exclusive(claim))
}

fn is_used(claim: &PodClaim, pod: &PodInfo, snapshot: &Snapshot) -> bool {
    let others = snapshot.nodes.values().flat_map(NodeInfo::pods);
    others.into_iter().any(|other| is_neighbour(other, pod) && other.demand.claims.contains(claim))
}

/// Whether two pods are of one namespace, and so mean the same claim by a name.
fn is_neighbour(one: &PodInfo, other: &PodInfo) -> bool {
    one.pod.metadata.namespace == other.pod.metadata.namespace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{framework::storage::StorageNews, listing::News};
    use serde_json::json;
    use std::sync::Arc;

    fn pod(uid: &str, namespace: &str) -> Arc<PodInfo> {
        let volume = json!({ "name": "v", "persistentVolumeClaim": { "claimName": "c" } });
        let metadata = json!({ "name": uid, "uid": uid, "namespace": namespace });
        let pod = json!({ "metadata": metadata, "spec": { "containers": [], "volumes": [volume] } });
        Arc::new(PodInfo::new(Arc::new(serde_json::from_value(pod).unwrap())))
    }

    #[test]
    fn an_exclusive_claim_has_one_pod() {
        for (mode, other, rejected) in [
            ("ReadWriteOncePod", pod("1", "s"), true),
            ("ReadWriteOncePod", pod("1", "t"), false),
            ("ReadWriteOnce", pod("1", "s"), false),
        ] {
            let mut node = NodeInfo::default();
            node.add(other.clone());
            let mut cluster: Snapshot = [node].into_iter().collect();
            let claim = json!({ "metadata": { "name": "c", "namespace": "s" }, "spec": { "accessModes": [mode] } });
            cluster.storage.note(StorageNews::Claims(News::Applied(serde_json::from_value(claim).unwrap())));
            let waiting = pod("2", "s");
            let state = (PLUGIN.prepare)(&waiting, &cluster).unwrap();
            assert_eq!(state.is_some(), rejected, "{mode} {other:?}");
            let released = ClusterEvent::Storage(StorageEvent::Released(&other));
            assert_eq!((PLUGIN.may_help)(&released, &waiting), other.pod.metadata.namespace.as_deref() == Some("s"));
        }
    }
}
