//! The objects of its namespace that a pod refers to by name (`pkg/api/v1/pod/util.go`: `VisitPodSecretNames`,
//! `VisitPodConfigmapNames`; `k8s.io/dynamic-resource-allocation/resourceclaim`: `PodClaims`).

use machinery::meta;
use serde_json::Value;

/// Where a volume names a secret; JSON pointers.
const VOLUME_SECRETS: [&str; 10] = [
    "/azureFile/secretName",
    "/cephfs/secretRef/name",
    "/cinder/secretRef/name",
    "/csi/nodePublishSecretRef/name",
    "/flexVolume/secretRef/name",
    "/iscsi/secretRef/name",
    "/rbd/secretRef/name",
    "/scaleIO/secretRef/name",
    "/secret/secretName",
    "/storageos/secretRef/name",
];

/// The secrets that a pod needs: for its images, volumes and environment.
#[must_use]
pub fn secrets(pod: &Value) -> Vec<&str> {
    let of_images = items(&pod["spec"]["imagePullSecrets"]).filter_map(|secret| secret["name"].as_str());
    let of_volumes = volumes(pod).flat_map(|volume| VOLUME_SECRETS.iter().filter_map(|place| text(volume, place)));
    let of_sources = sources(pod).filter_map(|source| text(source, "/secret/name"));
    let of_environment = environment(pod, "/secretRef/name", "/valueFrom/secretKeyRef/name");
    filled(of_images.chain(of_volumes).chain(of_sources).chain(of_environment))
}

/// The config maps that a pod needs: for its volumes and environment.
#[must_use]
pub fn config_maps(pod: &Value) -> Vec<&str> {
    let of_volumes = volumes(pod).filter_map(|volume| text(volume, "/configMap/name"));
    let of_sources = sources(pod).filter_map(|source| text(source, "/configMap/name"));
    let of_environment = environment(pod, "/configMapRef/name", "/valueFrom/configMapKeyRef/name");
    filled(of_volumes.chain(of_sources).chain(of_environment))
}

/// The volume claims of a pod, also those that are made for it.
#[must_use]
pub fn volume_claims(pod: &Value) -> Vec<String> {
    let of = |volume: &Value| match text(volume, "/persistentVolumeClaim/claimName") {
        Some(claim) => Some(claim.to_owned()),
        None => volume.get("ephemeral").map(|_| format!("{}-{}", meta::name(pod), meta_name(volume))),
    };
    volumes(pod).filter_map(of).filter(|claim| !claim.is_empty()).collect()
}

/// The resource claims of a pod that exist, also those that were made for it.
#[must_use]
pub fn resource_claims(pod: &Value) -> Vec<&str> {
    let made = |name: &Value| {
        let statuses = &mut items(&pod["status"]["resourceClaimStatuses"]);
        statuses.find(|status| status["name"] == *name)?["resourceClaimName"].as_str()
    };
    let claims = items(&pod["spec"]["resourceClaims"]);
    let claims = claims.filter_map(|claim| claim["resourceClaimName"].as_str().or_else(|| made(&claim["name"])));
    let extended = pod["status"]["extendedResourceClaimStatus"]["resourceClaimName"].as_str();
    filled(claims.chain(extended))
}

fn environment<'a>(pod: &'a Value, whole: &'static str, key: &'static str) -> impl Iterator<Item = &'a str> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| items(&pod["spec"][list])).flat_map(move |container| {
        let whole = items(&container["envFrom"]).filter_map(move |source| text(source, whole));
        whole.chain(items(&container["env"]).filter_map(move |variable| text(variable, key)))
    })
}

fn volumes(pod: &Value) -> impl Iterator<Item = &Value> {
    items(&pod["spec"]["volumes"])
}

/// The sources of projected volumes.
fn sources(pod: &Value) -> impl Iterator<Item = &Value> {
    volumes(pod).flat_map(|volume| items(&volume["projected"]["sources"]))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'a>(object: &'a Value, place: &str) -> Option<&'a str> {
    object.pointer(place)?.as_str()
}

fn meta_name(volume: &Value) -> &str {
    volume["name"].as_str().unwrap_or_default()
}

fn filled<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_place_that_names_an_object_is_looked_at() {
        let pod = json!({
            "metadata": {"name": "p"},
            "spec": {
                "imagePullSecrets": [{"name": "pull"}],
                "containers": [{"env": [
                    {"valueFrom": {"secretKeyRef": {"name": "env"}}},
                    {"valueFrom": {"configMapKeyRef": {"name": "env"}}},
                ]}],
                "initContainers": [{"envFrom": [{"secretRef": {"name": "from"}}, {"configMapRef": {"name": "from"}}]}],
                "ephemeralContainers": [{"envFrom": [{"secretRef": {"name": "late"}}]}],
                "volumes": [
                    {"secret": {"secretName": "volume"}}, {"configMap": {"name": "volume"}},
                    {"projected": {"sources": [{"secret": {"name": "source"}}, {"configMap": {"name": "source"}}]}},
                    {"csi": {"nodePublishSecretRef": {"name": "csi"}}},
                    {"persistentVolumeClaim": {"claimName": "claim"}}, {"name": "v", "ephemeral": {}},
                ],
                "resourceClaims": [{"name": "a", "resourceClaimName": "own"}, {"name": "b"}, {"name": "c"}],
            },
            "status": {
                "resourceClaimStatuses": [{"name": "b", "resourceClaimName": "made"}, {"name": "c"}],
                "extendedResourceClaimStatus": {"resourceClaimName": "extended"},
            },
        });
        let sorted = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(sorted(secrets(&pod)), "csi env from late pull source volume");
        assert_eq!(sorted(config_maps(&pod)), "env from source volume");
        assert_eq!(volume_claims(&pod), ["claim", "p-v"]);
        assert_eq!(resource_claims(&pod), ["own", "made", "extended"]);
        assert!(secrets(&json!({})).is_empty());
    }
}
