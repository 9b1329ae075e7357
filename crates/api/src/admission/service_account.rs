//! Plugin `ServiceAccount` (`plugin/pkg/admission/serviceaccount/admission.go`): a pod acts as an account that exists,
//! and its containers find a token of it.

mod secrets;

pub use secrets::{New, validate};

use machinery::meta;
use serde_json::{Value, json};

const MIRROR_POD: &str = "kubernetes.io/config.mirror";
const DEFAULT: &str = "default";
/// Where containers find the token, with the certificate of the API server and the name of the namespace.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume's name begins with.
const VOLUME: &str = "kube-api-access-";
/// How long the token lives, in seconds. It is renewed: who does not read it again is warned, not refused.
const LIFETIME: i64 = 60 * 60 + 7;

/// Whether a pod only shows what a node runs without the API server.
pub(super) fn is_mirror(pod: &Value) -> bool {
    pod["metadata"]["annotations"].get(MIRROR_POD).is_some()
}

/// The name of the account that a pod acts as; `None` for mirror pods, which act as none.
#[must_use]
pub fn name(pod: &Value) -> Option<&str> {
    if is_mirror(pod) {
        return None;
    }
    let named = pod["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
    Some(named.unwrap_or(DEFAULT))
}

/// Gives a new pod its account, with the account's pull secrets if it has none of its own, and a token. The default
/// account may still be missing: its controller makes it right after the namespace, and pods need not wait for that.
/// `random` makes the name of the volume.
pub fn admit(pod: &mut Value, account: Option<&Value>, random: u64) -> Result<(), String> {
    let Some(name) = name(pod).map(ToOwned::to_owned) else { return Ok(()) };
    if account.is_none() && name != DEFAULT {
        return Err(not_found(pod, &name));
    }
    let spec = &mut pod["spec"];
    spec["serviceAccount"] = json!(name);
    spec["serviceAccountName"] = json!(name);
    let secrets = |of: &Value| of["imagePullSecrets"].as_array().filter(|secrets| !secrets.is_empty()).cloned();
    if let (None, Some(secrets)) = (secrets(spec), account.and_then(secrets)) {
        spec["imagePullSecrets"] = json!(secrets);
    }
    let asks = |of: &Value| of["automountServiceAccountToken"].as_bool();
    if asks(spec).or_else(|| asks(account?)).unwrap_or(true) {
        mount_token(spec, random);
    }
    Ok(())
}

fn not_found(pod: &Value, name: &str) -> String {
    let namespace = meta::namespace(pod);
    format!("error looking up service account {namespace}/{name}: serviceaccount {name:?} not found")
}

fn mount_token(spec: &mut Value, random: u64) {
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let known = volumes.filter_map(|volume| volume["name"].as_str()).find(|name| name.starts_with(VOLUME));
    let known = known.map(ToOwned::to_owned);
    let volume = known.clone().unwrap_or_else(|| meta::generated_name(VOLUME, random));
    let mut is_mounted = false;
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            is_mounted |= mount(container, &volume);
        }
    }
    if is_mounted && known.is_none() {
        push(&mut spec["volumes"], token_volume(&volume));
    }
}

/// Whether the volume is mounted where nothing was.
fn mount(container: &mut Value, volume: &str) -> bool {
    let mounts = &mut container["volumeMounts"];
    if mounts.as_array().into_iter().flatten().any(|mount| mount["mountPath"] == MOUNT_PATH) {
        return false;
    }
    push(mounts, json!({"name": volume, "readOnly": true, "mountPath": MOUNT_PATH}));
    true
}

fn token_volume(name: &str) -> Value {
    let namespace = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
    json!({"name": name, "projected": {"defaultMode": 0o644, "sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": LIFETIME}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]}})
}

fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(items) => items.push(item),
        None => *list = Value::Array(vec![item]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(mut spec: Value) -> Value {
        spec["containers"] = json!([{"name": "c"}]);
        json!({"metadata": {"namespace": "n"}, "spec": spec})
    }

    #[test]
    fn pods_act_as_an_account_that_exists() {
        let account = json!({"metadata": {"name": "a"}, "imagePullSecrets": [{"name": "s"}], "automountServiceAccountToken": false});
        let mirror = json!({"metadata": {"annotations": {MIRROR_POD: "x"}}, "spec": {}});
        for (mut given, account, expected) in [
            (pod(json!({"serviceAccountName": "a"})), Some(&account), Ok(json!([{"name": "s"}]))),
            (
                pod(json!({"serviceAccountName": "a", "imagePullSecrets": [{"name": "own"}]})),
                Some(&account),
                Ok(json!([{"name": "own"}])),
            ),
            (
                pod(json!({"serviceAccountName": "a"})),
                None,
                Err("error looking up service account n/a: serviceaccount \"a\" not found".to_owned()),
            ),
        ] {
            let result = admit(&mut given, account, 0).map(|()| given["spec"]["imagePullSecrets"].clone());
            assert_eq!(result, expected);
        }
        let mut given = mirror.clone();
        assert_eq!((admit(&mut given, None, 0), given), (Ok(()), mirror));
        let mut given = pod(json!({}));
        admit(&mut given, None, 0).unwrap();
        assert_eq!(
            (&given["spec"]["serviceAccountName"], &given["spec"]["serviceAccount"]),
            (&json!(DEFAULT), &json!(DEFAULT))
        );
    }

    #[test]
    fn containers_find_a_token_unless_they_want_none() {
        let account = |asks: Value| json!({"metadata": {"name": "default"}, "automountServiceAccountToken": asks});
        for (asks, of_account, has) in [
            (json!(null), json!(null), true),
            (json!(false), json!(null), false),
            (json!(null), json!(false), false),
            (json!(true), json!(false), true),
        ] {
            let mut given = pod(json!({"automountServiceAccountToken": asks, "initContainers": [{"name": "i"}]}));
            admit(&mut given, Some(&account(of_account)), 7).unwrap();
            let spec = &given["spec"];
            assert_eq!(spec["volumes"].as_array().is_some_and(|volumes| volumes.len() == 1), has);
            for list in ["initContainers", "containers"] {
                assert_eq!(spec[list][0]["volumeMounts"][0]["mountPath"] == MOUNT_PATH, has);
            }
        }
    }

    #[test]
    fn what_is_mounted_there_already_stays() {
        let own = json!([{"name": "own", "mountPath": MOUNT_PATH}]);
        let mut given = pod(json!({}));
        given["spec"]["containers"][0]["volumeMounts"] = own.clone();
        admit(&mut given, None, 0).unwrap();
        assert_eq!((&given["spec"]["containers"][0]["volumeMounts"], &given["spec"]["volumes"]), (&own, &json!(null)));
        let mut again = pod(json!({}));
        admit(&mut again, None, 1).unwrap();
        let once = again.clone();
        again["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "d"}));
        admit(&mut again, None, 2).unwrap();
        assert_eq!(again["spec"]["volumes"], once["spec"]["volumes"], "the volume that is there is used");
    }
}
