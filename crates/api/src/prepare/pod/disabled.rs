//! Fields of features that are off in this version of Kubernetes: what a client says there is forgotten, unless the
//! object had it before.

use serde_json::Value;

/// Each feature's fields below a pod's specification, as paths on which `*` is every item of a list.
const SPEC: [&[&str]; 6] = [
    // AtomicWriteVolumeUserFields
    &[
        "volumes/*/secret/defaultUser",
        "volumes/*/configMap/defaultUser",
        "volumes/*/downwardAPI/defaultUser",
        "volumes/*/projected/defaultUser",
        "volumes/*/secret/items/*/user",
        "volumes/*/configMap/items/*/user",
        "volumes/*/downwardAPI/items/*/user",
        "volumes/*/projected/sources/*/secret/items/*/user",
        "volumes/*/projected/sources/*/configMap/items/*/user",
        "volumes/*/projected/sources/*/downwardAPI/items/*/user",
        "volumes/*/projected/sources/*/serviceAccountToken/user",
        "volumes/*/projected/sources/*/clusterTrustBundle/user",
        "volumes/*/projected/sources/*/podCertificate/user",
    ],
    // EmptyDirVolumeMode
    &["volumes/*/emptyDir/mode"],
    // EvictionRequestAPI
    &["evictionResponders"],
    // GenericWorkload
    &["schedulingGroup"],
    // GRPCContainerProbeTLS and H2CContainerProbe
    &[
        "containers/*/livenessProbe/grpc/mode",
        "containers/*/readinessProbe/grpc/mode",
        "containers/*/startupProbe/grpc/mode",
        "initContainers/*/livenessProbe/grpc/mode",
        "initContainers/*/readinessProbe/grpc/mode",
        "initContainers/*/startupProbe/grpc/mode",
        "containers/*/livenessProbe/httpGet/protocol",
        "containers/*/readinessProbe/httpGet/protocol",
        "containers/*/startupProbe/httpGet/protocol",
        "initContainers/*/livenessProbe/httpGet/protocol",
        "initContainers/*/readinessProbe/httpGet/protocol",
        "initContainers/*/startupProbe/httpGet/protocol",
    ],
    // VolumeBindMountOptions
    &[
        "containers/*/volumeMounts/*/bindMountOptions",
        "initContainers/*/volumeMounts/*/bindMountOptions",
        "ephemeralContainers/*/volumeMounts/*/bindMountOptions",
    ],
];

/// The same below a pod's status.
const STATUS: [&[&str]; 3] = [
    // CSIVolumeHealth
    &["volumeHealth"],
    // DRANodeAllocatableResources
    &["nodeAllocatableResourceClaimStatuses"],
    // ImageVolumeWithDigest
    &[
        "containerStatuses/*/volumeMounts/*/volumeStatus",
        "initContainerStatuses/*/volumeMounts/*/volumeStatus",
        "ephemeralContainerStatuses/*/volumeMounts/*/volumeStatus",
    ],
];

/// Forgets them in a pod's specification.
pub fn drop_disabled(spec: &mut Value, old: &Value) {
    drop_unused(&SPEC, spec, old);
}

/// Forgets them in a pod's status.
pub fn drop_disabled_status(status: &mut Value, old: &Value) {
    drop_unused(&STATUS, status, old);
}

fn drop_unused(features: &[&[&str]], new: &mut Value, old: &Value) {
    let unused = features.iter().filter(|fields| !fields.iter().any(|path| is_used(old, path)));
    for path in unused.copied().flatten() {
        drop_field(new, path);
    }
}

fn is_used(value: &Value, path: &str) -> bool {
    let Some((field, rest)) = path.split_once('/') else {
        return value.get(path).is_some_and(|found| !found.is_null());
    };
    match (field, value) {
        ("*", Value::Array(items)) => items.iter().any(|item| is_used(item, rest)),
        _ => value.get(field).is_some_and(|found| is_used(found, rest)),
    }
}

fn drop_field(value: &mut Value, path: &str) {
    match (path.split_once('/'), value) {
        (Some(("*", rest)), Value::Array(items)) => items.iter_mut().for_each(|item| drop_field(item, rest)),
        (Some((field, rest)), Value::Object(fields)) => {
            if let Some(found) = fields.get_mut(field) {
                drop_field(found, rest);
            }
        }
        (None, Value::Object(fields)) => {
            fields.remove(path);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{drop_disabled, drop_disabled_status};
    use serde_json::{Value, json};

    #[test]
    fn fields_of_disabled_features_are_forgotten() {
        let none = json!({});
        let cases: [(Value, Value, Value); 5] = [
            (
                json!({"schedulingGroup": {"podGroupName": "g"}, "nodeName": "n"}),
                none.clone(),
                json!({"nodeName": "n"}),
            ),
            (
                json!({"volumes": [{"emptyDir": {"mode": 1}}, {"secret": {"items": [{"key": "k", "user": 1}]}}]}),
                none.clone(),
                json!({"volumes": [{"emptyDir": {}}, {"secret": {"items": [{"key": "k"}]}}]}),
            ),
            (
                json!({"containers": [{"readinessProbe": {"grpc": {"port": 1, "mode": "TLS"}}}]}),
                none.clone(),
                json!({"containers": [{"readinessProbe": {"grpc": {"port": 1}}}]}),
            ),
            (
                json!({"volumes": [{"emptyDir": {"mode": 1}}]}),
                json!({"volumes": [{"emptyDir": {"mode": 2}}]}),
                json!({"volumes": [{"emptyDir": {"mode": 1}}]}),
            ),
            (json!({"containers": null}), none, json!({"containers": null})),
        ];
        for (mut spec, old, expected) in cases {
            drop_disabled(&mut spec, &old);
            assert_eq!(spec, expected);
        }
        let mut status = json!({"volumeHealth": [], "containerStatuses": [{"volumeMounts": [{"volumeStatus": {}}]}]});
        drop_disabled_status(&mut status, &json!({}));
        assert_eq!(status, json!({"containerStatuses": [{"volumeMounts": [{}]}]}));
    }
}
