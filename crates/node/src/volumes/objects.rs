//! The objects of the API that volumes show.

use k8s_openapi::{NamespaceResourceScope, api::core::v1::Pod};
use kube::Api;

/// The objects of the pod's namespace.
pub fn api<K>(client: &kube::Client, pod: &Pod) -> Api<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), pod.metadata.namespace.as_deref().unwrap_or("default"))
}
