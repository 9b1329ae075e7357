//! Annotations that gave containers `AppArmor` profiles before there was a field (KEP-24).

use serde_json::{Value, json};

const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Copies the annotations' profiles into the containers that have none and differ from the pod.
pub fn copy_profiles(pod: &mut Value) {
    if pod["spec"]["os"]["name"] == "windows" {
        return;
    }
    let annotations = pod["metadata"]["annotations"].clone();
    let of_pod = pod["spec"]["securityContext"]["appArmorProfile"].clone();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            let annotation = annotations.get(format!("{ANNOTATION}{name}")).and_then(Value::as_str);
            let profile = annotation.and_then(profile).filter(|profile| *profile != of_pod);
            let own = &container["securityContext"]["appArmorProfile"];
            if let Some(profile) = profile.filter(|_| own.is_null()) {
                container["securityContext"]["appArmorProfile"] = profile;
            }
        }
    }
}

/// The field for an annotation that makes sense.
fn profile(annotation: &str) -> Option<Value> {
    match annotation {
        "unconfined" => Some(json!({"type": "Unconfined"})),
        "runtime/default" => Some(json!({"type": "RuntimeDefault"})),
        other => {
            let name = other.strip_prefix("localhost/").filter(|name| !name.is_empty() && name.trim() == *name)?;
            Some(json!({"type": "Localhost", "localhostProfile": name}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::copy_profiles;
    use serde_json::{Value, json};

    #[test]
    fn annotations_become_fields() {
        let none = json!({});
        let unconfined = json!({"appArmorProfile": {"type": "Unconfined"}});
        let default = json!({"appArmorProfile": {"type": "RuntimeDefault"}});
        let cases: [(&str, &Value, &Value, &Value); 5] = [
            ("unconfined", &none, &none, &unconfined),
            ("localhost/a", &none, &none, &json!({"appArmorProfile": {"type": "Localhost", "localhostProfile": "a"}})),
            ("unconfined", &unconfined, &none, &none),
            ("unconfined", &none, &default, &default),
            ("whatever", &none, &none, &none),
        ];
        for (annotation, of_pod, of_container, expected) in cases {
            let mut pod = json!({
                "metadata": {"annotations": {format!("{}c", super::ANNOTATION): annotation}},
                "spec": {
                    "securityContext": of_pod,
                    "containers": [{"name": "c", "securityContext": of_container}],
                },
            });
            copy_profiles(&mut pod);
            assert_eq!(pod["spec"]["containers"][0]["securityContext"], *expected, "{annotation} {of_pod}");
        }
    }
}
