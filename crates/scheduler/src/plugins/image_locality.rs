//! Nodes that have the pod's images already are better, the more so the larger the images and the more nodes have them
//! (`pkg/scheduler/framework/plugins/imagelocality`). An image that one node has draws no crowd there.

use crate::framework::{BEST, CycleState, Plugin, Snapshot};
use k8s_openapi::api::core::v1::{Container, PodSpec};
use placement::NodeInfo;
use std::{cell::OnceCell, collections::BTreeMap};

/// Less than that is downloaded in no time.
const LEAST_BYTES: i64 = 23 << 20;
/// More than that an image adds nothing.
const MOST_BYTES: i64 = 1000 << 20;

pub(super) const PLUGIN: Plugin = Plugin {
    name: "ImageLocality",
    weight: 1,
    prepare: |pod, snapshot| {
        let spec = pod.pod.spec.as_ref().filter(|_| snapshot.nodes.len() > 1);
        let state = |spec| Box::new(ImageLocality { spec, snapshot, images: OnceCell::new() }) as Box<dyn CycleState>;
        Ok(spec.map(state))
    },
    may_help: |_, _| false,
};

struct ImageLocality<'a> {
    spec: &'a PodSpec,
    snapshot: &'a Snapshot,
    /// An entry a container: the name of its image, and how many nodes have it. All nodes are looked at for that, so not
    /// before there are scores to give.
    images: OnceCell<Vec<(String, usize)>>,
}

impl CycleState for ImageLocality<'_> {
    fn score(&self, node: &NodeInfo) -> i64 {
        let images = self.images.get_or_init(|| spread(self.spec, self.snapshot));
        let nodes = self.snapshot.nodes.len() as i128;
        let weigh = |(name, having): &(String, usize)| {
            let bytes = i128::from(node.offer.images.get(name).copied()?);
            i64::try_from(bytes * having.to_owned() as i128 / nodes).ok()
        };
        let sum = images.iter().filter_map(weigh).fold(0, i64::saturating_add);
        let most = MOST_BYTES.saturating_mul(i64::try_from(images.len()).unwrap_or(1).max(1));
        BEST * (sum.clamp(LEAST_BYTES, most) - LEAST_BYTES) / (most - LEAST_BYTES)
    }
}

fn spread(spec: &PodSpec, snapshot: &Snapshot) -> Vec<(String, usize)> {
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    let names = containers.map(|container: &Container| tagged(container.image.as_deref().unwrap_or_default()));
    let having = |images: &BTreeMap<String, i64>, name: &str| images.contains_key(name);
    let count = |name: &str| snapshot.nodes.values().filter(|node| having(&node.offer.images, name)).count();
    names.map(|name| (name.clone(), count(&name))).collect()
}

/// An image's name with the tag that it has if it says none.
fn tagged(image: &str) -> String {
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use placement::PodInfo;
    use serde_json::{Value, json};
    use std::sync::Arc;

    /// Nodes `a`, `b` and so on, each with these images and their sizes in MiB.
    fn snapshot(nodes: &[Value]) -> Snapshot {
        let node = |(name, images): (char, &Value)| {
            let images = images.as_object().unwrap().iter();
            let images: Vec<_> = images
                .map(|(name, size)| json!({ "names": [name], "sizeBytes": size.as_i64().unwrap() << 20 }))
                .collect();
            let node = json!({ "metadata": { "name": name.to_string() }, "status": { "images": images } });
            NodeInfo::new(&serde_json::from_value(node).unwrap())
        };
        ('a'..).zip(nodes).map(node).collect()
    }

    #[test]
    fn the_larger_and_the_more_common_the_image_is_the_better() {
        let (none, small, large) = (json!({}), json!({ "i:latest": 23 }), json!({ "i:latest": 511 }));
        let huge = json!({ "i:latest": 9000 });
        for (image, nodes, expected) in [
            ("i", [&none, &none], [0, 0]),
            ("i", [&large, &none], [23, 0]),
            ("i", [&large, &large], [49, 49]),
            ("i", [&small, &small], [0, 0]),
            ("i", [&huge, &huge], [100, 100]),
            ("i:latest", [&large, &large], [49, 49]),
            ("i:1", [&large, &large], [0, 0]),
            ("localhost:5000/i", [&large, &large], [0, 0]),
        ] {
            let snapshot = snapshot(&nodes.map(Clone::clone));
            let pod = json!({ "spec": { "containers": [{ "name": "c", "image": image }] } });
            let pod = PodInfo::new(Arc::new(serde_json::from_value(pod).unwrap()));
            let state = (PLUGIN.prepare)(&pod, &snapshot).unwrap().unwrap();
            let scores: Vec<_> = snapshot.nodes.values().map(|node| state.score(node)).collect();
            assert_eq!(scores, expected, "{image} {nodes:?}");
        }
    }
}
