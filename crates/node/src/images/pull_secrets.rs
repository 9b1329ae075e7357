//! The credentials that a pod's image pull secrets hold.

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::Api;
use runtime::images::Keyring;

/// The keys under which secrets of type `kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg` keep theirs.
const KEYS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// Reads the pod's image pull secrets. One that is missing or unreadable is left out, as the kubelet does: the pull
/// may succeed without it.
pub async fn keyring(client: &kube::Client, pod: &Pod) -> Keyring {
    let mut keyring = Keyring::default();
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    for reference in pod.spec.iter().flat_map(|spec| spec.image_pull_secrets.iter().flatten()) {
        let data = match secrets.get(&reference.name).await {
            Ok(secret) => secret.data.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, secret = reference.name, "cannot read an image pull secret");
                continue;
            }
        };
        for json in KEYS.iter().filter_map(|key| data.get(*key)) {
            if let Err(error) = keyring.add(&json.0) {
                tracing::warn!(%error, secret = reference.name, "an image pull secret is not usable");
            }
        }
    }
    keyring
}
