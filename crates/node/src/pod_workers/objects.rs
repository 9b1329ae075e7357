//! The config maps and secrets that a container's environment refers to.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Container, Secret};
use kube::Api;
use serde::de::DeserializeOwned;

use crate::container::ObjectLookup;

/// Names by kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct References {
    config_maps: BTreeSet<String>,
    secrets: BTreeSet<String>,
}

fn references(container: &Container) -> References {
    let mut references = References::default();
    for source in container.env_from.iter().flatten() {
        references.config_maps.extend(source.config_map_ref.iter().map(|source| source.name.clone()));
        references.secrets.extend(source.secret_ref.iter().map(|source| source.name.clone()));
    }
    for source in container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref()) {
        references.config_maps.extend(source.config_map_key_ref.iter().map(|source| source.name.clone()));
        references.secrets.extend(source.secret_key_ref.iter().map(|source| source.name.clone()));
    }
    references
}

/// Fetches what the container refers to; what does not exist is left out.
pub async fn look_up(
    client: &kube::Client,
    namespace: &str,
    container: &Container,
) -> Result<ObjectLookup, kube::Error> {
    let References { config_maps, secrets } = references(container);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_reference_of_the_environment_is_found() {
        let container: Container = serde_json::from_value(json!({
            "name": "server",
            "envFrom": [{ "configMapRef": { "name": "a" } }, { "secretRef": { "name": "b" } }],
            "env": [
                { "name": "PLAIN", "value": "x" },
                { "name": "ONE", "valueFrom": { "configMapKeyRef": { "name": "c", "key": "k" } } },
                { "name": "TWO", "valueFrom": { "secretKeyRef": { "name": "b", "key": "k" } } },
            ],
        }))
        .unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(references(&container), References { config_maps: names(&["a", "c"]), secrets: names(&["b"]) });
    }
}
