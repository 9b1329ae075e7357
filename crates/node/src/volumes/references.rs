//! The config maps and secrets that a pod refers to, by name.

use k8s_openapi::api::core::v1::Container;
use std::collections::BTreeSet;

/// Names by kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct References {
    pub config_maps: BTreeSet<String>,
    pub secrets: BTreeSet<String>,
}

impl References {
    /// Those of a container's environment.
    pub fn of_environment(container: &Container) -> Self {
        let mut references = Self::default();
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

    /// One config map.
    pub fn config_map(name: &str) -> Self {
        Self { config_maps: BTreeSet::from([name.to_owned()]), secrets: BTreeSet::new() }
    }

    /// One secret.
    pub fn secret(name: &str) -> Self {
        Self { config_maps: BTreeSet::new(), secrets: BTreeSet::from([name.to_owned()]) }
    }

    /// These and the others.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.config_maps.extend(other.config_maps);
        self.secrets.extend(other.secrets);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn references(config_maps: &[&str], secrets: &[&str]) -> References {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        References { config_maps: names(config_maps), secrets: names(secrets) }
    }

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
        assert_eq!(References::of_environment(&container), references(&["a", "c"], &["b"]));
    }

    #[test]
    fn every_reference_of_volumes_is_found() {
        let volumes = json!([
            { "name": "1", "configMap": { "name": "a" } },
            { "name": "2", "secret": { "secretName": "b" } },
            { "name": "3", "emptyDir": {} },
            { "name": "4", "projected": { "sources": [
                { "configMap": { "name": "c" } }, { "secret": { "name": "d" } }, { "downwardAPI": {} },
            ] } },
        ]);
        let pod = serde_json::from_value(json!({ "spec": { "containers": [], "volumes": volumes } })).unwrap();
        assert_eq!(crate::volumes::shown_by(&pod), references(&["a", "c"], &["b", "d"]));
    }
}
