//! A volume that is labelled with a zone or a region is used there (`pkg/scheduler/framework/plugins/volumezone`).

use crate::{
    framework::storage::volume_of,
    framework::{ClusterEvent, CycleState, Plugin, Rejection, Snapshot},
};
use k8s_openapi::api::core::v1::PersistentVolume;
use placement::{NodeInfo, PodInfo};
use std::collections::BTreeMap;

/// Each label of a volume, and the newer name by which a node may say the same.
const LABELS: [(&str, &str); 4] = [
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
];

pub(super) const PLUGIN: Plugin = Plugin {
    name: "VolumeZone",
    weight: 0,
    prepare: |pod, snapshot| {
        let wanted = wanted(pod, snapshot);
        Ok((!wanted.is_empty()).then(|| Box::new(VolumeZone { wanted }) as Box<dyn CycleState>))
    },
    may_help: |event, _| match event {
        ClusterEvent::NodeAdded(_) | ClusterEvent::Storage(_) => true,
        ClusterEvent::NodeChanged { before, node } => before.labels != node.offer.labels,
        ClusterEvent::PodGone { .. } => false,
    },
};

struct VolumeZone<'a> {
    /// A label of a volume, its newer name, and its value: the places between `__`.
    wanted: Vec<(&'static str, &'static str, &'a str)>,
}

impl CycleState for VolumeZone<'_> {
    /// A node that says of no place where it is takes any volume.
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let labels = &node.offer.labels;
        let is_nowhere = !LABELS.iter().any(|(label, _)| labels.contains_key(*label));
        if is_nowhere || self.wanted.iter().all(|(label, newer, places)| is_in(labels, label, newer, places)) {
            return Ok(());
        }
        Err(Rejection::unresolvable("node(s) had no available volume zone"))
    }
}

fn is_in(labels: &BTreeMap<String, String>, label: &str, newer: &str, places: &str) -> bool {
    let place = labels.get(label).or_else(|| labels.get(newer));
    place.is_some_and(|place| places.split("__").any(|one| one == place))
}

/// Where the volumes are that the pod's claims are bound to.
fn wanted<'a>(pod: &PodInfo, snapshot: &'a Snapshot) -> Vec<(&'static str, &'static str, &'a str)> {
    let claims = pod.demand.claims.iter().filter_map(|claim| snapshot.storage.claim(pod, claim));
    let volumes = claims.filter_map(|claim| snapshot.storage.volumes.get(volume_of(claim)?));
    volumes.flat_map(|volume| places(volume)).collect()
}

fn places(volume: &PersistentVolume) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    let value = |label: &str| volume.metadata.labels.as_ref()?.get(label).map(String::as_str);
    LABELS.into_iter().filter_map(move |(label, newer)| Some((label, newer, value(label)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{framework::storage::StorageNews, listing::News};
    use serde_json::{Value, json};
    use std::sync::Arc;

    #[test]
    fn a_volume_is_used_where_it_is() {
        const ZONE: &str = "topology.kubernetes.io/zone";
        const OLD_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
        let node = |labels: Value| {
            NodeInfo::new(&serde_json::from_value(json!({ "metadata": { "labels": labels } })).unwrap())
        };
        for (volume, node, expected) in [
            (json!({ ZONE: "a" }), node(json!({ ZONE: "a" })), true),
            (json!({ ZONE: "a" }), node(json!({ ZONE: "b" })), false),
            (json!({ ZONE: "a__b" }), node(json!({ ZONE: "b" })), true),
            (json!({ ZONE: "a" }), node(json!({})), true),
            (json!({ ZONE: "a" }), node(json!({ "topology.kubernetes.io/region": "r" })), false),
            (json!({ OLD_ZONE: "a" }), node(json!({ ZONE: "a" })), true),
        ] {
            let mut cluster = Snapshot::default();
            let claim = json!({ "metadata": { "name": "c", "namespace": "s" }, "spec": { "volumeName": "v" } });
            let volume = json!({ "metadata": { "name": "v", "labels": volume } });
            cluster.storage.note(StorageNews::Claims(News::Applied(serde_json::from_value(claim).unwrap())));
            cluster.storage.note(StorageNews::Volumes(News::Applied(serde_json::from_value(volume.clone()).unwrap())));
            let claims = json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }]);
            let pod = json!({ "metadata": { "namespace": "s" }, "spec": { "containers": [], "volumes": claims } });
            let pod = PodInfo::new(Arc::new(serde_json::from_value(pod).unwrap()));
            let state = (PLUGIN.prepare)(&pod, &cluster).unwrap().unwrap();
            assert_eq!(state.filter(&node).is_ok(), expected, "{volume} {:?}", node.offer.labels);
        }
    }
}
