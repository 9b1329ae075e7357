//! The config maps and secrets that a container's environment refers to.

use crate::{container::ObjectLookup, volumes::References};
use futures::future::try_join_all;
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{ConfigMap, Container, Secret},
};
use kube::Api;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Fetches what the container refers to; what does not exist is left out.
pub async fn look_up(
    client: &kube::Client,
    namespace: &str,
    container: &Container,
) -> Result<ObjectLookup, kube::Error> {
    let References { config_maps, secrets } = References::of_environment(container);
    let (config_maps, secrets) = futures::future::try_join(
        fetch::<ConfigMap>(client, namespace, config_maps),
        fetch::<Secret>(client, namespace, secrets),
    )
    .await?;
    Ok(ObjectLookup { config_maps: config_maps.into_iter().collect(), secrets: secrets.into_iter().collect() })
}

async fn fetch<K>(
    client: &kube::Client,
    namespace: &str,
    names: BTreeSet<String>,
) -> Result<Vec<(String, K)>, kube::Error>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let api: &Api<K> = &Api::namespaced(client.clone(), namespace);
    let fetches = names.into_iter().map(async |name| {
        let found = api.get_opt(&name).await?;
        Ok::<_, kube::Error>(found.map(|object| (name, object)))
    });
    Ok(try_join_all(fetches).await?.into_iter().flatten().collect())
}
