//! The credentials that a pod's image pull secrets hold.

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::Api;
use runtime::images::Keyring;

/// The keys under which secrets of type `kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg` keep theirs.
const KEYS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// What the pod's image pull secrets hold.
#[derive(Debug, Default)]
pub struct PullSecrets {
    pub keyring: Keyring,
    /// The names of those that could not be read.
    missing: Vec<String>,
}

impl PullSecrets {
    /// Reads the pod's image pull secrets. One that is missing or unreadable is left out, as the kubelet does: the pull
    /// may succeed without it.
    pub async fn read(client: &kube::Client, pod: &Pod) -> Self {
        let mut found = Self::default();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let references = pod.spec.iter().flat_map(|spec| spec.image_pull_secrets.iter().flatten());
        // The API server lets empty names pass.
        for reference in references.filter(|reference| !reference.name.is_empty()) {
            let data = match secrets.get(&reference.name).await {
                Ok(secret) => secret.data.unwrap_or_default(),
                Err(error) => {
                    tracing::warn!(%error, secret = reference.name, "cannot read an image pull secret");
                    found.missing.push(reference.name.clone());
                    continue;
                }
            };
            for json in KEYS.iter().filter_map(|key| data.get(*key)) {
                if let Err(error) = found.keyring.add(&json.0) {
                    tracing::warn!(%error, secret = reference.name, "an image pull secret is not usable");
                }
            }
        }
        found
    }

    /// What the event `FailedToRetrieveImagePullSecret` says, if it is due (`getPullSecretsForPod` in
    /// `pkg/kubelet/kubelet_pods.go`).
    pub fn complaint(&self) -> Option<String> {
        let missing = self.missing.join(", ");
        (!missing.is_empty()).then(|| {
            format!(
                "Unable to retrieve some image pull secrets ({missing}); attempting to pull the image may not succeed."
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_api;
    use serde_json::json;

    #[tokio::test]
    async fn secrets_that_are_not_there_are_named() {
        for (names, complaint) in [
            (vec![], None),
            (vec!["there", ""], None),
            (
                vec!["gone", "there", "lost"],
                Some(
                    "Unable to retrieve some image pull secrets (gone, lost); attempting to pull the image may not \
                     succeed.",
                ),
            ),
        ] {
            let (client, _) = fake_api::client(async |_, asked| {
                let secret = json!({ "metadata": { "name": "there" } });
                if asked.path.ends_with("/there") { (200, secret) } else { fake_api::failure(404, "NotFound") }
            });
            let references: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
            let spec = json!({ "containers": [], "imagePullSecrets": references });
            let pod: Pod = serde_json::from_value(json!({ "spec": spec })).unwrap();
            let found = PullSecrets::read(&client, &pod).await;
            assert_eq!(found.complaint().as_deref(), complaint, "{names:?}");
        }
    }
}
