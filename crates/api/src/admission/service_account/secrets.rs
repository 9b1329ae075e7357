//! Which secrets a pod may name: those of its account, if that says so; none at all in the mirror of a pod that the API
//! server does not rule.

use super::{DEFAULT, name, not_found};
use crate::pod::references;
use machinery::meta;
use serde_json::Value;

/// Limits the pods of an account to the secrets that it lists.
const ENFORCE: &str = "kubernetes.io/enforce-mountable-secrets";
/// What counts as true (`strconv.ParseBool`).
const TRUE: [&str; 6] = ["1", "t", "T", "true", "TRUE", "True"];
/// Lists of containers that come with a pod, and what messages call one of each.
const LISTS: [(&str, &str); 2] = [("initContainers", "init container"), ("containers", "container")];
const EPHEMERAL: (&str, &str) = ("ephemeralContainers", "ephemeral container");

/// What of a pod is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum New {
    /// All of it.
    Pod,
    /// Its ephemeral containers.
    EphemeralContainers,
}

/// Whether a pod may name the secrets that it names. The default account may still be missing.
pub fn validate(pod: &Value, account: Option<&Value>, new: New) -> Result<(), String> {
    let Some(name) = name(pod) else {
        return if new == New::Pod { validate_mirror(pod) } else { Err(without_account(pod)) };
    };
    match account {
        Some(account) if enforces(account) => limit(pod, account, new),
        None if name != DEFAULT => Err(not_found(pod, name)),
        _ => Ok(()),
    }
}

fn without_account(pod: &Value) -> String {
    format!("no service account specified for pod {}/{}", meta::namespace(pod), meta::name(pod))
}

fn validate_mirror(pod: &Value) -> Result<(), String> {
    let spec = &pod["spec"];
    let mut sources = items(&spec["volumes"]).flat_map(|volume| items(&volume["projected"]["sources"]));
    if spec["serviceAccountName"].as_str().is_some_and(|name| !name.is_empty()) {
        return Err("a mirror pod may not reference service accounts".into());
    }
    if !references::secrets(pod).is_empty() {
        return Err("a mirror pod may not reference secrets".into());
    }
    if sources.any(|source| source["serviceAccountToken"].is_object()) {
        return Err("a mirror pod may not use ServiceAccountToken volume projections".into());
    }
    Ok(())
}

fn enforces(account: &Value) -> bool {
    account["metadata"]["annotations"][ENFORCE].as_str().is_some_and(|value| TRUE.contains(&value))
}

/// Whether the account lists all secrets that the pod names.
fn limit(pod: &Value, account: &Value, new: New) -> Result<(), String> {
    let lists = |field: &str, secret: &str| items(&account[field]).any(|listed| text(listed, "name") == secret);
    let refuse = |what: String, kind: &str| {
        Err(format!(
            "{what} is not allowed because service account {} does not reference that {kind}",
            meta::name(account)
        ))
    };
    if let Some((what, secret)) = uses(pod, new).into_iter().find(|(_, secret)| !lists("secrets", secret)) {
        return refuse(format!("{what} secret.secretName={secret:?}"), "secret");
    }
    let mut pulls = items(&pod["spec"]["imagePullSecrets"]).map(|pull| text(pull, "name")).enumerate();
    match pulls.find(|(_, secret)| new == New::Pod && !lists("imagePullSecrets", secret)) {
        Some((index, secret)) => refuse(format!("imagePullSecrets[{index}].name={secret:?}"), "imagePullSecret"),
        None => Ok(()),
    }
}

/// The secrets that volumes and environments name, and how each of them does.
fn uses(pod: &Value, new: New) -> Vec<(String, &str)> {
    if new == New::EphemeralContainers {
        return of_environment(pod, EPHEMERAL).collect();
    }
    let volumes = items(&pod["spec"]["volumes"]).filter_map(|volume| volume.get("secret"));
    let of_volumes = volumes.map(|secret| ("volume with".to_owned(), text(secret, "secretName")));
    of_volumes.chain(LISTS.into_iter().flat_map(|list| of_environment(pod, list))).collect()
}

