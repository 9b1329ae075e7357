//! What belongs to which node: its pods and what they refer to, in the way in which
//! `plugin/pkg/auth/authorizer/node/graph.go` follows references.

use crate::pod::references::{config_maps, resource_claims, secrets, volume_claims};
use machinery::meta;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// The kinds of objects that may belong to nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they are called as Kubernetes calls them")]
pub enum Vertex {
    CertificateRequest,
    ConfigMap,
    Pod,
    ResourceClaim,
    ResourceSlice,
    Secret,
    ServiceAccount,
    Volume,
    VolumeAttachment,
    VolumeClaim,
}

/// An object: its kind, namespace, name.
type Object = (Vertex, String, String);

/// Who belongs to whom.
#[derive(Debug, Default)]
pub struct Graph {
    /// What an object is referred to by on which node, as it was when it was last looked at.
    referring: HashMap<Object, (String, BTreeSet<Object>)>,
    /// How many objects on a node refer to an object.
    nodes: HashMap<Object, HashMap<String, usize>>,
    /// The claims of volumes, and the secrets that such a volume takes.
    volumes: HashMap<String, (Object, HashSet<Object>)>,
    /// The volumes that take a secret.
    volumes_of: HashMap<Object, HashSet<String>>,
}

impl Graph {
    /// Whether an object belongs to a node.
    #[must_use]
    pub fn belongs(&self, kind: Vertex, namespace: &str, name: &str, node: &str) -> bool {
        let object = (kind, namespace.to_owned(), name.to_owned());
        if kind == Vertex::Volume {
            return self.has_volume(name, node);
        }
        let mut volumes = self.volumes_of.get(&object).into_iter().flatten();
        self.is_referred_to(&object, node) || volumes.any(|volume| self.has_volume(volume, node))
    }

    fn is_referred_to(&self, object: &Object, node: &str) -> bool {
        self.nodes.get(object).is_some_and(|nodes| nodes.contains_key(node))
    }

    fn has_volume(&self, volume: &str, node: &str) -> bool {
        self.volumes.get(volume).is_some_and(|(claim, _)| self.is_referred_to(claim, node))
    }

    /// Takes in a pod, as it is now.
    pub fn put_pod(&mut self, pod: &Value) {
        let own = object(Vertex::Pod, pod);
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        let mut references = BTreeSet::from([own.clone()]);
        // A node makes mirror pods itself: they open nothing.
        if pod["metadata"]["annotations"].get(MIRROR_POD).is_none() {
            references.extend(references_of(pod));
        }
        self.put(own, node, references);
    }

    /// Takes in an object that names its node in a field (a JSON pointer), and that nothing else refers to.
    pub fn put_own(&mut self, kind: Vertex, value: &Value, node: &str) {
        let own = object(kind, value);
        let node = value.pointer(node).and_then(Value::as_str).unwrap_or_default();
        self.put(own.clone(), node, BTreeSet::from([own]));
    }

    /// Takes in a volume, as it is now.
    pub fn put_volume(&mut self, volume: &Value) {
        let name = meta::name(volume);
        self.remove_volume(name);
        let claim = &volume["spec"]["claimRef"];
        if claim.is_null() {
            return;
        }
        let namespace = text(&claim["namespace"]);
        let secrets: HashSet<Object> = volume_secrets(&volume["spec"], namespace).collect();
        for secret in &secrets {
            self.volumes_of.entry(secret.clone()).or_default().insert(name.to_owned());
        }
        let claim = (Vertex::VolumeClaim, namespace.to_owned(), text(&claim["name"]).to_owned());
        self.volumes.insert(name.to_owned(), (claim, secrets));
    }

    /// Forgets an object.
    pub fn remove(&mut self, kind: Vertex, value: &Value) {
        if kind == Vertex::Volume {
            self.remove_volume(meta::name(value));
        } else {
            self.forget(&object(kind, value));
        }
    }

    fn remove_volume(&mut self, name: &str) {
        let Some((_, secrets)) = self.volumes.remove(name) else { return };
        for secret in secrets {
            if let Some(volumes) = self.volumes_of.get_mut(&secret) {
                volumes.remove(name);
                if volumes.is_empty() {
                    self.volumes_of.remove(&secret);
                }
            }
        }
    }

    fn put(&mut self, own: Object, node: &str, references: BTreeSet<Object>) {
        let known = self.referring.get(&own);
        if known.is_some_and(|(on, known)| on == node && *known == references) {
            return;
        }
        self.forget(&own);
        if node.is_empty() {
            return;
        }
        for reference in &references {
            *self.nodes.entry(reference.clone()).or_default().entry(node.to_owned()).or_default() += 1;
        }
        self.referring.insert(own, (node.to_owned(), references));
    }

    fn forget(&mut self, own: &Object) {
        let Some((node, references)) = self.referring.remove(own) else { return };
        for reference in references {
            let Some(nodes) = self.nodes.get_mut(&reference) else { continue };
            if let Some(count) = nodes.get_mut(&node) {
                *count -= 1;
                nodes.retain(|_, count| *count > 0);
            }
            if nodes.is_empty() {
                self.nodes.remove(&reference);
            }
        }
    }
}

fn object(kind: Vertex, value: &Value) -> Object {
    (kind, meta::namespace(value).to_owned(), meta::name(value).to_owned())
}

