//! The claims that a pod's volumes name.

use k8s_openapi::api::core::v1::Pod;

/// A `PersistentVolumeClaim` of the pod's namespace that one of its volumes names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodClaim {
    pub name: String,
    /// It is made for this pod alone, from the template in a volume of type `ephemeral`.
    pub ephemeral: bool,
}

/// The claims of a pod, one for each volume that has one.
#[must_use]
pub fn pod_claims(pod: &Pod) -> Vec<PodClaim> {
    let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let named = volumes.filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some(PodClaim { name: source.claim_name.clone(), ephemeral: false }),
        // `ephemeral.VolumeClaimName`.
        (None, Some(_)) => Some(PodClaim { name: format!("{pod_name}-{}", volume.name), ephemeral: true }),
        (None, None) => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_named_by_the_volume_or_made_for_it() {
        let volumes = json!([
            { "name": "a", "emptyDir": {} },
            { "name": "b", "persistentVolumeClaim": { "claimName": "data" } },
            { "name": "c", "ephemeral": { "volumeClaimTemplate": { "spec": {} } } },
        ]);
        let pod = json!({ "metadata": { "name": "p" }, "spec": { "containers": [], "volumes": volumes } });
        let expected = [("data", false), ("p-c", true)];
        let expected = expected.map(|(name, ephemeral)| PodClaim { name: name.into(), ephemeral });
        assert_eq!(pod_claims(&serde_json::from_value(pod).unwrap()), expected);
    }
}
