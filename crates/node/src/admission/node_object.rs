//! The Node object as pods are judged by it (`getNodeAnyWay` in `pkg/kubelet/kubelet_getters.go`).

use k8s_openapi::api::core::v1::Node;
use kube::Api;

/// Gets this node's object, for its labels and taints are whoever's to change.
pub struct NodeObject {
    nodes: Api<Node>,
    name: String,
    /// The node as it registers, with what it may give to pods.
    own: Node,
}

impl NodeObject {
    pub fn new(client: kube::Client, name: String, own: Node) -> Self {
        Self { nodes: Api::all(client), name, own }
    }

    /// The newest object: a pod may have been sent here for a label of a moment ago. While there is none it is the node
    /// as it is about to register.
    pub async fn get(&self) -> Node {
        match self.nodes.get_opt(&self.name).await {
            Ok(Some(node)) => with_own_resources(node, &self.own),
            Ok(None) => self.own.clone(),
            Err(error) => {
                tracing::warn!(%error, "cannot get the node's own object to judge a pod by");
                self.own.clone()
            }
        }
    }
}

/// What the node has it knows best; what others have added to it stays.
fn with_own_resources(mut node: Node, own: &Node) -> Node {
    let own = own.status.as_ref().and_then(|status| status.allocatable.clone()).unwrap_or_default();
    node.status.get_or_insert_default().allocatable.get_or_insert_default().extend(own);
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn node(labels: &Value, allocatable: &Value) -> Node {
        let status = json!({ "allocatable": allocatable });
        serde_json::from_value(json!({ "metadata": { "name": "one", "labels": labels }, "status": status })).unwrap()
    }

    #[tokio::test]
    async fn the_object_counts_and_without_it_what_will_be_registered() {
        let own = node(&json!({ "disk": "hdd" }), &json!({ "cpu": "2" }));
        let registered = json!({
            "metadata": { "name": "one", "labels": { "disk": "ssd" } },
            "status": { "allocatable": { "cpu": "1", "example.com/gpu": "1" } },
        });
        for (answer, expected) in [
            ((200, registered), node(&json!({ "disk": "ssd" }), &json!({ "cpu": "2", "example.com/gpu": "1" }))),
            (crate::fake_api::failure(404, "NotFound"), own.clone()),
            (crate::fake_api::failure(500, "InternalError"), own.clone()),
        ] {
            let (client, _) = crate::fake_api::client(move |_, _| std::future::ready(answer.clone()));
            assert_eq!(NodeObject::new(client, "one".to_owned(), own.clone()).get().await, expected);
        }
    }
}
