//! Plugin `DefaultTolerationSeconds` (`plugin/pkg/admission/defaulttolerationseconds/admission.go`): pods have patience
//! with nodes that are sick or gone.

use k8s_openapi::api::core::v1::Toleration;
use serde_json::{Value, json};

/// How long a pod stays on such a node, in seconds.
const TOLERATION_SECONDS: i64 = 300;

/// The taints of nodes that are sick or gone.
const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// Gives a pod the tolerations that it does not bring along.
pub fn admit(pod: &mut Value) {
    let mut tolerations = pod["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
    for key in TAINTS {
        if !tolerations.iter().any(|toleration| tolerates(toleration, key)) {
            tolerations.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATION_SECONDS,
            }));
        }
    }
    pod["spec"]["tolerations"] = json!(tolerations);
}

fn tolerates(toleration: &Value, key: &str) -> bool {
    serde_json::from_value::<Toleration>(toleration.clone()).is_ok_and(|toleration| {
        let key_matches = toleration.key.as_deref().is_none_or(|found| found.is_empty() || found == key);
        key_matches && matches!(toleration.effect.as_deref().unwrap_or_default(), "" | "NoExecute")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_tolerate_what_they_do_not_speak_of() {
        let default =
            |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        let [sick, gone] = TAINTS;
        let own = json!({"key": sick, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 7});
        let everything = json!({"operator": "Exists"});
        let other = json!({"key": sick, "operator": "Exists", "effect": "NoSchedule"});
        for (given, expected) in [
            (json!(null), json!([default(sick), default(gone)])),
            (json!([own]), json!([own, default(gone)])),
            (json!([everything]), json!([everything])),
            (json!([other]), json!([other, default(sick), default(gone)])),
        ] {
            let mut pod = json!({"spec": {"tolerations": given}});
            admit(&mut pod);
            assert_eq!(pod["spec"]["tolerations"], expected, "{given}");
        }
    }
}