fn of_environment<'a>(
    pod: &'a Value,
    (list, what): (&'static str, &'static str),
) -> impl Iterator<Item = (String, &'a str)> {
    items(&pod["spec"][list]).flat_map(move |container| {
        let name = text(container, "name");
        let of_variables = items(&container["env"]).filter_map(move |variable| {
            let secret = variable["valueFrom"].get("secretKeyRef")?;
            Some((format!("{what} {name} with envVar {} referencing", text(variable, "name")), text(secret, "name")))
        });
        let of_sources = items(&container["envFrom"]).filter_map(move |source| {
            Some((format!("{what} {name} with envFrom referencing"), text(source.get("secretRef")?, "name")))
        });
        of_variables.chain(of_sources)
    })
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account(enforce: &str) -> Value {
        json!({"metadata": {"name": "a", "annotations": {ENFORCE: enforce}}, "secrets": [{"name": "own"}],
            "imagePullSecrets": [{"name": "pull"}]})
    }

    fn pod(mut spec: Value) -> Value {
        spec["serviceAccountName"] = json!("a");
        json!({"metadata": {"name": "p", "namespace": "n"}, "spec": spec})
    }

    fn containers(list: &str, secret: &str) -> Value {
        pod(json!({list: [{"name": "c", "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": secret}}}]}]}))
    }

    #[test]
    fn an_account_that_says_so_limits_its_pods_to_its_secrets() {
        const NOT_ITS: &str = "is not allowed because service account a does not reference that";
        let volume = |secret: &str| pod(json!({"volumes": [{"name": "v", "secret": {"secretName": secret}}]}));
        let from = pod(json!({"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "b"}}]}]}));
        let pull = |secret: &str| pod(json!({"imagePullSecrets": [{"name": "pull"}, {"name": secret}]}));
        for (given, new, refusal) in [
            (volume("own"), New::Pod, None),
            (containers("containers", "own"), New::Pod, None),
            (pull("pull"), New::Pod, None),
            (volume("b"), New::Pod, Some(format!("volume with secret.secretName=\"b\" {NOT_ITS} secret"))),
            (
                containers("initContainers", "b"),
                New::Pod,
                Some(format!("init container c with envVar X referencing secret.secretName=\"b\" {NOT_ITS} secret")),
            ),
            (
                from,
                New::Pod,
                Some(format!("container c with envFrom referencing secret.secretName=\"b\" {NOT_ITS} secret")),
            ),
            // A secret for volumes is none for images.
            (pull("own"), New::Pod, Some(format!("imagePullSecrets[1].name=\"own\" {NOT_ITS} imagePullSecret"))),
            (
                containers("ephemeralContainers", "b"),
                New::EphemeralContainers,
                Some(format!(
                    "ephemeral container c with envVar X referencing secret.secretName=\"b\" {NOT_ITS} secret"
                )),
            ),
            (containers("ephemeralContainers", "own"), New::EphemeralContainers, None),
            // What was there before stays.
            (volume("b"), New::EphemeralContainers, None),
        ] {
            assert_eq!(validate(&given, Some(&account("true")), new).err(), refusal, "{given}");
            assert_eq!(validate(&given, Some(&account("false")), new), Ok(()), "{given}");
        }
        let absent = "error looking up service account n/a: serviceaccount \"a\" not found".to_owned();
        assert_eq!(validate(&volume("own"), None, New::Pod), Err(absent));
        assert_eq!(validate(&json!({"spec": {}}), None, New::Pod), Ok(()));
    }

    #[test]
    fn a_mirror_pod_has_nothing_of_the_api() {
        let mirror = |spec: Value| json!({"metadata": {"name": "p", "namespace": "n", "annotations": {"kubernetes.io/config.mirror": "x"}}, "spec": spec});
        let token = json!({"volumes": [{"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]});
        for (spec, refusal) in [
            (json!({"containers": [{"name": "c"}], "volumes": [{"hostPath": {"path": "/"}}]}), None),
            (json!({"serviceAccountName": "a"}), Some("a mirror pod may not reference service accounts")),
            (json!({"imagePullSecrets": [{"name": "s"}]}), Some("a mirror pod may not reference secrets")),
            (token, Some("a mirror pod may not use ServiceAccountToken volume projections")),
        ] {
            assert_eq!(validate(&mirror(spec), None, New::Pod).err().as_deref(), refusal);
        }
        let refusal = validate(&mirror(json!({})), None, New::EphemeralContainers).unwrap_err();
        assert_eq!(refusal, "no service account specified for pod n/p");
    }
}