fn references_of(pod: &Value) -> Vec<Object> {
    let of = |kind: Vertex, name: &str| (kind, meta::namespace(pod).to_owned(), name.to_owned());
    let account = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    let mut references: Vec<Object> = account.map(|name| of(Vertex::ServiceAccount, name)).into_iter().collect();
    references.extend(secrets(pod).into_iter().map(|name| of(Vertex::Secret, name)));
    references.extend(config_maps(pod).into_iter().map(|name| of(Vertex::ConfigMap, name)));
    references.extend(volume_claims(pod).iter().map(|name| of(Vertex::VolumeClaim, name)));
    references.extend(resource_claims(pod).into_iter().map(|name| of(Vertex::ResourceClaim, name)));
    references
}

/// Where a volume names a secret for the node, and whether one without a namespace is in that of the claim
/// (`VisitPVSecretNames` of `pkg/api/v1/persistentvolume/util.go`).
const VOLUME_SECRETS: [(&str, bool); 10] = [
    ("/cephfs/secretRef", true),
    ("/cinder/secretRef", false),
    ("/csi/nodeExpandSecretRef", false),
    ("/csi/nodePublishSecretRef", false),
    ("/csi/nodeStageSecretRef", false),
    ("/flexVolume/secretRef", true),
    ("/iscsi/secretRef", true),
    ("/rbd/secretRef", true),
    ("/scaleIO/secretRef", true),
    ("/storageos/secretRef", false),
];

fn volume_secrets<'a>(spec: &'a Value, claim_namespace: &'a str) -> impl Iterator<Item = Object> + use<'a> {
    let secret = |namespace: &str, name: &str| (Vertex::Secret, namespace.to_owned(), name.to_owned());
    let referred = VOLUME_SECRETS.into_iter().filter_map(move |(place, is_of_claim)| {
        let reference = spec.pointer(place)?;
        let given = text(&reference["namespace"]);
        let namespace = if given.is_empty() && is_of_claim { claim_namespace } else { given };
        Some(secret(namespace, text(&reference["name"])))
    });
    let azure = spec["azureFile"]["secretName"].as_str().map(|name| {
        let given = text(&spec["azureFile"]["secretNamespace"]);
        secret(if given.is_empty() { claim_namespace } else { given }, name)
    });
    referred.chain(azure).filter(|(_, _, name)| !name.is_empty())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, node: &str, secret: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "n"}, "spec": {"nodeName": node, "serviceAccountName": "robot",
            "volumes": [{"secret": {"secretName": secret}}, {"persistentVolumeClaim": {"claimName": "claim"}}]}})
    }

    #[test]
    fn what_a_pod_refers_to_belongs_to_its_node_as_long_as_it_is_there() {
        let mut graph = Graph::default();
        graph.put_pod(&pod("a", "n1", "s"));
        graph.put_pod(&pod("b", "n1", "s"));
        graph.put_pod(&pod("c", "", "unbound"));
        for (kind, name, node, expected) in [
            (Vertex::Secret, "s", "n1", true),
            (Vertex::Secret, "s", "n2", false),
            (Vertex::Secret, "other", "n1", false),
            (Vertex::Secret, "unbound", "", false),
            (Vertex::ServiceAccount, "robot", "n1", true),
            (Vertex::Pod, "a", "n1", true),
            (Vertex::Pod, "c", "n1", false),
        ] {
            assert_eq!(graph.belongs(kind, "n", name, node), expected, "{kind:?} {name} {node}");
        }
        graph.remove(Vertex::Pod, &pod("a", "n1", "s"));
        assert!(graph.belongs(Vertex::Secret, "n", "s", "n1"), "the other pod needs it");
        graph.put_pod(&pod("b", "n1", "t"));
        assert!(!graph.belongs(Vertex::Secret, "n", "s", "n1") && graph.belongs(Vertex::Secret, "n", "t", "n1"));
        graph.remove(Vertex::Pod, &pod("b", "n1", "t"));
        assert!(graph.nodes.is_empty() && graph.referring.is_empty());
    }

    #[test]
    fn a_volume_and_its_secrets_belong_to_who_uses_its_claim() {
        let volume = |claim: &Value| {
            json!({"metadata": {"name": "v"}, "spec": {"claimRef": claim, "csi": {
                "nodeStageSecretRef": {"name": "stage", "namespace": "m"},
                "controllerPublishSecretRef": {"name": "controller", "namespace": "m"},
            }, "rbd": {"secretRef": {"name": "rbd"}}}})
        };
        let mut graph = Graph::default();
        graph.put_pod(&pod("a", "n1", "s"));
        graph.put_volume(&volume(&json!({"namespace": "n", "name": "claim"})));
        for (kind, namespace, name, expected) in [
            (Vertex::Volume, "", "v", true),
            (Vertex::Secret, "m", "stage", true),
            (Vertex::Secret, "m", "controller", false),
            (Vertex::Secret, "n", "rbd", true),
        ] {
            assert_eq!(graph.belongs(kind, namespace, name, "n1"), expected, "{kind:?} {name}");
            assert!(!graph.belongs(kind, namespace, name, "n2"), "{kind:?} {name}");
        }
        graph.put_volume(&volume(&Value::Null));
        assert!(!graph.belongs(Vertex::Volume, "", "v", "n1"));
        assert!(graph.volumes_of.is_empty());
    }

    #[test]
    fn mirror_pods_open_nothing() {
        let mut mirror = pod("a", "n1", "s");
        mirror["metadata"]["annotations"] = json!({MIRROR_POD: "x"});
        let mut graph = Graph::default();
        graph.put_pod(&mirror);
        assert!(graph.belongs(Vertex::Pod, "n", "a", "n1"));
        assert!(!graph.belongs(Vertex::Secret, "n", "s", "n1"));
    }
}
