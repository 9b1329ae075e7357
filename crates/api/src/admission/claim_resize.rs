//! Plugin `PersistentVolumeClaimResize` (`plugin/pkg/admission/storage/persistentvolume/resize`): which claims may grow.

use machinery::quantity::Quantity;
use serde_json::Value;

/// The class of a claim.
#[must_use]
pub fn class(claim: &Value) -> Option<&str> {
    let annotation = claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].as_str();
    annotation.or_else(|| claim["spec"]["storageClassName"].as_str()).filter(|name| !name.is_empty())
}

/// Whether a claim may ask for more than it did; `found` is its class.
pub fn validate(new: &Value, old: &Value, found: Option<&Value>) -> Result<(), String> {
    if size(new) <= size(old) {
        return Ok(());
    }
    if old["status"]["phase"] != "Bound" {
        return Err("Only bound persistent volume claims can be expanded".into());
    }
    let may_grow = found.is_some_and(|class| class["allowVolumeExpansion"] == true);
    if may_grow && class(new) == class(old) {
        return Ok(());
    }
    Err("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
        .into())
}

fn size(claim: &Value) -> Option<Quantity> {
    claim.pointer("/spec/resources/requests/storage")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_is_bound_may_grow_if_the_class_allows_it() {
        let claim = |size: &str, phase: &str, class: &str| json!({"spec": {"storageClassName": class, "resources": {"requests": {"storage": size}}}, "status": {"phase": phase}});
        let growing = json!({"allowVolumeExpansion": true});
        let (bound, class) = ("Only bound", "only dynamically provisioned");
        for (new, old, found, expected) in [
            (claim("2Gi", "Bound", "a"), claim("1Gi", "Bound", "a"), Some(&growing), ""),
            (claim("1Gi", "Pending", "a"), claim("1Gi", "Pending", "a"), None, ""),
            (claim("2Gi", "Pending", "a"), claim("1Gi", "Pending", "a"), Some(&growing), bound),
            (claim("2Gi", "Bound", "a"), claim("1Gi", "Bound", "a"), None, class),
            (claim("2Gi", "Bound", "b"), claim("1Gi", "Bound", "a"), Some(&growing), class),
        ] {
            let found = validate(&new, &old, found).err().unwrap_or_default();
            assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty(), "{found}");
        }
    }
}
