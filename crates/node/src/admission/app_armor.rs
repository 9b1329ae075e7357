//! Pods that want to be confined by `AppArmor`, which no container here is (`pkg/security/apparmor`): one that runs less
//! confined than it was meant to be is worse than none.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::pod::Rejection;
use k8s_openapi::api::core::v1::{AppArmorProfile, Pod, PodSpec};
use std::path::Path;

/// Annotations from before there was a field name a container behind it.
const ANNOTATION_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Whether the kernel enforces `AppArmor` profiles.
pub fn is_enabled() -> bool {
    let parameter = std::fs::read("/sys/module/apparmor/parameters/enabled").unwrap_or_default();
    parameter.starts_with(b"Y") && Path::new("/sys/kernel/security/apparmor").exists()
}

/// Refuses a pod that names any profile but `Unconfined`.
pub(super) fn reject(pod: &Pod, is_enabled: bool) -> Option<Rejection> {
    if !is_required(pod) {
        return None;
    }
    let reason =
        if is_enabled { "AppArmor is not supported by the runtime" } else { "AppArmor is not enabled on the host" };
    Some(Rejection { reason: "AppArmor".to_owned(), message: format!("Cannot enforce AppArmor: {reason}") })
}

fn is_required(pod: &Pod) -> bool {
    let mut annotations = pod.metadata.annotations.iter().flatten();
    pod.spec.as_ref().is_some_and(|spec| profiles(spec).any(|profile| profile.type_ != "Unconfined"))
        || annotations.any(|(name, profile)| name.starts_with(ANNOTATION_PREFIX) && profile != "unconfined")
}

fn profiles(spec: &PodSpec) -> impl Iterator<Item = &AppArmorProfile> {
    let of_pod = spec.security_context.iter().filter_map(|context| context.app_armor_profile.as_ref());
    let main = spec.containers.iter().map(|container| &container.security_context);
    let init = spec.init_containers.iter().flatten().map(|container| &container.security_context);
    let ephemeral = spec.ephemeral_containers.iter().flatten().map(|container| &container.security_context);
    let contexts = main.chain(init).chain(ephemeral).flatten();
    of_pod.chain(contexts.filter_map(|context| context.app_armor_profile.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_that_wants_a_profile_is_refused() {
        let context = |type_: &str| json!({ "appArmorProfile": { "type": type_, "localhostProfile": "strict" } });
        let container = |type_: &str| json!([{ "name": "c", "securityContext": context(type_) }]);
        let annotated = |profile: &str| json!({ format!("{ANNOTATION_PREFIX}c"): profile });
        let plain = json!([{ "name": "c", "securityContext": {} }]);
        for (spec, annotations, is_refused) in [
            (json!({ "containers": plain }), json!({}), false),
            (json!({ "containers": container("Unconfined") }), json!({}), false),
            (json!({ "containers": container("RuntimeDefault") }), json!({}), true),
            (json!({ "containers": container("Localhost") }), json!({}), true),
            (json!({ "containers": plain, "initContainers": container("RuntimeDefault") }), json!({}), true),
            (json!({ "containers": plain, "securityContext": context("RuntimeDefault") }), json!({}), true),
            (json!({ "containers": plain, "securityContext": context("Unconfined") }), json!({}), false),
            (json!({ "containers": plain }), annotated("localhost/strict"), true),
            (json!({ "containers": plain }), annotated("unconfined"), false),
        ] {
            let pod = json!({ "metadata": { "annotations": annotations }, "spec": spec });
            let pod: Pod = serde_json::from_value(pod).unwrap();
            for (is_enabled, reason) in [
                (false, "Cannot enforce AppArmor: AppArmor is not enabled on the host"),
                (true, "Cannot enforce AppArmor: AppArmor is not supported by the runtime"),
            ] {
                let expected =
                    is_refused.then(|| Rejection { reason: "AppArmor".to_owned(), message: reason.to_owned() });
                assert_eq!(reject(&pod, is_enabled), expected, "{spec} {annotations}");
            }
        }
    }
}
