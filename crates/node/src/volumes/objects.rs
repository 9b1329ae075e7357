//! The objects of the API that volumes show.

use crate::Error;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        authentication::v1::TokenRequest,
        core::v1::{Pod, ServiceAccount, ServiceAccountTokenProjection},
    },
};
use kube::api::{Api, PostParams};
use serde_json::json;

/// A token bound to the pod, as `TokenRequest` grants it.
pub async fn token(client: &kube::Client, pod: &Pod, source: &ServiceAccountTokenProjection) -> Result<String, Error> {
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    let audiences: Vec<_> = source.audience.iter().filter(|audience| !audience.is_empty()).collect();
    let request: TokenRequest = serde_json::from_value(json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {},
        "spec": {
            "audiences": audiences,
            "expirationSeconds": source.expiration_seconds.unwrap_or(3600),
            "boundObjectRef": {
                "apiVersion": "v1", "kind": "Pod", "name": pod.metadata.name, "uid": pod.metadata.uid,
            },
        },
    }))
    .map_err(kube::Error::SerdeError)?;
    let accounts: Api<ServiceAccount> = api(client, pod);
    let granted: TokenRequest = accounts.create_subresource("token", account, &PostParams::default(), &request).await?;
    Ok(granted.status.and_then(|status| status.token).unwrap_or_default())
}

/// The objects of the pod's namespace.
pub fn api<K>(client: &kube::Client, pod: &Pod) -> Api<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), pod.metadata.namespace.as_deref().unwrap_or("default"))
}
