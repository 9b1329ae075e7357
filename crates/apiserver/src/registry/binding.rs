//! POST of `pods/{name}/binding`: the pod goes to a node (`pkg/registry/core/pod/storage`, `assignPod`).

use super::{Registry, Target, transaction::Next};
use api::{kinds, meta, status::Status, validation};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Registry {
    /// Assigns the pod that `binding` is about.
    pub async fn bind(&self, pods: &Target, name: &str, binding: &Value, dry_run: bool) -> Result<(), Status> {
        let errors = validation::validate_binding(binding);
        if !errors.is_empty() {
            return Err(Status::invalid(&kinds::BINDING, name, &errors));
        }
        let node = binding.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
        let now = Timestamp::now();
        self.transact(pods, name, dry_run, |pod| assign(pods, pod, binding, node, now).map(Next::Put)).await?;
        Ok(())
    }
}

fn assign(pods: &Target, pod: &Value, binding: &Value, node: &str, now: Timestamp) -> Result<Value, Status> {
    let name = meta::name(pod);
    let refuse = |cause: String| Err(Status::conflict(&pods.kind, name, cause));
    let asked_uid = meta::uid(binding);
    if !asked_uid.is_empty() && asked_uid != meta::uid(pod) {
        return refuse(format!(
            "Precondition failed: UID in precondition: {asked_uid}, UID in object meta: {}",
            meta::uid(pod)
        ));
    }
    if meta::deletion_timestamp(pod).is_some() {
        return refuse(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if let Some(assigned) = pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|node| !node.is_empty()) {
        return refuse(format!("pod {name} is already assigned to node {assigned:?}"));
    }
    if pod.pointer("/spec/schedulingGates").and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        return refuse(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let mut pod = pod.clone();
    pod["spec"]["nodeName"] = node.into();
    if let Some(annotations) = binding.pointer("/metadata/annotations").and_then(Value::as_object) {
        for (key, value) in annotations {
            pod["metadata"]["annotations"][key] = value.clone();
        }
    }
    mark_scheduled(&mut pod, now);
    Ok(pod)
}

fn mark_scheduled(pod: &mut Value, now: Timestamp) {
    let scheduled = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": meta::time(now),
        "observedGeneration": pod.pointer("/metadata/generation"),
    });
    let conditions = &mut pod["status"]["conditions"];
    match conditions.as_array_mut() {
        Some(list) => {
            list.retain(|condition| condition["type"] != "PodScheduled");
            list.push(scheduled);
        }
        None => *conditions = Value::Array(vec![scheduled]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods() -> Target {
        Target { kind: kinds::POD, namespace: "default".into() }
    }

    fn bind(pod: &Value, binding: &Value) -> Result<Value, String> {
        assign(&pods(), pod, binding, "n1", Timestamp::UNIX_EPOCH).map_err(|status| status.to_string())
    }

    #[test]
    fn a_free_pod_is_assigned() {
        let pod = json!({"metadata": {"name": "a", "uid": "u"}, "spec": {}, "status": {"conditions": [
            {"type": "PodScheduled", "status": "False"}]}});
        let binding = json!({"metadata": {"annotations": {"k": "v"}}, "target": {"name": "n1"}});
        let bound = bind(&pod, &binding).unwrap();
        assert_eq!(bound["spec"]["nodeName"], "n1");
        assert_eq!(bound["metadata"]["annotations"]["k"], "v");
        assert_eq!(bound["status"]["conditions"].as_array().unwrap().len(), 1);
        assert_eq!(bound["status"]["conditions"][0]["status"], "True");
    }

    #[test]
    fn other_pods_are_refused() {
        let binding = json!({"metadata": {"uid": "u"}});
        for (pod, message) in [
            (json!({"metadata": {"name": "a", "uid": "other"}}), "Precondition failed"),
            (
                json!({"metadata": {"name": "a", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
                "is being deleted",
            ),
            (
                json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"nodeName": "n0"}}),
                "already assigned to node \"n0\"",
            ),
            (
                json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"schedulingGates": [{}]}}),
                "non-empty .spec.schedulingGates",
            ),
        ] {
            let refusal = bind(&pod, &binding).unwrap_err();
            assert!(refusal.contains(message), "{refusal}");
        }
    }
}
