//! The objects of the API that volumes show.

use super::keys::{Data, config_map_data, secret_data};
use crate::Error;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        authentication::v1::TokenRequest,
        core::v1::{ConfigMap, Pod, Secret, ServiceAccount, ServiceAccountTokenProjection},
    },
};
use kube::api::{Api, PostParams};
use serde_json::json;

/// What a config map of the pod's namespace holds; nothing, if there is none and that is no matter.
pub async fn config_map(client: &kube::Client, pod: &Pod, name: &str, optional: bool) -> Result<Data, Error> {
    let found: Option<ConfigMap> = api(client, pod).get_opt(name).await?;
    found.map(config_map_data).map_or_else(|| absent("configmap", name, optional), Ok)
}

/// What a secret of the pod's namespace holds; nothing, if there is none and that is no matter.
pub async fn secret(client: &kube::Client, pod: &Pod, name: &str, optional: bool) -> Result<Data, Error> {
    let found: Option<Secret> = api(client, pod).get_opt(name).await?;
    found.map(secret_data).map_or_else(|| absent("secret", name, optional), Ok)
}

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

fn api<K>(client: &kube::Client, pod: &Pod) -> Api<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), pod.metadata.namespace.as_deref().unwrap_or("default"))
}

fn absent(kind: &'static str, name: &str, optional: bool) -> Result<Data, Error> {
    if optional { Ok(Data::new()) } else { Err(Error::SourceNotFound { kind, name: name.to_owned() }) }
}
