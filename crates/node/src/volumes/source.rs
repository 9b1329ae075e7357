//! Fetches the objects behind a volume of files and turns them into its files.

use super::{
    atomic_writer::{File, Payload},
    payload::{Data, config_map_data, default_mode, downward_files, files as files_of, secret_data},
};
use crate::{Error, container::Machine};
use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    core::v1::{ConfigMap, Pod, Secret, ServiceAccount, ServiceAccountTokenProjection, Volume, VolumeProjection},
};
use kube::api::{Api, PostParams};
use serde_json::json;

/// Whether a volume is one of files that the API server has the contents of.
pub fn has_files(volume: &Volume) -> bool {
    volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.downward_api.is_some()
        || volume.projected.is_some()
}

/// The plugin's name and the files of a volume; None if it is no volume of files.
pub async fn files(
    client: &kube::Client,
    machine: &Machine,
    pod: &Pod,
    volume: &Volume,
) -> Result<Option<(&'static str, Payload)>, Error> {
    let fetch = Fetch { client, machine, pod };
    if let Some(source) = &volume.config_map {
        let optional = source.optional.unwrap_or_default();
        let data = fetch.config_map(&source.name, optional).await?;
        let mode = default_mode(source.default_mode);
        return Ok(Some(("configmap", files_of("configmap", &data, source.items.as_deref(), mode, optional)?)));
    }
    if let Some(source) = &volume.secret {
        let optional = source.optional.unwrap_or_default();
        let data = fetch.secret(source.secret_name.as_deref().unwrap_or_default(), optional).await?;
        let mode = default_mode(source.default_mode);
        return Ok(Some(("secret", files_of("secret", &data, source.items.as_deref(), mode, optional)?)));
    }
    if let Some(source) = &volume.downward_api {
        let items = source.items.as_deref().unwrap_or_default();
        return Ok(Some(("downward-api", downward_files(pod, machine, items, default_mode(source.default_mode))?)));
    }
    if let Some(source) = &volume.projected {
        let mode = default_mode(source.default_mode);
        let mut payload = Payload::new();
        for projection in source.sources.iter().flatten() {
            payload.extend(fetch.projection(projection, mode).await?);
        }
        return Ok(Some(("projected", payload)));
    }
    Ok(None)
}

struct Fetch<'a> {
    client: &'a kube::Client,
    machine: &'a Machine,
    pod: &'a Pod,
}

impl Fetch<'_> {
    async fn projection(&self, projection: &VolumeProjection, mode: u32) -> Result<Payload, Error> {
        let mut payload = Payload::new();
        if let Some(source) = &projection.config_map {
            let optional = source.optional.unwrap_or_default();
            let data = self.config_map(&source.name, optional).await?;
            payload.extend(files_of("configmap", &data, source.items.as_deref(), mode, optional)?);
        }
        if let Some(source) = &projection.secret {
            let optional = source.optional.unwrap_or_default();
            let data = self.secret(&source.name, optional).await?;
            payload.extend(files_of("secret", &data, source.items.as_deref(), mode, optional)?);
        }
        if let Some(source) = &projection.downward_api {
            payload.extend(downward_files(self.pod, self.machine, source.items.as_deref().unwrap_or_default(), mode)?);
        }
        if let Some(source) = &projection.service_account_token {
            let token = self.token(source).await?;
            payload.insert(source.path.clone().into(), File { data: token.into_bytes(), mode });
        }
        Ok(payload)
    }

    async fn config_map(&self, name: &str, optional: bool) -> Result<Data, Error> {
        let found: Option<ConfigMap> = self.api().get_opt(name).await?;
        found.as_ref().map(config_map_data).map_or_else(|| absent("configmap", name, optional), Ok)
    }

    async fn secret(&self, name: &str, optional: bool) -> Result<Data, Error> {
        let found: Option<Secret> = self.api().get_opt(name).await?;
        found.as_ref().map(secret_data).map_or_else(|| absent("secret", name, optional), Ok)
    }

    /// A token bound to the pod, as `TokenRequest` grants it.
    async fn token(&self, source: &ServiceAccountTokenProjection) -> Result<String, Error> {
        let account = self.pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
        let audiences: Vec<_> = source.audience.iter().filter(|audience| !audience.is_empty()).collect();
        let request: TokenRequest = serde_json::from_value(json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {},
            "spec": {
                "audiences": audiences,
                "expirationSeconds": source.expiration_seconds.unwrap_or(3600),
                "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod",
                    "name": self.pod.metadata.name, "uid": self.pod.metadata.uid,
                },
            },
        }))
        .map_err(kube::Error::SerdeError)?;
        let accounts: Api<ServiceAccount> = self.api();
        let granted: TokenRequest =
            accounts.create_subresource("token", account, &PostParams::default(), &request).await?;
        Ok(granted.status.and_then(|status| status.token).unwrap_or_default())
    }

    fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), self.pod.metadata.namespace.as_deref().unwrap_or("default"))
    }
}

fn absent(kind: &'static str, name: &str, optional: bool) -> Result<Data, Error> {
    if optional { Ok(Data::new()) } else { Err(Error::SourceNotFound { kind, name: name.to_owned() }) }
}
