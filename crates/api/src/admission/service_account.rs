//! Plugin `ServiceAccount` (`plugin/pkg/admission/serviceaccount/admission.go`): a pod acts as an account that exists.

use machinery::meta;
use serde_json::{Value, json};

const MIRROR_POD: &str = "kubernetes.io/config.mirror";
const DEFAULT: &str = "default";

/// The name of the account that a new pod acts as; `None` for mirror pods, which act as none.
#[must_use]
pub fn name(pod: &Value) -> Option<&str> {
    if pod["metadata"]["annotations"].get(MIRROR_POD).is_some() {
        return None;
    }
    let named = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    Some(named.unwrap_or(DEFAULT))
}

/// Gives a new pod its account, with the account's pull secrets if it has none of its own. The default account may
/// still be missing: its controller makes it right after the namespace, and pods need not wait for that.
pub fn admit(pod: &mut Value, account: Option<&Value>) -> Result<(), String> {
    let Some(name) = name(pod).map(ToOwned::to_owned) else { return Ok(()) };
    if account.is_none() && name != DEFAULT {
        let namespace = meta::namespace(pod);
        return Err(format!("error looking up service account {namespace}/{name}: serviceaccount {name:?} not found"));
    }
    let spec = &mut pod["spec"];
    spec["serviceAccount"] = json!(name);
    spec["serviceAccountName"] = json!(name);
    let secrets = |of: &Value| of["imagePullSecrets"].as_array().filter(|secrets| !secrets.is_empty()).cloned();
    if let (None, Some(secrets)) = (secrets(spec), account.and_then(secrets)) {
        spec["imagePullSecrets"] = json!(secrets);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_act_as_an_account_that_exists() {
        let account = json!({"metadata": {"name": "a"}, "imagePullSecrets": [{"name": "s"}]});
        let mirror = json!({"metadata": {"annotations": {MIRROR_POD: "x"}}, "spec": {}});
        let pod = |spec: Value| json!({"metadata": {"namespace": "n"}, "spec": spec});
        for (mut given, account, expected) in [
            (mirror.clone(), None, Ok(mirror["spec"].clone())),
            (pod(json!({})), None, Ok(json!({"serviceAccountName": "default", "serviceAccount": "default"}))),
            (
                pod(json!({"serviceAccountName": "a"})),
                Some(&account),
                Ok(json!({"serviceAccountName": "a", "serviceAccount": "a", "imagePullSecrets": [{"name": "s"}]})),
            ),
            (
                pod(json!({"serviceAccountName": "a", "imagePullSecrets": [{"name": "own"}]})),
                Some(&account),
                Ok(json!({"serviceAccountName": "a", "serviceAccount": "a", "imagePullSecrets": [{"name": "own"}]})),
            ),
            (
                pod(json!({"serviceAccountName": "a"})),
                None,
                Err("error looking up service account n/a: serviceaccount \"a\" not found".to_owned()),
            ),
        ] {
            let result = admit(&mut given, account).map(|()| given["spec"].clone());
            assert_eq!(result, expected);
        }
    }
}
